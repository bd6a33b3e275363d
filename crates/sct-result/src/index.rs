//! The index file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use sct_id::RunNumber;
use sct_ledger::{
    Area, Journal, Ledger,
    sql::{self, Connection, OptionalExtension as _, Row, params},
};

use crate::{Error, ResultFile, RunResult, scan};

/// Tables of the index. `newest` tells the attempt that is shown.
const AREA: Area = Area {
    name: "results",
    steps: &["CREATE TABLE folders (path TEXT PRIMARY KEY, modified INTEGER NOT NULL) STRICT, WITHOUT ROWID;
         CREATE TABLE results (
            run INTEGER NOT NULL, kind TEXT NOT NULL, prefix TEXT NOT NULL, folder TEXT NOT NULL, modified INTEGER NOT NULL,
            newest INTEGER NOT NULL, attempts INTEGER NOT NULL, files TEXT NOT NULL, summary TEXT, database TEXT, sha256 TEXT,
            complaint TEXT, PRIMARY KEY (run, kind, prefix)) STRICT;
         CREATE INDEX results_newest ON results (kind, run) WHERE newest = 1;"],
};

/// Columns of a result in the order of [`result`].
const COLUMNS: &str =
    "run, kind, prefix, folder, modified, attempts, files, summary, database, sha256, complaint";

/// What a look at the results folder found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Folders that are new.
    pub added: usize,
    /// Folders whose files have changed.
    pub changed: usize,
    /// Folders that are gone.
    pub removed: usize,
    /// What is wrong with files of the folders that were looked at.
    pub complaints: Vec<String>,
}

/// The open index.
#[derive(Debug)]
pub struct Index {
    ledger: Ledger,
}

/// The folder of a run and kind of task.
struct Place {
    run: RunNumber,
    kind: String,
    path: PathBuf,
    modified: i64,
}

impl Index {
    /// Opens the index, and makes it when there is none; one that is damaged is made again.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn open(path: &Path) -> Result<Self, Error> {
        match Ledger::open(path, Journal::Wal, &[AREA]) {
            Ok(ledger) => Ok(Self { ledger }),
            Err(sct_ledger::Error::Foreign { .. } | sct_ledger::Error::Sqlite { .. })
                if !is_sound(path) =>
            {
                remove(path)?;
                Ok(Self { ledger: Ledger::open(path, Journal::Wal, &[AREA])? })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Looks at the folders that have changed since the last look.
    ///
    /// # Errors
    ///
    /// When the index cannot be written. What is wrong with results is among the complaints.
    pub fn refresh(&mut self, results: &Path) -> Result<Refreshed, Error> {
        let mut refreshed = Refreshed::default();
        let known = self.known()?;
        let places = places(results, &mut refreshed.complaints);
        let mut looked = Vec::new();
        let there: BTreeSet<String> =
            places.iter().map(|place| place.path.display().to_string()).collect();
        for place in places {
            match known.get(&place.path.display().to_string()) {
                Some(modified) if *modified == place.modified => continue,
                Some(_) => refreshed.changed += 1,
                None => refreshed.added += 1,
            }
            match scan::attempts(&place.path, place.run, &place.kind) {
                Ok(attempts) => looked.push((place, attempts)),
                Err(error) => {
                    refreshed.complaints.push(format!("{}: {error}", place.path.display()));
                }
            }
        }
        let gone: Vec<&String> = known.keys().filter(|path| !there.contains(*path)).collect();
        refreshed.removed = gone.len();
        for (_, attempts) in &looked {
            refreshed.complaints.extend(attempts.iter().filter_map(|one| one.complaint.clone()));
        }
        if looked.is_empty() && gone.is_empty() {
            return Ok(refreshed);
        }
        self.ledger.write("results", |rows| {
            for path in gone {
                rows.execute("DELETE FROM results WHERE folder = ?1", [path])?;
                rows.execute("DELETE FROM folders WHERE path = ?1", [path])?;
            }
            looked.iter().try_for_each(|(place, attempts)| put(rows, place, attempts))
        })?;
        Ok(refreshed)
    }

    fn known(&self) -> Result<BTreeMap<String, i64>, Error> {
        Ok(self.ledger.read("folders", |rows| {
            let mut all = rows.prepare_cached("SELECT path, modified FROM folders")?;
            all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?)
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

/// All folders of runs and kinds of tasks.
fn places(results: &Path, complaints: &mut Vec<String>) -> Vec<Place> {
    let mut places = Vec::new();
    for (name, path) in folders(results, complaints) {
        // Other folders may lie here: they are no runs.
        let Some(run) = name.parse().ok().and_then(|number| RunNumber::new(number).ok()) else {
            continue;
        };
        for (kind, path) in folders(&path, complaints) {
            let Ok(metadata) = fs::metadata(&path) else { continue };
            places.push(Place { run, kind, path, modified: scan::modified(&metadata) });
        }
    }
    places
}

fn folders(path: &Path, complaints: &mut Vec<String>) -> Vec<(String, PathBuf)> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            complaints.push(format!("{}: {error}", path.display()));
            return Vec::new();
        }
    };
    let folder = |entry: fs::DirEntry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = entry.file_name().into_string().ok()?;
        (is_folder && !name.starts_with('.')).then(|| (name, entry.path()))
    };
    entries.flatten().filter_map(folder).collect()
}

/// Replaces what is known of a folder.
fn put(rows: &Connection, place: &Place, attempts: &[scan::Attempt]) -> sql::Result<()> {
    let folder = place.path.display().to_string();
    rows.prepare_cached("DELETE FROM results WHERE run = ?1 AND kind = ?2")?
        .execute(params![place.run.to_u32(), place.kind])?;
    let newest = attempts.iter().max_by_key(|one| (one.modified, &one.prefix));
    let mut insert = rows.prepare_cached(
        "INSERT INTO results (run, kind, prefix, folder, modified, newest, attempts, files, summary, database, sha256, complaint) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for one in attempts {
        let is_newest = newest.is_some_and(|newest| newest.prefix == one.prefix);
        insert.execute(params![
            place.run.to_u32(),
            place.kind,
            one.prefix,
            folder,
            one.modified / 1_000_000_000,
            is_newest,
            i64::try_from(attempts.len()).unwrap_or(i64::MAX),
            json(&one.files),
            one.summary.as_ref().map(json),
            one.database.as_ref().map(|file| &file.name),
            one.sha256,
            one.complaint,
        ])?;
    }
    rows.prepare_cached("INSERT OR REPLACE INTO folders VALUES (?1, ?2)")?
        .execute(params![folder, place.modified])?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
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

/// Whether SQLite finds nothing wrong with a file.
fn is_sound(path: &Path) -> bool {
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
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failed(error));
            }
            _ => {}
        }
    }
    Ok(())
}
