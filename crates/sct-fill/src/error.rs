//! Why there are no hit maps.

use std::path::PathBuf;

use sct_id::RunNumber;

/// What can go wrong. Damaged events are no errors: they are counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that is no RAW file, or ends within its header.
    #[error("{}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: sct_bytestream::Error,
    },
    /// A file that cannot be opened, or changed while it was read.
    #[error("{}: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A file without end record, or that ends within an event.
    #[error(
        "{}: the file is cut short after byte {offset} of {length}, expected an event or the end record; wait until it is \
         complete, or accept files that are cut short", path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Where the last whole event ends.
        offset: u64,
        /// Length of the file.
        length: u64,
    },
    /// An event of another run.
    #[error("{}: event at byte {offset} belongs to run {found}, expected run {expected}", path.display())]
    Run {
        /// The file.
        path: PathBuf,
        /// Offset of the event.
        offset: u64,
        /// Its run.
        found: u32,
        /// The run of the job.
        expected: RunNumber,
    },
    /// The same file twice.
    #[error("{} is given twice", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
    },
    /// A count that does not fit.
    #[error(transparent)]
    Map(#[from] sct_hitmap::Error),
}
