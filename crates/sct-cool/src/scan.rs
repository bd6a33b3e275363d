//! Single columns of single-version folders: whole ranges of keys, and the object nearest to a key.
//!
//! [`Database::objects`] gives objects with everything they have. Questions about many runs ask for one or two columns of
//! one channel, and for the first object at or after a key; here this costs a step in an index each.

use rusqlite::{CachedStatement, Row as SqlRow, types::ValueRef};
use sct_conditions::{ChannelId, PayloadMode, StorageType, Value, Versioning};
use sct_id::{Iov, ValidityKey};

use crate::{Database, Error, objects::payload};

/// Which object is asked for, by where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nearest {
    /// The first that begins at the key or later.
    AtOrAfter(ValidityKey),
    /// The last that begins before the key.
    Before(ValidityKey),
}

/// Interval of an object, and the columns asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Scanned {
    /// Interval.
    pub iov: Iov,
    /// Values, in the order asked for.
    pub values: Vec<Value>,
}

/// One channel of a single-version folder with some of its columns, ready to be asked many times.
#[derive(Debug)]
pub struct Scan<'a> {
    database: &'a Database,
    place: String,
    columns: Vec<(String, StorageType)>,
    range: String,
    after: String,
    before: String,
    firsts: String,
}

impl Database {
    /// Prepares questions about a channel; the columns are found by name.
    ///
    /// # Errors
    ///
    /// [`Error::Folder`], [`Error::PayloadMode`] for folders with versions or vectors, and [`Error::Content`] when a column
    /// does not exist.
    pub fn scan(
        &self,
        folder: &str,
        channel: ChannelId,
        columns: &[&str],
    ) -> Result<Scan<'_>, Error> {
        let node = self.folder(folder)?;
        let description = node.require_folder(self)?;
        let single = description.versioning == Versioning::Single;
        if !single || description.payload_mode == PayloadMode::Vector {
            return Err(self.wrong_mode(node, "one version and one payload"));
        }
        let columns = columns
            .iter()
            .map(|name| {
                let place = description.payload.index_of(name).ok_or_else(|| {
                    let names: Vec<&str> = description
                        .payload
                        .fields()
                        .iter()
                        .map(|field| field.name.as_str())
                        .collect();
                    self.content(folder, format!("no column {name}; it has {}", names.join(", ")))
                })?;
                Ok(((*name).to_owned(), description.payload.fields()[place].storage))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let (source, join) = match &node.tables.payload {
            None => ("i", String::new()),
            Some(table) => ("p", format!(" JOIN \"{table}\" AS p ON p.PAYLOAD_ID = i.PAYLOAD_ID")),
        };
        let names: String =
            columns.iter().map(|(name, _)| format!(", {source}.\"{name}\"")).collect();
        let select = format!(
            "SELECT i.IOV_SINCE, i.IOV_UNTIL{names} FROM \"{}\" AS i{join} WHERE i.CHANNEL_ID = {channel}",
            node.tables.iovs
        );
        Ok(Scan {
            database: self,
            place: format!("objects of {folder}"),
            columns,
            range: format!("{select} AND i.IOV_SINCE BETWEEN ?1 AND ?2 ORDER BY i.IOV_SINCE"),
            after: format!("{select} AND i.IOV_SINCE >= ?1 ORDER BY i.IOV_SINCE LIMIT 1"),
            before: format!("{select} AND i.IOV_SINCE < ?1 ORDER BY i.IOV_SINCE DESC LIMIT 1"),
            firsts: format!(
                "WITH RECURSIVE found (at) AS (SELECT min(IOV_SINCE) FROM \"{0}\" WHERE CHANNEL_ID = {channel} AND IOV_SINCE \
                 >= ?1 UNION ALL SELECT (SELECT min(IOV_SINCE) FROM \"{0}\" WHERE CHANNEL_ID = {channel} AND IOV_SINCE > \
                 (found.at | ?3)) FROM found WHERE found.at <= ?2) SELECT at FROM found WHERE at <= ?2",
                node.tables.iovs
            ),
        })
    }
}

impl Scan<'_> {
    /// All objects that touch the keys from `first` to `last`, both included, by begin.
    ///
    /// # Errors
    ///
    /// [`Error`] when the file is damaged.
    pub fn within(&self, first: ValidityKey, last: ValidityKey) -> Result<Vec<Scanned>, Error> {
        let mut objects = Vec::new();
        self.each(first, last, |object| objects.push(object.clone()))?;
        Ok(objects)
    }

