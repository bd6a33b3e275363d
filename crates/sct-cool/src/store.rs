//! Storing objects: object identifiers, overlays and system rows as COOL makes them. Source: sections 5 to 7 of
//! `docs/formats/cool.md`.

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use rusqlite::ToSql;
use sct_conditions::{
    ChannelId, Folder, PayloadMode, Row, Value, VectorRow, Versioning, time_text,
};
use sct_id::Iov;

use self::payload::{Link, payload_columns};

use crate::{Database, Error, Node};

mod append;
mod payload;
mod tags;

/// Where times of insertion come from.
pub struct Clock(Box<dyn FnMut() -> String + Send>);

impl Clock {
    /// The system's time, in UTC.
    pub fn system() -> Self {
        Self(Box::new(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            time_text(i64::try_from(now.as_secs()).unwrap_or(i64::MAX), now.subsec_nanos())
        }))
    }

    /// One and the same time, so that equal content gives equal files.
    pub fn fixed(seconds: i64) -> Self {
        Self(Box::new(move || time_text(seconds, 0)))
    }

    pub(crate) fn now(&mut self) -> String {
        self.0()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// Where objects go in a multi-version folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreTarget {
    /// The head alone; also for single-version folders.
    Head,
    /// A user tag alone, as the calibration tasks store.
    Tag(String),
    /// The head and a user tag.
    HeadAndTag(String),
}

impl StoreTarget {
    fn tag(&self) -> Option<&str> {
        match self {
            Self::Head => None,
            Self::Tag(tag) | Self::HeadAndTag(tag) => Some(tag),
        }
    }
}

/// A database open for writing.
#[derive(Debug)]
pub struct Writer {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
}

/// One object to store, whatever the kind of payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) channel: ChannelId,
    pub(crate) iov: Iov,
    /// Payloads: exactly one, except in vector folders.
    items: &'a [Vec<Value>],
}

impl<'a> From<&'a Row> for Entry<'a> {
    fn from(row: &'a Row) -> Self {
        Self { channel: row.channel, iov: row.iov, items: std::slice::from_ref(&row.payload) }
    }
}

impl<'a> From<&'a VectorRow> for Entry<'a> {
    fn from(row: &'a VectorRow) -> Self {
        Self { channel: row.channel, iov: row.iov, items: &row.items }
    }
}

/// Object identifiers that one object of a store may use: head and tag, each with two remainders.
pub(crate) const IDS_PER_OBJECT: u64 = 6;
/// Offset of the user tag's three identifiers.
pub(crate) const TAG_OFFSET: u64 = 3;

impl Writer {
    /// Opens an existing database; `instance` may be left out when there is only one.
    ///
    /// # Errors
    ///
    /// As [`Database::open`].
    pub fn open(path: &Path, instance: Option<&str>, clock: Clock) -> Result<Self, Error> {
        Ok(Self { database: Database::open_for_update(path, instance)?, clock })
    }

    /// The database being written.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Stores objects in one transaction: all or none.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for what COOL refuses (locked tags, tag names of other folders, values that do not fit) and for
    /// folders with vector payload, and [`Error::Sqlite`].
    pub fn store(&mut self, folder: &str, target: &StoreTarget, rows: &[Row]) -> Result<(), Error> {
        let entries: Vec<Entry<'_>> = rows.iter().map(Entry::from).collect();
        self.store_entries(folder, target, &entries, false)
    }

    /// The same for folders with vector payload.
    ///
    /// # Errors
    ///
    /// As [`Self::store`], for folders with any other payload.
    pub fn store_vectors(
        &mut self,
        folder: &str,
        target: &StoreTarget,
        rows: &[VectorRow],
    ) -> Result<(), Error> {
        let entries: Vec<Entry<'_>> = rows.iter().map(Entry::from).collect();
        self.store_entries(folder, target, &entries, true)
    }

