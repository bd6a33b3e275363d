//! Folders whose objects have several payloads.

use proptest::prelude::*;
use rusqlite::Connection;
use sct_conditions::{
    ChannelId, Folder, FolderDescription, PayloadMode, Value, VectorRow, Versioning,
};
use sct_cool::{Clock, Database, Error, Selection, StoreTarget, Writer, dump_lines, summaries};
use sct_id::Iov;

pub(crate) const PATH: &str = "/V";

fn folder(versioning: Versioning) -> Folder {
    Folder {
        path: PATH.to_owned(),
        description: FolderDescription::RUN_LUMI_VECTOR.to_string(),
        versioning,
        payload_mode: PayloadMode::Vector,
        payload: "chip:UChar,mask:UInt32,text:String4k".parse().unwrap(),
    }
}

pub(crate) fn row(channel: u32, since: u64, until: u64, items: &[i64]) -> VectorRow {
    let item = |&number: &i64| {
        vec![Value::Int(number), Value::Int(0xFFFF_FFFF), Value::Text(number.to_string())]
    };
    VectorRow {
        channel: ChannelId(channel),
        iov: Iov::new(since, until).unwrap(),
        items: items.iter().map(item).collect(),
    }
}

pub(crate) struct Made {
    folder: tempfile::TempDir,
    pub(crate) writer: Writer,
}

pub(crate) fn made(versioning: Versioning) -> Made {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join("c.db");
    let mut writer = Writer::create(&path, "CONDBR2", Clock::fixed(0)).unwrap();
    writer.create_folder(&folder(versioning)).unwrap();
    Made { folder: temporary, writer }
}

impl Made {
    fn raw(&self) -> Connection {
        Connection::open(self.folder.path().join("c.db")).unwrap()
    }

    /// Rows of a query as text.
    fn cells(&self, sql: &str) -> Vec<String> {
        let raw = self.raw();
        let mut statement = raw.prepare(sql).unwrap();
        let count = statement.column_count();
        let text = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
            let cells = (0..count).map(|index| row.get::<_, rusqlite::types::Value>(index));
            let cells = cells.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(format!("{cells:?}").replace("Integer", ""))
        };
        statement.query_map([], text).unwrap().map(Result::unwrap).collect()
    }

    fn read(&self, tag: &str) -> Vec<VectorRow> {
        let objects = self.writer.database().vector_objects(PATH, &Selection::tag(tag)).unwrap();
        objects.into_iter().map(|object| object.row).collect()
    }
}

#[test]
fn items_are_read_back_in_order() {
    let mut made = made(Versioning::Single);
    let rows = [row(7, 0, 10, &[3, 1, 2]), row(7, 10, 20, &[]), row(9, 0, Iov::INFINITY, &[5])];
    made.writer.store_vectors(PATH, &StoreTarget::Head, &rows).unwrap();
    assert_eq!(made.read(""), rows);
    made.writer.database().check_integrity().unwrap();
    // An empty vector has one item of nulls; items count from 0; sets are named after their object.
    assert_eq!(
        made.cells(
            "SELECT OBJECT_ID, PAYLOAD_SET_ID, PAYLOAD_N_ITEMS FROM CONDBR2_F0001_IOVS ORDER BY 1"
        ),
        ["[(1), (1), (3)]", "[(2), (2), (0)]", "[(3), (3), (1)]"]
    );
    assert_eq!(
        made.cells(
            "SELECT PAYLOAD_SET_ID, PAYLOAD_ITEM_ID, CAST(chip AS INT) FROM CONDBR2_F0001_PAYLOAD ORDER BY 1, 2"
        ),
        [
            "[(1), (0), (3)]",
            "[(1), (1), (1)]",
            "[(1), (2), (2)]",
            "[(2), (0), Null]",
            "[(3), (0), (5)]"
        ]
    );
    assert_eq!(
        made.cells("SELECT NODE_SCHEMA_VERSION = '2.9.0', FOLDER_PAYLOAD_INLINE FROM CONDBR2_NODES WHERE NODE_ID = 1"),
        ["[(1), (1)]"]
    );
    assert_eq!(
        made.cells("SELECT count(*) FROM coral_sqlite_fk WHERE tablename LIKE '%F0001%'"),
        ["[(4)]"]
    );
}

#[test]
fn head_and_tag_share_the_items() {
    let mut made = made(Versioning::Multi);
    let target = StoreTarget::HeadAndTag("T".to_owned());
    made.writer.store_vectors(PATH, &target, &[row(7, 0, 100, &[1, 2])]).unwrap();
    made.writer.store_vectors(PATH, &target, &[row(7, 40, 60, &[3])]).unwrap();
    let expected = [row(7, 0, 40, &[1, 2]), row(7, 40, 60, &[3]), row(7, 60, 100, &[1, 2])];
    assert_eq!(made.read(""), expected);
    assert_eq!(made.read("T"), expected);
    made.writer.database().check_integrity().unwrap();
    // Remainders keep the set of the object that was cut.
    assert_eq!(
        made.cells("SELECT OBJECT_ID, PAYLOAD_SET_ID FROM CONDBR2_F0001_IOVS ORDER BY 1"),
        [
            "(1), (1)",
            "(4), (1)",
            "(7), (7)",
            "(8), (1)",
            "(9), (1)",
            "(10), (7)",
            "(11), (1)",
            "(12), (1)"
        ]
        .map(|pair| format!("[{pair}]"))
    );
    assert_eq!(made.cells("SELECT count(*) FROM CONDBR2_F0001_PAYLOAD"), ["[(3)]"]);
    made.writer.tag_head(PATH, "H").unwrap();
    assert_eq!(made.read("H"), expected);
}

