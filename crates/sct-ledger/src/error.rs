//! What can be wrong with a ledger.

use std::path::PathBuf;

/// Why a ledger was not opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file does not exist or cannot be opened.
    #[error("cannot open {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of something else.
    #[error("{} is no file of the loop: {what}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What was found and expected.
        what: String,
    },
    /// A file that a later version of the programs has changed.
    #[error("{}: area {area} has version {found}, this program knows {known}; use the later program", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Area.
        area: String,
        /// Version found.
        found: usize,
        /// Version this program brings an area to.
        known: usize,
    },
    /// SQLite refuses: damage, a lock, a full disk.
    #[error("{}: {what}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What was being done.
        what: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}
