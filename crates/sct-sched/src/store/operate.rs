//! What people do to tasks.

use serde_json::Value;

use super::{
    Note, Place, Store,
    attempts::change,
    remember,
    tasks::{move_to, settle, state_of},
};
use crate::{
    Error,
    state::{JobState, TaskState},
};

impl Store {
    /// Puts the failed and given-up jobs of a task back into the queue, or one of them; gives how many. A task without jobs,
    /// skipped or given up, waits for its input again.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn reactivate(
        &mut self,
        task: i64,
        only: Option<u32>,
        corrections: &serde_json::Map<String, Value>,
        note: &Note,
    ) -> Result<usize, Error> {
        Ok(self.ledger.write("reactivation", |rows| {
            let text = "SELECT id FROM task_jobs WHERE task = ?1 AND state IN ('FAILED', 'TRUNCATED') AND (?2 IS NULL OR number = ?2)";
            let jobs: Vec<i64> = rows
                .prepare(text)?
                .query_map(sct_ledger::sql::params![task, only], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let (now, _) = state_of(rows, task)?;
            let given = Value::Object(corrections.clone()).to_string();
            let what = if corrections.is_empty() {
                "reactivated".to_owned()
            } else {
                format!("reactivated with {given}")
            };
            for job in &jobs {
                change(rows, *job, &[JobState::Failed, JobState::Truncated], JobState::Ready)?;
                let text = "UPDATE task_jobs SET corrections = json_patch(corrections, ?2) WHERE id = ?1";
                rows.execute(text, sct_ledger::sql::params![job, given])?;
                remember(rows, Place { task, job: Some(*job), attempt: None }, &what, note)?;
            }
            if !jobs.is_empty() {
                // A task that was given up is taken up again.
                move_to(rows, task, TaskState::Queued, note)?;
                settle(rows, task, note)?;
            } else if only.is_none() && matches!(now, TaskState::Skipped | TaskState::Truncated) {
                move_to(rows, task, TaskState::WaitingInput, note)?;
            }
            Ok(jobs.len())
        })?)
    }

    /// Gives up what has failed or not begun; what is done stays, and what runs is to be ended by the caller first. Gives
    /// whether the task was given up now.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`].
    pub fn truncate(&mut self, task: i64, note: &Note) -> Result<bool, Error> {
        Ok(self.ledger.write("truncation", |rows| {
            let (now, _) = state_of(rows, task)?;
            if matches!(now, TaskState::Truncated | TaskState::Finished) {
                return Ok(false);
            }
            let text = "UPDATE task_jobs SET state = 'TRUNCATED' WHERE task = ?1 AND state <> 'DONE'";
            rows.execute(text, [task])?;
            let text = "UPDATE task_attempts SET is_over = 1, message = ?2, ended = ?3 WHERE is_over = 0 AND job IN (SELECT id \
                        FROM task_jobs WHERE task = ?1)";
            rows.execute(text, sct_ledger::sql::params![task, format!("truncated: {}", note.why), note.time])?;
            move_to(rows, task, TaskState::Truncated, note)?;
            Ok(true)
        })?)
    }
}
