//! The queue of uploads, as tables of the ledger.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use sct_id::RunNumber;
use sct_ledger::{
    Area, Journal, Ledger,
    sql::{Connection, OptionalExtension as _, Row, params},
};
use serde::Serialize;

use crate::{Error, Task, now};

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
        id INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, result TEXT NOT NULL) STRICT;"],
};

/// Where an upload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Waits for the next pass.
    Requested,
    /// A pass is at it, or was when it was killed.
    Running,
    /// In the master, with a receipt.
    Done,
    /// The master had the same content already.
    Unchanged,
    /// The content does not fit; somebody must look.
    Refused,
    /// Something broke.
    Failed,
    /// Taken back before it was done.
    Cancelled,
    /// Taken back after it was done.
    Undone,
}

impl State {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Requested, "requested"),
        (Self::Running, "running"),
        (Self::Done, "done"),
        (Self::Unchanged, "unchanged"),
        (Self::Refused, "refused"),
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
        (Self::Undone, "undone"),
    ];

    /// Name in the ledger.
    pub fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(state, _)| *state == self);
        found.map(|(_, name)| *name).expect("every state is in the list")
    }

    /// Whether the content is in the master.
    pub fn is_there(self) -> bool {
        matches!(self, Self::Done | Self::Unchanged)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text);
        found.map(|(state, _)| *state).ok_or_else(|| format!("'{text}' is no state of an upload"))
    }
}

/// What is to be uploaded, checked and with the digest the person saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUpload {
    /// Run.
    pub run: RunNumber,
    /// Task.
    pub task: Task,
    /// Tag of file and master.
    pub tag: String,
    /// COOL file.
    pub file: PathBuf,
    /// SHA-256 when it was requested, hexadecimal.
    pub sha256: String,
    /// Flag of the summary; none when there is none.
    pub flag: Option<char>,
    /// Whether it may be laid over other content of the run.
    pub replace: bool,
    /// Person or account.
    pub who: String,
    /// Comment.
    pub comment: String,
    /// Name of the request file it comes from.
    pub request_file: Option<String>,
}

/// One upload of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upload {
    /// Number in the ledger.
    pub id: i64,
    /// Run.
    pub run: RunNumber,
    /// Task.
    #[serde(serialize_with = "by_name")]
    pub task: Task,
    /// Tag.
    pub tag: String,
    /// Instance it goes to.
    pub destination: String,
    /// COOL file.
    pub file: PathBuf,
    /// SHA-256 when it was requested.
    pub sha256: String,
    /// Flag of the summary.
    pub flag: Option<char>,
    /// Whether it may be laid over other content.
    pub replace: bool,
    /// Person or account.
    pub who: String,
    /// Comment.
    pub comment: String,
    /// Request file it comes from.
    pub request_file: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Why it was refused or failed.
    pub reason: String,
    /// Attempts since it was requested or retried.
    pub attempts: u32,
    /// Time of the request.
    pub requested: String,
    /// Time of the last change.
    pub changed: String,
}

fn by_name<S: serde::Serializer>(task: &Task, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(task.name())
}

/// A run that is not to be uploaded for a task, and does not hold up others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRun {
    /// Who said so.
    pub who: String,
    /// Why.
    pub reason: String,
}

/// The queue in an open ledger.
#[derive(Debug)]
pub struct Queue {
    ledger: Ledger,
}

const COLUMNS: &str = "id, run, task, tag, destination, file, sha256, flag, replace, who, comment, request_file, state, reason, \
                       attempts, requested, changed";

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
        "SELECT who, reason FROM bad_runs WHERE run = ?1 AND task = ?2",
        params![run.to_u32(), task.name()],
        |row| Ok(BadRun { who: row.get(0)?, reason: row.get(1)? }),
    )
    .optional()
}

fn upload(row: &Row<'_>) -> sct_ledger::sql::Result<Upload> {
    let parsed = |index: usize| -> sct_ledger::sql::Result<String> { row.get(index) };
    let wrong = |index: usize, what: String| {
        sct_ledger::sql::Error::FromSqlConversionFailure(
            index,
            sct_ledger::sql::types::Type::Text,
            what.into(),
        )
    };
    let run: u32 = row.get(1)?;
    Ok(Upload {
        id: row.get(0)?,
        run: RunNumber::new(run).map_err(|error| wrong(1, error.to_string()))?,
        task: parsed(2)?.parse().map_err(|error| wrong(2, error))?,
        tag: row.get(3)?,
        destination: row.get(4)?,
        file: PathBuf::from(parsed(5)?),
        sha256: row.get(6)?,
        flag: row.get::<_, Option<String>>(7)?.and_then(|flag| flag.chars().next()),
        replace: row.get(8)?,
        who: row.get(9)?,
        comment: row.get(10)?,
        request_file: row.get(11)?,
        state: parsed(12)?.parse().map_err(|error| wrong(12, error))?,
        reason: row.get(13)?,
        attempts: row.get(14)?,
        requested: row.get(15)?,
        changed: row.get(16)?,
    })
}