#[test]
fn a_tag_alone_owns_its_items() {
    let mut made = made(Versioning::Multi);
    let target = StoreTarget::Tag("T".to_owned());
    made.writer.store_vectors(PATH, &target, &[row(7, 0, 100, &[1])]).unwrap();
    assert_eq!(made.read("T"), [row(7, 0, 100, &[1])]);
    assert!(made.read("").is_empty());
    assert_eq!(made.cells("SELECT PAYLOAD_SET_ID FROM CONDBR2_F0001_PAYLOAD"), ["[(4)]"]);
}

#[test]
fn the_wrong_kind_of_folder_is_refused() {
    let mut made = made(Versioning::Single);
    let single = [crate::row(1, 0, 1, "")];
    let error = made.writer.store(PATH, &StoreTarget::Head, &single).unwrap_err();
    assert!(error.to_string().ends_with("its objects have a vector of payloads each"), "{error}");
    let error = made.writer.database().objects(PATH, &Selection::tag("")).unwrap_err();
    assert!(matches!(error, Error::PayloadMode { .. }), "{error}");
    made.writer.create_folder(&sct_conditions::MONITORING.folder()).unwrap();
    let path = sct_conditions::MONITORING.path;
    let error = made.writer.store_vectors(path, &StoreTarget::Head, &[row(1, 0, 1, &[])]);
    assert!(matches!(error.unwrap_err(), Error::Refused { .. }));
    let error = made.writer.database().vector_objects(path, &Selection::tag("")).unwrap_err();
    assert!(error.to_string().ends_with("do not have a vector of payloads each"), "{error}");
    let bad = VectorRow { items: vec![vec![Value::Int(256)]], ..row(1, 0, 1, &[]) };
    assert!(made.writer.store_vectors(PATH, &StoreTarget::Head, &[bad]).is_err());
}

#[test]
fn items_are_shown_as_a_list() {
    let mut made = made(Versioning::Single);
    made.writer.store_vectors(PATH, &StoreTarget::Head, &[row(7, 0, 10, &[3, 1])]).unwrap();
    let lines = dump_lines(made.writer.database(), Some(PATH)).unwrap();
    assert_eq!(lines.len(), 1);
    let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        line["payload"][1],
        serde_json::json!({"chip": 1, "mask": 4_294_967_295_u32, "text": "1"})
    );
    let summary = &summaries(made.writer.database()).unwrap()[0];
    assert_eq!((summary.payload_mode, summary.intervals, summary.payloads), ("vector", 1, Some(2)));
    assert_eq!(summary.tags[0].objects, 1);
}

#[test]
fn missing_items_are_damage() {
    for sql in [
        "DELETE FROM CONDBR2_F0001_PAYLOAD WHERE PAYLOAD_ITEM_ID = 1",
        "DELETE FROM CONDBR2_F0001_PAYLOAD WHERE PAYLOAD_ITEM_ID = 2",
        "UPDATE CONDBR2_F0001_IOVS SET PAYLOAD_N_ITEMS = -1",
        "UPDATE CONDBR2_F0001_IOVS SET PAYLOAD_N_ITEMS = 4000000000",
        "UPDATE CONDBR2_F0001_IOVS SET PAYLOAD_N_ITEMS = NULL",
    ] {
        let mut made = made(Versioning::Single);
        made.writer.store_vectors(PATH, &StoreTarget::Head, &[row(7, 0, 10, &[3, 1, 2])]).unwrap();
        made.raw().execute_batch(sql).unwrap();
        let database = Database::open(made.writer.database().path()).unwrap();
        let error = database.vector_objects(PATH, &Selection::tag("")).unwrap_err();
        assert!(error.to_string().contains("objects of /V: "), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    /// The latest object that covers a key is the one that is read there.
    #[test]
    fn the_last_object_wins(stores in prop::collection::vec((0_u64..30, 1_u64..20, prop::collection::vec(0_i64..256, 0..5)), 1..8)) {
        let mut made = made(Versioning::Multi);
        let rows: Vec<_> = stores.iter().map(|(since, length, items)| row(1, *since, since + length, items)).collect();
        for stored in &rows {
            made.writer.store_vectors(PATH, &StoreTarget::Tag("T".to_owned()), std::slice::from_ref(stored)).unwrap();
        }
        for key in 0..50 {
            let found = made.writer.database().vector_objects(PATH, &Selection::tag("T").at(key)).unwrap();
            let expected = rows.iter().rev().find(|row| row.iov.contains(key));
            prop_assert_eq!(found.first().map(|object| &object.row.items), expected.map(|row| &row.items));
        }
    }
}
