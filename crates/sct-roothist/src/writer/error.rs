use std::{io, path::PathBuf};

/// Why a file was not written. Nothing stays behind: a file appears under its name only when it is complete.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The file system refused.
    #[error("cannot write {}", path.display())]
    Io {
        /// File to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path names no file.
    #[error("{} has no file name to write to", path.display())]
    NoFileName {
        /// Path as given.
        path: PathBuf,
    },
    /// The parts of a histogram contradict each other.
    #[error("histogram {name}: {what}")]
    Inconsistent {
        /// Name of the histogram.
        name: String,
        /// What was expected.
        what: &'static str,
    },
    /// A directory has an object of this name already.
    #[error("{}: {name} is written twice to directory /{directory}", path.display())]
    DuplicateName {
        /// File to be written.
        path: PathBuf,
        /// Path of the directory, without a leading slash.
        directory: String,
        /// Name of the object or directory.
        name: String,
    },
    /// A record is longer than its key can say.
    #[error("{}: {name} takes {bytes} bytes, a record holds at most {}", path.display(), i32::MAX)]
    RecordTooLong {
        /// File to be written.
        path: PathBuf,
        /// Name of the object.
        name: String,
        /// Length of the record with its key.
        bytes: usize,
    },
    /// Names and titles are longer than a key can say.
    #[error("{}: name and title of {name:.40} take {bytes} bytes, a key holds at most {}", path.display(), i16::MAX)]
    KeyTooLong {
        /// File to be written.
        path: PathBuf,
        /// Name of the object.
        name: String,
        /// Length of the key.
        bytes: usize,
    },
}

impl From<sct_wholefile::Error> for WriteError {
    fn from(error: sct_wholefile::Error) -> Self {
        let sct_wholefile::Error { path, source } = error;
        Self::Io { path, source }
    }
}
