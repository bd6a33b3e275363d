//! Payload: in the row of an interval, in a row of its own, or in several.

use rusqlite::{ToSql, types::Null};
use sct_conditions::{Folder, PayloadMode, StorageType, Value};

use super::{Entry, NewObject, Writer};
use crate::{Error, Node};

/// Where the payloads of one store are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Payloads {
    Inline,
    /// Rows of the payload table from this identifier on.
    Separate(u64),
    Vector,
}

impl Payloads {
    /// The payload of the `index`th object of a store, whose first row has the identifier `id`.
    pub(super) fn link(self, index: usize, id: u64, entry: &Entry<'_>) -> Link {
        match self {
            Self::Inline => Link::Inline,
            Self::Separate(first) => Link::Separate(first + index as u64),
            Self::Vector => Link::Vector { set: id, items: entry.items.len() },
        }
    }
}

/// What the row of an interval says about its payload.
#[derive(Clone, Copy, Debug)]
pub(super) enum Link {
    Inline,
    /// Identifier of a row of the payload table.
    Separate(u64),
    /// Identifier of the object whose items these are, and how many.
    Vector {
        set: u64,
        items: usize,
    },
}

impl Link {
    /// The cells of [`payload_columns`].
    pub(super) fn values(self, folder: &Folder, entry: &Entry<'_>) -> Vec<Box<dyn ToSql>> {
        match self {
            Self::Inline => entry.items.first().map_or_else(Vec::new, |item| cells(folder, item)),
            Self::Separate(id) => vec![Box::new(id.cast_signed())],
            Self::Vector { set, items } => vec![
                Box::new(set.cast_signed()),
                Box::new(i64::try_from(items).unwrap_or(i64::MAX)),
            ],
        }
    }
}

/// The payload part of the table of intervals, each column after a comma.
pub(super) fn payload_columns(folder: &Folder) -> String {
    match folder.payload_mode {
        PayloadMode::Inline => names(folder),
        PayloadMode::Separate => ", PAYLOAD_ID".to_owned(),
        PayloadMode::Vector => ", PAYLOAD_SET_ID, PAYLOAD_N_ITEMS".to_owned(),
    }
}

/// The folder's own columns, each after a comma.
fn names(folder: &Folder) -> String {
    folder.payload.fields().iter().map(|field| format!(", \"{}\"", field.name)).collect()
}

/// Places of the folder's own columns in a statement, each after a comma, from a number on.
fn places(folder: &Folder, first: usize) -> String {
    (first..).take(folder.payload.fields().len()).map(|place| format!(", ?{place}")).collect()
}

impl Writer {
    /// Writes separate payload, which goes before the objects.
    pub(super) fn add_payloads(
        &self,
        node: &Node,
        folder: &Folder,
        entries: &[Entry<'_>],
        time: &str,
    ) -> Result<Payloads, Error> {
        let table = match (folder.payload_mode, &node.tables.payload) {
            (PayloadMode::Separate, Some(table)) => table,
            (PayloadMode::Vector, _) => return Ok(Payloads::Vector),
            _ => return Ok(Payloads::Inline),
        };
        let sequence = format!("{}PAYLOAD_SEQ", node.stem(&self.database));
        let first = self.next(&sequence, entries.len() as u64, time)?;
        let sql = format!(
            "INSERT INTO \"{table}\" (PAYLOAD_ID, P_SYS_INSTIME{}) VALUES (?1, ?2{})",
            names(folder),
            places(folder, 3)
        );
        for (index, item) in entries.iter().flat_map(|entry| entry.items).enumerate() {
            let id = (first + index as u64).cast_signed();
            let values = cells(folder, item);
            let mut parameters: Vec<&dyn ToSql> = vec![&id, &time];
            parameters.extend(values.iter().map(|value| &**value as &dyn ToSql));
            self.execute("payload", &sql, &parameters)?;
        }
        Ok(Payloads::Separate(first))
    }

    /// Writes the items of a vector, which go after the object they belong to. An empty vector gets one item of nulls,
    /// without which COOL would not find the object.
    pub(super) fn add_items(
        &self,
        node: &Node,
        folder: &Folder,
        object: &NewObject<'_>,
    ) -> Result<(), Error> {
        let (Link::Vector { set, .. }, Some(table)) = (object.link, &node.tables.payload) else {
            return Ok(());
        };
        if set != object.id {
            return Ok(());
        }
        let sql = format!(
            "INSERT INTO \"{table}\" (PAYLOAD_SET_ID, PAYLOAD_ITEM_ID, P_SYS_INSTIME{}) VALUES (?1, ?2, ?3{})",
            names(folder),
            places(folder, 4)
        );
        let nulls = [vec![Value::Null; folder.payload.fields().len()]];
        let items = if object.row.items.is_empty() { &nulls } else { object.row.items };
        for (item, values) in (0_i64..).zip(items) {
            let (set, values) = (set.cast_signed(), cells(folder, values));
            let mut parameters: Vec<&dyn ToSql> = vec![&set, &item, &object.time];
            parameters.extend(values.iter().map(|value| &**value as &dyn ToSql));
            self.execute("payload", &sql, &parameters)?;
        }
        Ok(())
    }
}

/// Values as COOL binds them: an empty string is stored as null, a Float in single precision.
fn cells(folder: &Folder, values: &[Value]) -> Vec<Box<dyn ToSql>> {
    let cell = |(value, storage): (&Value, StorageType)| -> Box<dyn ToSql> {
        match value {
            Value::Null => Box::new(Null),
            Value::Text(text) if text.is_empty() => Box::new(Null),
            Value::Int(number) => Box::new(*number),
            #[expect(clippy::cast_possible_truncation, reason = "a Float has single precision")]
            Value::Real(number) if storage == StorageType::Float => {
                Box::new(f64::from(*number as f32))
            }
            Value::Real(number) => Box::new(*number),
            Value::Text(text) => Box::new(text.clone()),
            Value::Blob(bytes) => Box::new(bytes.clone()),
        }
    };
    let fields = folder.payload.fields().iter().map(|field| field.storage);
    values.iter().zip(fields).map(cell).collect()
}
