//! New files: an instance, its folders, their first objects.

use std::{borrow::Borrow, collections::BTreeMap, fs, path::Path};

use rusqlite::{Connection, OpenFlags};
use sct_conditions::{Folder, PayloadMode, Row, SCT_FOLDERS, Versioning};
use sct_wholefile::Pending;

use crate::{Clock, Database, Error, StoreTarget, Writer, bulk, schema};

/// Attributes of a fresh instance after the table names: (name, value). Readers compare release and schema.
const ATTRIBUTES: [(&str, &str); 4] = [
    ("RELEASE", "3.1.0"),
    ("CVS_CHECKOUT", "$Name: not supported by cvs2svn $"),
    ("CVS_CHECKIN", "$Id: RalDatabase.cpp,v 1.656 2012-07-08 20:02:33 avalassi Exp $"),
    ("SCHEMA_VERSION", "2.0.0"),
];

/// A folder and what is stored in it.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderContent {
    /// The folder.
    pub folder: Folder,
    /// User tag; empty for the head and for single-version folders.
    pub tag: String,
    /// Objects.
    pub rows: Vec<Row>,
}

/// Writes a new file with one instance, whole or not at all, with the system's time.
///
/// # Errors
///
/// [`Error`]; the file then does not exist.
pub fn write_file(
    path: &Path,
    instance: &str,
    content: &[impl Borrow<FolderContent>],
) -> Result<(), Error> {
    Ok(prepare_file(path, instance, content)?.finish()?)
}

/// The same up to the name: the file is complete on the disk, and appears under `path` when it is finished.
///
/// # Errors
///
/// [`Error`]; nothing is left behind.
pub fn prepare_file(
    path: &Path,
    instance: &str,
    content: &[impl Borrow<FolderContent>],
) -> Result<Pending, Error> {
    let pending = prepare_file_at(path, instance, content, Clock::system())?;
    pending.sync()?;
    Ok(pending)
}

/// Writes a new master database: one instance with the folders of the loop, in the order that gives them stable numbers.
///
/// # Errors
///
/// [`Error`]; the file then does not exist.
pub fn create_master(path: &Path, instance: &str) -> Result<(), Error> {
    let folder = |folder: &sct_conditions::SctFolder| FolderContent {
        folder: folder.folder(),
        tag: String::new(),
        rows: Vec::new(),
    };
    write_file(path, instance, &SCT_FOLDERS.iter().map(folder).collect::<Vec<_>>())
}

pub(crate) fn prepare_file_at(
    path: &Path,
    instance: &str,
    content: &[impl Borrow<FolderContent>],
    clock: Clock,
) -> Result<Pending, Error> {
    let mut pending = Pending::create(path)?;
    let mut writer = Writer::create_with(pending.temporary(), instance, clock, NO_JOURNAL)?;
    let mut loads = Vec::new();
    for FolderContent { folder, tag, rows } in content.iter().map(Borrow::borrow) {
        writer.create_folder(folder)?;
        if let Some(load) = writer.plan(&folder.path, tag, rows)? {
            loads.push(load);
            continue;
        }
        let target = if tag.is_empty() { StoreTarget::Head } else { StoreTarget::Tag(tag.clone()) };
        writer.store(&folder.path, &target, rows)?;
    }
    writer.database.check_integrity()?;
    let closed = writer.database.connection.close();
    closed.map_err(|(_, source)| Error::Sqlite {
        path: path.to_owned(),
        what: "close".to_owned(),
        source,
    })?;
    if !loads.is_empty() {
        let failed = |source| sct_wholefile::Error { path: path.to_owned(), source };
        let small = fs::read(pending.temporary()).map_err(failed)?;
        let bytes = bulk::write(small, &loads).map_err(|detail| Error::Content {
            path: path.to_owned(),
            place: "rows".to_owned(),
            detail,
        })?;
        // Longer than what is there, which it covers.
        pending.write(&bytes)?;
    }
    Ok(pending)
}

/// For files that have no name yet: nobody else opens them, a crash leaves none, and they go to the disk as a whole.
const NO_JOURNAL: &str =
    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA locking_mode=EXCLUSIVE;";

impl Writer {
    /// Makes a database in an empty or missing file.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for a name that is no instance name, [`Error::Sqlite`].
    pub fn create(path: &Path, instance: &str, clock: Clock) -> Result<Self, Error> {
        Self::create_with(path, instance, clock, "")
    }

