//! Why a file was not read or written.

use std::{io, path::PathBuf};

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] sct_wholefile::Error),
    /// Not the XML that was expected.
    #[error("{file}: line {line}: {what}")]
    Content {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What was found and expected.
        what: String,
    },
}
