//! Objects of a folder.

use rusqlite::{OptionalExtension as _, Row as SqlRow, types::ValueRef};
use sct_conditions::{ChannelId, Field, Folder, PayloadMode, Row, StorageType, Value, Versioning};
use sct_id::{Iov, ValidityKey};

use crate::{Database, Error, Node, tag::Resolved, vectors};

/// One object with what COOL knows about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Identifier within the folder.
    pub id: u64,
    /// Time of insertion, text in UTC.
    pub inserted: String,
    /// Channel, interval and payload.
    pub row: Row,
}

/// Which objects are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// Tag; empty or HEAD for the head, which is all that single-version folders have.
    pub tag: String,
    /// Objects whose interval touches these keys, both included.
    pub keys: (ValidityKey, ValidityKey),
    /// One channel, or all.
    pub channel: Option<ChannelId>,
}

impl Selection {
    /// All objects of a tag.
    pub fn tag(tag: &str) -> Self {
        Self { tag: tag.to_owned(), keys: (0, Iov::INFINITY), channel: None }
    }

    /// Only those valid at a key.
    #[must_use]
    pub fn at(self, key: ValidityKey) -> Self {
        Self { keys: (key, key), ..self }
    }

    /// Only those that touch an interval.
    #[must_use]
    pub fn within(self, first: ValidityKey, last: ValidityKey) -> Self {
        Self { keys: (first, last), ..self }
    }
}

impl Database {
    /// Visible objects by channel and start.
    ///
    /// # Errors
    ///
    /// [`Error::Folder`], [`Error::Tag`], [`Error::PayloadMode`] for folders with vector payload
    /// ([`Self::vector_objects`]), and [`Error`] when the file is damaged.
    pub fn objects(&self, folder: &str, selection: &Selection) -> Result<Vec<Object>, Error> {
        self.node_objects(self.folder(folder)?, selection)
    }

    /// Where the latest visible object of a user tag begins that does so at or before `last`.
    ///
    /// # Errors
    ///
    /// As [`Self::objects`]; [`Error::Tag`] also for tags made from the head.
    pub fn last_start(
        &self,
        folder: &str,
        tag: &str,
        last: ValidityKey,
    ) -> Result<Option<ValidityKey>, Error> {
        let node = self.folder(folder)?;
        let Resolved::User(id) = self.resolve(node, tag)? else {
            return Err(self.no_user_tag(node, tag));
        };
        // The plus signs keep the planner on the index of starts, where the answer is next to the key.
        let sql = format!(
            "SELECT IOV_SINCE FROM \"{}\" WHERE IOV_SINCE <= ?2 AND +USER_TAG_ID = ?1 AND +NEW_HEAD_ID = 0 ORDER BY \
             IOV_SINCE DESC LIMIT 1",
            node.tables.iovs
        );
        let last = i64::try_from(last).unwrap_or(i64::MAX);
        let start: Option<i64> = self
            .connection
            .query_row(&sql, rusqlite::params![id, last], |row| row.get(0))
            .optional()
            .map_err(self.failed(&format!("starts of {folder}")))?;
        Ok(start.and_then(|start| u64::try_from(start).ok()))
    }

    /// The visible object of a channel that begins last at or before a key.
    pub(crate) fn last_object(
        &self,
        node: &Node,
        tag: u32,
        channel: ChannelId,
        key: ValidityKey,
    ) -> Result<Option<Object>, Error> {
        let folder = node.require_folder(self)?;
        let (columns, payload) = payload_columns(node, folder);
        let table = &node.tables.iovs;
        let sql = format!(
            "SELECT i.OBJECT_ID, i.CHANNEL_ID, i.IOV_SINCE, i.IOV_UNTIL, i.SYS_INSTIME{columns} FROM \"{table}\" AS i{payload} \
             WHERE i.OBJECT_ID = (SELECT OBJECT_ID FROM \"{table}\" WHERE CHANNEL_ID = ?1 AND USER_TAG_ID = ?2 AND \
             NEW_HEAD_ID = 0 AND IOV_SINCE <= ?3 ORDER BY IOV_SINCE DESC LIMIT 1)"
        );
        let failed = |error| self.failed("last object")(error);
        let key = i64::try_from(key).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(&sql).map_err(failed)?;
        let mut rows = statement.query(rusqlite::params![channel.0, tag, key]).map_err(failed)?;
        let Some(row) = rows.next().map_err(failed)? else { return Ok(None) };
        object(row, folder)
            .map(Some)
            .map_err(|detail| self.content(format!("objects of {}", node.path), detail))
    }

