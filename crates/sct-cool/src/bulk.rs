//! Rows of a folder that is new, as a whole: what [`Writer::store`] would store one by one.
//!
//! With a key, three to six indices and foreign keys to look up for each of 8176 rows, SQLite takes several times as long
//! as the task that found them. So SQLite makes the file with its tables, numbers and tags, and the rows are then laid into
//! the pages of tables and indices in their order, as its own VACUUM would. Rows, numbers and times are the same either
//! way, which a test holds.

use std::collections::{HashMap, hash_map::Entry};

use sct_conditions::{PayloadMode, Row, StorageType, Versioning};

use self::{pages::Pages, record::Cell};
use crate::{Database, Error, Node, Writer, store::IDS_PER_OBJECT, store::TAG_OFFSET};

mod pages;
mod record;
mod tree;

/// What a row and its entries in eight indices take in the file, about: pages that are there need not be moved.
const BYTES_PER_ROW: usize = 420;

/// The rows of one folder, with the numbers taken for them.
#[derive(Debug)]
pub(crate) struct Load<'a> {
    node: Node,
    rows: &'a [Row],
    tag: u32,
    first_object: u64,
    first_payload: u64,
    /// Time of the store.
    time: String,
    tables: [Table; 3],
}

/// A table, empty as yet, and its indices.
#[derive(Debug)]
struct Table {
    name: String,
    root: u32,
    columns: u32,
    indices: Vec<Index>,
}

/// An index of a table: its page, and its columns as numbers of those of the table.
#[derive(Debug)]
struct Index {
    root: u32,
    columns: Vec<u32>,
}

impl Writer {
    /// Prepares the rows of a folder just made for [`write`], where they can be laid down as they are: under a tag, payload
    /// in a table of its own, every channel once. `None` for all others, which [`Writer::store`] stores.
    pub(crate) fn plan<'a>(
        &mut self,
        folder: &str,
        tag: &str,
        rows: &'a [Row],
    ) -> Result<Option<Load<'a>>, Error> {
        let node = self.database.folder(folder)?.clone();
        let description = node.require_folder(&self.database)?.clone();
        // SQLite keeps numbers of these columns as text.
        let text = |storage: StorageType| storage.column_type().ends_with("CHAR");
        let plain = description.versioning == Versioning::Multi
            && description.payload_mode == PayloadMode::Separate
            && !description.payload.fields().iter().any(|field| text(field.storage));
        let (false, false, true, Some(payload)) =
            (tag.is_empty(), rows.is_empty(), plain && distinct(rows), &node.tables.payload)
        else {
            return Ok(None);
        };
        let tables = [&node.tables.channels, payload, &node.tables.iovs];
        let tables = tables.map(|name| self.database.table_pages(name));
        let [channels, payload, iovs] = tables;
        let tables = [channels?, payload?, iovs?];
        self.check_payload(
            &node,
            &description,
            rows.iter().map(|row| (row.channel, &row.payload)),
        )?;
        self.transaction(|writer| {
            let (tag, _) = writer.user_tag(&node, tag)?;
            let (time, stem) = (writer.clock.now(), node.stem(&writer.database));
            let count = rows.len() as u64;
            let first = writer.next(&format!("{stem}IOVS_SEQ"), IDS_PER_OBJECT * count, &time)?;
            let first_payload = writer.next(&format!("{stem}PAYLOAD_SEQ"), count, &time)?;
            let first_object = first + TAG_OFFSET;
            Ok(Some(Load { node, rows, tag, first_object, first_payload, time, tables }))
        })
    }
}

fn distinct(rows: &[Row]) -> bool {
    let mut channels: Vec<u32> = rows.iter().map(|row| row.channel.0).collect();
    channels.sort_unstable();
    channels.windows(2).all(|pair| pair[0] != pair[1])
}

