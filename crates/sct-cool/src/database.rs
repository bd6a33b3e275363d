//! An open file and one of its instances.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use crate::{Error, Node};

/// Largest page cache, KiB: a merge changes a page of every index for each channel, and has all of them at hand.
const CACHE: u32 = 65_536;
/// The same where a file is read through once, or looked into here and there: what stays at hand fits into the cache of a
/// processor, and no memory is asked for while reading.
const SMALL_CACHE: u32 = 256;
/// How long another writer is waited for.
const BUSY: Duration = Duration::from_secs(10);

/// One COOL database of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// Name, at most eight characters.
    pub name: String,
    /// Release of COOL that made it.
    pub release: String,
    /// Version of its schema.
    pub schema: String,
}

/// An open COOL database.
#[derive(Debug)]
pub struct Database {
    pub(crate) path: PathBuf,
    pub(crate) connection: Connection,
    identity: Option<(u64, u64)>,
    instance: Instance,
    nodes: Vec<Node>,
}

impl Database {
    /// Opens the only instance of a file for reading.
    ///
    /// # Errors
    ///
    /// [`Error`] when the file is missing, damaged, no SQLite file, or has no or several instances, or one of a version
    /// that is not understood.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_with(path, None, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Opens one instance of a file for reading.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_instance(path: &Path, instance: &str) -> Result<Self, Error> {
        Self::open_with(path, Some(instance), OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    pub(crate) fn open_for_update(path: &Path, instance: Option<&str>) -> Result<Self, Error> {
        Self::open_with(path, instance, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Keeps few pages at hand, for questions that come to a page once.
    ///
    /// # Errors
    ///
    /// [`Error::Sqlite`].
    pub fn keep_few_pages(&self) -> Result<(), Error> {
        let text = format!("PRAGMA cache_size=-{SMALL_CACHE}");
        self.connection.execute_batch(&text).map_err(self.failed("cache"))
    }

    /// Where it is, to open it once more.
    pub fn place(&self) -> Place {
        let (path, instance) = (self.path.clone(), self.instance.name.clone());
        Place { path, instance, identity: self.identity }
    }

    fn open_with(path: &Path, wanted: Option<&str>, flags: OpenFlags) -> Result<Self, Error> {
        let before = identity(path);
        let connection = connect(path, flags)?;
        let identity = before.filter(|before| identity(path) == Some(*before));
        Self::new(path, wanted, connection, identity)
    }

    fn new(
        path: &Path,
        wanted: Option<&str>,
        connection: Connection,
        identity: Option<(u64, u64)>,
    ) -> Result<Self, Error> {
        let mut instances = instances(path, &connection)?;
        let found: Vec<String> = instances.iter().map(|instance| instance.name.clone()).collect();
        let position = match wanted {
            Some(name) => found.iter().position(|found| found == name),
            None => (found.len() == 1).then_some(0),
        };
        let Some(position) = position else {
            let wanted = wanted
                .map_or_else(|| "that is the only one".to_owned(), |name| format!("'{name}'"));
            return Err(Error::Instance { path: path.to_owned(), wanted, found });
        };
        let instance = instances.swap_remove(position);
        check_version(path, &instance)?;
        let (path, nodes) = (path.to_owned(), Vec::new());
        let mut database = Self { path, connection, identity, instance, nodes };
        database.reload()?;
        Ok(database)
    }

    /// Instances of a file.
    ///
    /// # Errors
    ///
    /// As [`Self::open`], without a check of versions.
    pub fn instances(path: &Path) -> Result<Vec<Instance>, Error> {
        instances(path, &connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Device and inode of the file: another one under the path has others. None when the file was replaced just when it was
    /// opened.
    pub fn identity(&self) -> Option<(u64, u64)> {
        self.identity
    }

    /// The instance.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Folder sets and folders by identifier; the first is the root.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The folders: nodes that hold objects.
    pub fn folders(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.folder.is_some())
    }

    /// One folder.
    ///
    /// # Errors
    ///
    /// [`Error::Folder`].
    pub fn folder(&self, path: &str) -> Result<&Node, Error> {
        let missing = || Error::Folder { path: self.path.clone(), folder: path.to_owned() };
        self.folders().find(|node| node.path == path).ok_or_else(missing)
    }

    /// Name of a table of the instance.
    pub(crate) fn table(&self, suffix: &str) -> String {
        format!("{}_{suffix}", self.instance.name)
    }

    pub(crate) fn reload(&mut self) -> Result<(), Error> {
        self.nodes = crate::node::read(self)?;
        Ok(())
    }

    pub(crate) fn failed(&self, what: &str) -> impl FnOnce(rusqlite::Error) -> Error {
        let (path, what) = (self.path.clone(), what.to_owned());
        move |source| Error::Sqlite { path, what, source }
    }

    pub(crate) fn content(&self, place: impl Into<String>, detail: impl Into<String>) -> Error {
        Error::Content { path: self.path.clone(), place: place.into(), detail: detail.into() }
    }

    /// SQLite's own checks of pages and foreign keys.
    ///
    /// # Errors
    ///
    /// [`Error::Integrity`] with the first finding.
    pub fn check_integrity(&self) -> Result<(), Error> {
        let damaged = |detail: String| Error::Integrity { path: self.path.clone(), detail };
        let verdict: String = self
            .connection
            .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
            .map_err(self.failed("integrity check"))?;
        if verdict != "ok" {
            return Err(damaged(verdict));
        }
        let mut statement = self
            .connection
            .prepare("PRAGMA foreign_key_check")
            .map_err(self.failed("key check"))?;
        let mut rows = statement.query([]).map_err(self.failed("key check"))?;
        match rows.next().map_err(self.failed("key check"))? {
            None => Ok(()),
            Some(row) => {
                let table: String = row.get(0).unwrap_or_default();
                Err(damaged(format!("a row of {table} refers to one that does not exist")))
            }
        }
    }
}

/// An instance of a file that is open somewhere.
#[derive(Clone, Debug)]
pub struct Place {
    path: PathBuf,
    instance: String,
    identity: Option<(u64, u64)>,
}

impl Place {
    /// Opens the same instance of the same file, for reading in another thread. While a [`Snapshot`] is held, both answer from
    /// one state: writers cannot finish. None when the path leads to another file now.
    ///
    /// # Errors
    ///
    /// As [`Database::open`].
    pub fn open(&self) -> Result<Option<Database>, Error> {
        let is_same = || self.identity.is_some() && identity(&self.path) == self.identity;
        if !is_same() {
            return Ok(None);
        }
        let connection = connect_unchecked(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY);
        let open =
            |connection| Database::new(&self.path, Some(&self.instance), connection, self.identity);
        let opened = connection.and_then(open);
        // Whatever is wrong with another file is nobody's business.
        if is_same() { opened.map(Some) } else { Ok(None) }
    }
}

/// While it lives, a database answers from one and the same state; writers wait.
#[derive(Debug)]
pub struct Snapshot<'a> {
    _transaction: rusqlite::Transaction<'a>,
}

impl Database {
    /// Holds the state of the file for several questions: they agree with each other, and each is spared the locks.
    ///
    /// # Errors
    ///
    /// [`Error::Sqlite`], also when a snapshot is held already.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, Error> {
        let transaction = self.connection.unchecked_transaction();
        Ok(Snapshot { _transaction: transaction.map_err(self.failed("snapshot"))? })
    }

    /// Whether changes go to a second file first, so that the time of this one does not tell them.
    ///
    /// # Errors
    ///
    /// [`Error::Sqlite`].
    pub fn writes_ahead(&self) -> Result<bool, Error> {
        let mode =
            self.connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
        Ok(mode.map_err(self.failed("journal mode"))? == "wal")
    }

    /// Copies the whole file as it is now, whole or not at all; another writer is waited for.
    ///
    /// # Errors
    ///
    /// [`Error::Write`] and [`Error::Sqlite`].
    pub fn back_up(&self, to: &Path) -> Result<(), Error> {
        let pending = sct_wholefile::Pending::create(to)?;
        self.connection
            .backup("main", pending.temporary(), None::<fn(rusqlite::backup::Progress)>)
            .map_err(self.failed("backup"))?;
        Ok(pending.finish()?)
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    sct_wholefile::identity(path).ok()
}

/// Connects to a file that must be one of SQLite's. It is not looked at beside SQLite: to close it would give back the locks
/// that other connections of this program have on it, as those of an upload that is under way.
fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let foreign = || io(io::Error::new(io::ErrorKind::InvalidData, "it is no SQLite file"));
    // SQLite takes a file without content for an empty database.
    let file = std::fs::metadata(path).map_err(io)?;
    if !file.is_file() || file.len() == 0 {
        return Err(foreign());
    }
    let is_foreign = |error: &rusqlite::Error| {
        error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase)
    };
    let connection = connect_unchecked(path, flags).map_err(|error| match error {
        Error::Sqlite { source, .. } if is_foreign(&source) => foreign(),
        other => other,
    })?;
    match connection.query_row("PRAGMA schema_version", [], |_| Ok(())) {
        Err(error) if is_foreign(&error) => Err(foreign()),
        // Whatever else is wrong is told by the first real question.
        _ => Ok(connection),
    }
}

/// The same without a word about what is no SQLite file.
fn connect_unchecked(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |source| Error::Sqlite { path: path.to_owned(), what, source }
    };
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(failed("open"))?;
    connection.busy_timeout(BUSY).map_err(failed("open"))?;
    if flags.contains(OpenFlags::SQLITE_OPEN_READ_ONLY) {
        take_back_unfinished(path, &connection).map_err(failed("open"))?;
    }
    // Hostile files: no SQL of theirs is run, and cells are checked as they are read.
    connection
        .execute_batch(&format!(
            "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; \
             PRAGMA cache_size=-{CACHE};"
        ))
        .map_err(failed("open"))?;
    Ok(connection)
}

