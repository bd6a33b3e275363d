//! Attempts at jobs.

use std::path::PathBuf;

use sct_ledger::sql;
use serde::Serialize;

use super::{
    Note, Place, Store, remember,
    tasks::{move_to, settle, state_of},
    unknown,
};
use crate::{
    Error,
    attempt::Record,
    backend::Handle,
    state::{JobState, TaskState},
};

/// An attempt to be begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttempt {
    /// Job.
    pub job: i64,
    /// Number within the job, from 1: one more than there are.
    pub number: u32,
    /// System that is to run it.
    pub backend: String,
    /// Its folder.
    pub folder: PathBuf,
    /// Its job dictionary, kept with it.
    pub dictionary: String,
}

/// An attempt.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attempt {
    /// Number in the ledger.
    pub id: i64,
    /// Job.
    pub job: i64,
    /// Task.
    pub task: i64,
    /// Number of the job within the task.
    pub job_number: u32,
    /// Number within the job, from 1.
    pub number: u32,
    /// System that runs it.
    pub backend: String,
    /// Its name there; none when it was not submitted, as far as is known.
    pub handle: Option<String>,
    /// Its folder.
    pub folder: PathBuf,
    /// When it was submitted, seconds since 1970.
    pub submitted: i64,
    /// When it began.
    pub started: Option<i64>,
    /// When it ended.
    pub ended: Option<i64>,
    /// How it ended.
    pub exit_code: Option<i32>,
    /// What it said in the end.
    pub message: String,
    /// Seconds on the clock.
    pub wall: Option<f64>,
    /// Seconds of processor time.
    pub cpu: Option<f64>,
    /// Largest resident size, bytes.
    pub memory: Option<i64>,
    /// Machine.
    pub host: String,
    /// It was lost with what ran it.
    pub is_lost: bool,
    /// State of its job.
    pub job_state: JobState,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Its record; none when it was lost.
    pub record: Option<Record>,
    /// What it said in the end.
    pub message: String,
    /// What becomes of the job.
    pub job: JobState,
    /// It ended well and made nothing, as for a run without events: a task of this one job is skipped.
    pub is_empty: bool,
}

impl Store {
    /// Claims jobs for attempts, all in one transaction, before anything is submitted: nobody else can claim them then. Gives
    /// the numbers of the attempts, and none for a job that is no longer ready.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn begin(&mut self, new: &[NewAttempt], note: &Note) -> Result<Vec<Option<i64>>, Error> {
        let insert = "INSERT INTO task_attempts (job, number, backend, handle, folder, dictionary, is_over, submitted, message, \
                      host, is_lost) VALUES (?1, ?2, ?3, '', ?4, ?5, 0, ?6, '', '', 0)";
        Ok(self.ledger.write("attempts", |rows| {
            let mut numbers = Vec::new();
            let mut tasks = Vec::new();
            for NewAttempt { job, number, backend, folder, dictionary } in new {
                if !change(rows, *job, &[JobState::Ready], JobState::Submitted)? {
                    numbers.push(None);
                    continue;
                }
                let folder = folder.to_string_lossy();
                let values = sql::params![job, number, backend, folder, dictionary, note.time];
                rows.prepare_cached(insert)?.execute(values)?;
                let (attempt, task) = (rows.last_insert_rowid(), task_of(rows, *job)?);
                let place = Place { task, job: Some(*job), attempt: Some(attempt) };
                remember(rows, place, "submitted", note)?;
                numbers.push(Some(attempt));
                tasks.push(task);
            }
            tasks.dedup();
            tasks.into_iter().try_for_each(|task| settle(rows, task, note))?;
            Ok(numbers)
        })?)
    }

    /// Remembers under which names attempts are known to the system that runs them.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn name(&mut self, handles: &[(i64, Handle)]) -> Result<(), Error> {
        Ok(self.ledger.write("names of attempts", |rows| {
            let text = "UPDATE task_attempts SET handle = ?2 WHERE id = ?1";
            let mut statement = rows.prepare_cached(text)?;
            handles.iter().try_for_each(|(attempt, handle)| {
                statement.execute(sql::params![attempt, handle.0]).map(|_| ())
            })
        })?)
    }

    /// An attempt has begun to run.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn started(&mut self, attempt: &Attempt, note: &Note) -> Result<(), Error> {
        Ok(self.ledger.write("start of an attempt", |rows| {
            if change(rows, attempt.job, &[JobState::Submitted], JobState::Running)? {
                let text = "UPDATE task_attempts SET started = ?2 WHERE id = ?1";
                rows.prepare_cached(text)?.execute(sql::params![attempt.id, note.time])?;
                settle(rows, attempt.task, note)?;
            }
            Ok(())
        })?)
    }

    /// An attempt has ended well, and its results are to be looked at and stored.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn validating(&mut self, attempt: &Attempt, note: &Note) -> Result<(), Error> {
        Ok(self.ledger.write("end of an attempt", |rows| {
            let from = [JobState::Submitted, JobState::Running];
            if change(rows, attempt.job, &from, JobState::Validating)? {
                settle(rows, attempt.task, note)?;
            }
            Ok(())
        })?)
    }

    /// An attempt is over. Gives false when it was before.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn end(&mut self, attempt: &Attempt, ended: &Ended, note: &Note) -> Result<bool, Error> {
        Ok(self.ledger.write("end of an attempt", |rows| {
            let text = "UPDATE task_attempts SET is_over = 1, message = ?2, ended = ?3, exit_code = ?4, wall = ?5, cpu = ?6, \
                        memory = ?7, host = ?8, started = coalesce(?9, started), is_lost = ?10 WHERE id = ?1 AND is_over = 0";
            let record = ended.record.as_ref();
            let memory = record.map(|record| i64::try_from(record.memory).unwrap_or(i64::MAX));
            let values = sql::params![
                attempt.id,
                ended.message,
                record.map_or(note.time, |record| record.ended),
                record.map(|record| record.exit_code),
                record.map(|record| record.wall),
                record.map(|record| record.cpu),
                memory,
                record.map_or("", |record| &record.host),
                record.map(|record| record.started),
                record.is_none()
            ];
            if rows.prepare_cached(text)?.execute(values)? == 0 {
                return Ok(false);
            }
            let active = [JobState::Submitted, JobState::Running, JobState::Validating];
            change(rows, attempt.job, &active, ended.job)?;
            let place =
                Place { task: attempt.task, job: Some(attempt.job), attempt: Some(attempt.id) };
            let what = record.map_or_else(
                || "lost".to_owned(),
                |record| format!("ended with {}", record.exit_code),
            );
            remember(rows, place, &what, &Note { why: ended.message.clone(), ..note.clone() })?;
            let note = Note { why: ended.message.clone(), ..note.clone() };
            settle(rows, attempt.task, &note)?;
            if ended.is_empty {
                skip_empty(rows, attempt.task, &note)?;
            }
            Ok(true)
        })?)
    }

    /// Attempts that are not over, oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn under_way(&self) -> Result<Vec<Attempt>, Error> {
        self.attempts_where("a.is_over = 0", &[])
    }

    /// Attempts at the jobs of a task, oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn attempts(&self, task: i64) -> Result<Vec<Attempt>, Error> {
        self.attempts_where("j.task = ?1", &[task])
    }

    /// The job dictionary of an attempt.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn dictionary(&self, attempt: i64) -> Result<String, Error> {
        let text = "SELECT dictionary FROM task_attempts WHERE id = ?1";
        Ok(self
            .ledger
            .read("job dictionary", |rows| rows.query_row(text, [attempt], |row| row.get(0)))?)
    }

    fn attempts_where(&self, condition: &str, values: &[i64]) -> Result<Vec<Attempt>, Error> {
        let text = format!(
            "SELECT a.id, a.job, j.task, j.number, a.number, backend, handle, folder, submitted, started, ended, exit_code, \
             message, wall, cpu, memory, host, is_lost, j.state FROM task_attempts AS a JOIN task_jobs AS j ON j.id = a.job WHERE \
             {condition} ORDER BY a.id"
        );
        self.list("attempts", &text, sql::params_from_iter(values), attempt)
    }
}

