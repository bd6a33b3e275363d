//! Worlds, read back.

use std::collections::BTreeSet;

use sct_conditions::run_control::{END_OF_RUN, LUMI_BLOCKS};
use sct_cool::{Database, LockStatus, Selection};

use super::*;

fn small() -> WorldSettings {
    WorldSettings { lumi_blocks: 20, ..WorldSettings::default() }
}

#[test]
fn a_world_has_runs_of_every_kind_one_after_the_other() {
    let runs = world_runs(&small()).unwrap();
    assert_eq!(runs.len(), 30);
    let kinds: BTreeSet<RunKind> = runs.iter().map(|run| run.kind).collect();
    assert_eq!(kinds.len(), RunKind::ENDED.len() + 1);
    assert!(runs.windows(2).all(|pair| pair[0].run < pair[1].run && pair[0].end() < pair[1].start));
    let last = runs.last().unwrap();
    assert_eq!((last.kind, last.end()), (RunKind::Running, small().until));
    for run in &runs {
        let enough = run.events_of("calibration", "SCTNoise") > 10_000;
        assert_eq!(enough, run.kind != RunKind::Short, "{run:?}");
    }
}

#[test]
fn given_runs_come_last_but_for_the_running_one() {
    let given = GivenRun {
        run: RunNumber::new(440_199).unwrap(),
        start: 1_667_000_000,
        lumi_block_seconds: 60,
        lumi_blocks: 40,
        events: 12_000,
    };
    let next =
        GivenRun { run: RunNumber::new(440_200).unwrap(), start: given.end() + 1_000, ..given };
    let settings = WorldSettings { given: vec![next, given], ..small() };
    let runs = world_runs(&settings).unwrap();
    let numbers: Vec<u32> = runs[29..].iter().map(|run| run.run.to_u32()).collect();
    assert_eq!(numbers, [440_199, 440_200, 440_201]);
    assert_eq!(runs[29].events_of("calibration", "SCTNoise"), 12_000);
    assert!(runs.windows(2).all(|pair| pair[0].end() < pair[1].start));
    let early = GivenRun { run: small().first_run, ..given };
    assert!(world_runs(&WorldSettings { given: vec![early], ..small() }).is_err());
}

#[test]
fn files_hold_what_the_truth_says() {
    let folder = tempfile::tempdir().unwrap();
    let world = write_world(&small(), folder.path()).unwrap();
    let ends = Database::open(&world.files.control[0]).unwrap();
    let ends = ends.objects(END_OF_RUN.path, &Selection::tag("")).unwrap();
    assert_eq!(ends.len(), 29);
    let blocks = Database::open(&world.files.control[1]).unwrap();
    let blocks = blocks.objects(LUMI_BLOCKS.path, &Selection::tag("")).unwrap();
    assert_eq!(blocks.len(), world.runs.iter().map(|run| run.lumi_blocks as usize).sum::<usize>());
    for (master, folders, locked) in
        [(&world.files.masters[0], 1, 0), (&world.files.masters[1], 7, 1)]
    {
        let master = Database::open(master).unwrap();
        let tags: Vec<_> = master.folders().flat_map(|node| master.tags(node).unwrap()).collect();
        assert_eq!(tags.len(), folders + locked);
        assert_eq!(tags.iter().filter(|tag| tag.lock == LockStatus::Locked).count(), locked);
    }
    let again = tempfile::tempdir().unwrap();
    write_world(&small(), again.path()).unwrap();
    for name in
        ["COOLONL_TDAQ.db", "COOLONL_TRIGGER.db", "COOLOFL_DCS.db", "runs.json", "world.json"]
    {
        let read = |folder: &Path| std::fs::read(folder.join(name)).unwrap();
        assert!(read(folder.path()) == read(again.path()), "{name}");
    }
}
