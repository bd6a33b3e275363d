//! Tasks and their jobs.

use sct_id::RunNumber;
use sct_ledger::sql;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Note, Place, Store, remember, unknown};
use crate::{
    Error,
    state::{JobState, TaskState},
    table::Kind,
};

/// A task to be defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// What is done.
    pub kind: Kind,
    /// Data set it is done with.
    pub dataset: String,
    /// Run.
    pub run: RunNumber,
    /// Project.
    pub project: String,
    /// Stream.
    pub stream: String,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    /// Number.
    pub id: i64,
    /// What is done.
    pub kind: Kind,
    /// Data set it is done with.
    pub dataset: String,
    /// Run.
    pub run: RunNumber,
    /// Project.
    pub project: String,
    /// Stream.
    pub stream: String,
    /// How far it has come.
    pub state: TaskState,
    /// Why it is in this state.
    pub reason: String,
    /// When it was defined, seconds since 1970.
    pub defined: i64,
    /// Since when it is in this state.
    pub since: i64,
    /// Its jobs.
    pub jobs: u32,
    /// Those that are done.
    pub done: u32,
    /// Those that have failed.
    pub failed: u32,
}

/// Which tasks are asked for; everything that is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What is done.
    pub kind: Option<Kind>,
    /// States; any of them, or all when empty.
    pub states: Vec<TaskState>,
    /// First and last run.
    pub runs: Option<(RunNumber, RunNumber)>,
    /// Stream.
    pub stream: Option<String>,
    /// Tasks that have changed at this time or later, seconds since 1970, or are under way.
    pub changed_since: Option<i64>,
    /// As many as this.
    pub most: Option<usize>,
}

/// A job to be added: its inputs as they stand in the job dictionary.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Number within the task, from 1.
    pub number: u32,
    /// Inputs.
    pub inputs: Vec<Value>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Job {
    /// Number in the ledger.
    pub id: i64,
    /// Task.
    pub task: i64,
    /// Number within the task, from 1.
    pub number: u32,
    /// How far it has come.
    pub state: JobState,
    /// Inputs as in the job dictionary.
    pub inputs: Vec<Value>,
    /// Attempts so far.
    pub attempts: u32,
    /// Those that were lost with the machine or the system that ran them, through no fault of the job.
    pub lost: u32,
    /// Keys that somebody gave it when it was reactivated.
    pub corrections: Map<String, Value>,
}