impl Database {
    /// Where a table and its indices are.
    fn table_pages(&self, name: &str) -> Result<Table, Error> {
        let failed = || self.failed("pages of tables");
        let (root, columns) = self
            .connection
            .query_row(
                "SELECT rootpage, (SELECT count(*) FROM pragma_table_info(?1)) FROM sqlite_master WHERE type = 'table' AND \
                 name = ?1",
                [name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(failed())?;
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT m.rootpage, x.cid FROM sqlite_master AS m, pragma_index_xinfo(m.name) AS x WHERE m.type = 'index' \
                 AND m.tbl_name = ?1 AND x.key ORDER BY m.rowid, x.seqno",
            )
            .map_err(failed())?;
        let pairs: Vec<(u32, u32)> = statement
            .query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(failed())?;
        let mut indices: Vec<Index> = Vec::new();
        for (root, column) in pairs {
            match indices.last_mut() {
                Some(last) if last.root == root => last.columns.push(column),
                _ => indices.push(Index { root, columns: vec![column] }),
            }
        }
        Ok(Table { name: name.to_owned(), root, columns, indices })
    }
}

/// Lays rows into a closed file, given and returned as its bytes.
///
/// # Errors
///
/// A sentence when the file is not as SQLite makes it now.
pub(crate) fn write(file: Vec<u8>, loads: &[Load<'_>]) -> Result<Vec<u8>, String> {
    let rows: usize = loads.iter().map(|load| load.rows.len()).sum();
    let mut pages = Pages::open(file, BYTES_PER_ROW * rows)?;
    for load in loads {
        load.write(&mut pages)?;
    }
    pages.finish()
}

impl Load<'_> {
    fn write(&self, pages: &mut Pages) -> Result<(), String> {
        let [channels, payload, iovs] = &self.tables;
        let id = |first: u64, step: u64, row: usize| {
            Cell::Int((first + step * row as u64).cast_signed())
        };
        let object = |row| id(self.first_object, IDS_PER_OBJECT, row);
        let channel = |row: usize| Cell::Int(self.rows[row].channel.0.into());
        channels.write(pages, self.rows.len(), |row, column| match column {
            0 => channel(row),
            1 => object(row),
            2 => Cell::Int(0),
            3 => Cell::Null,
            _ => Cell::Text(""),
        })?;
        let fields = self.node.folder.as_ref().map_or(&[][..], |folder| folder.payload.fields());
        payload.write(pages, self.rows.len(), |row, column| match column {
            0 => id(self.first_payload, 1, row),
            1 => Cell::Text(&self.time),
            _ => {
                let field = column as usize - 2;
                Cell::of(&self.rows[row].payload[field], fields[field].storage)
            }
        })?;
        iovs.write(pages, self.rows.len(), |row, column| match column {
            0 => object(row),
            1 => channel(row),
            2 => Cell::Int(self.rows[row].iov.since().cast_signed()),
            3 => Cell::Int(self.rows[row].iov.until().cast_signed()),
            4 => Cell::Int(self.tag.into()),
            5 | 6 => Cell::Text(&self.time),
            7 | 8 => Cell::Int(0),
            _ => id(self.first_payload, 1, row),
        })
    }
}

impl Table {
    /// Writes the rows, which get the numbers 1 and on, and the entries of all indices.
    fn write<'c>(
        &self,
        pages: &mut Pages,
        rows: usize,
        cell: impl Fn(usize, u32) -> Cell<'c>,
    ) -> Result<(), String> {
        let mut record = record::Record::default();
        let mut table = tree::Table::default();
        for row in 0..rows {
            (0..self.columns).for_each(|column| record.put(cell(row, column)));
            table.push(pages, row as u64 + 1, &mut record)?;
        }
        table.write(pages, self.root)?;
        // Columns of several indices are looked up once.
        let mut known: HashMap<u32, Vec<i64>> = HashMap::new();
        let (mut order, mut tree) = (Vec::new(), tree::Index::default());
        for index in &self.indices {
            for &column in &index.columns {
                if let Entry::Vacant(place) = known.entry(column) {
                    let keys = (0..rows).map(|row| cell(row, column).key());
                    place.insert(keys.collect::<Result<_, _>>().map_err(|other| {
                        format!("an index of {} holds {other}, expected numbers", self.name)
                    })?);
                }
            }
            let columns: Vec<&[i64]> = index.columns.iter().map(|column| &*known[column]).collect();
            let keys = |row: u32| columns.iter().map(move |column| column[row as usize]);
            order.clear();
            order.extend((0_u32..).take(rows));
            order.sort_by(|&a, &b| keys(a).cmp(keys(b)));
            for &row in &order {
                keys(row).for_each(|key| record.put(Cell::of_key(key)));
                record.put(Cell::Int(i64::from(row) + 1));
                tree.push(&mut record);
            }
            tree.write(pages, index.root)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
