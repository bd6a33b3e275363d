//! Systems that run attempts.

use std::path::PathBuf;

use crate::{Error, attempt::Limits};

mod command;
mod condor;
mod local;
mod slurm;

pub use self::{
    command::Commands,
    condor::{Condor, CondorSettings},
    local::{Local, LocalSettings},
    slurm::{Slurm, SlurmSettings},
};

/// One attempt to be run: a folder with its job dictionary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Short name for people, as `scthm-437548-0003`.
    pub name: String,
    /// Folder with [`crate::attempt::DICTIONARY`]; everything the attempt writes goes there.
    pub folder: PathBuf,
    /// What it may use.
    pub limits: Limits,
    /// How often the batch system itself may try again when a machine fails under it. Failures of the job are nobody's but the loop's to repeat.
    pub retries: u32,
}

/// Jobs submitted together. Those of one list are of one task, and have the same limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Name for people, as `sct-437548`.
    pub name: String,
    /// Folder for the files of the submission itself: scripts, lists, logs of the batch system.
    pub folder: PathBuf,
    /// Jobs that wait for nothing.
    pub first: Vec<Job>,
    /// Jobs that begin when all of the first have ended well; empty unless the system [`Backend::keeps_order`].
    pub then: Vec<Job>,
}

impl Batch {
    /// Makes the folder of the submission.
    fn make_folder(&self) -> Result<(), Error> {
        std::fs::create_dir_all(&self.folder)
            .map_err(|source| Error::Io { path: self.folder.clone(), source })
    }
}

/// Name of a submitted attempt within its system, as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub String);

/// What a system says of an attempt. A hint: the folder of the attempt has the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// It waits for its turn.
    Queued,
    /// It runs.
    Running,
    /// It has ended, or the system does not know it (any more).
    Gone,
    /// The system did not answer: nothing is known, and nothing follows from it.
    Silent,
}

/// A system that runs attempts.
pub trait Backend: std::fmt::Debug {
    /// Its name in the ledger: `local`, `slurm`, `condor`.
    fn name(&self) -> &'static str;

    /// Whether it takes a batch with jobs that wait for others.
    fn keeps_order(&self) -> bool;

    /// How many attempts with these limits it would take now, beside those that are under way. Batch systems take any number.
    fn room(&mut self, _busy: &[Limits], _next: &Limits) -> usize {
        usize::MAX
    }

    /// Submits a batch: one handle for each job, [`Batch::first`] before [`Batch::then`]. Fewer when not all could be submitted.
    ///
    /// # Errors
    ///
    /// [`Error`] when nothing was submitted.
    fn submit(&mut self, batch: &Batch) -> Result<Vec<Handle>, Error>;

    /// What it says of attempts, in their order.
    fn ask(&mut self, handles: &[Handle]) -> Vec<Hint>;

    /// Lets attempts go on that broke off together, as the nodes of a DAG that was removed or died: each has a new name then.
    /// None for those that cannot.
    fn resume(&mut self, gone: &[Handle]) -> Vec<Option<Handle>> {
        vec![None; gone.len()]
    }

    /// How an attempt ended that left nothing, where the system has books: `OUT_OF_MEMORY`, `NODE_FAIL`.
    fn end_of(&mut self, _handle: &Handle) -> Option<String> {
        None
    }

    /// Ends an attempt with everything it started; one that has ended is no error.
    ///
    /// # Errors
    ///
    /// [`Error::Command`] when the system refuses or does not answer.
    fn cancel(&mut self, handle: &Handle) -> Result<(), Error>;
}

/// What the queue of a batch system says of attempts; it is asked once for all of them, and not at all for none.
fn hints<Q>(
    handles: &[Handle],
    queue: impl FnOnce() -> Option<Q>,
    of: impl Fn(&Q, &Handle) -> Hint,
) -> Vec<Hint> {
    if handles.is_empty() {
        return Vec::new();
    }
    let Some(queue) = queue() else { return vec![Hint::Silent; handles.len()] };
    handles.iter().map(|handle| of(&queue, handle)).collect()
}

/// Cancelling an attempt that has ended is no error, whatever the command says.
fn unless_gone(
    backend: &mut impl Backend,
    handle: &Handle,
    cancelled: Result<String, Error>,
) -> Result<(), Error> {
    match cancelled {
        Err(_) if backend.ask(std::slice::from_ref(handle)) == [Hint::Gone] => Ok(()),
        result => result.map(|_| ()),
    }
}