    /// The same with settings of SQLite.
    fn create_with(
        path: &Path,
        instance: &str,
        mut clock: Clock,
        settings: &str,
    ) -> Result<Self, Error> {
        let sound = (1..=8).contains(&instance.len())
            && instance.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !sound {
            let detail = format!(
                "'{instance}' is no instance name, expected 1 to 8 capital letters and digits"
            );
            return Err(Error::Refused { path: path.to_owned(), folder: "/".to_owned(), detail });
        }
        let failed = |what: &str| {
            let what = what.to_owned();
            move |source| Error::Sqlite { path: path.to_owned(), what, source }
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = Connection::open_with_flags(path, flags).map_err(failed("create"))?;
        connection
            .execute_batch(&format!(
                "PRAGMA page_size=1024; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; {settings} BEGIN;"
            ))
            .map_err(failed("create"))?;
        let prefix = format!("{instance}_");
        for sql in schema::instance(&prefix, true) {
            connection.execute_batch(&sql).map_err(failed("create"))?;
        }
        fill(&connection, &prefix, &mut clock).map_err(failed("create"))?;
        connection.execute_batch("COMMIT").map_err(failed("create"))?;
        drop(connection);
        let writer = Self::open(path, Some(instance), clock)?;
        writer.database.connection.execute_batch(settings).map_err(failed("create"))?;
        Ok(writer)
    }

    /// Creates a folder, and the folder sets above it that are missing.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] when it exists or its path or mode cannot be, [`Error::Sqlite`].
    pub fn create_folder(&mut self, folder: &Folder) -> Result<(), Error> {
        self.transaction(|writer| writer.make_folder(folder))
    }

    /// The same inside a transaction.
    pub(crate) fn make_folder(&mut self, folder: &Folder) -> Result<(), Error> {
        let refused = |writer: &Self, detail: &str| Error::Refused {
            path: writer.database.path.clone(),
            folder: folder.path.clone(),
            detail: detail.to_owned(),
        };
        let sound = folder.path.starts_with('/')
            && folder.path[1..].split('/').all(|part| !part.is_empty());
        if !sound {
            return Err(refused(self, "a folder has a path from '/' without empty parts"));
        }
        let mut parent = 0;
        let ends: Vec<usize> = folder.path.match_indices('/').skip(1).map(|(end, _)| end).collect();
        for end in ends {
            let path = &folder.path[..end];
            parent = match self.database.nodes().iter().find(|node| node.path == path) {
                Some(node) if node.folder.is_some() => {
                    return Err(refused(self, &format!("{path} is a folder")));
                }
                Some(node) => node.id,
                None => self.add_node(path, parent, None)?,
            };
            self.database.reload()?;
        }
        if self.database.nodes().iter().any(|node| node.path == folder.path) {
            return Err(refused(self, "it exists"));
        }
        self.add_node(&folder.path, parent, Some(folder))?;
        self.database.reload()
    }

    /// Adds one node with its tables; gives its identifier.
    fn add_node(&mut self, path: &str, parent: u32, folder: Option<&Folder>) -> Result<u32, Error> {
        let database = &self.database;
        let time = self.clock.now();
        let id = self.next(&database.table("NODES_SEQ"), 1, &time)?;
        let id = u32::try_from(id).ok().filter(|&id| id <= 9999);
        let id =
            id.ok_or_else(|| database.content(path, "the instance has more than 9999 nodes"))?;
        let stem = database.table(&format!("F{id:04}_"));
        let date = format!("SELECT LASTMOD_DATE FROM \"{}\"", database.table("NODES_SEQ"));
        let date: String = database
            .connection
            .query_row(&date, [], |row| row.get(0))
            .map_err(database.failed("nodes"))?;
        let name = path.rsplit('/').next().unwrap_or_default();
        let mode = folder.map_or(PayloadMode::Inline, |folder| folder.payload_mode);
        let separate = mode != PayloadMode::Inline;
        let schema_version = match (folder, mode) {
            (None, _) => "2.0.0",
            (_, PayloadMode::Inline) => "2.0.1",
            (_, PayloadMode::Separate) => "2.8.0",
            (_, PayloadMode::Vector) => "2.9.0",
        };
        let versioning =
            folder.map_or(-1, |folder| i64::from(folder.versioning == Versioning::Multi));
        let table = |suffix: &str| folder.map(|_| format!("{stem}{suffix}"));
        let description =
            folder.map(|folder| folder.description.as_str()).filter(|text| !text.is_empty());
        let sql = format!(
            "INSERT INTO \"{}\" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10, ?11, ?12, NULL, NULL, ?13, ?14, \
             ?15, ?16)",
            database.table("NODES")
        );
        self.execute(
            "nodes",
            &sql,
            &[
                &id,
                &parent,
                &name,
                &path,
                &description,
                &folder.is_some(),
                &schema_version,
                &date,
                &versioning,
                &folder.map(|folder| folder.payload.to_string()),
                &u32::from(separate),
                &table("PAYLOAD").filter(|_| separate),
                &table("IOVS"),
                &table("TAGS"),
                &table("IOV2TAG"),
                &table("CHANNELS"),
            ],
        )?;
        let statements = match folder {
            None => schema::folder_set(&stem),
            Some(folder) => {
                schema::folder(&stem, folder.versioning, folder.payload_mode, &folder.payload)
            }
        };
        let created =
            statements.iter().try_for_each(|sql| self.database.connection.execute_batch(sql));
        created.map_err(self.database.failed("tables of a folder"))?;
        self.fill_folder(&stem, folder, mode)?;
        Ok(id)
    }

    /// Sequences at zero, and the list of named foreign keys.
    fn fill_folder(
        &mut self,
        stem: &str,
        folder: Option<&Folder>,
        mode: PayloadMode,
    ) -> Result<(), Error> {
        let mut sequences = Vec::new();
        if mode == PayloadMode::Separate {
            sequences.push("PAYLOAD_SEQ");
        }
        if folder.is_some() {
            sequences.push("IOVS_SEQ");
        }
        if folder.is_none_or(|folder| folder.versioning == Versioning::Multi) {
            sequences.push("TAGS_SEQ");
        }
        for suffix in sequences {
            let (table, time) = (format!("{stem}{suffix}"), self.clock.now());
            self.execute(
                "sequences",
                &format!("INSERT INTO \"{table}\" VALUES (?1, 0, ?2)"),
                &[&table, &time],
            )?;
        }
        if folder.is_some() {
            let keys: &[(&str, &str)] = match mode {
                PayloadMode::Inline => &[("IOVS", "CHANNEL_FK")],
                PayloadMode::Separate => &[("IOVS", "CHANNEL_FK"), ("IOVS", "PAYLOAD_FK")],
                PayloadMode::Vector => &[
                    ("IOVS", "CHANNEL_FK"),
                    ("IOVS", "ORIGID_FK"),
                    ("IOVS", "P_SETID_FK"),
                    ("PAYLOAD", "OID_FK"),
                ],
            };
            let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
            for (table, key) in keys {
                // Keys are numbered within their table.
                let number = numbers.entry(table).and_modify(|number| *number += 1).or_default();
                let (number, table) = (number.to_string(), format!("{stem}{table}"));
                self.execute(
                    "foreign keys",
                    "INSERT INTO coral_sqlite_fk VALUES (?1, ?2, ?3)",
                    &[&number, &format!("{table}_{key}"), &table],
                )?;
            }
        }
        Ok(())
    }
}

/// Rows of a fresh instance. Source: section 3.1 of `docs/formats/cool.md`.
fn fill(connection: &Connection, prefix: &str, clock: &mut Clock) -> rusqlite::Result<()> {
    let name = |suffix: &str| format!("{prefix}{suffix}");
    let attributes = format!("INSERT INTO \"{}\" VALUES (?1, ?2)", name("DB_ATTRIBUTES"));
    let tables = [
        ("DEFAULT_TABLE_PREFIX", ""),
        ("NODE_TABLE_NAME", "NODES"),
        ("TAG_TABLE_NAME", "TAGS"),
        ("TAG2TAG_TABLE_NAME", "TAG2TAG"),
        ("TAG_SHAREDSEQ_NAME", "TAGS_SEQ"),
        ("IOV_SHAREDSEQ_NAME", "IOVS_SEQ"),
    ];
    for (attribute, suffix) in tables {
        connection.execute(&attributes, [attribute, &name(suffix)])?;
    }
    for (attribute, value) in ATTRIBUTES {
        connection.execute(&attributes, [attribute, value])?;
    }
    let time = clock.now();
    connection.execute(
        &format!(
            "INSERT INTO \"{}\" VALUES (0, NULL, NULL, '/', NULL, 0, '2.0.0', ?1, ?1, -1, NULL, 0, NULL, NULL, NULL, \
             NULL, NULL, NULL, NULL)",
            name("NODES")
        ),
        [&time],
    )?;
    let sequence = |suffix: &str, time: &str| {
        connection.execute(
            &format!("INSERT INTO \"{}\" VALUES (?1, 0, ?2)", name(suffix)),
            [&name(suffix), time],
        )
    };
    sequence("NODES_SEQ", &time)?;
    sequence("F0000_TAGS_SEQ", &clock.now())?;
    let unused = name("TAG2TAG_SEQ");
    connection.execute(&format!("INSERT INTO \"{unused}\" VALUES (?1, NULL, NULL)"), [&unused])?;
    let table = name("TAG2TAG");
    let keys = [
        ("0", "0".to_owned()),
        ("1", format!("{table}_PTAG_FK")),
        ("2", format!("{table}_CTAG_FK")),
    ];
    for (number, key) in keys {
        connection.execute(
            "INSERT INTO coral_sqlite_fk VALUES (?1, ?2, ?3)",
            rusqlite::params![number, key, table],
        )?;
    }
    Ok(())
}

impl Database {
    /// Text of all tables and indices in order of creation.
    ///
    /// # Errors
    ///
    /// [`Error::Sqlite`].
    pub fn schema_text(&self) -> Result<Vec<String>, Error> {
        let failed = || self.failed("schema");
        let mut statement = self
            .connection
            .prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
            .map_err(failed())?;
        statement.query_map([], |row| row.get(0)).and_then(Iterator::collect).map_err(failed())
    }
}
