//! What can go wrong with tasks.

use std::{io, path::PathBuf};

/// Why a task, a job or a step of one was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder that cannot be read or written.
    #[error("{}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] sct_wholefile::Error),
    /// A file that is not what it should be.
    #[error("{}: {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A command of a batch system that could not be started or said no.
    #[error("{command}: {what}")]
    Command {
        /// The command as it was called.
        command: String,
        /// What it printed, or why it did not start.
        what: String,
    },
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] sct_ledger::Error),
}
