//! Single columns and nearest objects, compared with whole objects.

use sct_conditions::{
    ChannelId, Row, Value,
    run_control::{LUMI_BLOCKS, SOLENOID},
};
use sct_cool::{Clock, Database, Nearest, Selection, StoreTarget, Writer};
use sct_id::Iov;

const CHANNEL: ChannelId = ChannelId(0);

/// Objects `[10 i, 10 i + length)` with the payload (i, 100 + i).
fn written(path: &std::path::Path, objects: u64, length: u64) -> Database {
    let mut writer = Writer::create(path, "CONDBR2", Clock::fixed(0)).unwrap();
    writer.create_folder(&LUMI_BLOCKS.folder()).unwrap();
    let rows: Vec<Row> = (0..objects)
        .map(|i| Row {
            channel: CHANNEL,
            iov: Iov::new(10 * i, 10 * i + length).unwrap(),
            payload: vec![Value::Int(i.cast_signed()), Value::Int(100 + i.cast_signed())],
        })
        .collect();
    writer.store(LUMI_BLOCKS.path, &StoreTarget::Head, &rows).unwrap();
    drop(writer);
    Database::open(path).unwrap()
}

#[test]
fn ranges_hold_what_touches_them() {
    let folder = tempfile::tempdir().unwrap();
    for length in [4, 10] {
        let database = written(&folder.path().join(format!("{length}.db")), 20, length);
        let scan = database.scan(LUMI_BLOCKS.path, CHANNEL, &["EndTime"]).unwrap();
        for first in 0..210 {
            for last in [first, first + 1, first + 7, first + 33] {
                let whole = database
                    .objects(LUMI_BLOCKS.path, &Selection::tag("").within(first, last))
                    .unwrap();
                let expected: Vec<_> = whole
                    .into_iter()
                    .map(|object| (object.row.iov, object.row.payload[1].clone()))
                    .collect();
                let found: Vec<_> = scan
                    .within(first, last)
                    .unwrap()
                    .into_iter()
                    .map(|mut object| (object.iov, object.values.remove(0)))
                    .collect();
                assert_eq!(found, expected, "{first} to {last}");
            }
        }
    }
}

#[test]
fn the_nearest_object_is_found_on_either_side() {
    let folder = tempfile::tempdir().unwrap();
    let database = written(&folder.path().join("a.db"), 5, 4);
    let scan = database.scan(LUMI_BLOCKS.path, CHANNEL, &[]).unwrap();
    let since = |which| scan.nearest(which).unwrap().map(|object| object.iov.since());
    assert_eq!(since(Nearest::AtOrAfter(0)), Some(0));
    assert_eq!(since(Nearest::AtOrAfter(11)), Some(20));
    assert_eq!(since(Nearest::AtOrAfter(41)), None);
    assert_eq!(since(Nearest::Before(0)), None);
    assert_eq!(since(Nearest::Before(10)), Some(0));
    assert_eq!(since(Nearest::Before(1000)), Some(40));
}

#[test]
fn one_begin_of_each_group_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let database = written(&folder.path().join("a.db"), 20, 4);
    let scan = database.scan(LUMI_BLOCKS.path, CHANNEL, &[]).unwrap();
    for low in [0, 15, 63, 255] {
        for (first, last) in [(0, 1000), (5, 100), (60, 60), (61, 69), (200, 300)] {
            let all =
                scan.within(first, last).unwrap().into_iter().map(|object| object.iov.since());
            let mut expected: Vec<u64> = all.filter(|since| *since >= first).collect();
            expected.dedup_by_key(|since| *since & !low);
            assert_eq!(
                scan.firsts(first, last, low).unwrap(),
                expected,
                "{low}: {first} to {last}"
            );
        }
    }
}

#[test]
fn a_snapshot_holds_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let database = written(&folder.path().join("a.db"), 5, 4);
    let scan = database.scan(LUMI_BLOCKS.path, CHANNEL, &[]).unwrap();
    let held = database.snapshot().unwrap();
    assert!(database.snapshot().is_err());
    assert_eq!(scan.within(0, 100).unwrap().len(), 5);
    drop(held);
    assert!(database.snapshot().is_ok());
}

#[test]
fn columns_that_do_not_exist_and_folders_with_versions_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let database = written(&folder.path().join("a.db"), 1, 4);
    let error = database.scan(LUMI_BLOCKS.path, CHANNEL, &["Begin"]).unwrap_err().to_string();
    assert!(error.ends_with("no column Begin; it has StartTime, EndTime"), "{error}");
    assert!(
        database.scan(SOLENOID.path, CHANNEL, &[]).unwrap_err().to_string().contains("no folder")
    );
    let versions = folder.path().join("b.db");
    sct_cool::create_master(&versions, "CONDBR2").unwrap();
    let database = Database::open(&versions).unwrap();
    let error = database.scan("/SCT/Derived/Monitoring", CHANNEL, &[]).unwrap_err().to_string();
    assert!(error.contains("one version"), "{error}");
}
