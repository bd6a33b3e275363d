//! Tasks, jobs, attempts and the files they read, remembered in the ledger.
//!
//! Every change is one transaction and leaves a line of history: who, when, why.

use std::path::Path;

use sct_ledger::{Area, Journal, Ledger, sql};
use serde::Serialize;

use crate::Error;

mod attempts;
mod files;
mod operate;
mod tasks;

pub use self::{
    attempts::{Attempt, Ended, NewAttempt},
    files::{Dataset, SpoolFile},
    tasks::{Filter, Job, NewJob, NewTask, Task},
};

/// Tables of tasks. Times are seconds since 1970.
const TASKS: Area = Area {
    name: "tasks",
    steps: &["
        CREATE TABLE task_files (
            path TEXT PRIMARY KEY, dataset TEXT NOT NULL, bytes INTEGER NOT NULL, modified INTEGER NOT NULL,
            changed INTEGER NOT NULL, state TEXT NOT NULL, events INTEGER, reason TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX task_files_of_dataset ON task_files (dataset);
        CREATE TABLE tasks (
            id INTEGER PRIMARY KEY, kind TEXT NOT NULL, dataset TEXT NOT NULL, run INTEGER NOT NULL, project TEXT NOT NULL,
            stream TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, defined INTEGER NOT NULL, since INTEGER NOT NULL,
            UNIQUE (kind, dataset)
        ) STRICT;
        CREATE INDEX tasks_by_since ON tasks (since);
        CREATE INDEX tasks_by_run ON tasks (run);
        CREATE TABLE task_jobs (
            id INTEGER PRIMARY KEY, task INTEGER NOT NULL REFERENCES tasks (id), number INTEGER NOT NULL, state TEXT NOT NULL,
            inputs TEXT NOT NULL, corrections TEXT NOT NULL, UNIQUE (task, number)
        ) STRICT;
        CREATE TABLE task_attempts (
            id INTEGER PRIMARY KEY, job INTEGER NOT NULL REFERENCES task_jobs (id), number INTEGER NOT NULL,
            backend TEXT NOT NULL, handle TEXT NOT NULL, folder TEXT NOT NULL, dictionary TEXT NOT NULL, is_over INTEGER NOT NULL,
            submitted INTEGER NOT NULL, started INTEGER, ended INTEGER, exit_code INTEGER, message TEXT NOT NULL,
            wall REAL, cpu REAL, memory INTEGER, host TEXT NOT NULL, is_lost INTEGER NOT NULL, UNIQUE (job, number)
        ) STRICT;
        CREATE INDEX task_attempts_under_way ON task_attempts (is_over) WHERE is_over = 0;
        CREATE TABLE task_history (
            id INTEGER PRIMARY KEY, task INTEGER NOT NULL REFERENCES tasks (id), job INTEGER, attempt INTEGER, time INTEGER NOT NULL,
            who TEXT NOT NULL, what TEXT NOT NULL, why TEXT NOT NULL
        ) STRICT;
        CREATE INDEX task_history_of_task ON task_history (task);
    "],
};

/// Who changes something, when and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Seconds since 1970.
    pub time: i64,
    /// Person or program.
    pub who: String,
    /// Reason; may be empty.
    pub why: String,
}

/// One line of history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Number of the job; none for the task itself.
    pub job: Option<u32>,
    /// Number of the attempt.
    pub attempt: Option<u32>,
    /// Seconds since 1970.
    pub time: i64,
    /// Person or program.
    pub who: String,
    /// What happened.
    pub what: String,
    /// Reason.
    pub why: String,
}

/// The tables of tasks in an open ledger.
#[derive(Debug)]
pub struct Store {
    ledger: Ledger,
}

impl Store {
    /// Opens a ledger; makes it when there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { ledger: Ledger::open(path, Journal::Wal, &[TASKS])? })
    }

    /// What happened to a task, oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn history(&self, task: i64) -> Result<Vec<Line>, Error> {
        let text = "SELECT j.number, a.number, h.time, h.who, h.what, h.why FROM task_history AS h LEFT JOIN task_jobs AS j \
                    ON j.id = h.job LEFT JOIN task_attempts AS a ON a.id = h.attempt WHERE h.task = ?1 ORDER BY h.id";
        self.list("history of a task", text, [task], |row| {
            Ok(Line {
                job: row.get(0)?,
                attempt: row.get(1)?,
                time: row.get(2)?,
                who: row.get(3)?,
                what: row.get(4)?,
                why: row.get(5)?,
            })
        })
    }

    /// Everything that a question gives; `what` is named when it fails.
    fn list<T>(
        &self,
        what: &str,
        text: &str,
        values: impl sql::Params,
        read: impl FnMut(&sql::Row<'_>) -> sql::Result<T>,
    ) -> Result<Vec<T>, Error> {
        Ok(self
            .ledger
            .read(what, |rows| rows.prepare_cached(text)?.query_map(values, read)?.collect())?)
    }
}

/// Where a line of history belongs.
#[derive(Clone, Copy)]
struct Place {
    task: i64,
    job: Option<i64>,
    attempt: Option<i64>,
}

fn remember(rows: &sql::Connection, place: Place, what: &str, note: &Note) -> sql::Result<()> {
    let Place { task, job, attempt } = place;
    let text = "INSERT INTO task_history (task, job, attempt, time, who, what, why) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let values = sql::params![task, job, attempt, note.time, note.who, what, note.why];
    rows.prepare_cached(text)?.execute(values).map(|_| ())
}

/// A word of the ledger that this program does not know.
fn unknown(index: usize, what: &str) -> sql::Error {
    let what = format!("'{what}' is no word of this column");
    sql::Error::FromSqlConversionFailure(index, sql::types::Type::Text, what.into())
}

#[cfg(test)]
mod tests;
