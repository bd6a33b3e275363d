//! The scheduler: files become tasks, tasks become jobs, jobs become results.
//!
//! [`Scheduler::tick`] looks at everything once and does what can be done now; it is repeated by `sct-loop serve` and
//! `sct-loop run-once`. All that is known stands in the ledger and in the folders of the attempts, so that a tick may be
//! killed anywhere: the next one goes on from there. Only one scheduler at a time works on a data folder.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs::{self, File, TryLockError},
    path::PathBuf,
    thread,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_sched::{
    Note, Store, Table,
    backend::Backend,
    store::{Filter, SpoolFile, Task},
};
use sct_tasks::failure::Coded;

mod collect;
mod discover;
mod dispatch;
mod held;
mod plan;
pub mod results;
pub mod settings;
mod short;
mod systems;

use self::held::Selection;
pub use self::settings::Settings;
pub(crate) use self::{held::run_control, systems::backend};

/// Name under which the scheduler changes the ledger.
pub const WHO: &str = "scheduler";

/// Complaints that are remembered as said.
const SAID: usize = 100;

/// What one look at everything did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tick {
    /// Files that are new or have changed.
    pub files: usize,
    /// Tasks defined.
    pub defined: usize,
    /// Attempts submitted.
    pub submitted: usize,
    /// Attempts that have ended.
    pub ended: usize,
    /// Attempts under way.
    pub under_way: usize,
    /// Jobs that wait for room.
    pub ready: usize,
    /// Data sets that are not complete yet.
    pub open: usize,
    /// Runs that have moved in their order, so that others may go on.
    pub moved: usize,
}

impl Tick {
    /// Whether nothing more would happen without something new from outside.
    pub fn is_quiet(&self) -> bool {
        let busy = [self.under_way, self.submitted, self.ended, self.open, self.moved];
        busy.iter().all(|count| *count == 0)
    }
}

/// The scheduler of a data folder.
#[derive(Debug)]
pub struct Scheduler {
    settings: Settings,
    table: Table,
    store: Store,
    selection: Selection,
    backend: Box<dyn Backend>,
    /// The files of the last look.
    files: HashMap<PathBuf, SpoolFile>,
    /// Data sets whose tasks are defined.
    defined: HashSet<String>,
    /// Whether a task has moved at this look.
    moved: bool,
    /// When everything was looked at last, seconds since 1970.
    looked: Option<i64>,
    /// The latest complaints: each is said once.
    said: VecDeque<String>,
    /// Held as long as the scheduler works.
    _lock: File,
}

impl Scheduler {
    /// Takes over a data folder.
    ///
    /// # Errors
    ///
    /// When settings, table or ledger are faulty, or another scheduler is at work (exit code 40).
    pub fn open(settings: Settings) -> anyhow::Result<Self> {
        let lock = lock(&settings)?;
        let table = settings.table()?;
        let store = Store::open(&settings.ledger())?;
        let selection = Selection::open(&settings)?;
        let backend = backend(&settings, &settings.backend.kind)?;
        let files = store.files(None)?.into_iter().map(|file| (file.path.clone(), file)).collect();
        let (defined, said) = (HashSet::new(), VecDeque::new());
        Ok(Self {
            settings,
            table,
            store,
            selection,
            backend,
            files,
            defined,
            moved: false,
            looked: None,
            said,
            _lock: lock,
        })
    }

    /// Looks at everything once.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written, or a folder of the loop.
    pub fn tick(&mut self) -> anyhow::Result<Tick> {
        let mut tick = Tick { ended: self.collect()?, ..Tick::default() };
        let found = discover::discover(&self.settings, &self.table, &self.files, SystemTime::now());
        for complaint in found.unreadable {
            self.complain(complaint);
        }
        tick.files = found.changed.len();
        self.store.put_files(&found.changed, now())?;
        self.files.extend(found.changed.into_iter().map(|file| (file.path.clone(), file)));
        (tick.defined, tick.open, tick.moved) = self.plan(tick.files > 0)?;
        tick.submitted = self.dispatch()?;
        tick.under_way = self.store.under_way()?.len();
        tick.ready = self.store.ready_jobs()?.len();
        Ok(tick)
    }

    /// Says something once, until many other things were said.
    fn complain(&mut self, complaint: String) {
        if !self.said.contains(&complaint) {
            tracing::warn!("{complaint}");
            self.said.push_back(complaint);
            if self.said.len() > SAID {
                self.said.pop_front();
            }
        }
    }

    fn unfinished(&self) -> anyhow::Result<Vec<Task>> {
        let states = sct_sched::TaskState::ALL.iter().copied().filter(|state| !state.is_over());
        Ok(self.store.tasks(&Filter { states: states.collect(), ..Filter::default() })?)
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn note(why: impl Into<String>) -> Note {
    Note { time: now(), who: WHO.to_owned(), why: why.into() }
}

fn lock(settings: &Settings) -> anyhow::Result<File> {
    let path = settings.data.join("scheduler.lock");
    let failed = || Coded::new(ExitCode::OutputFileError, path.display().to_string());
    let mut options = fs::OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(&path).with_context(failed)?;
    // Whoever asks whether a scheduler is at work has the lock for a moment.
    for look in 0.. {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if look < 100 => thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::WouldBlock) => {
                let what = format!("another scheduler works on {}", settings.data.display());
                return Err(Coded::new(ExitCode::CoolBusy, what).into());
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(failed),
        }
    }
    Ok(file)
}