    /// [`Self::objects`] for a node at hand.
    ///
    /// # Errors
    ///
    /// As [`Self::objects`].
    pub fn node_objects(&self, node: &Node, selection: &Selection) -> Result<Vec<Object>, Error> {
        let folder = node.require_folder(self)?;
        if folder.payload_mode == PayloadMode::Vector {
            return Err(self.wrong_mode(node, "one payload"));
        }
        let mut objects = Vec::new();
        self.visit(node, folder, selection, |_, object| {
            objects.push(object);
            Ok(())
        })?;
        Ok(objects)
    }

    /// Hands over each row of the query, with what all kinds of folders have in common read from it.
    pub(crate) fn visit(
        &self,
        node: &Node,
        folder: &Folder,
        selection: &Selection,
        mut each: impl FnMut(&SqlRow<'_>, Object) -> Result<(), String>,
    ) -> Result<(), Error> {
        let resolved = match folder.versioning {
            Versioning::Single if selection.tag.is_empty() => None,
            Versioning::Single if selection.tag.eq_ignore_ascii_case("HEAD") => None,
            Versioning::Single => {
                let (path, folder) = (self.path.clone(), node.path.clone());
                return Err(Error::Tag { path, folder, tag: selection.tag.clone() });
            }
            Versioning::Multi => Some(self.resolve(node, &selection.tag)?),
        };
        let (sql, tag) = query(node, folder, resolved, selection);
        let place = format!("objects of {}", node.path);
        let mut statement = self.connection.prepare(&sql).map_err(self.failed(&place))?;
        let key = |key: ValidityKey| i64::try_from(key).unwrap_or(i64::MAX);
        let parameters = rusqlite::params![key(selection.keys.0), key(selection.keys.1), tag];
        let mut rows = statement.query(parameters).map_err(self.failed(&place))?;
        while let Some(row) = rows.next().map_err(|error| self.failed(&place)(error))? {
            object(row, folder)
                .and_then(|object| each(row, object))
                .map_err(|detail| self.content(place.clone(), detail))?;
        }
        Ok(())
    }
}

/// Columns of the query before the payload.
pub(crate) const FIXED_COLUMNS: usize = 5;

/// The folder's own columns, each after a comma, and the join that brings them.
fn payload_columns(node: &Node, folder: &Folder) -> (String, String) {
    let source = if folder.payload_mode == PayloadMode::Inline { "i" } else { "p" };
    let column = |field: &Field| format!(", {source}.\"{}\"", field.name);
    let columns = folder.payload.fields().iter().map(column).collect();
    let join = match (&node.tables.payload, folder.payload_mode) {
        (None, _) => String::new(),
        (Some(table), PayloadMode::Vector) => {
            format!(" JOIN \"{table}\" AS p ON p.PAYLOAD_SET_ID = i.PAYLOAD_SET_ID")
        }
        (Some(table), _) => format!(" JOIN \"{table}\" AS p ON p.PAYLOAD_ID = i.PAYLOAD_ID"),
    };
    (columns, join)
}

/// The statement, and the tag it takes as its third parameter.
fn query(
    node: &Node,
    folder: &Folder,
    resolved: Option<Resolved>,
    selection: &Selection,
) -> (String, u32) {
    let (columns, payload) = payload_columns(node, folder);
    let (interval, condition, tag) = match resolved {
        None => ("i", "", 0),
        Some(Resolved::Head) => ("i", " AND i.USER_TAG_ID = 0 AND i.NEW_HEAD_ID = 0", 0),
        Some(Resolved::User(id)) => ("i", " AND i.USER_TAG_ID = ?3 AND i.NEW_HEAD_ID = 0", id),
        Some(Resolved::Head2Tag(id)) => ("t", " AND t.TAG_ID = ?3", id),
    };
    let tagged = match interval {
        "t" => format!(" JOIN \"{}\" AS t ON t.OBJECT_ID = i.OBJECT_ID", node.tables.iov2tag),
        _ => String::new(),
    };
    let channels = &node.tables.channels;
    let (items, order) = match folder.payload_mode {
        PayloadMode::Vector => (vectors::COLUMNS, ", p.PAYLOAD_ITEM_ID"),
        _ => ("", ""),
    };
    let channel = selection
        .channel
        .map_or_else(String::new, |id| format!(" AND {interval}.CHANNEL_ID = {id}"));
    let columns = format!(
        "SELECT i.OBJECT_ID, {interval}.CHANNEL_ID, {interval}.IOV_SINCE, {interval}.IOV_UNTIL, i.SYS_INSTIME{columns}{items}"
    );
    let iovs = &node.tables.iovs;
    let ordered =
        format!("ORDER BY {interval}.CHANNEL_ID, {interval}.IOV_SINCE, i.OBJECT_ID{order}");
    // The third parameter must appear in every form.
    let sql = if tagged.is_empty() {
        // Objects that are seen together in a channel do not overlap, so the first one to look at is the last one that
        // begins at or before the first key. Without this bound every channel is read from its first run on.
        let first = condition.replace("i.", "j.");
        format!(
            "{columns} FROM \"{channels}\" AS c CROSS JOIN \"{iovs}\" AS i ON i.CHANNEL_ID = c.CHANNEL_ID{condition} AND \
             i.IOV_SINCE <= ?2 AND i.IOV_SINCE >= coalesce((SELECT max(j.IOV_SINCE) FROM \"{iovs}\" AS j WHERE \
             j.CHANNEL_ID = c.CHANNEL_ID{first} AND j.IOV_SINCE <= ?1), 0){payload} WHERE i.IOV_UNTIL > ?1 AND \
             ?3 >= 0{channel} {ordered}"
        )
    } else {
        format!(
            "{columns} FROM \"{iovs}\" AS i{tagged} JOIN \"{channels}\" AS c ON c.CHANNEL_ID = \
             {interval}.CHANNEL_ID{payload} WHERE {interval}.IOV_SINCE <= ?2 AND {interval}.IOV_UNTIL > ?1 AND \
             ?3 >= 0{condition}{channel} {ordered}"
        )
    };
    (sql, tag)
}

fn object(row: &SqlRow<'_>, folder: &Folder) -> Result<Object, String> {
    let number = |index: usize| -> Result<u64, String> {
        let value: i64 = row.get(index).map_err(|error| error.to_string())?;
        u64::try_from(value).map_err(|_| format!("column {index} is {value}, expected 0 or more"))
    };
    let id = number(0)?;
    let named = |detail: String| format!("object {id}: {detail}");
    let channel = u32::try_from(number(1)?).map_err(|error| named(error.to_string()))?;
    let iov = Iov::new(number(2)?, number(3)?).map_err(|error| named(error.to_string()))?;
    let inserted: Option<String> = row.get(4).map_err(|error| named(error.to_string()))?;
    let value = |(index, field): (usize, &Field)| {
        let value = row.get_ref(index + FIXED_COLUMNS).map_err(|error| error.to_string())?;
        payload(value, field.storage).map_err(|detail| named(format!("{}: {detail}", field.name)))
    };
    let payload =
        folder.payload.fields().iter().enumerate().map(value).collect::<Result<_, _>>()?;
    Ok(Object {
        id,
        inserted: inserted.unwrap_or_default(),
        row: Row { channel: ChannelId(channel), iov, payload },
    })
}

/// A cell as a value of its column; whole numbers may have any width, and a null string is the empty one.
pub(crate) fn payload(cell: ValueRef<'_>, storage: StorageType) -> Result<Value, String> {
    let floating = matches!(storage, StorageType::Float | StorageType::Double);
    let value = match cell {
        ValueRef::Null if storage.is_text() => Value::Text(String::new()),
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) if floating => Value::Real(number as f64),
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Real(number),
        // SQLite keeps whole numbers as text in columns whose type ends in CHAR.
        ValueRef::Text(bytes) if storage == StorageType::UChar => {
            let text = String::from_utf8_lossy(bytes);
            Value::Int(text.parse().map_err(|_| format!("'{text:.20}' is no whole number"))?)
        }
        ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    };
    storage.check(&value).map(|()| value)
}