    /// The same, shown one by one: nothing is copied for an object that says the same as the one before it.
    ///
    /// # Errors
    ///
    /// As [`Self::within`].
    pub fn each(
        &self,
        first: ValidityKey,
        last: ValidityKey,
        mut take: impl FnMut(&Scanned),
    ) -> Result<(), Error> {
        // Objects of one channel do not overlap: only the last one that begins before the range can reach into it, and none
        // does when one begins where the range does. So the index is entered where the range begins, not at its start.
        let mut statement = self.prepared(&self.range)?;
        let failed = |error| self.failed(error);
        let mut rows = statement.query([key(first), key(last)]).map_err(failed)?;
        let mut next = rows.next().map_err(failed)?.map(|row| self.object(row)).transpose()?;
        if next.as_ref().is_none_or(|object| object.iov.since() > first) {
            let before = self.nearest(Nearest::Before(first))?;
            before.iter().filter(|before| before.iov.until() > first).for_each(&mut take);
        }
        while let Some(object) = &mut next {
            take(object);
            match rows.next().map_err(failed)? {
                Some(row) => self.read(row, object)?,
                None => break,
            }
        }
        Ok(())
    }

    /// Objects that begin at the keys from `first` to `last`, both included.
    ///
    /// # Errors
    ///
    /// As [`Self::within`].
    pub fn starting(&self, first: ValidityKey, last: ValidityKey) -> Result<Vec<Scanned>, Error> {
        let mut statement = self.prepared(&self.range)?;
        let failed = |error| self.failed(error);
        let mut rows = statement.query([key(first), key(last)]).map_err(failed)?;
        let mut objects = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            objects.push(self.object(row)?);
        }
        Ok(objects)
    }

    /// Begins of objects from `first` to `last`, both included, one for each group of keys that differ in the bits of `low`
    /// alone: the first of each. Objects between them are passed by.
    ///
    /// # Errors
    ///
    /// As [`Self::within`].
    pub fn firsts(
        &self,
        first: ValidityKey,
        last: ValidityKey,
        low: ValidityKey,
    ) -> Result<Vec<ValidityKey>, Error> {
        let mut statement = self.prepared(&self.firsts)?;
        let failed = |error| self.failed(error);
        let mut rows = statement.query([key(first), key(last), key(low)]).map_err(failed)?;
        let mut firsts = Vec::new();
        while let Some(row) = rows.next().map_err(failed)? {
            let at: i64 = row.get(0).map_err(failed)?;
            // Keys below `first`, which is 0 or more, are not asked for.
            firsts.push(u64::try_from(at).unwrap_or_default());
        }
        Ok(firsts)
    }

    /// One object by its begin; none when there is none on that side of the key.
    ///
    /// # Errors
    ///
    /// As [`Self::within`].
    pub fn nearest(&self, which: Nearest) -> Result<Option<Scanned>, Error> {
        let (sql, at) = match which {
            Nearest::AtOrAfter(at) => (&self.after, at),
            Nearest::Before(at) => (&self.before, at),
        };
        let mut statement = self.prepared(sql)?;
        let failed = |error| self.failed(error);
        let mut rows = statement.query([key(at)]).map_err(failed)?;
        rows.next().map_err(failed)?.map(|row| self.object(row)).transpose()
    }

    fn prepared(&self, sql: &str) -> Result<CachedStatement<'_>, Error> {
        self.database.connection.prepare_cached(sql).map_err(|error| self.failed(error))
    }

    /// Path and place are copied when something has failed, not for every cell.
    fn failed(&self, error: rusqlite::Error) -> Error {
        self.database.failed(&self.place)(error)
    }

    fn object(&self, row: &SqlRow<'_>) -> Result<Scanned, Error> {
        let mut object = Scanned { iov: Iov::ALL, values: vec![Value::Null; self.columns.len()] };
        self.read(row, &mut object)?;
        Ok(object)
    }

    /// Puts a row in the place of another.
    fn read(&self, row: &SqlRow<'_>, object: &mut Scanned) -> Result<(), Error> {
        let wrong = |detail: String| self.database.content(self.place.clone(), detail);
        let number = |index: usize| -> Result<u64, Error> {
            let value: i64 = row.get(index).map_err(|error| self.failed(error))?;
            u64::try_from(value).map_err(|_| wrong(format!("key {value}, expected 0 or more")))
        };
        let iov = Iov::new(number(0)?, number(1)?).map_err(|error| wrong(error.to_string()))?;
        object.iov = iov;
        for (index, (value, (name, storage))) in
            object.values.iter_mut().zip(&self.columns).enumerate()
        {
            let cell = row.get_ref(index + 2).map_err(|error| self.failed(error))?;
            if !says(cell, value) {
                *value = payload(cell, *storage)
                    .map_err(|detail| wrong(format!("{iov}: {name}: {detail}")))?;
            }
        }
        Ok(())
    }
}

/// Whether a cell is known to be read as a value, which comes from the same column.
fn says(cell: ValueRef<'_>, value: &Value) -> bool {
    match (cell, value) {
        (ValueRef::Integer(cell), Value::Int(value)) => cell == *value,
        (ValueRef::Text(cell), Value::Text(value)) => cell == value.as_bytes(),
        _ => false,
    }
}

fn key(key: ValidityKey) -> i64 {
    i64::try_from(key).unwrap_or(i64::MAX)
}