impl Store {
    /// Defines a task, once for each kind and data set. Gives its number when it is new.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn define(&mut self, new: &NewTask, note: &Note) -> Result<Option<i64>, Error> {
        let NewTask { kind, dataset, run, project, stream } = new;
        let text = "INSERT INTO tasks (kind, dataset, run, project, stream, state, reason, defined, since) VALUES (?1, ?2, ?3, ?4, \
                    ?5, ?6, ?7, ?8, ?8) ON CONFLICT DO NOTHING";
        // Most of the time it is there.
        let known = self.ledger.read("task", |rows| {
            let text = "SELECT EXISTS (SELECT 1 FROM tasks WHERE kind = ?1 AND dataset = ?2)";
            rows.prepare_cached(text)?
                .query_row([kind.as_str(), dataset.as_str()], |row| row.get(0))
        })?;
        if known {
            return Ok(None);
        }
        Ok(self.ledger.write("new task", |rows| {
            let word = TaskState::WaitingInput.word();
            let values = sql::params![
                kind.as_str(),
                dataset,
                run.to_u32(),
                project,
                stream,
                word,
                note.why,
                note.time
            ];
            if rows.execute(text, values)? == 0 {
                return Ok(None);
            }
            let task = rows.last_insert_rowid();
            remember(rows, Place { task, job: None, attempt: None }, "defined", note)?;
            Ok(Some(task))
        })?)
    }

    /// Tasks, latest change first.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn tasks(&self, filter: &Filter) -> Result<Vec<Task>, Error> {
        let under_way: Vec<String> = TaskState::ALL
            .iter()
            .filter(|state| !state.is_over())
            .map(|state| format!("'{}'", state.word()))
            .collect();
        let states: Vec<String> =
            filter.states.iter().map(|state| format!("'{}'", state.word())).collect();
        let of_state = if states.is_empty() {
            "1".to_owned()
        } else {
            format!("state IN ({})", states.join(","))
        };
        // The words are this program's own.
        let text = format!(
            "{COLUMNS} WHERE {of_state} AND (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR run BETWEEN ?2 AND ?3) AND (?4 IS NULL OR \
             stream = ?4) AND (?5 IS NULL OR since >= ?5 OR state IN ({})) ORDER BY t.since DESC, t.id DESC LIMIT ?6",
            under_way.join(",")
        );
        let runs = filter.runs.map(|(first, last)| (first.to_u32(), last.to_u32()));
        let values = sql::params![
            filter.kind.as_ref().map(Kind::as_str),
            runs.map(|runs| runs.0),
            runs.map(|runs| runs.1),
            filter.stream,
            filter.changed_since,
            // Without a limit, SQLite takes any that is negative.
            filter.most.map_or(-1, |most| i64::try_from(most).unwrap_or(i64::MAX))
        ];
        self.list("tasks", &text, values, task)
    }

    /// One task; none when the number is not known.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn task(&self, id: i64) -> Result<Option<Task>, Error> {
        let text = format!("{COLUMNS} WHERE t.id = ?1");
        Ok(self.list("task", &text, [id], task)?.pop())
    }

    /// Moves a task, if it is in one of the states it comes from; the reason of the note stays with it. Gives whether it moved.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn set_state(
        &mut self,
        id: i64,
        from: &[TaskState],
        to: TaskState,
        note: &Note,
    ) -> Result<bool, Error> {
        Ok(self.ledger.write("state of a task", |rows| {
            let (now, reason) = state_of(rows, id)?;
            if !from.contains(&now) || (now == to && reason == note.why) {
                return Ok(false);
            }
            move_to(rows, id, to, note)?;
            Ok(true)
        })?)
    }

    /// Gives a task its jobs and puts them into the queue; numbers that are there already stay as they are.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn add_jobs(&mut self, task: i64, jobs: &[NewJob], note: &Note) -> Result<(), Error> {
        Ok(self.ledger.write("jobs of a task", |rows| {
            let text = "INSERT INTO task_jobs (task, number, state, inputs, corrections) VALUES (?1, ?2, ?3, ?4, '{}') ON CONFLICT DO NOTHING";
            let mut statement = rows.prepare_cached(text)?;
            let mut added = 0;
            for NewJob { number, inputs } in jobs {
                let inputs = Value::Array(inputs.clone()).to_string();
                added += statement.execute(sql::params![task, number, JobState::Ready.word(), inputs])?;
            }
            if added > 0 {
                let place = Place { task, job: None, attempt: None };
                remember(rows, place, &format!("{added} jobs"), note)?;
                settle(rows, task, note)?;
            }
            Ok(())
        })?)
    }

    /// Jobs of a task, by number.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn jobs(&self, task: i64) -> Result<Vec<Job>, Error> {
        let text = format!("{JOB_COLUMNS} WHERE task = ?1 ORDER BY number");
        self.list("jobs", &text, [task], job)
    }

    /// Jobs that wait for room, of the earliest runs first.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn ready_jobs(&self) -> Result<Vec<Job>, Error> {
        let text = format!(
            "{JOB_COLUMNS} JOIN tasks AS t ON t.id = j.task WHERE j.state = '{}' ORDER BY t.run, t.id, j.number",
            JobState::Ready.word()
        );
        self.list("jobs", &text, [], job)
    }
}