/// A program that was killed while it wrote leaves its journal beside the file. What is unfinished must be taken back before
/// anybody reads, and a connection that may only read cannot.
fn take_back_unfinished(path: &Path, connection: &Connection) -> rusqlite::Result<()> {
    let look = |connection: &Connection| {
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))
    };
    match look(connection) {
        Err(rusqlite::Error::SqliteFailure(failure, _))
            if failure.code == rusqlite::ErrorCode::ReadOnly =>
        {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let writing = Connection::open_with_flags(path, flags)?;
            writing.busy_timeout(BUSY)?;
            look(&writing)
        }
        // Whatever else is wrong is told by the first real question.
        _ => Ok(()),
    }
}

fn instances(path: &Path, connection: &Connection) -> Result<Vec<Instance>, Error> {
    let failed =
        |source| Error::Sqlite { path: path.to_owned(), what: "list of tables".to_owned(), source };
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%\\_DB\\_ATTRIBUTES' ESCAPE '\\' ORDER BY name")
        .map_err(failed)?;
    let names: Vec<String> =
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(failed)?;
    let sound =
        |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let names = names
        .iter()
        .filter_map(|table| table.strip_suffix("_DB_ATTRIBUTES").map(str::to_owned))
        .filter(sound);
    names
        .map(|name| {
            let attribute = |attribute: &str| {
                let sql = format!("SELECT DB_ATTRIBUTE_VALUE FROM \"{name}_DB_ATTRIBUTES\" WHERE DB_ATTRIBUTE_NAME = ?1");
                connection.query_row(&sql, [attribute], |row| row.get::<_, Option<String>>(0)).or_else(|error| match error {
                    rusqlite::Error::QueryReturnedNoRows => Ok(None),
                    other => Err(other),
                })
            };
            let text = |name| attribute(name).map(|value| value.unwrap_or_else(|| "unknown".to_owned()));
            let (release, schema) = (text("RELEASE").map_err(failed)?, text("SCHEMA_VERSION").map_err(failed)?);
            Ok(Instance { name, release, schema })
        })
        .collect()
}

fn check_version(path: &Path, instance: &Instance) -> Result<(), Error> {
    let major: Option<u32> =
        instance.release.split('.').next().and_then(|major| major.parse().ok());
    if major.is_some_and(|major| major >= 2) && instance.schema == "2.0.0" {
        return Ok(());
    }
    let (release, schema) = (instance.release.clone(), instance.schema.clone());
    Err(Error::Version { path: path.to_owned(), release, schema })
}
