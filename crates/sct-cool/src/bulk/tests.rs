//! Files made as a whole against files made row by row.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rusqlite::types::Value as Sql;
use sct_conditions::{ChannelId, Folder, MONITORING, Row, SCT_FOLDERS, Value};
use sct_id::Iov;

use crate::{Clock, Database, FolderContent, StoreTarget, Writer, create::prepare_file_at};

const TIME: i64 = 1_700_000_000;

fn row(channel: u32, list: &str) -> Row {
    let payload = vec![
        Value::Int(10_000),
        Value::Int(0),
        Value::Int(i64::from(channel % 4)),
        Value::Int(-6),
        Value::Int(i64::from(channel % 56)),
        Value::Text("NOISY".to_owned()),
        Value::Real(if channel.is_multiple_of(2) { 2.0 } else { 0.015 }),
        Value::Text(list.to_owned()),
    ];
    Row { channel: ChannelId(channel), iov: Iov::new(1 << 50, (1 << 50) + 5).unwrap(), payload }
}

fn both(place: &Path, contents: &[FolderContent]) -> [PathBuf; 2] {
    let [whole, single] = ["whole.db", "single.db"].map(|name| place.join(name));
    let pending = prepare_file_at(&whole, "CONDBR2", contents, Clock::fixed(TIME)).unwrap();
    pending.finish().unwrap();
    let mut writer = Writer::create(&single, "CONDBR2", Clock::fixed(TIME)).unwrap();
    for FolderContent { folder, tag, rows } in contents {
        writer.create_folder(folder).unwrap();
        writer.store(&folder.path, &StoreTarget::Tag(tag.clone()), rows).unwrap();
    }
    [whole, single]
}

/// All rows of all tables with their numbers.
fn everything(path: &Path) -> Vec<(String, Vec<Vec<Sql>>)> {
    let database = Database::open(path).unwrap();
    database.check_integrity().unwrap();
    let connection = &database.connection;
    let names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid";
    let mut names = connection.prepare(names).unwrap();
    let names: Vec<String> =
        names.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let rows = |name: &String| {
        let mut statement =
            connection.prepare(&format!("SELECT rowid, * FROM \"{name}\"")).unwrap();
        let columns = statement.column_count();
        let cells = |row: &rusqlite::Row<'_>| (0..columns).map(|index| row.get(index)).collect();
        statement.query_map([], cells).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut all: Vec<_> = names.iter().map(|name| (name.clone(), rows(name))).collect();
    let schema = database.schema_text().unwrap().into_iter().map(|text| vec![Sql::Text(text)]);
    all.push(("schema".to_owned(), schema.collect()));
    all
}

fn check(rows: impl Iterator<Item = Row>) {
    let place = tempfile::tempdir().unwrap();
    let (folder, rows): (Folder, Vec<Row>) = (MONITORING.folder(), rows.collect());
    let content = FolderContent { folder: folder.clone(), tag: "T".to_owned(), rows: rows.clone() };
    let [whole, single] = both(place.path(), &[content]);
    assert_eq!(everything(&whole), everything(&single));
    // What is stored later finds its place among rows of either making.
    let later = |row: &Row| Row { iov: Iov::new((1 << 50) + 2, 1 << 51).unwrap(), ..row.clone() };
    let later: Vec<Row> = rows.iter().step_by(3).map(later).collect();
    for path in [&whole, &single] {
        let mut writer = Writer::open(path, None, Clock::fixed(TIME + 1)).unwrap();
        writer.store(&folder.path, &StoreTarget::HeadAndTag("T".to_owned()), &later).unwrap();
    }
    assert_eq!(everything(&whole), everything(&single));
}

#[test]
fn every_number_of_rows_around_full_pages() {
    // A row takes about 90 bytes, an entry of an index 10 to 30: one page, two, and two levels above the leaves.
    for count in (1..130).chain([700, 1_500, 8_176]) {
        if count < 40 || count % 9 == 0 || count > 600 {
            check((0..count).map(|channel| row(channel, " 5 ")));
        }
    }
}

#[test]
fn lists_longer_than_a_page_continue_on_others() {
    let rows = (0..4_000).step_by(37).map(|length| row(length, &"7 ".repeat(length as usize / 2)));
    check(rows);
}

#[test]
fn several_folders_share_a_file() {
    let place = tempfile::tempdir().unwrap();
    let rows = |count| (0..count).map(|channel| row(channel, "")).collect();
    let content = |index: usize, count| FolderContent {
        folder: SCT_FOLDERS[index].folder(),
        tag: format!("T{index}"),
        rows: rows(count),
    };
    let [whole, single] = both(place.path(), &[content(0, 400), content(1, 0), content(2, 90)]);
    assert_eq!(everything(&whole), everything(&single));
}

#[test]
fn a_channel_that_comes_twice_is_overlaid() {
    let place = tempfile::tempdir().unwrap();
    let content = FolderContent {
        folder: MONITORING.folder(),
        tag: "T".to_owned(),
        rows: vec![row(1, "3"), row(2, ""), row(1, "4")],
    };
    let [whole, single] = both(place.path(), &[content]);
    assert_eq!(everything(&whole), everything(&single));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_of_any_length_and_order(
        lists in prop::collection::hash_map(any::<u32>(), 0_usize..4_000, 1..60)
    ) {
        let rows = lists.iter().map(|(&channel, &length)| row(channel, &"x".repeat(length)));
        check(rows);
    }
}
