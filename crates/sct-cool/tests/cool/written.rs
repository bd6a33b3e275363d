//! Whole files: what is written is read back, and every file of the same content looks the same.

use std::fs;

use rusqlite::Connection;
use sct_conditions::{MONITORING, SCT_FOLDERS, Value, monitoring_row};
use sct_cool::{
    Database, Error, FolderContent, Selection, create_master, dump_lines, summaries, write_file,
};
use sct_id::{Iov, ModuleHash, RunNumber};

#[test]
fn a_file_of_noisy_strips() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mycool.db");
    let iov = Iov::run(RunNumber::new(364_204).unwrap());
    let lists = ["", " 5 ", " 766-769 "];
    let rows: Vec<_> = ModuleHash::all()
        .zip(lists.iter().cycle())
        .map(|(module, list)| monitoring_row(module, iov, 0.015, list).unwrap())
        .collect();
    let content = FolderContent {
        folder: MONITORING.folder(),
        tag: MONITORING.tag.to_owned(),
        rows: rows.clone(),
    };
    write_file(&path, "CONDBR2", &[content]).unwrap();

    let database = Database::open(&path).unwrap();
    database.check_integrity().unwrap();
    let objects = database.objects(MONITORING.path, &Selection::tag(MONITORING.tag)).unwrap();
    assert_eq!(objects.len(), 4088);
    assert!(objects.iter().map(|object| object.id).eq((0..4088).map(|index| 6 * index + 4)));
    assert!(objects.iter().map(|object| &object.row).eq(&rows));
    assert_eq!(objects[0].inserted.len(), 33);
    let lines = dump_lines(&database, None).unwrap();
    assert_eq!(lines.len(), 4088);
    assert!(
        lines[1].contains("\"channel\":134232064") && lines[1].contains("\"DefectList\":\" 5 \""),
        "{}",
        lines[1]
    );

    // Raw cells: the empty list is null, single precision is widened, nothing is in the head.
    let raw = Connection::open(&path).unwrap();
    let empty: i64 = raw
        .query_row(
            "SELECT count(*) FROM CONDBR2_F0003_PAYLOAD WHERE DefectList IS NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let threshold: f64 =
        raw.query_row("SELECT Threshold FROM CONDBR2_F0003_PAYLOAD", [], |row| row.get(0)).unwrap();
    let pages: i64 = raw.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    assert_eq!(
        (empty, threshold.to_bits(), pages),
        (1363, 0.014_999_999_664_723_873_f64.to_bits(), 1024)
    );
    assert!(database.objects(MONITORING.path, &Selection::tag("")).unwrap().is_empty());
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no journal or temporary file stays"
    );
}

#[test]
fn a_master_has_the_folders_of_the_loop_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.db");
    create_master(&path, "MONP200").unwrap();
    let database = Database::open_instance(&path, "MONP200").unwrap();
    let found = summaries(&database).unwrap();
    let expected: Vec<(u32, &str)> =
        (3..).zip(SCT_FOLDERS.iter().map(|folder| folder.path)).collect();
    assert_eq!(
        found.iter().map(|folder| (folder.id, folder.path.as_str())).collect::<Vec<_>>(),
        expected
    );
    let other = Database::open_instance(&path, "CONDBR2").unwrap_err().to_string();
    assert!(other.ends_with("has no COOL database 'CONDBR2'; it has MONP200"), "{other}");
}

#[test]
fn unknown_folders_and_tags_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.db");
    create_master(&path, "CONDBR2").unwrap();
    let database = Database::open(&path).unwrap();
    let error = database.objects("/SCT/Derived/Nothing", &Selection::tag("")).unwrap_err();
    assert!(matches!(error, Error::Folder { .. }));
    let error = database.objects(MONITORING.path, &Selection::tag("T")).unwrap_err().to_string();
    assert!(error.ends_with("folder /SCT/Derived/Monitoring has no tag 'T'"), "{error}");
}

#[test]
fn values_that_do_not_fit_leave_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.db");
    let mut row = crate::row(1, 2, 3, "");
    row.payload[1] = Value::Int(1 << 40);
    let content =
        FolderContent { folder: MONITORING.folder(), tag: "T".to_owned(), rows: vec![row] };
    let error = write_file(&path, "CONDBR2", &[content]).unwrap_err().to_string();
    assert!(error.contains("channel 1: field BarrelEndcap: 1099511627776 is outside"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
