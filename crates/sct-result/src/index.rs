//! The index file.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use sct_id::RunNumber;
use sct_ledger::{
    Area, Journal, Ledger,
    sql::{self, Connection, OptionalExtension as _, Row, params},
};
use sct_wholefile::identity;

use crate::{Error, ResultFile, RunResult};

/// Tables of the index. `newest` tells the attempt that is shown.
const AREA: Area = Area {
    name: "results",
    steps: &[
        "CREATE TABLE folders (path TEXT PRIMARY KEY, modified INTEGER NOT NULL) STRICT, WITHOUT ROWID;
         CREATE TABLE results (
            run INTEGER NOT NULL, kind TEXT NOT NULL, prefix TEXT NOT NULL, folder TEXT NOT NULL, modified INTEGER NOT NULL,
            newest INTEGER NOT NULL, attempts INTEGER NOT NULL, files TEXT NOT NULL, summary TEXT, database TEXT, sha256 TEXT,
            complaint TEXT, PRIMARY KEY (run, kind, prefix)) STRICT;
         CREATE INDEX results_newest ON results (kind, run) WHERE newest = 1;",
        "DROP TABLE folders;
         DELETE FROM results;
         CREATE TABLE root (path TEXT NOT NULL) STRICT;
         CREATE TABLE kinds (id INTEGER PRIMARY KEY, kind TEXT NOT NULL UNIQUE) STRICT;
         CREATE TABLE looked (key INTEGER PRIMARY KEY, modified INTEGER NOT NULL, content INTEGER NOT NULL) STRICT;
         CREATE TABLE measures (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, part TEXT NOT NULL, layer TEXT NOT NULL,
            eta TEXT NOT NULL, side TEXT NOT NULL, module TEXT NOT NULL,
            UNIQUE (kind, name, part, layer, eta, side, module)) STRICT;
         CREATE TABLE layouts (id INTEGER PRIMARY KEY, measures BLOB NOT NULL UNIQUE) STRICT;
         CREATE TABLE numbers (key INTEGER PRIMARY KEY, start INTEGER, layout INTEGER NOT NULL, numbers BLOB NOT NULL) STRICT;
         CREATE INDEX numbers_layout ON numbers (layout);",
        "CREATE TABLE tried (key INTEGER PRIMARY KEY) STRICT;
         CREATE TABLE listed (key INTEGER PRIMARY KEY) STRICT;
         CREATE TABLE modules (key INTEGER PRIMARY KEY, numbers BLOB NOT NULL) STRICT;",
    ],
};

/// Columns of a result in the order of [`result`].
const COLUMNS: &str =
    "run, kind, prefix, folder, modified, attempts, files, summary, database, sha256, complaint";

/// First bytes of every SQLite file.
const MAGIC: [u8; 16] = *b"SQLite format 3\0";

/// The open index.
#[derive(Debug)]
pub struct Index {
    pub(crate) ledger: Ledger,
    /// Device and number of the file that was opened.
    file: (u64, u64),
}

impl Index {
    /// Opens the index, and makes it when there is none; one that is damaged is made again.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let open = || Ledger::open(path, Journal::Wal, &[AREA]);
        let ledger = match open() {
            Err(sct_ledger::Error::Foreign { .. } | sct_ledger::Error::Sqlite { .. })
                if !is_sound(path) =>
            {
                remove(path)?;
                open()?
            }
            opened => opened?,
        };
        let file = identity(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        Ok(Self { ledger, file })
    }

    /// Whether the file is still the one that was opened: somebody may have removed it, and then it is made again.
    pub fn is_current(&self) -> bool {
        identity(self.ledger.path()).is_ok_and(|file| file == self.file)
    }

    /// Opens the file anew when it is no longer the one that was opened.
    pub(crate) fn reopen(&mut self) -> Result<(), Error> {
        if !self.is_current() {
            let path = self.ledger.path().to_owned();
            *self = Self::open(&path)?;
        }
        Ok(())
    }

