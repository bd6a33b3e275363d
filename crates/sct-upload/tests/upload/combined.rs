//! Results for which hit maps of several runs were added.

use sct_conditions::Row;
use sct_cool::{Database, Selection};
use sct_id::Iov;
use sct_upload::Task;

use crate::{TAG, World, rows, run, write};

#[test]
fn the_report_says_from_which_run_on_a_result_is_valid() {
    let mut world = World::new();
    let whole = Iov::runs(run(300_001), run(300_003)).unwrap();
    let valid = rows(Task::NoisyStrip, 300_003, 4, " 5 ").into_iter();
    let valid: Vec<Row> = valid.map(|row| Row { iov: whole, ..row }).collect();
    let file = world.path("x.mycool.db");
    write(&file, Task::NoisyStrip, TAG, valid);
    let report = world.path("x.jobReport.json");
    let mut refusal = |text: Option<&str>| {
        text.map(|text| std::fs::write(&report, text).unwrap());
        world.request(&file, Task::NoisyStrip, 300_003).map_err(|error| error.to_string())
    };
    for text in [
        None,
        Some("half of a rep"),
        Some(r#"{"sctcalib": {"combinedRuns": [300001, 300002]}}"#),
        Some(r#"{"sctcalib": {"combinedRuns": [300002, 300003]}}"#),
        Some(r#"{"sctcalib": {"combinedRuns": [300001, "x", 300003]}}"#),
    ] {
        assert!(refusal(text).unwrap_err().contains("which is not run 300003"), "{text:?}");
    }
    refusal(Some(r#"{"sctcalib": {"combinedRuns": [300001, 300003]}}"#)).unwrap();
    assert_eq!(world.pass().done.len(), 1);
    let master = Database::open(&world.settings.masters["CONDBR2"]).unwrap();
    let folder = Task::NoisyStrip.folder();
    let at = Selection::tag(TAG).at(Iov::run(run(300_002)).since());
    let objects = master.objects(folder.path, &at).unwrap();
    assert_eq!(objects.iter().filter(|object| object.row.iov == whole).count(), 4);
}