fn attempt(row: &sql::Row<'_>) -> sql::Result<Attempt> {
    let (handle, state): (String, String) = (row.get(6)?, row.get(18)?);
    Ok(Attempt {
        id: row.get(0)?,
        job: row.get(1)?,
        task: row.get(2)?,
        job_number: row.get(3)?,
        number: row.get(4)?,
        backend: row.get(5)?,
        handle: Some(handle).filter(|handle| !handle.is_empty()),
        folder: PathBuf::from(row.get::<_, String>(7)?),
        submitted: row.get(8)?,
        started: row.get(9)?,
        ended: row.get(10)?,
        exit_code: row.get(11)?,
        message: row.get(12)?,
        wall: row.get(13)?,
        cpu: row.get(14)?,
        memory: row.get(15)?,
        host: row.get(16)?,
        is_lost: row.get(17)?,
        job_state: JobState::from_word(&state).ok_or_else(|| unknown(18, &state))?,
    })
}

/// Moves a job, if it is in one of the states it comes from.
pub(super) fn change(
    rows: &sql::Connection,
    job: i64,
    from: &[JobState],
    to: JobState,
) -> sql::Result<bool> {
    let words: Vec<String> = from.iter().map(|state| format!("'{}'", state.word())).collect();
    let text =
        format!("UPDATE task_jobs SET state = ?2 WHERE id = ?1 AND state IN ({})", words.join(","));
    Ok(rows.prepare_cached(&text)?.execute(sql::params![job, to.word()])? > 0)
}

/// A finished task is skipped when its only job has made nothing.
fn skip_empty(rows: &sql::Connection, task: i64, note: &Note) -> sql::Result<()> {
    let text = "SELECT count(*) FROM task_jobs WHERE task = ?1";
    let jobs: u32 = rows.prepare_cached(text)?.query_row([task], |row| row.get(0))?;
    if jobs == 1 && state_of(rows, task)?.0 == TaskState::Finished {
        move_to(rows, task, TaskState::Skipped, note)?;
    }
    Ok(())
}

fn task_of(rows: &sql::Connection, job: i64) -> sql::Result<i64> {
    rows.prepare_cached("SELECT task FROM task_jobs WHERE id = ?1")?
        .query_row([job], |row| row.get(0))
}
