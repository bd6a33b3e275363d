//! One upload of the queue, and the states it goes through.

use std::{fmt, path::PathBuf, str::FromStr};

use sct_id::RunNumber;
use sct_ledger::sql::Row;
use serde::Serialize;

use crate::{Checked, Task};

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

impl NewUpload {
    /// The upload of a file that was looked at, under the usual tag of its task, without comment.
    pub fn of(checked: &Checked, file: PathBuf, run: RunNumber, task: Task, who: &str) -> Self {
        Self {
            run,
            task,
            tag: task.folder().tag.to_owned(),
            file,
            sha256: checked.sha256.clone(),
            flag: checked.flag,
            replace: false,
            who: who.to_owned(),
            comment: String::new(),
            request_file: None,
        }
    }
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

impl Upload {
    /// The request it was.
    pub fn as_requested(&self) -> NewUpload {
        NewUpload {
            run: self.run,
            task: self.task,
            tag: self.tag.clone(),
            file: self.file.clone(),
            sha256: self.sha256.clone(),
            flag: self.flag,
            replace: self.replace,
            who: self.who.clone(),
            comment: self.comment.clone(),
            request_file: self.request_file.clone(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn by_name<S: serde::Serializer>(task: &Task, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(task.name())
}

/// Columns of the table in the order of [`upload`].
pub(crate) const COLUMNS: &str = "id, run, task, tag, destination, file, sha256, flag, replace, who, comment, request_file, state, reason, \
                       attempts, requested, changed";

/// Reads a row of [`COLUMNS`].
pub(crate) fn upload(row: &Row<'_>) -> sct_ledger::sql::Result<Upload> {
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
