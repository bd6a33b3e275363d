//! The queue of uploads, as tables of the ledger.

use std::path::Path;

use sct_id::RunNumber;
use sct_ledger::{
    Area, Journal, Ledger,
    sql::{Connection, OptionalExtension as _, Row, params},
};

use crate::{
    Error, NewUpload, State, Task, Upload, now,
    upload::{COLUMNS, upload},
};

/// The tables of the queue.
pub const AREA: Area = Area {
    name: "uploads",
    steps: &["CREATE TABLE uploads (
        id INTEGER PRIMARY KEY, run INTEGER NOT NULL, task TEXT NOT NULL, tag TEXT NOT NULL, destination TEXT NOT NULL,
        file TEXT NOT NULL, sha256 TEXT NOT NULL, flag TEXT, replace INTEGER NOT NULL, who TEXT NOT NULL,
        comment TEXT NOT NULL, request_file TEXT, state TEXT NOT NULL CHECK (state IN ('requested', 'running', 'done',
        'unchanged', 'refused', 'failed', 'cancelled', 'undone')), reason TEXT NOT NULL, attempts INTEGER NOT NULL,
        requested TEXT NOT NULL, changed TEXT NOT NULL) STRICT;
     CREATE UNIQUE INDEX uploads_open ON uploads (run, task, tag) WHERE state IN ('requested', 'running');
     CREATE INDEX uploads_state ON uploads (state);
     CREATE TABLE upload_steps (
        upload INTEGER NOT NULL REFERENCES uploads (id), time TEXT NOT NULL, who TEXT NOT NULL, state TEXT NOT NULL,
        reason TEXT NOT NULL) STRICT;
     CREATE TABLE bad_runs (
        run INTEGER NOT NULL, task TEXT NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL, time TEXT NOT NULL,
        PRIMARY KEY (run, task)) STRICT;
     CREATE TABLE upload_passes (
        id INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, result TEXT NOT NULL) STRICT;",
        "CREATE INDEX uploads_place ON uploads (task, run);"],
};

/// A run that is not to be uploaded for a task, and does not hold up others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRun {
    /// Who said so.
    pub who: String,
    /// Why.
    pub reason: String,
    /// When, as times of uploads are written.
    pub time: String,
}

/// The queue in an open ledger.
#[derive(Debug)]
pub struct Queue {
    ledger: Ledger,
}

