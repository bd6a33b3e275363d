//! Object identifiers, remainders and covered rows, as COOL makes them.

use rusqlite::Connection;
use sct_conditions::{
    ChannelId, Folder, FolderDescription, MONITORING, PayloadMode, Row, TimeStamp, Value,
    Versioning,
};
use sct_cool::{Clock, Error, LockStatus, Selection, StoreTarget, Writer};
use sct_id::{Iov, RunNumber};
use tempfile::TempDir;

use crate::row;

const INFINITY: u64 = Iov::INFINITY;

/// `(OBJECT_ID, IOV_SINCE, IOV_UNTIL, USER_TAG_ID, ORIGINAL_ID, NEW_HEAD_ID, PAYLOAD_ID)` of all rows.
fn rows(folder: &TempDir, node: u32) -> Vec<[u64; 7]> {
    let connection = Connection::open(folder.path().join("c.db")).unwrap();
    let sql = format!(
        "SELECT OBJECT_ID, IOV_SINCE, IOV_UNTIL, USER_TAG_ID, ORIGINAL_ID, NEW_HEAD_ID, PAYLOAD_ID FROM \
         CONDBR2_F{node:04}_IOVS ORDER BY OBJECT_ID"
    );
    let mut statement = connection.prepare(&sql).unwrap();
    let cells = |row: &rusqlite::Row<'_>| {
        let mut cells = [0; 7];
        for (index, cell) in cells.iter_mut().enumerate() {
            *cell = u64::try_from(row.get::<_, i64>(index)?).unwrap();
        }
        Ok(cells)
    };
    statement.query_map([], cells).unwrap().map(Result::unwrap).collect()
}

fn number(folder: &TempDir, sql: &str) -> i64 {
    Connection::open(folder.path().join("c.db"))
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

fn writer(folder: &TempDir) -> Writer {
    Writer::create(&folder.path().join("c.db"), "CONDBR2", Clock::fixed(0)).unwrap()
}

fn monitoring(folder: &TempDir) -> Writer {
    let mut writer = writer(folder);
    writer.create_folder(&MONITORING.folder()).unwrap();
    writer
}

#[test]
fn an_open_interval_is_cut_by_a_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(&folder);
    let errors = Folder {
        path: "/MUONALIGN/ERRS".to_owned(),
        description: FolderDescription { time_stamp: TimeStamp::Time, collection: ("x", 1) }
            .to_string(),
        versioning: Versioning::Multi,
        payload_mode: PayloadMode::Separate,
        payload: "a:Int32".parse().unwrap(),
    };
    writer.create_folder(&errors).unwrap();
    let (first, second) = (1_335_972_949_000_000_000, 1_336_010_821_000_000_000);
    for since in [first, second] {
        let row = Row {
            channel: ChannelId(0),
            iov: Iov::new(since, INFINITY).unwrap(),
            payload: vec![Value::Int(7)],
        };
        writer.store("/MUONALIGN/ERRS", &StoreTarget::HeadAndTag("T".to_owned()), &[row]).unwrap();
    }
    assert_eq!(
        rows(&folder, 2),
        [
            [1, first, INFINITY, 0, 0, 7, 1],
            [4, first, INFINITY, 1, 0, 10, 1],
            [7, second, INFINITY, 0, 0, 0, 2],
            [8, first, second, 0, 1, 0, 1],
            [10, second, INFINITY, 1, 0, 0, 2],
            [11, first, second, 1, 4, 0, 1],
        ]
    );
    assert_eq!(number(&folder, "SELECT CURRENT_VALUE FROM CONDBR2_F0002_IOVS_SEQ"), 12);
    assert_eq!(number(&folder, "SELECT CURRENT_VALUE FROM CONDBR2_F0002_PAYLOAD_SEQ"), 2);
    assert_eq!(number(&folder, "SELECT CURRENT_VALUE FROM CONDBR2_F0002_TAGS_SEQ"), 1);
    assert_eq!(number(&folder, "SELECT LAST_OBJECT_ID FROM CONDBR2_F0002_CHANNELS"), 11);
}

#[test]
fn forty_channels_copied_four_times() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = monitoring(&folder);
    let list: Vec<Row> =
        (1..=40).map(|channel| row(channel * 100, 1_275_343_291, 1_296_703_101, " 5 ")).collect();
    for _ in 0..4 {
        writer.store(MONITORING.path, &StoreTarget::Tag("T".to_owned()), &list).unwrap();
    }
    let all = rows(&folder, 3);
    assert_eq!(all.len(), 160);
    assert_eq!(
        (all[0][0], all[39][0], all[40][0], all[80][0], all[120][0]),
        (4, 238, 244, 484, 724)
    );
    let of_first: Vec<u64> = (0..4).map(|copy| all[copy * 40][5]).collect();
    assert_eq!(of_first, [244, 484, 724, 0]);
    assert_eq!(number(&folder, "SELECT CURRENT_VALUE FROM CONDBR2_F0003_IOVS_SEQ"), 960);
    assert_eq!(number(&folder, "SELECT CURRENT_VALUE FROM CONDBR2_F0003_PAYLOAD_SEQ"), 160);
    assert_eq!(
        number(&folder, "SELECT LAST_OBJECT_ID FROM CONDBR2_F0003_CHANNELS WHERE CHANNEL_ID = 100"),
        724
    );
}

