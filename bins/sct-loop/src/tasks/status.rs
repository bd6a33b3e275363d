//! How the loop stands.

use std::collections::{BTreeMap, BTreeSet};

use sct_id::RunNumber;
use sct_run::order::{Queue, Waiting};
use sct_sched::{
    FileState, Store, TaskState,
    store::{Filter, Task},
};
use serde_json::json;

use super::{Place, standby::Verdicts, time_text, why::waits};
use crate::{
    passes::{Passes, Standing, Word},
    schedule::{Settings, now},
};

/// Options of `sct-loop status`.
#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    place: Place,
}

impl Status {
    /// Says how the loop stands.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn run(&self) -> anyhow::Result<()> {
        let settings = self.place.settings()?;
        let store = super::open(&settings)?;
        let work = Work::find(&settings, &store, now())?;
        let broken = broken(&store)?;
        let standings = Passes::open(settings.clone())?.standings(now())?;
        let verdicts = Verdicts::open(&settings);
        let (mut standby, mut out_of_read_out) = (BTreeMap::new(), BTreeMap::new());
        let mut verdict_lines = Vec::new();
        for run in work.runs() {
            let verdict = verdicts.of(&store, run)?;
            verdict_lines.extend(verdict.line());
            if !verdict.standby.is_empty() {
                standby.insert(run.to_string(), verdict.standby);
            }
            if !verdict.out_of_read_out.is_empty() {
                out_of_read_out.insert(run.to_string(), verdict.out_of_read_out);
            }
        }
        if self.place.json {
            let value = json!({
                "scheduler": work.scheduler, "tasks": work.by_word(), "waiting": work.waiting, "kept": work.kept(),
                "broken": broken, "standby": standby, "outOfReadOut": out_of_read_out, "passes": standings,
            });
            return self.place.say(&value, "");
        }
        let mut lines = work.lines();
        lines.extend(standings.iter().filter_map(trouble));
        lines.extend(work.kept());
        lines.extend(broken.iter().map(|file| format!("cannot be read: {file}")));
        lines.extend(verdict_lines);
        self.place.say(&json!(null), &lines.join("\n"))
    }
}

/// What there is to do.
#[derive(Debug)]
pub(crate) struct Work {
    /// Whether a scheduler does it.
    pub(crate) scheduler: bool,
    /// Runs that wait for others.
    pub(crate) waiting: Vec<Waiting>,
    /// Tasks that have changed in three days.
    tasks: Vec<Task>,
}

impl Work {
    /// As the ledger has it.
    pub(crate) fn find(settings: &Settings, store: &Store, now: i64) -> anyhow::Result<Self> {
        let recent = Filter { changed_since: Some(now - 3 * 86_400), ..Filter::default() };
        Ok(Self {
            scheduler: scheduler_works(settings),
            waiting: Queue::open(&settings.ledger())?.waiting()?,
            tasks: store.tasks(&recent)?,
        })
    }

    /// Number of tasks by the word of their state.
    pub(crate) fn by_word(&self) -> BTreeMap<&'static str, usize> {
        self.counts().into_iter().map(|(state, count)| (state.word(), count)).collect()
    }

    /// Runs that are kept; those that are kept together say the same.
    pub(crate) fn kept(&self) -> BTreeSet<String> {
        let collecting = self.tasks.iter().filter(|task| task.state == TaskState::Collecting);
        collecting.map(|task| format!("{} {}", task.kind, task.reason)).collect()
    }

    fn counts(&self) -> Vec<(TaskState, usize)> {
        let count = |state: TaskState| self.tasks.iter().filter(|task| task.state == state).count();
        let counts = TaskState::ALL.iter().map(|state| (*state, count(*state)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    fn runs(&self) -> BTreeSet<RunNumber> {
        self.tasks.iter().map(|task| task.run).collect()
    }

    fn lines(&self) -> Vec<String> {
        let scheduler = if self.scheduler {
            "a scheduler is at work"
        } else {
            "no scheduler is at work: start sct-loop serve"
        };
        let states: Vec<String> =
            self.counts().iter().map(|(state, count)| format!("{count} {state}")).collect();
        let states = if states.is_empty() { "none".to_owned() } else { states.join(", ") };
        let waiting = self.waiting.iter().map(|one| format!("run {} {}", one.run, waits(one)));
        [scheduler.to_owned(), format!("tasks of 3 days: {states}")]
            .into_iter()
            .chain(waiting)
            .collect()
    }
}

/// Files that cannot be read, and why.
pub(super) fn broken(store: &Store) -> anyhow::Result<Vec<String>> {
    let files = store.files(None)?.into_iter();
    let broken = files.filter(|file| file.state == FileState::Broken);
    Ok(broken.map(|file| format!("{}: {}", file.path.display(), file.reason)).collect())
}

/// What is wrong with a pass, in words; none when it is as it should be.
pub(crate) fn trouble(standing: &Standing) -> Option<String> {
    let last = standing.last.as_ref()?;
    let pass = standing.pass;
    if standing.late {
        return Some(format!(
            "the pass {pass} is late: the last one was at {}",
            time_text(last.begin)
        ));
    }
    let word = match last.result {
        Some(Word::Failed) => "failed",
        Some(Word::Attention) => "wants attention",
        _ => return None,
    };
    Some(format!("the pass {pass} of {} {word}: {}", time_text(last.begin), last.text))
}

/// Whether somebody holds the lock of the scheduler.
pub(crate) fn scheduler_works(settings: &Settings) -> bool {
    let lock = std::fs::File::open(settings.data.join("scheduler.lock"));
    lock.is_ok_and(|file| matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
}
