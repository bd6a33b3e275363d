//! Runs before and after a run, of those with results.

use std::fs;

use sct_id::RunNumber;
use sct_result::Index;

#[test]
fn neighbours_are_the_nearest_runs_with_results_of_any_task() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    for (run, kind) in
        [(300_001, "sctns"), (300_005, "sctns"), (300_005, "scteff"), (300_007, "sctla")]
    {
        let folder = results.join(format!("{run:08}/{kind}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("data22.x._0001.log"), "").unwrap();
    }
    // A folder without files is no result.
    fs::create_dir_all(results.join("00300006/sctns")).unwrap();
    let mut index = Index::open(&folder.path().join("results.db")).unwrap();
    let run = |number| RunNumber::new(number).unwrap();
    assert_eq!(index.beside(run(300_005)).unwrap(), (None, None), "nothing is known yet");
    index.refresh(&results).unwrap();
    for (of, before, after) in [
        (300_000, None, Some(300_001)),
        (300_001, None, Some(300_005)),
        (300_005, Some(300_001), Some(300_007)),
        // A run without results has neighbours too.
        (300_006, Some(300_005), Some(300_007)),
        (300_007, Some(300_005), None),
        (u32::MAX, Some(300_007), None),
    ] {
        let Ok(of) = RunNumber::new(of) else { continue };
        assert_eq!(index.beside(of).unwrap(), (before.map(run), after.map(run)), "{of}");
    }
    fs::remove_dir_all(results.join("00300007")).unwrap();
    index.refresh(&results).unwrap();
    assert_eq!(index.beside(run(300_005)).unwrap(), (Some(run(300_001)), None));
}