/// Jobs are counted for the tasks that are asked for alone.
const COLUMNS: &str = "SELECT t.id, kind, dataset, run, project, stream, t.state, reason, defined, since, (SELECT count(*) FROM \
                       task_jobs AS j WHERE j.task = t.id), (SELECT count(*) FROM task_jobs AS j WHERE j.task = t.id AND \
                       j.state = 'DONE'), (SELECT count(*) FROM task_jobs AS j WHERE j.task = t.id AND j.state = 'FAILED') \
                       FROM tasks AS t";

const JOB_COLUMNS: &str = "SELECT j.id, j.task, j.number, j.state, j.inputs, (SELECT count(*) FROM task_attempts WHERE job = j.id), \
                           (SELECT count(*) FROM task_attempts WHERE job = j.id AND is_lost = 1), j.corrections FROM task_jobs AS j";

fn task(row: &sql::Row<'_>) -> sql::Result<Task> {
    let (kind, state): (String, String) = (row.get(1)?, row.get(6)?);
    Ok(Task {
        id: row.get(0)?,
        kind: Kind::new(&kind).ok_or_else(|| unknown(1, &kind))?,
        dataset: row.get(2)?,
        run: RunNumber::new(row.get(3)?).map_err(|error| unknown(3, &error.to_string()))?,
        project: row.get(4)?,
        stream: row.get(5)?,
        state: TaskState::from_word(&state).ok_or_else(|| unknown(6, &state))?,
        reason: row.get(7)?,
        defined: row.get(8)?,
        since: row.get(9)?,
        jobs: row.get(10)?,
        done: row.get(11)?,
        failed: row.get(12)?,
    })
}

fn job(row: &sql::Row<'_>) -> sql::Result<Job> {
    let (state, inputs): (String, String) = (row.get(3)?, row.get(4)?);
    Ok(Job {
        id: row.get(0)?,
        task: row.get(1)?,
        number: row.get(2)?,
        state: JobState::from_word(&state).ok_or_else(|| unknown(3, &state))?,
        inputs: serde_json::from_str(&inputs).map_err(|error| unknown(4, &error.to_string()))?,
        attempts: row.get(5)?,
        lost: row.get(6)?,
        corrections: serde_json::from_str(&row.get::<_, String>(7)?)
            .map_err(|error| unknown(7, &error.to_string()))?,
    })
}

pub(super) fn state_of(rows: &sql::Connection, task: i64) -> sql::Result<(TaskState, String)> {
    let text = "SELECT state, reason FROM tasks WHERE id = ?1";
    let (word, reason): (String, String) =
        rows.prepare_cached(text)?.query_row([task], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((TaskState::from_word(&word).ok_or_else(|| unknown(0, &word))?, reason))
}

pub(super) fn move_to(
    rows: &sql::Connection,
    task: i64,
    to: TaskState,
    note: &Note,
) -> sql::Result<()> {
    let text = "UPDATE tasks SET since = CASE WHEN state = ?2 THEN since ELSE ?4 END, state = ?2, reason = ?3 WHERE id = ?1";
    rows.prepare_cached(text)?.execute(sql::params![task, to.word(), note.why, note.time])?;
    remember(rows, Place { task, job: None, attempt: None }, to.word(), note)
}

/// Brings a task to where its jobs are. One that is held or was given up stays so.
pub(super) fn settle(rows: &sql::Connection, task: i64, note: &Note) -> sql::Result<()> {
    let (now, _) = state_of(rows, task)?;
    if matches!(now, TaskState::Truncated | TaskState::Skipped) {
        return Ok(());
    }
    let mut statement =
        rows.prepare_cached("SELECT DISTINCT state FROM task_jobs WHERE task = ?1")?;
    let words: Vec<String> =
        statement.query_map([task], |row| row.get(0))?.collect::<sql::Result<_>>()?;
    let states: Option<Vec<JobState>> =
        words.iter().map(|word| JobState::from_word(word)).collect();
    let to = TaskState::of_jobs(states.ok_or_else(|| unknown(0, &words.join(" ")))?);
    if to == now || to == TaskState::WaitingInput {
        return Ok(());
    }
    move_to(rows, task, to, note)
}
