//! An open file.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::{Area, Error};

/// How long another writer is waited for.
pub const BUSY: Duration = Duration::from_secs(10);
/// Pause where SQLite does not wait itself.
const AGAIN: Duration = Duration::from_millis(5);
/// Marks the loop's files in their header: `SCTL`.
const APPLICATION: u32 = 0x5343_544C;

/// How changes reach the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Journal {
    /// Through a log beside it: readers and a writer at the same time.
    Wal,
    /// In place: the file alone is everything, and may be read where nothing can be written.
    Rollback,
}

/// An open file of the loop.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    connection: Connection,
}

impl Ledger {
    /// Opens a file, makes it when there is none, and brings the areas to their present version.
    ///
    /// # Errors
    ///
    /// [`Error::Foreign`] when the file is something else, [`Error::Newer`] when a later version has changed it, and
    /// [`Error`] when it cannot be read or written.
    pub fn open(path: &Path, journal: Journal, areas: &[Area]) -> Result<Self, Error> {
        is_empty(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut ledger = Self::connect(path, flags)?;
        // A file without tables is as good as none: another program may be making it at this moment.
        let fresh = ledger.is_without_tables()?;
        if !fresh {
            ledger.check_application()?;
        }
        let mode = match journal {
            Journal::Wal => "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            Journal::Rollback => "PRAGMA journal_mode=DELETE; PRAGMA synchronous=FULL;",
        };
        ledger.set_journal(mode)?;
        if fresh {
            ledger.pragmas(&format!("PRAGMA application_id={APPLICATION};"))?;
        }
        areas.iter().try_for_each(|area| ledger.migrate(*area))?;
        Ok(ledger)
    }

    /// Opens an existing file for reading alone. It must have the areas at the version this program knows.
    ///
    /// # Errors
    ///
    /// As [`Self::open`]; [`Error::Foreign`] also when an area is missing or older.
    pub fn open_to_read(path: &Path, areas: &[Area]) -> Result<Self, Error> {
        if is_empty(path)? {
            let missing = io::Error::from(io::ErrorKind::NotFound);
            return Err(Error::Io { path: path.to_owned(), source: missing });
        }
        let ledger = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        ledger.check_application()?;
        for area in areas {
            let found: usize = ledger.read("versions", |rows| {
                rows.query_row("SELECT version FROM areas WHERE name = ?1", [area.name], |row| {
                    row.get::<_, u32>(0)
                })
                .map(|version| version as usize)
            })?;
            let known = area.steps.len();
            if found > known {
                let (path, area) = (path.to_owned(), area.name.to_owned());
                return Err(Error::Newer { path, area, found, known });
            }
            if found < known {
                let what = format!(
                    "area {} has version {found}, expected {known}; open it once for writing",
                    area.name
                );
                return Err(Error::Foreign { path: path.to_owned(), what });
            }
        }
        Ok(ledger)
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, Error> {
        let failed =
            |source| Error::Sqlite { path: path.to_owned(), what: "open".to_owned(), source };
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        let ledger = Self { path: path.to_owned(), connection };
        ledger.pragmas(
            "PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;",
        )?;
        let version = ledger.connection.query_row("PRAGMA schema_version", [], |_| Ok(()));
        match version {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                Err(Error::Foreign { path: ledger.path, what: "it is no SQLite file".to_owned() })
            }
            looked => looked.map_err(ledger.failed("open")).map(|()| ledger),
        }
    }

    fn pragmas(&self, text: &str) -> Result<(), Error> {
        self.connection.execute_batch(text).map_err(self.failed("open"))
    }

    /// SQLite does not wait when two programs change the journal at once, as they do with a file that is just being made: each
    /// would wait for the other. One of them tries again.
    fn set_journal(&self, mode: &str) -> Result<(), Error> {
        let since = Instant::now();
        loop {
            match self.connection.execute_batch(mode) {
                Err(error)
                    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                        && since.elapsed() < BUSY =>
                {
                    thread::sleep(AGAIN);
                }
                done => return done.map_err(self.failed("journal")),
            }
        }
    }

    fn is_without_tables(&self) -> Result<bool, Error> {
        self.read("tables", |rows| {
            let sql = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_master)";
            rows.query_row(sql, [], |row| row.get(0))
        })
    }

    fn check_application(&self) -> Result<(), Error> {
        let found: u32 = self
            .read("header", |rows| rows.query_row("PRAGMA application_id", [], |row| row.get(0)))?;
        if found == APPLICATION {
            return Ok(());
        }
        let what = format!("its header says {found:#010x}, expected {APPLICATION:#010x}");
        Err(Error::Foreign { path: self.path.clone(), what })
    }

    fn failed(&self, what: &str) -> impl FnOnce(rusqlite::Error) -> Error {
        let (path, what) = (self.path.clone(), what.to_owned());
        move |source| Error::Sqlite { path, what, source }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads; `what` is named when it fails.
    ///
    /// # Errors
    ///
    /// [`Error::Sqlite`].
    pub fn read<T>(
        &self,
        what: &str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        work(&self.connection).map_err(self.failed(what))
    }

    /// Writes, everything or nothing. No other writer comes between the first look and the end: what `work` reads is still
    /// so when it writes.
    ///
    /// # Errors
    ///
    /// [`Error::Sqlite`]; the file is then as before.
    pub fn write<T>(
        &mut self,
        what: &str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let (path, what) = (self.path.clone(), what.to_owned());
        self.write_or(work).map_err(|source| Error::Sqlite { path, what, source })
    }

    /// The same for work with errors of its own; any error rolls back.
    ///
    /// # Errors
    ///
    /// Those of `work`.
    pub fn write_or<T, E: From<rusqlite::Error>>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = work(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }
}

/// Whether there is no file yet, or one without content. The file is not opened: to close it would give back the locks that
/// other connections of this program have on it, and another program could then take the log of changes for its own.
fn is_empty(path: &Path) -> Result<bool, Error> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(Error::Io { path: path.to_owned(), source }),
        Ok(metadata) => Ok(metadata.len() == 0),
    }
}
