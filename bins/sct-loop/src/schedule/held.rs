//! Which runs are taken, and which wait for others.

use std::path::PathBuf;

use sct_id::RunNumber;
use sct_job::DatasetName;
use sct_run::{
    RunControl,
    order::{Event, Note, Order, Queue, Verdict},
    select::{Decision, Patience, Request, decide},
};
use sct_sched::Rule;
use sct_tasks::run::Sources;

use super::settings::Settings;

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

    /// Tells the order what became of a run. What people or the conditions database say weighs more than a job: a refusal is
    /// only noted.
    pub(super) fn tell(
        &mut self,
        run: RunNumber,
        event: Event,
        time: i64,
        reason: &str,
    ) -> anyhow::Result<()> {
        let note = Note { time, reason: reason.to_owned(), ..Note::default() };
        match self.queue.apply(run, event, &note) {
            Err(error @ sct_run::Error::Refused(_)) => {
                tracing::debug!("order of runs: {error}");
                Ok(())
            }
            result => Ok(result.map(|_| ())?),
        }
    }

    /// Decides on a run of a task that takes its runs in order.
    pub(super) fn decide(
        &mut self,
        settings: &Settings,
        rule: &Rule,
        name: &DatasetName,
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
