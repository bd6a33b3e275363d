//! What can go wrong with uploads.

use std::{io, path::PathBuf};

/// Why an upload, or a step of one, was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that cannot be read, written or moved.
    #[error("{}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A request that cannot be taken.
    #[error("the request is refused: {0}")]
    Request(String),
    /// Another upload pass is at work.
    #[error("another uploader is at work: {owner}, since {since}")]
    Locked {
        /// Process and host.
        owner: String,
        /// Time at which it began.
        since: String,
    },
    /// A database that cannot be read or written.
    #[error(transparent)]
    Cool(#[from] sct_cool::Error),
    /// A merge that was refused or failed.
    #[error(transparent)]
    Merge(#[from] sct_cool::MergeError),
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] sct_ledger::Error),
    /// A receipt that cannot be read.
    #[error("{}: it is no receipt: {what}", path.display())]
    Receipt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] sct_wholefile::Error),
    /// The lastRun file cannot be read or written.
    #[error(transparent)]
    LastRun(#[from] sct_job::Error),
}

impl From<sct_ledger::sql::Error> for Error {
    fn from(source: sct_ledger::sql::Error) -> Self {
        let (path, what) = (PathBuf::from("ledger"), "uploads".to_owned());
        Self::Ledger(sct_ledger::Error::Sqlite { path, what, source })
    }
}

/// What a failure means for the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The content is not wanted as it is: somebody must look, and trying again does not help.
    Refused,
    /// The way was closed for the moment: tried again at the next passes.
    Unreachable,
    /// Something is broken.
    Failed,
}

impl Error {
    /// What the failure means for the request.
    pub fn class(&self) -> Class {
        use sct_cool::{MergeError, Trouble};
        let of = |error: &sct_cool::Error| match error.trouble() {
            Some(Trouble::Busy) => Class::Unreachable,
            _ => Class::Failed,
        };
        match self {
            Self::Request(_) | Self::Merge(MergeError::Refused(_)) => Class::Refused,
            Self::Locked { .. } => Class::Unreachable,
            Self::Cool(error) | Self::Merge(MergeError::Database(error)) => of(error),
            _ => Class::Failed,
        }
    }
}
