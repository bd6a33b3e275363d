//! Which runs are taken, and which wait for others.

use std::{collections::BTreeMap, path::PathBuf};

use sct_id::RunNumber;
use sct_job::DatasetName;
use sct_run::{
    RunControl,
    order::{Event, Note, Order, Place, Queue, State, Verdict},
    select::{Decision, Patience, Request, decide},
};
use sct_sched::{
    Kind, Rule, TaskState,
    store::{Filter, Task},
};
use sct_tasks::run::Sources;

use super::{Scheduler, now, settings::Settings};

/// The order of runs, and run control where it is known.
#[derive(Debug)]
pub(super) struct Selection {
    queue: Queue,
}

impl Selection {
    pub(super) fn open(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self { queue: Queue::open(&settings.ledger())? })
    }

    /// The order as it is now.
    pub(super) fn order(&self) -> anyhow::Result<Order> {
        Ok(self.queue.order()?)
    }

    /// Tells the order what became of a run, and gives its state. What people or the conditions database say weighs more than
    /// a job: a refusal is only noted.
    pub(super) fn tell(
        &mut self,
        run: RunNumber,
        event: Event,
        time: i64,
        reason: &str,
    ) -> anyhow::Result<Option<State>> {
        let note = Note { time, reason: reason.to_owned(), ..Note::default() };
        match self.queue.apply(run, event, &note) {
            Err(error @ sct_run::Error::Refused(_)) => {
                tracing::debug!("order of runs: {error}");
                Ok(None)
            }
            result => Ok(Some(result?)),
        }
    }

    /// Decides on a run of a task that takes its runs in order; with `any_size` however few events it has.
    pub(super) fn decide(
        &mut self,
        settings: &Settings,
        rule: &Rule,
        name: &DatasetName,
        any_size: bool,
        now: i64,
    ) -> anyhow::Result<Decision> {
        let run = name.run;
        #[expect(clippy::cast_possible_truncation, reason = "hours of a setting")]
        let deadline = (3600.0 * settings.order.deadline_hours) as i64;
        let files = run_control(settings);
        if files.is_empty() {
            // Without run control the end of the run is not known: it waits since it is known.
            let order = self.queue.order()?;
            let since = order.places().get(&run).map_or(now, |place| place.note.time);
            let wanted: Vec<RunNumber> = order.places().keys().copied().collect();
            let (verdict, overdue) =
                self.queue.ask(run, &wanted, now, since.saturating_add(deadline))?;
            return Ok(match verdict {
                Verdict::Go => Decision::Take,
                Verdict::Overtaken(last) => Decision::Overtaken(last),
                Verdict::Wait(blockers) if overdue => Decision::Overdue(blockers),
                Verdict::Wait(blockers) => Decision::Wait(blockers),
            });
        }
        let table = settings.order.runs.as_ref().map(|path| settings.data.join(path));
        let sources = Sources::open(&files, table.as_deref())?;
        let last = sct_job::read_last_run(&settings.data.join(&settings.order.last_run))?;
        let request = Request {
            run,
            parts: rule.parts.clone(),
            stream: name.project_suffix.clone(),
            skip_queue: false,
            any_size,
        };
        let patience = Patience { now, deadline };
        Ok(decide(sources.as_query(), &request, last, Some(&mut self.queue), patience)?)
    }
}

/// The files of run control: those that are named, and those of folders that are named.
pub(crate) fn run_control(settings: &Settings) -> Vec<PathBuf> {
    let named = settings.order.run_control.iter().map(|path| settings.data.join(path));
    named
        .flat_map(|path| if path.is_dir() { RunControl::files_in(&path) } else { vec![path] })
        .collect()
}

impl Scheduler {
    /// Tells the order of runs how the tasks stand whose runs are taken in order. Both are compared at every look, so that
    /// nothing stays untold when the scheduler is stopped in between; after the first look, only what has changed lately.
    /// Gives how many runs have moved.
    pub(super) fn tell_order(&mut self, since: Option<i64>) -> anyhow::Result<usize> {
        let mut moved = 0;
        let kinds = self.table.rules().iter().filter(|rule| rule.in_order);
        let kinds: Vec<Kind> = kinds.map(|rule| rule.kind.clone()).collect();
        for kind in kinds {
            let filter = Filter { kind: Some(kind), changed_since: since, ..Filter::default() };
            // The latest data set of a run decides.
            let mut latest: BTreeMap<RunNumber, Task> = BTreeMap::new();
            for task in self.store.tasks(&filter)? {
                if latest.get(&task.run).is_none_or(|other| task.id > other.id) {
                    latest.insert(task.run, task);
                }
            }
            let order = self.selection.order()?;
            for (run, task) in latest {
                let place = order.places().get(&run);
                if let Some(event) = untold(&task, place) {
                    let state = self.selection.tell(run, event, now(), &task.reason)?;
                    moved +=
                        usize::from(state.is_some() && state != place.map(|place| place.state));
                }
            }
        }
        Ok(moved)
    }
}

/// What the order of runs does not know of a task. A run that waits for nobody any more is not put back by what was there
/// before that.
fn untold(task: &Task, place: Option<&Place>) -> Option<Event> {
    let Some(Place { state, note }) = place else { return Some(Event::Expect) };
    let newer = task.since > note.time;
    // What went into the search of another run has no result of its own.
    let elsewhere = task.state == TaskState::Finished && task.jobs == 0;
    match (task.state, state) {
        (TaskState::Collecting, State::Expected | State::Failed) => Some(Event::Skip),
        (_, State::Expected | State::Failed) if elsewhere => Some(Event::Skip),
        _ if elsewhere => None,
        // It is taken after all, unless a person has said otherwise.
        (TaskState::Queued | TaskState::Running | TaskState::Validating, State::Skipped)
            if note.who.is_empty() =>
        {
            Some(Event::Expect)
        }
        (TaskState::Finished, State::Expected | State::Failed) => Some(Event::Finish),
        (TaskState::Finished, State::Skipped | State::Truncated) if newer => Some(Event::Finish),
        (TaskState::Failed, State::Expected) => Some(Event::Fail),
        (TaskState::Skipped, State::Expected | State::Failed) => Some(Event::Skip),
        (TaskState::Truncated, State::Expected | State::Failed) => Some(Event::Truncate),
        _ => None,
    }
}
