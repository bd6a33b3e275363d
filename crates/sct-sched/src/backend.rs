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

/// Jobs submitted together.
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

    /// How many attempts with these limits it would take now, beside those that are under way.
    fn room(&mut self, busy: &[Limits], next: &Limits) -> usize;

    /// Submits a batch: one handle for each job, [`Batch::first`] before [`Batch::then`]. Fewer when not all could be submitted.
    ///
    /// # Errors
    ///
    /// [`Error`] when nothing was submitted.
    fn submit(&mut self, batch: &Batch) -> Result<Vec<Handle>, Error>;

    /// What it says of attempts, in their order.
    fn ask(&mut self, handles: &[Handle]) -> Vec<Hint>;

    /// Ends an attempt with everything it started; one that has ended is no error.
    ///
    /// # Errors
    ///
    /// [`Error::Command`] when the system refuses or does not answer.
    fn cancel(&mut self, handle: &Handle) -> Result<(), Error>;
}
