//! Objects of folders with vector payload.

use rusqlite::Row as SqlRow;
use sct_conditions::{Folder, PayloadMode, Row, VectorRow};

use crate::{Database, Error, Node, Object, Selection};

/// One object of a folder with vector payload, with what COOL knows about it.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorObject {
    /// Identifier within the folder.
    pub id: u64,
    /// Time of insertion, text in UTC.
    pub inserted: String,
    /// Channel, interval and payloads.
    pub row: VectorRow,
}

/// A row of the query: one item of an object.
pub(crate) struct Item {
    object: Object,
    /// Place of the item, and the number of items the object claims to have.
    place: u64,
    claimed: u64,
}

/// Columns of the query after the payload.
pub(crate) const COLUMNS: &str = ", p.PAYLOAD_ITEM_ID, i.PAYLOAD_N_ITEMS";

impl Item {
    pub(crate) fn read(row: &SqlRow<'_>, folder: &Folder, object: Object) -> Result<Self, String> {
        let first = crate::objects::FIXED_COLUMNS + folder.payload.fields().len();
        let number = |index: usize| {
            let value: i64 = row.get(index).map_err(|error| error.to_string())?;
            u64::try_from(value).map_err(|_| format!("a number of items is {value}"))
        };
        Ok(Self { object, place: number(first)?, claimed: number(first + 1)? })
    }
}

/// Collects items, which come by object and place.
#[derive(Default)]
pub(crate) struct Collector {
    objects: Vec<VectorObject>,
    /// Items the last object claims to have.
    claimed: u64,
}

impl Collector {
    pub(crate) fn add(&mut self, item: Item) -> Result<(), String> {
        let Item { object: Object { id, inserted, row }, place, claimed } = item;
        let Row { channel, iov, payload } = row;
        let known = |last: &VectorObject| last.id == id && last.row.iov == iov;
        if !self.objects.last().is_some_and(known) {
            self.check()?;
            let row = VectorRow { channel, iov, items: Vec::new() };
            self.objects.push(VectorObject { id, inserted, row });
            self.claimed = claimed;
        }
        let Some(last) = self.objects.last_mut() else { return Ok(()) };
        if place != last.row.items.len() as u64 {
            let expected = last.row.items.len();
            return Err(format!("object {id}: item {place} comes, expected {expected}"));
        }
        last.row.items.push(payload);
        Ok(())
    }

    /// That the last object is complete. An empty one has an item of nulls.
    fn check(&mut self) -> Result<(), String> {
        let Some(last) = self.objects.last_mut() else { return Ok(()) };
        if self.claimed == 0 && last.row.items.len() == 1 {
            last.row.items.clear();
        }
        let found = last.row.items.len() as u64;
        if found == self.claimed {
            return Ok(());
        }
        Err(format!("object {}: {found} items, expected {}", last.id, self.claimed))
    }

    pub(crate) fn finish(mut self) -> Result<Vec<VectorObject>, String> {
        self.check().map(|()| self.objects)
    }
}

impl Database {
    /// Visible objects of a folder with vector payload, by channel and start.
    ///
    /// # Errors
    ///
    /// [`Error::Folder`], [`Error::Tag`], [`Error::PayloadMode`] for folders with any other payload, and [`Error`] when the
    /// file is damaged.
    pub fn vector_objects(
        &self,
        folder: &str,
        selection: &Selection,
    ) -> Result<Vec<VectorObject>, Error> {
        self.node_vectors(self.folder(folder)?, selection)
    }

    pub(crate) fn node_vectors(
        &self,
        node: &Node,
        selection: &Selection,
    ) -> Result<Vec<VectorObject>, Error> {
        let folder = node.require_folder(self)?;
        if folder.payload_mode != PayloadMode::Vector {
            return Err(self.wrong_mode(node, "a vector of payloads"));
        }
        let mut collector = Collector::default();
        let place = || format!("objects of {}", node.path);
        self.visit(node, folder, selection, |row, object| {
            collector.add(Item::read(row, folder, object)?)
        })?;
        collector.finish().map_err(|detail| self.content(place(), detail))
    }

    pub(crate) fn wrong_mode(&self, node: &Node, expected: &'static str) -> Error {
        Error::PayloadMode { path: self.path.clone(), folder: node.path.clone(), expected }
    }

    /// Number of visible objects of a folder of any kind.
    pub(crate) fn count_objects(&self, node: &Node, selection: &Selection) -> Result<usize, Error> {
        match node.require_folder(self)?.payload_mode {
            PayloadMode::Vector => self.node_vectors(node, selection).map(|objects| objects.len()),
            _ => self.node_objects(node, selection).map(|objects| objects.len()),
        }
    }
}