impl Queue {
    /// Opens the ledger of a data folder, and makes it when there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn open(ledger: &Path) -> Result<Self, Error> {
        Ok(Self { ledger: Ledger::open(ledger, Journal::Wal, &[AREA])? })
    }

    /// Uploads by number; those of one state when given.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn uploads(&self, state: Option<State>) -> Result<Vec<Upload>, Error> {
        let state = state.map(State::name);
        Ok(self.ledger.read("uploads", |rows| {
            let sql =
                format!("SELECT {COLUMNS} FROM uploads WHERE ?1 IS NULL OR state = ?1 ORDER BY id");
            rows.prepare(&sql)?.query_map([state], upload)?.collect()
        })?)
    }

    /// The newest uploads, newest first: before a number when given.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn newest(&self, before: Option<i64>, count: usize) -> Result<Vec<Upload>, Error> {
        Ok(self.ledger.read("uploads", |rows| {
            let sql =
                format!("SELECT {COLUMNS} FROM uploads WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            let which = [before.unwrap_or(i64::MAX), count];
            rows.prepare(&sql)?.query_map(which, upload)?.collect()
        })?)
    }

    /// Uploads of a task for runs from the first to the last one given, by number.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn uploads_of(
        &self,
        task: Task,
        (first, last): (RunNumber, RunNumber),
    ) -> Result<Vec<Upload>, Error> {
        Ok(self.ledger.read("uploads", |rows| {
            let sql = format!(
                "SELECT {COLUMNS} FROM uploads WHERE task = ?1 AND run BETWEEN ?2 AND ?3 ORDER BY id"
            );
            let place = params![task.name(), first.to_u32(), last.to_u32()];
            rows.prepare(&sql)?.query_map(place, upload)?.collect()
        })?)
    }

    /// One upload.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] when there is none, [`Error::Ledger`].
    pub fn upload(&self, id: i64) -> Result<Upload, Error> {
        let found = self.ledger.read("uploads", |rows| {
            let sql = format!("SELECT {COLUMNS} FROM uploads WHERE id = ?1");
            rows.query_row(&sql, [id], upload).optional()
        })?;
        found.ok_or_else(|| Error::Request(format!("there is no upload {id}")))
    }

    /// Adds a request; gives its number.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] when the run is marked bad, the same content is uploaded already, or a request for the same run,
    /// task and tag is waiting.
    pub fn request(&mut self, new: &NewUpload) -> Result<i64, Error> {
        let time = now();
        let NewUpload { run, task, .. } = new;
        let place = format!("{task} of run {run}");
        self.ledger.write_or(|rows| {
            if let Some(bad) = bad_run(rows, *run, *task)? {
                return Err(Error::Request(format!("{place} is marked bad by {}: {}", bad.who, bad.reason)));
            }
            let earlier: Option<(i64, String, String)> = rows
                .query_row(
                    "SELECT id, state, sha256 FROM uploads WHERE run = ?1 AND task = ?2 AND tag = ?3 AND state IN ('requested', \
                     'running', 'done', 'unchanged') ORDER BY id DESC LIMIT 1",
                    params![run.to_u32(), task.name(), new.tag],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                )
                .optional()?;
            match earlier {
                Some((id, state, _)) if state == "requested" || state == "running" => {
                    return Err(Error::Request(format!("{place} is requested already, as upload {id}")));
                }
                Some((id, _, sha256)) if sha256 == new.sha256 => {
                    return Err(Error::Request(format!("{place} with this content is done already, as upload {id}")));
                }
                Some((id, ..)) if !new.replace => {
                    return Err(Error::Request(format!(
                        "{place} is uploaded with other content, as upload {id}; ask for it to be replaced"
                    )));
                }
                _ => {}
            }
            rows.execute(
                "INSERT INTO uploads (run, task, tag, destination, file, sha256, flag, replace, who, comment, request_file, state, \
                 reason, attempts, requested, changed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'requested', '', 0, \
                 ?12, ?12)",
                params![
                    run.to_u32(),
                    task.name(),
                    new.tag,
                    task.destination().name(),
                    new.file.to_string_lossy(),
                    new.sha256,
                    new.flag.map(String::from),
                    new.replace,
                    new.who,
                    new.comment,
                    new.request_file,
                    time
                ],
            )?;
            let id = rows.last_insert_rowid();
            step(rows, id, State::Requested, &new.who, "", &time)?;
            Ok(id)
        })
    }

    /// Moves an upload from one of the states `from`; every step is kept.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] when it is in another state.
    pub fn set(
        &mut self,
        id: i64,
        from: &[State],
        to: State,
        who: &str,
        reason: &str,
    ) -> Result<(), Error> {
        let time = now();
        self.ledger.write_or(|rows| {
            let found: Option<String> =
                rows.query_row("SELECT state FROM uploads WHERE id = ?1", [id], |row| row.get(0)).optional()?;
            let found = found.ok_or_else(|| Error::Request(format!("there is no upload {id}")))?;
            if !from.iter().any(|state| state.name() == found) {
                let from: Vec<&str> = from.iter().map(|state| state.name()).collect();
                let what = format!("upload {id} is {found}, expected {}", from.join(" or "));
                return Err(Error::Request(what));
            }
            rows.execute(
                "UPDATE uploads SET state = ?2, reason = ?3, changed = ?4, attempts = attempts + (?2 = 'running') WHERE id = ?1",
                params![id, to.name(), reason, time],
            )?;
            step(rows, id, to, who, reason, &time)
        })
    }

    /// Puts a refused or failed upload back into the queue, with its attempts counted anew.
    ///
    /// # Errors
    ///
    /// As [`Self::set`].
    pub fn retry(&mut self, id: i64, who: &str, reason: &str) -> Result<(), Error> {
        let from = [State::Refused, State::Failed, State::Cancelled, State::Undone];
        self.set(id, &from, State::Requested, who, reason)?;
        Ok(self.ledger.write("attempts", |rows| {
            rows.execute("UPDATE uploads SET attempts = 0 WHERE id = ?1", [id]).map(|_| ())
        })?)
    }

    /// Marks a run as unusable for a task. Requests that wait are cancelled.
    ///
    /// # Errors
    ///
    /// [`Error::Request`] when the upload is done, or is being done.
    pub fn mark_bad(
        &mut self,
        run: RunNumber,
        task: Task,
        who: &str,
        reason: &str,
    ) -> Result<(), Error> {
        let time = now();
        self.ledger.write_or(|rows| {
            let blocking: Option<(i64, String)> = rows
                .query_row(
                    "SELECT id, state FROM uploads WHERE run = ?1 AND task = ?2 AND state IN ('running', 'done', 'unchanged')",
                    params![run.to_u32(), task.name()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            if let Some((id, state)) = blocking {
                return Err(Error::Request(format!("{task} of run {run} is {state}, as upload {id}")));
            }
            let waiting: Vec<i64> = rows
                .prepare("SELECT id FROM uploads WHERE run = ?1 AND task = ?2 AND state = 'requested'")?
                .query_map(params![run.to_u32(), task.name()], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for id in waiting {
                rows.execute("UPDATE uploads SET state = 'cancelled', reason = 'marked bad', changed = ?2 WHERE id = ?1", params![id, time])?;
                step(rows, id, State::Cancelled, who, reason, &time)?;
            }
            rows.execute(
                "INSERT INTO bad_runs VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET who = ?3, reason = ?4, time = ?5",
                params![run.to_u32(), task.name(), who, reason, time],
            )?;
            Ok(())
        })
    }

    /// Takes a bad mark away; gives whether there was one.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn unmark_bad(&mut self, run: RunNumber, task: Task) -> Result<bool, Error> {
        Ok(self.ledger.write("bad runs", |rows| {
            let parameters = params![run.to_u32(), task.name()];
            Ok(rows.execute("DELETE FROM bad_runs WHERE run = ?1 AND task = ?2", parameters)? > 0)
        })?)
    }

    /// The bad mark of a run, if it has one.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn bad(&self, run: RunNumber, task: Task) -> Result<Option<BadRun>, Error> {
        Ok(self.ledger.read("bad runs", |rows| bad_run(rows, run, task))?)
    }

    /// All runs that are marked bad for a task, ascending.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn bad_runs(&self, task: Task) -> Result<Vec<(RunNumber, BadRun)>, Error> {
        Ok(self.ledger.read("bad runs", |rows| {
            let sql = "SELECT who, reason, run, time FROM bad_runs WHERE task = ?1 ORDER BY run";
            let mut statement = rows.prepare(sql)?;
            let found = statement.query_map([task.name()], |row| {
                let run = RunNumber::new(row.get(2)?).map_err(|error| {
                    let kind = sct_ledger::sql::types::Type::Integer;
                    sct_ledger::sql::Error::FromSqlConversionFailure(2, kind, error.into())
                })?;
                Ok((run, BadRun { who: row.get(0)?, reason: row.get(1)?, time: row.get(3)? }))
            })?;
            found.collect()
        })?)
    }

    /// The latest upload that came from a request file with this content.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn of_request_file(&self, name: &str, sha256: &str) -> Result<Option<Upload>, Error> {
        Ok(self.ledger.read("uploads", |rows| {
            let sql = format!(
                "SELECT {COLUMNS} FROM uploads WHERE request_file = ?1 AND sha256 = ?2 ORDER BY id DESC LIMIT 1"
            );
            rows.query_row(&sql, params![name, sha256], upload).optional()
        })?)
    }

    /// The steps of an upload: time, who, state, reason.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn steps(&self, id: i64) -> Result<Vec<(String, String, String, String)>, Error> {
        Ok(self.ledger.read("steps", |rows| {
            let sql = "SELECT time, who, state, reason FROM upload_steps WHERE upload = ?1 ORDER BY rowid";
            let cells = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
            rows.prepare(sql)?.query_map([id], cells)?.collect()
        })?)
    }

    /// Notes that a pass began; gives its number.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn begin_pass(&mut self) -> Result<i64, Error> {
        Ok(self.ledger.write("passes", |rows| {
            rows.execute(
                "INSERT INTO upload_passes (started, result) VALUES (?1, 'running')",
                [now()],
            )?;
            Ok(rows.last_insert_rowid())
        })?)
    }

    /// Notes how a pass ended.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn end_pass(&mut self, pass: i64, result: &str) -> Result<(), Error> {
        Ok(self.ledger.write("passes", |rows| {
            let sql = "UPDATE upload_passes SET ended = ?2, result = ?3 WHERE id = ?1";
            rows.execute(sql, params![pass, now(), result]).map(|_| ())
        })?)
    }
}

fn step(
    rows: &Connection,
    id: i64,
    state: State,
    who: &str,
    reason: &str,
    time: &str,
) -> Result<(), Error> {
    rows.execute(
        "INSERT INTO upload_steps VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, time, who, state.name(), reason],
    )?;
    Ok(())
}

fn bad_run(
    rows: &Connection,
    run: RunNumber,
    task: Task,
) -> sct_ledger::sql::Result<Option<BadRun>> {
    rows.query_row(
        "SELECT who, reason, time FROM bad_runs WHERE run = ?1 AND task = ?2",
        params![run.to_u32(), task.name()],
        |row| Ok(BadRun { who: row.get(0)?, reason: row.get(1)?, time: row.get(2)? }),
    )
    .optional()
}
