//! Files in the spool folder, and the data sets they belong to.

use std::path::PathBuf;

use sct_ledger::sql;
use serde::Serialize;

use super::{Store, unknown};
use crate::{Error, state::FileState};

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpoolFile {
    /// The file.
    pub path: PathBuf,
    /// Data set.
    pub dataset: String,
    /// Size.
    pub bytes: u64,
    /// Time of its last change by the file system, nanoseconds since 1970.
    pub modified: i64,
    /// How far it has come.
    pub state: FileState,
    /// Events in it.
    pub events: Option<u64>,
    /// What is wrong with it; empty when nothing is.
    pub reason: String,
}

/// A data set by its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dataset {
    /// Name.
    pub name: String,
    /// Files.
    pub files: u64,
    /// Files that can be read.
    pub complete: u64,
    /// Files that are being written.
    pub writing: u64,
    /// Events in the complete ones.
    pub events: u64,
    /// When the last change to any of its files was seen, seconds since 1970.
    pub changed: i64,
}

impl Store {
    /// Remembers what was found of files, at a time in seconds since 1970. A file that is as before keeps its time.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn put_files(&mut self, files: &[SpoolFile], now: i64) -> Result<(), Error> {
        let text = "INSERT INTO task_files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET bytes = \
                    excluded.bytes, modified = excluded.modified, changed = CASE WHEN bytes = excluded.bytes AND modified = \
                    excluded.modified THEN changed ELSE excluded.changed END, state = excluded.state, events = excluded.events, \
                    reason = excluded.reason";
        if files.is_empty() {
            return Ok(());
        }
        Ok(self.ledger.write("files", |rows| {
            let mut statement = rows.prepare_cached(text)?;
            for file in files {
                let SpoolFile { path, dataset, bytes, modified, state, events, reason } = file;
                statement.execute(sql::params![
                    path.to_string_lossy(),
                    dataset,
                    i64::try_from(*bytes).unwrap_or(i64::MAX),
                    modified,
                    now,
                    state.word(),
                    events.map(|events| i64::try_from(events).unwrap_or(i64::MAX)),
                    reason
                ])?;
            }
            Ok(())
        })?)
    }

    /// Files of a data set, by name; of all data sets for none.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn files(&self, dataset: Option<&str>) -> Result<Vec<SpoolFile>, Error> {
        let text = "SELECT path, dataset, bytes, modified, state, events, reason FROM task_files WHERE ?1 IS NULL OR \
                    dataset = ?1 ORDER BY path";
        self.list("files", text, [dataset], |row| {
            let state: String = row.get(4)?;
            Ok(SpoolFile {
                path: PathBuf::from(row.get::<_, String>(0)?),
                dataset: row.get(1)?,
                bytes: row.get::<_, i64>(2)?.unsigned_abs(),
                modified: row.get(3)?,
                state: FileState::from_word(&state).ok_or_else(|| unknown(4, &state))?,
                events: row.get::<_, Option<i64>>(5)?.map(i64::unsigned_abs),
                reason: row.get(6)?,
            })
        })
    }

    /// All data sets with files, by name.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn datasets(&self) -> Result<Vec<Dataset>, Error> {
        let text = "SELECT dataset, count(*), count(*) FILTER (WHERE state = 'complete'), coalesce(sum(events) FILTER (WHERE \
                    state = 'complete'), 0), max(changed), count(*) FILTER (WHERE state = 'writing') FROM task_files \
                    GROUP BY dataset ORDER BY dataset";
        self.list("data sets", text, [], |row| {
            Ok(Dataset {
                name: row.get(0)?,
                files: row.get::<_, i64>(1)?.unsigned_abs(),
                complete: row.get::<_, i64>(2)?.unsigned_abs(),
                events: row.get::<_, i64>(3)?.unsigned_abs(),
                changed: row.get(4)?,
                writing: row.get::<_, i64>(5)?.unsigned_abs(),
            })
        })
    }
}
