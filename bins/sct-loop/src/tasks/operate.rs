//! What people do to tasks and runs.

use sct_id::RunNumber;
use sct_job::ExitCode;
use sct_run::order::{self, Event};
use sct_sched::{
    Note, Store, TaskState,
    backend::Handle,
    store::{Attempt, Task},
};
use sct_tasks::failure::Coded;
use serde_json::{Map, Value, json};

use super::{Place, find, wrong};
use crate::schedule::{self, Settings};

/// Options of `sct-loop tasks retry`.
#[derive(Debug, clap::Args)]
pub(super) struct Retry {
    /// Task.
    task: String,
    /// Only this job.
    #[arg(long)]
    job: Option<u32>,
    /// Key and value that replace those of the job dictionary, as `maxEvents=1000`; lists are JSON. Repeatable.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    corrections: Vec<String>,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
}

impl Retry {
    pub(super) fn run(&self, place: &Place) -> anyhow::Result<()> {
        let settings = place.settings()?;
        let mut store = super::open(&settings)?;
        let task = find(&store, &self.task)?;
        let corrections = corrections(&self.corrections)?;
        let note = place.note(&self.reason);
        let (jobs, state) = retry(&mut store, &task, self.job, &corrections, &note)?;
        let text = format!("task {} is {state}: {jobs} jobs will run again", task.id);
        place.say(&json!({ "task": task.id, "state": state, "jobs": jobs }), &text)
    }
}

/// Takes failed jobs of a task up again, or one of them. Gives how many, and the state of the task then.
pub(crate) fn retry(
    store: &mut Store,
    task: &Task,
    job: Option<u32>,
    corrections: &Map<String, Value>,
    note: &Note,
) -> anyhow::Result<(usize, TaskState)> {
    let jobs = store.reactivate(task.id, job, corrections, note)?;
    let after = store.task(task.id)?.map_or(task.state, |task| task.state);
    if jobs == 0 && after == task.state {
        let what =
            format!("task {} is {}: no job of it has failed or was given up", task.id, task.state);
        return Err(Coded::new(ExitCode::NeedCheck, what).into());
    }
    Ok((jobs, after))
}

/// Keys of a job dictionary with their values: JSON, or else a text.
fn corrections(given: &[String]) -> anyhow::Result<Map<String, Value>> {
    let mut keys = Map::new();
    for one in given {
        let (key, value) =
            one.split_once('=').ok_or_else(|| wrong(format!("'{one}' is not KEY=VALUE")))?;
        check_key(key)?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        keys.insert(key.to_owned(), value);
    }
    Ok(keys)
}

/// Keys that belong to a job and its files: no correction changes them.
pub(crate) const FIXED: [&str; 2] = ["input", "prefix"];

/// Whether a key of a job dictionary can be corrected.
pub(crate) fn check_key(key: &str) -> anyhow::Result<()> {
    let same =
        |argument: &sct_job::Argument| argument.name == key || argument.aliases.contains(&key);
    if !sct_job::ARGUMENTS.iter().any(same) || FIXED.contains(&key) {
        return Err(wrong(format!("'{key}' is no key of job dictionaries that can be corrected")));
    }
    Ok(())
}

/// Options of `sct-loop tasks truncate`.
#[derive(Debug, clap::Args)]
pub(super) struct Truncate {
    /// Task.
    task: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Yes, later runs are to go on without this one (tasks whose runs are taken in order).
    #[arg(long)]
    confirm: bool,
}

impl Truncate {
    pub(super) fn run(&self, place: &Place) -> anyhow::Result<()> {
        let settings = place.settings()?;
        let mut store = super::open(&settings)?;
        let task = find(&store, &self.task)?;
        if is_in_order(&settings, &task)? && !self.confirm {
            let what =
                format!("later runs will not wait for run {} any more: say --confirm", task.run);
            return Err(Coded::new(ExitCode::NeedCheck, what).into());
        }
        truncate(&settings, &mut store, &task, &place.note(&self.reason))?;
        let text =
            format!("task {} is given up, with {} of {} jobs done", task.id, task.done, task.jobs);
        place.say(&json!({ "task": task.id, "done": task.done, "jobs": task.jobs }), &text)
    }
}

/// Whether later runs wait for the run of a task, so that giving it up lets them go on.
pub(crate) fn is_in_order(settings: &Settings, task: &Task) -> anyhow::Result<bool> {
    Ok(settings.table()?.rule(&task.kind).is_some_and(|rule| rule.in_order))
}

/// Gives a task up: what is done stays, what runs is cancelled, and later runs do not wait for it.
pub(crate) fn truncate(
    settings: &Settings,
    store: &mut Store,
    task: &Task,
    note: &Note,
) -> anyhow::Result<()> {
    let in_order = is_in_order(settings, task)?;
    let running: Vec<Attempt> = store
        .attempts(task.id)?
        .into_iter()
        .filter(|attempt| attempt.exit_code.is_none() && !attempt.is_lost)
        .collect();
    if !store.truncate(task.id, note)? {
        let what = format!("task {} is {} already", task.id, task.state);
        return Err(Coded::new(ExitCode::NeedCheck, what).into());
    }
    // Nobody waits for their results now; a job that goes on for a while does no harm.
    cancel(settings, &running);
    if in_order {
        tell(settings, task.run, Event::Truncate, note)?;
    }
    Ok(())
}

fn cancel(settings: &Settings, attempts: &[Attempt]) {
    for attempt in attempts {
        let Some(handle) = &attempt.handle else { continue };
        let cancelled = schedule::backend(settings, &attempt.backend)
            .and_then(|mut backend| Ok(backend.cancel(&Handle(handle.clone()))?));
        if let Err(error) = cancelled {
            tracing::warn!("{handle} goes on: {}", sct_tasks::failure::message(&error));
        }
    }
}

/// Options of `sct-loop release`.
#[derive(Debug, clap::Args)]
pub struct Release {
    #[command(flatten)]
    place: Place,
    /// Run that others wait for.
    run: RunNumber,
    /// Why.
    #[arg(long)]
    reason: String,
}

impl Release {
    /// Lets later runs go on without one.
    ///
    /// # Errors
    ///
    /// When the run keeps nobody waiting, or the ledger cannot be written.
    pub fn run(&self) -> anyhow::Result<()> {
        let settings = self.place.settings()?;
        release(&settings, self.run, &self.place.note(&self.reason))?;
        let text = format!("run {} keeps nobody waiting any more", self.run);
        self.place.say(&json!({ "run": self.run, "state": "released" }), &text)
    }
}

/// Lets later runs go on without this one.
pub(crate) fn release(settings: &Settings, run: RunNumber, note: &Note) -> anyhow::Result<()> {
    tell(settings, run, Event::Release, note)
}

fn tell(settings: &Settings, run: RunNumber, event: Event, note: &Note) -> anyhow::Result<()> {
    let Note { time, who, why } = note.clone();
    let note = order::Note { time, who, reason: why };
    order::Queue::open(&settings.ledger())?.apply(run, event, &note)?;
    Ok(())
}