    /// The newest runs of a kind of task, newest first: before a run when given. Of each run the newest attempt.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn newest(
        &self,
        kind: &str,
        before: Option<RunNumber>,
        count: usize,
    ) -> Result<Vec<RunResult>, Error> {
        let before = before.map_or(i64::MAX, |run| run.to_u32().into());
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.list(
            "kind = ?1 AND newest = 1 AND run < ?2 ORDER BY run DESC LIMIT ?3",
            params![kind, before, count],
        )
    }

    /// The newest attempt at every task of a run.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn run(&self, run: RunNumber) -> Result<Vec<RunResult>, Error> {
        self.list("run = ?1 AND newest = 1 ORDER BY kind", params![run.to_u32()])
    }

    /// All attempts at a task of a run, newest first.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn attempts(&self, run: RunNumber, kind: &str) -> Result<Vec<RunResult>, Error> {
        self.list(
            "run = ?1 AND kind = ?2 ORDER BY modified DESC, prefix DESC",
            params![run.to_u32(), kind],
        )
    }

    /// Number of runs with results of a kind of task.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn runs_in_all(&self, kind: &str) -> Result<usize, Error> {
        Ok(self.ledger.read("results", |rows| {
            let sql = "SELECT count(*) FROM results WHERE kind = ?1 AND newest = 1";
            rows.prepare_cached(sql)?.query_row([kind], |row| count(row, 0))
        })?)
    }

    /// The newest run with results of a kind of task.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn last_run(&self, kind: &str) -> Result<Option<RunNumber>, Error> {
        Ok(self.ledger.read("results", |rows| {
            let sql =
                "SELECT run FROM results WHERE kind = ?1 AND newest = 1 ORDER BY run DESC LIMIT 1";
            rows.prepare_cached(sql)?.query_row([kind], |row| run(row, 0)).optional()
        })?)
    }

    /// The runs with results before and after a run.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn beside(
        &self,
        number: RunNumber,
    ) -> Result<(Option<RunNumber>, Option<RunNumber>), Error> {
        Ok(self.ledger.read("results", |rows| {
            let one = |sql: &str| {
                rows.prepare_cached(sql)?.query_row([number.to_u32()], |row| {
                    row.get::<_, Option<i64>>(0)?.map(|_| run(row, 0)).transpose()
                })
            };
            Ok((
                one("SELECT max(run) FROM results WHERE run < ?1")?,
                one("SELECT min(run) FROM results WHERE run > ?1")?,
            ))
        })?)
    }

    fn list(&self, which: &str, values: impl sql::Params) -> Result<Vec<RunResult>, Error> {
        Ok(self.ledger.read("results", |rows| {
            let sql = format!("SELECT {COLUMNS} FROM results WHERE {which}");
            rows.prepare_cached(&sql)?.query_map(values, result)?.collect()
        })?)
    }
}

/// Reads a row of [`COLUMNS`].
fn result(row: &Row<'_>) -> sql::Result<RunResult> {
    let files: Vec<ResultFile> = parsed(&row.get::<_, String>(6)?, 6)?;
    let summary: Option<String> = row.get(7)?;
    let database: Option<String> = row.get(8)?;
    Ok(RunResult {
        run: run(row, 0)?,
        kind: row.get(1)?,
        dataset: row.get(2)?,
        folder: PathBuf::from(row.get::<_, String>(3)?),
        modified: row.get(4)?,
        attempts: count(row, 5)?,
        summary: summary.map(|text| parsed(&text, 7)).transpose()?,
        database: database.and_then(|name| files.iter().find(|file| file.name == name).cloned()),
        files,
        sha256: row.get(9)?,
        complaint: row.get(10)?,
    })
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str, column: usize) -> sql::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        sql::Error::FromSqlConversionFailure(column, sql::types::Type::Text, Box::new(error))
    })
}

fn count(row: &Row<'_>, column: usize) -> sql::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

fn run(row: &Row<'_>, column: usize) -> sql::Result<RunNumber> {
    RunNumber::new(row.get(column)?).map_err(|error| {
        sql::Error::FromSqlConversionFailure(column, sql::types::Type::Integer, Box::new(error))
    })
}

/// Whether SQLite finds nothing wrong with a file. While another program has it open, the first page may be read from its
/// log, and what the file itself begins with goes unseen: it is looked at first.
fn is_sound(path: &Path) -> bool {
    let mut begin = [0; MAGIC.len()];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    if read.is_err() || begin != MAGIC {
        return false;
    }
    let open = Connection::open_with_flags(path, sql::OpenFlags::SQLITE_OPEN_READ_ONLY);
    let look = |rows: &Connection| {
        rows.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))
    };
    open.is_ok_and(|rows| look(&rows).is_ok_and(|said| said == "ok"))
}

fn remove(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    fs::remove_file(path).map_err(failed)?;
    for ending in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(ending);
        match fs::remove_file(beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            _ => {}
        }
    }
    Ok(())
}
