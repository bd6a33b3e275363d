//! What can be wrong with a COOL file.

use std::path::PathBuf;

/// Why a database was not read or written.
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
    /// SQLite's own check found damage.
    #[error("{} is damaged: {detail}", path.display())]
    Integrity {
        /// The file.
        path: PathBuf,
        /// First finding.
        detail: String,
    },
    /// No instance, or not the one asked for.
    #[error("{} has no COOL database {wanted}; it has {}", path.display(), if found.is_empty() { "none".to_owned() } else { found.join(", ") })]
    Instance {
        /// The file.
        path: PathBuf,
        /// Name asked for, or "at all".
        wanted: String,
        /// Names found.
        found: Vec<String>,
    },
    /// A release or schema that is not understood.
    #[error("{}: COOL release {release} with schema {schema}, expected release 2.0.0 or later with schema 2.0.0", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Release found.
        release: String,
        /// Schema version found.
        schema: String,
    },
    /// No such folder.
    #[error("{} has no folder {folder}", path.display())]
    Folder {
        /// The file.
        path: PathBuf,
        /// Folder asked for.
        folder: String,
    },
    /// No such tag in the folder.
    #[error("{}: folder {folder} has no tag '{tag}'", path.display())]
    Tag {
        /// The file.
        path: PathBuf,
        /// Folder.
        folder: String,
        /// Tag asked for.
        tag: String,
    },
    /// A folder of another kind than the reader expects.
    #[error("{}: objects of folder {folder} do not have {expected} each", path.display())]
    PayloadMode {
        /// The file.
        path: PathBuf,
        /// Folder.
        folder: String,
        /// What its objects were expected to have.
        expected: &'static str,
    },
    /// Contents that contradict the schema.
    #[error("{}: {place}: {detail}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Folder, table or row.
        place: String,
        /// What was found and expected.
        detail: String,
    },
    /// A store that COOL would refuse.
    #[error("{}: cannot store into {folder}: {detail}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Folder.
        folder: String,
        /// Why.
        detail: String,
    },
    /// The finished file could not take its name.
    #[error(transparent)]
    Write(#[from] sct_wholefile::Error),
}

/// What kind of trouble the system under SQLite has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Another program holds the file; it may be free later.
    Busy,
    /// The file or its folder cannot be written.
    ReadOnly,
    /// The disk is full, or the file may not grow.
    Full,
    /// The file is damaged.
    Damaged,
    /// Reading or writing failed otherwise.
    Other,
}

impl Error {
    /// What kind of trouble it is, when SQLite says so.
    pub fn trouble(&self) -> Option<Trouble> {
        use rusqlite::ffi::ErrorCode;
        let Self::Sqlite { source: rusqlite::Error::SqliteFailure(failure, _), .. } = self else {
            return matches!(self, Self::Integrity { .. }).then_some(Trouble::Damaged);
        };
        Some(match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Trouble::Busy,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
                Trouble::ReadOnly
            }
            ErrorCode::DiskFull => Trouble::Full,
            // A write past the allowed size of a file comes as an input-output error.
            ErrorCode::SystemIoFailure
                if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE =>
            {
                Trouble::Full
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Trouble::Damaged,
            _ => Trouble::Other,
        })
    }
}