    fn store_entries(
        &mut self,
        folder: &str,
        target: &StoreTarget,
        entries: &[Entry<'_>],
        vector: bool,
    ) -> Result<(), Error> {
        let node = self.database.folder(folder)?.clone();
        let description = node.require_folder(&self.database)?.clone();
        if (description.payload_mode == PayloadMode::Vector) != vector {
            let detail = if vector {
                "its objects have one payload each"
            } else {
                "its objects have a vector of payloads each"
            };
            return Err(self.refused(&node, detail));
        }
        let items = entries.iter().flat_map(|&Entry { channel, items, .. }| {
            items.iter().map(move |item| (channel, item))
        });
        self.check_payload(&node, &description, items)?;
        if entries.is_empty() {
            return Ok(());
        }
        self.transaction(|writer| match description.versioning {
            Versioning::Multi => writer.store_versions(&node, &description, target, entries),
            Versioning::Single if target.tag().is_none() => {
                writer.append(&node, &description, entries)
            }
            Versioning::Single => Err(writer.refused(&node, "a single-version folder has no tags")),
        })
    }

    /// That all values fit their columns.
    pub(crate) fn check_payload<'a>(
        &self,
        node: &Node,
        folder: &Folder,
        mut items: impl Iterator<Item = (ChannelId, &'a Vec<Value>)>,
    ) -> Result<(), Error> {
        items.try_for_each(|(channel, item)| {
            let refused = |error| self.refused(node, format!("channel {channel}: {error}"));
            folder.payload.check(item).map_err(refused)
        })
    }

    pub(crate) fn refused(&self, node: &Node, detail: impl Into<String>) -> Error {
        Error::Refused {
            path: self.database.path.clone(),
            folder: node.path.clone(),
            detail: detail.into(),
        }
    }

    pub(crate) fn transaction<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.execute("begin", "BEGIN IMMEDIATE", &[])?;
        let result = work(self)
            .and_then(|value| Ok(self.execute("commit", "COMMIT", &[]).map(|_| value)?));
        if result.is_err() {
            // The first error is the one to report; without a transaction there is nothing to roll back.
            let _ = self.database.connection.execute_batch("ROLLBACK");
        }
        result
    }

    pub(crate) fn execute(
        &self,
        what: &str,
        sql: &str,
        parameters: &[&dyn ToSql],
    ) -> Result<usize, Error> {
        let statement = self.database.connection.prepare_cached(sql);
        statement
            .and_then(|mut statement| statement.execute(parameters))
            .map_err(self.database.failed(what))
    }

    /// Takes `count` numbers from a sequence table: gives the first.
    pub(crate) fn next(&self, table: &str, count: u64, time: &str) -> Result<u64, Error> {
        let sql = format!("SELECT CURRENT_VALUE FROM \"{table}\"");
        let current: Option<i64> = self
            .database
            .connection
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(self.database.failed(table))?;
        let first = current.map_or(0, |current| current + 1);
        let last = first + i64::try_from(count).unwrap_or(i64::MAX) - 1;
        let sql = format!("UPDATE \"{table}\" SET CURRENT_VALUE = ?1, LASTMOD_DATE = ?2");
        self.execute(table, &sql, &[&last, &time])?;
        u64::try_from(first).map_err(|_| self.database.content(table, "a sequence is negative"))
    }

    pub(crate) fn store_versions(
        &mut self,
        node: &Node,
        folder: &Folder,
        target: &StoreTarget,
        rows: &[Entry<'_>],
    ) -> Result<(), Error> {
        let tag = target.tag().map(|tag| self.user_tag(node, tag)).transpose()?;
        let mut slots: Vec<(u64, u32)> = Vec::new();
        if !matches!(target, StoreTarget::Tag(_)) {
            slots.push((0, 0));
        }
        if let Some((id, lock)) = tag {
            self.check_lock(node, id, lock, rows)?;
            slots.push((TAG_OFFSET, id));
        }
        let time = self.clock.now();
        let count = rows.len() as u64;
        let stem = node.stem(&self.database);
        let base = self.next(&format!("{stem}IOVS_SEQ"), IDS_PER_OBJECT * count, &time)?;
        self.add_channels(node, rows)?;
        let payloads = self.add_payloads(node, folder, rows, &time)?;
        let covered = self.clock.now();
        let mut last_ids: BTreeMap<ChannelId, u64> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            let first = base + IDS_PER_OBJECT * index as u64;
            // Head and tag share the payload; a vector belongs to the first of the two.
            let link = payloads.link(index, first + slots.first().map_or(0, |slot| slot.0), row);
            for &(offset, tag) in &slots {
                let id = first + offset;
                let object = NewObject { id, tag, row, link, time: &time, covered: &covered };
                let last = self.overlay(node, folder, &object)?;
                self.add_items(node, folder, &object)?;
                last_ids
                    .entry(row.channel)
                    .and_modify(|known| *known = last.max(*known))
                    .or_insert(last);
            }
        }
        let sql = format!(
            "UPDATE \"{}\" SET LAST_OBJECT_ID = ?2 WHERE CHANNEL_ID = ?1",
            node.tables.channels
        );
        last_ids.iter().try_for_each(|(channel, id)| {
            self.execute("channels", &sql, &[&channel.0, &id.cast_signed()]).map(|_| ())
        })
    }