#[test]
fn runs_in_update_mode_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = monitoring(&folder);
    let tag = StoreTarget::Tag(MONITORING.tag.to_owned());
    let run = |run: u32| Iov::run(RunNumber::new(364_204 + run).unwrap());
    let (r, next) = (run(0).since(), run(1).since());
    writer.store(MONITORING.path, &tag, &[row(5, r, INFINITY, " 5 ")]).unwrap();
    writer.store(MONITORING.path, &tag, &[row(5, next, INFINITY, " 5  9-10 ")]).unwrap();
    assert_eq!(
        rows(&folder, 3),
        [
            [4, r, INFINITY, 1, 0, 10, 1],
            [10, next, INFINITY, 1, 0, 0, 2],
            [11, r, next, 1, 4, 0, 1]
        ]
    );
    let at = |writer: &Writer, key| {
        writer.database().objects(MONITORING.path, &Selection::tag(MONITORING.tag).at(key)).unwrap()
            [0]
        .id
    };
    assert_eq!((at(&writer, r), at(&writer, next)), (11, 10));

    // A one-run interval in between: the old payload shows through in the last key of the run.
    writer.store(MONITORING.path, &tag, &[row(5, r, run(0).until(), "")]).unwrap();
    let all = rows(&folder, 3);
    assert_eq!(all[2], [11, r, next, 1, 4, 16, 1]);
    assert_eq!(
        all[3..],
        [[16, r, run(0).until(), 1, 0, 0, 3], [18, run(0).until(), next, 1, 11, 0, 1]]
    );
    assert_eq!(number(&folder, "SELECT LAST_OBJECT_ID FROM CONDBR2_F0003_CHANNELS"), 18);
    let empty =
        writer.database().objects(MONITORING.path, &Selection::tag(MONITORING.tag).at(r)).unwrap();
    assert_eq!(empty[0].row.payload[7], Value::Text(String::new()));
}

#[test]
fn locked_tags_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = monitoring(&folder);
    let tag = StoreTarget::Tag("T".to_owned());
    writer.store(MONITORING.path, &tag, &[row(5, 10, 20, "")]).unwrap();
    writer.set_lock(MONITORING.path, "T", LockStatus::Locked).unwrap();
    let error = writer.store(MONITORING.path, &tag, &[row(5, 30, 40, "")]).unwrap_err();
    assert!(
        matches!(&error, Error::Refused { detail, .. } if detail == "the tag is locked"),
        "{error}"
    );
    writer.set_lock(MONITORING.path, "T", LockStatus::PartiallyLocked).unwrap();
    writer.store(MONITORING.path, &tag, &[row(5, 30, 40, "")]).unwrap();
    assert!(writer.store(MONITORING.path, &tag, &[row(6, 1, 2, ""), row(5, 39, 41, "")]).is_err());
    assert_eq!(rows(&folder, 3).len(), 2, "a refused store leaves nothing");
}

#[test]
fn tags_of_the_head_keep_their_objects() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = monitoring(&folder);
    assert!(writer.tag_head(MONITORING.path, "H").is_err(), "an empty head cannot be tagged");
    writer.store(MONITORING.path, &StoreTarget::Head, &[row(5, 10, 20, " 1 ")]).unwrap();
    writer.tag_head(MONITORING.path, "H").unwrap();
    writer.store(MONITORING.path, &StoreTarget::Head, &[row(5, 10, 20, " 2 ")]).unwrap();
    let list = |tag: &str| {
        let objects = writer.database().objects(MONITORING.path, &Selection::tag(tag)).unwrap();
        objects.iter().map(|object| object.row.payload[7].clone()).collect::<Vec<_>>()
    };
    assert_eq!(list("H"), [Value::Text(" 1 ".to_owned())]);
    assert_eq!(list("head"), [Value::Text(" 2 ".to_owned())]);
    let into_head_tag =
        writer.store(MONITORING.path, &StoreTarget::Tag("H".to_owned()), &[row(5, 1, 2, "")]);
    assert!(into_head_tag.is_err());
}

#[test]
fn single_version_folders_append() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(&folder);
    let single = Folder {
        path: "/TDAQ/X".to_owned(),
        versioning: Versioning::Single,
        ..MONITORING.folder()
    };
    writer.create_folder(&single).unwrap();
    let mut store =
        |since, until| writer.store("/TDAQ/X", &StoreTarget::Head, &[row(0, since, until, "")]);
    store(10, INFINITY).unwrap();
    store(20, INFINITY).unwrap();
    for (since, until) in [(15, 17), (12, 25), (5, 30), (19, 21)] {
        assert!(store(since, until).is_err(), "{since} to {until}");
    }
    store(5, 10).unwrap();
    let found: Vec<[u64; 3]> =
        rows(&folder, 2).iter().map(|row| [row[0], row[1], row[2]]).collect();
    assert_eq!(found, [[1, 10, 20], [2, 20, INFINITY], [3, 5, 10]]);
    let objects = writer.database().objects("/TDAQ/X", &Selection::tag("").within(6, 12)).unwrap();
    assert_eq!(objects.iter().map(|object| object.id).collect::<Vec<_>>(), [3, 1]);
}
