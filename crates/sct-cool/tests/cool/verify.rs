//! Databases compared, and damage found.

use std::fs;

use rusqlite::Connection;
use sct_cool::{Database, compare, verify};

use crate::merge::{World, rows};

#[test]
fn databases_are_compared_by_content() {
    let world = World::new();
    let source = world.source(rows(100, &[(1, " 5 "), (2, " 9 "), (4, " 1 ")]));
    let master = Database::open(&world.master()).unwrap();
    let found = compare(&source, &master).unwrap();
    let tag = &found.tags[0];
    assert_eq!(
        (tag.only_first.len(), tag.only_second.len(), tag.different.len(), tag.same),
        (1, 0, 1, 1)
    );
    assert!(
        !found.is_same()
            && found.structure.iter().any(|line| line.contains("DeadChips is only in the second"))
    );
    assert!(compare(&master, &master).unwrap().is_same());
}

#[test]
fn damage_of_every_kind_is_found() {
    let iovs = "CONDBR2_F0003_IOVS";
    for (sql, expected) in [
        (
            format!("UPDATE {iovs} SET IOV_UNTIL = IOV_SINCE WHERE OBJECT_ID = 4"),
            "empty or out of range, object 4",
        ),
        (
            format!(
                "INSERT INTO {iovs} SELECT 90, CHANNEL_ID, IOV_SINCE + 5, IOV_UNTIL, USER_TAG_ID, '', '', 0, 0, PAYLOAD_ID FROM {iovs} WHERE OBJECT_ID = 4"
            ),
            "overlap, object 90",
        ),
        (format!("UPDATE {iovs} SET NEW_HEAD_ID = 77 WHERE OBJECT_ID = 4"), "covered by nothing"),
        (
            format!("UPDATE {iovs} SET ORIGINAL_ID = 1 WHERE OBJECT_ID = 4"),
            "no part of what it was cut from",
        ),
        (
            format!("UPDATE {iovs} SET USER_TAG_ID = 2 WHERE OBJECT_ID = 4"),
            "a tag the folder does not have",
        ),
        (
            "UPDATE CONDBR2_F0003_IOVS_SEQ SET CURRENT_VALUE = 3".to_owned(),
            "stands at 3, behind 10",
        ),
        (
            "UPDATE CONDBR2_F0003_PAYLOAD_SEQ SET CURRENT_VALUE = 0".to_owned(),
            "stands at 0, behind 2",
        ),
        ("DELETE FROM CONDBR2_F0003_TAGS_SEQ".to_owned(), "not have exactly one row"),
        ("UPDATE CONDBR2_NODES_SEQ SET SEQUENCE_NAME = 'X'".to_owned(), "is named X"),
        (
            "INSERT INTO CONDBR2_F0003_PAYLOAD (PAYLOAD_ID) VALUES (99)".to_owned(),
            "belongs to no row, payload 99",
        ),
        (
            "DELETE FROM CONDBR2_F0003_PAYLOAD WHERE PAYLOAD_ID = 1".to_owned(),
            "has no payload, object 4",
        ),
        (
            "UPDATE CONDBR2_F0003_CHANNELS SET LAST_OBJECT_ID = 4".to_owned(),
            "not its newest row, channel 2",
        ),
        (
            "UPDATE CONDBR2_F0003_CHANNELS SET HAS_NEW_DATA = 1".to_owned(),
            "was not finished, channel 1",
        ),
        ("DELETE FROM CONDBR2_TAGS".to_owned(), "not in the list of all tags"),
        ("UPDATE CONDBR2_TAGS SET TAG_LOCK_STATUS = 7".to_owned(), "the list of all tags has one"),
        (
            "UPDATE CONDBR2_F0003_PAYLOAD SET Threshold = 'x' WHERE PAYLOAD_ID = 1".to_owned(),
            "Threshold",
        ),
        ("DROP INDEX CONDBR2_F0003_IOVS_UTAG_5INDX".to_owned(), "UTAG_5INDX is missing"),
        ("CREATE TABLE CONDBR2_F0077_IOVS (x)".to_owned(), "belongs to no folder"),
        (
            "UPDATE CONDBR2_NODES SET NODE_PARENTID = 1 WHERE NODE_ID = 3".to_owned(),
            "not below its parent's",
        ),
    ] {
        let world = World::new();
        world.assert_sound();
        let raw = Connection::open(world.master()).unwrap();
        raw.execute_batch(&format!("PRAGMA foreign_keys=OFF; {sql}")).unwrap();
        drop(raw);
        let found = verify(&world.master()).unwrap();
        assert!(
            found.iter().any(|finding| finding.to_string().contains(expected)),
            "{sql}: {found:?}"
        );
    }
}

#[test]
fn readers_take_back_what_a_killed_writer_left() {
    let world = World::new();
    let killed = tempfile::tempdir().unwrap();
    let path = killed.path().join("master.db");
    let raw = Connection::open(world.master()).unwrap();
    // So many rows that the file is written before the transaction ends: then everything is as a kill would leave it.
    raw.execute_batch(
        "PRAGMA cache_size=2; BEGIN IMMEDIATE; WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < \
         5000) INSERT INTO CONDBR2_F0003_PAYLOAD (PAYLOAD_ID, DefectList) SELECT i, ' 1-9 ' FROM n; UPDATE \
         CONDBR2_F0003_IOVS SET IOV_SINCE = 0;",
    )
    .unwrap();
    let journal = |path: &std::path::Path| path.with_file_name("master.db-journal");
    fs::copy(world.master(), &path).unwrap();
    fs::copy(journal(&world.master()), journal(&path)).unwrap();
    raw.execute_batch("ROLLBACK").unwrap();
    drop(raw);
    assert!(fs::metadata(&path).unwrap().len() > fs::metadata(world.master()).unwrap().len());
    assert_eq!(verify(&path).unwrap(), []);
    let (before, after) =
        (Database::open(&world.master()).unwrap(), Database::open(&path).unwrap());
    assert!(compare(&before, &after).unwrap().is_same());
    assert!(!journal(&path).exists());
}
