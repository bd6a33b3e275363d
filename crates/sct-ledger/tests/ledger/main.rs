//! Ledgers as several programs use them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::{fs, os::unix::fs::MetadataExt as _, path::Path, thread};

use sct_ledger::{Area, Error, Journal, Ledger, sql};

const FIRST: Area =
    Area { name: "queue", steps: &["CREATE TABLE queue (run INTEGER PRIMARY KEY) STRICT"] };
const SECOND: Area = Area {
    name: "queue",
    steps: &[FIRST.steps[0], "ALTER TABLE queue ADD COLUMN why TEXT NOT NULL DEFAULT 'none'"],
};
const OTHER: Area =
    Area { name: "uploads", steps: &["CREATE TABLE uploads (id INTEGER PRIMARY KEY) STRICT"] };

fn open(path: &Path, areas: &[Area]) -> Result<Ledger, Error> {
    Ledger::open(path, Journal::Wal, areas)
}

fn add(ledger: &mut Ledger, run: u32) -> Result<usize, Error> {
    ledger.write("add", |rows| rows.execute("INSERT INTO queue (run) VALUES (?1)", [run]))
}

fn count(ledger: &Ledger) -> u32 {
    ledger
        .read("count", |rows| rows.query_row("SELECT count(*) FROM queue", [], |row| row.get(0)))
        .unwrap()
}

#[test]
fn later_versions_keep_the_rows_and_areas_do_not_meet() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    add(&mut open(&path, &[FIRST]).unwrap(), 1).unwrap();
    open(&path, &[OTHER]).unwrap();
    let ledger = open(&path, &[SECOND, OTHER]).unwrap();
    let why: String = ledger
        .read("why", |rows| rows.query_row("SELECT why FROM queue", [], |row| row.get(0)))
        .unwrap();
    assert_eq!((count(&ledger), why.as_str()), (1, "none"));
    // A program of before must not touch what it does not understand.
    let error = open(&path, &[FIRST]).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 2, known: 1, .. }), "{error}");
    let error = Ledger::open_to_read(&path, &[FIRST]).unwrap_err();
    assert!(matches!(error, Error::Newer { .. }), "{error}");
}

#[test]
fn a_step_that_fails_leaves_the_file_as_it_was() {
    const BROKEN: Area =
        Area { name: "queue", steps: &[FIRST.steps[0], "CREATE TABLE more (a)", "NONSENSE"] };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    add(&mut open(&path, &[FIRST]).unwrap(), 1).unwrap();
    assert!(matches!(open(&path, &[BROKEN]).unwrap_err(), Error::Sqlite { .. }));
    let ledger = open(&path, &[FIRST]).unwrap();
    let more: u32 = ledger
        .read("tables", |rows| {
            rows.query_row("SELECT count(*) FROM sqlite_master WHERE name = 'more'", [], |row| {
                row.get(0)
            })
        })
        .unwrap();
    assert_eq!((count(&ledger), more), (1, 0));
}

#[test]
fn files_of_others_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "these are my notes, not a ledger").unwrap();
    let database = folder.path().join("other.db");
    sql::Connection::open(&database).unwrap().execute_batch("CREATE TABLE mine (a)").unwrap();
    for path in [text, database] {
        let before = fs::read(&path).unwrap();
        let error = open(&path, &[FIRST]).unwrap_err();
        assert!(matches!(error, Error::Foreign { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    assert!(matches!(
        Ledger::open_to_read(&folder.path().join("none.db"), &[]).unwrap_err(),
        Error::Io { .. }
    ));
}

#[test]
fn a_failed_transaction_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = open(&folder.path().join("ledger.db"), &[FIRST]).unwrap();
    let twice = ledger.write("add", |rows| {
        rows.execute("INSERT INTO queue (run) VALUES (7)", [])?;
        rows.execute("INSERT INTO queue (run) VALUES (7)", [])
    });
    assert!(twice.unwrap_err().to_string().ends_with("ledger.db: add"));
    assert_eq!(count(&ledger), 0);
}

#[test]
fn programs_that_come_at_once_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    thread::scope(|scope| {
        for first in 0..4 {
            let path = &path;
            scope.spawn(move || {
                for number in 0..10 {
                    // Each opens the file anew, as a program does; the first of all makes it.
                    let mut ledger = open(path, &[SECOND, OTHER]).unwrap();
                    add(&mut ledger, first * 100 + number).unwrap();
                }
            });
        }
    });
    assert_eq!(count(&open(&path, &[SECOND]).unwrap()), 40);
}

#[test]
fn a_file_to_hand_around_is_one_file_and_can_be_read_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let mut ledger = Ledger::open(&path, Journal::Rollback, &[FIRST]).unwrap();
    add(&mut ledger, 1).unwrap();
    drop(ledger);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let mut reader = Ledger::open_to_read(&path, &[FIRST]).unwrap();
    assert_eq!(count(&reader), 1);
    assert!(add(&mut reader, 2).is_err());
    let error = Ledger::open_to_read(&path, &[SECOND]).unwrap_err();
    assert!(error.to_string().contains("area queue has version 1, expected 2"), "{error}");
}

#[test]
fn programs_may_make_a_file_at_the_same_moment() {
    for journal in [Journal::Wal, Journal::Rollback] {
        for _ in 0..30 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ledger.db");
            let start = std::sync::Barrier::new(8);
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        start.wait();
                        Ledger::open(&path, journal, &[FIRST]).unwrap();
                    });
                }
            });
        }
    }
}

/// A second connection must not take away the locks of the first one: another program would then remove the log as the last
/// one to leave, with what is written to it later.
#[test]
fn what_is_written_lasts_while_others_come_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut ledger = open(&path, &[FIRST]).unwrap();
    let locks = || {
        let inode = format!(":{} ", fs::metadata(&path).unwrap().ino());
        let all = fs::read_to_string("/proc/locks").unwrap();
        all.lines().filter(|line| line.contains(&inode)).count()
    };
    add(&mut ledger, 1).unwrap();
    if locks() == 0 {
        eprintln!(
            "the system does not show locks under the numbers of files: nobody looks at them"
        );
        return;
    }
    drop(open(&path, &[FIRST]).unwrap());
    drop(Ledger::open_to_read(&path, &[FIRST]).unwrap());
    assert!(Ledger::open_to_read(&path, &[SECOND]).is_err());
    assert_eq!(locks(), 1, "the first connection has lost its lock");
    add(&mut ledger, 2).unwrap();
    assert_eq!(count(&open(&path, &[FIRST]).unwrap()), 2);
}