    /// Stores one object over what is visible: what it covers is hidden, what sticks out is kept as a remainder. Gives the
    /// highest identifier used.
    fn overlay(&self, node: &Node, folder: &Folder, object: &NewObject<'_>) -> Result<u64, Error> {
        let table = &node.tables.iovs;
        let (since, until) =
            (object.row.iov.since().cast_signed(), object.row.iov.until().cast_signed());
        let id = object.id.cast_signed();
        let sql = format!(
            "SELECT OBJECT_ID, IOV_SINCE, IOV_UNTIL FROM \"{table}\" WHERE CHANNEL_ID = ?1 AND USER_TAG_ID = ?2 AND \
             NEW_HEAD_ID = 0 AND IOV_SINCE < ?4 AND IOV_UNTIL > ?3 AND IOV_SINCE >= coalesce((SELECT max(IOV_SINCE) FROM \
             \"{table}\" WHERE CHANNEL_ID = ?1 AND USER_TAG_ID = ?2 AND NEW_HEAD_ID = 0 AND IOV_SINCE <= ?3), 0)"
        );
        let failed = || self.database.failed("overlay");
        let parameters = rusqlite::params![object.row.channel.0, object.tag, since, until];
        let visible: Vec<(i64, i64, i64)> = self
            .database
            .connection
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement
                    .query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                    .collect()
            })
            .map_err(failed())?;
        let columns = payload_columns(folder);
        let hide = format!(
            "UPDATE \"{table}\" SET NEW_HEAD_ID = ?2, LASTMOD_DATE = ?3 WHERE OBJECT_ID = ?1"
        );
        let keep = format!(
            "INSERT INTO \"{table}\" (OBJECT_ID, CHANNEL_ID, IOV_SINCE, IOV_UNTIL, USER_TAG_ID, SYS_INSTIME, \
             LASTMOD_DATE, ORIGINAL_ID, NEW_HEAD_ID{columns}) SELECT ?2, CHANNEL_ID, ?3, ?4, USER_TAG_ID, ?5, ?5, \
             OBJECT_ID, 0{columns} FROM \"{table}\" WHERE OBJECT_ID = ?1"
        );
        let mut last = id;
        for (old, old_since, old_until) in visible {
            // Hidden first: two visible rows of one interval are forbidden.
            self.execute("overlay", &hide, &[&old, &id, &object.covered])?;
            for (offset, part) in [(1, (old_since, since)), (2, (until, old_until))] {
                if part.0 < part.1 {
                    self.execute(
                        "overlay",
                        &keep,
                        &[&old, &(id + offset), &part.0, &part.1, &object.time],
                    )?;
                    last = last.max(id + offset);
                }
            }
        }
        self.insert(node, folder, object)?;
        u64::try_from(last).map_err(|_| {
            self.database.content(node.path.clone(), "an object identifier is negative")
        })
    }

    fn insert(&self, node: &Node, folder: &Folder, object: &NewObject<'_>) -> Result<(), Error> {
        let columns = payload_columns(folder);
        let places: String =
            (0..columns.matches(',').count()).map(|index| format!(", ?{}", index + 7)).collect();
        let sql = format!(
            "INSERT INTO \"{}\" (OBJECT_ID, CHANNEL_ID, IOV_SINCE, IOV_UNTIL, USER_TAG_ID, SYS_INSTIME, LASTMOD_DATE, \
             ORIGINAL_ID, NEW_HEAD_ID{columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0{places})",
            node.tables.iovs
        );
        let (since, until) =
            (object.row.iov.since().cast_signed(), object.row.iov.until().cast_signed());
        let id = object.id.cast_signed();
        let mut parameters: Vec<&dyn ToSql> =
            vec![&id, &object.row.channel.0, &since, &until, &object.tag, &object.time];
        let values = object.link.values(folder, object.row);
        parameters.extend(values.iter().map(|value| &**value as &dyn ToSql));
        self.execute("objects", &sql, &parameters).map(|_| ())
    }

    /// Channels come into being with their first object.
    fn add_channels(&self, node: &Node, rows: &[Entry<'_>]) -> Result<(), Error> {
        let sql = format!(
            "INSERT OR IGNORE INTO \"{}\" (CHANNEL_ID, LAST_OBJECT_ID, HAS_NEW_DATA, CHANNEL_NAME, DESCRIPTION) VALUES \
             (?1, 0, 0, NULL, '')",
            node.tables.channels
        );
        rows.iter()
            .try_for_each(|row| self.execute("channels", &sql, &[&row.channel.0]).map(|_| ()))
    }
}

struct NewObject<'a> {
    id: u64,
    tag: u32,
    row: &'a Entry<'a>,
    link: Link,
    /// Time of the store.
    time: &'a str,
    /// Time at which covered rows are hidden, a little later.
    covered: &'a str,
}
