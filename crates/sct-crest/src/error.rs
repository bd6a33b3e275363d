//! What can be wrong with a dump.

use std::{io, path::PathBuf};

/// Why a dump was not written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be used.
    #[error("{}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what its place says.
    #[error("{}: {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What was found and expected.
        what: String,
    },
    /// Content that CREST containers do not hold.
    #[error("tag {tag}: {what}")]
    Unsuited {
        /// Tag.
        tag: String,
        /// What does not fit.
        what: String,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] sct_wholefile::Error),
}
