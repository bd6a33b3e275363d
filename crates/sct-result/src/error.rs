//! Why the index cannot be read or written.

use std::{io, path::PathBuf};

/// Why the index cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The index itself.
    #[error(transparent)]
    Ledger(#[from] sct_ledger::Error),
    /// A damaged index could not be put aside, or was taken away while it was opened.
    #[error("index of results {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<sct_ledger::sql::Error> for Error {
    fn from(source: sct_ledger::sql::Error) -> Self {
        let (path, what) = (PathBuf::from("results.db"), "results".to_owned());
        Self::Ledger(sct_ledger::Error::Sqlite { path, what, source })
    }
}
