//! Trees of pages, made from the leaves up. Source: "B-tree Pages" of SQLite's file format.

use std::ops::Range;

use super::{
    pages::{PAGE, Pages},
    record::{Record, varint},
};

/// Pages with entries, and those with entries and pages below them.
const LEAF_HEADER: usize = 8;
const INNER_HEADER: usize = 12;
/// A longer row continues on pages of its own. All keys of indices are shorter than the limit for them.
const LONGEST_ROW: usize = PAGE - 35;
/// Bytes of a continuation page behind the number of the next.
const CONTINUED: usize = PAGE - 4;
/// What stays of a long row on its page, at least.
const LEAST_KEPT: usize = (PAGE - 12) * 32 / 255 - 23;

/// Kinds of pages: what they are as leaves, and above.
#[derive(Clone, Copy)]
struct Kind {
    leaf: u8,
    inner: u8,
}
const TABLE: Kind = Kind { leaf: 0x0d, inner: 0x05 };
const INDEX: Kind = Kind { leaf: 0x0a, inner: 0x02 };

/// Entries of a level, one after the other.
#[derive(Debug, Default)]
struct Cells {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Cells {
    fn close(&mut self) {
        self.ends.push(self.bytes.len());
    }

    fn count(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, index: usize) -> &[u8] {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[index]]
    }

    /// Shares entries out to pages. Between two pages one entry may be left out, which then stands above them.
    fn split(&self, header: usize, extra: usize, left_out: bool) -> Vec<Range<usize>> {
        let (mut groups, mut start) = (Vec::new(), 0);
        loop {
            let (mut end, mut used) = (start, header);
            while end < self.count() {
                used += 2 + extra + self.get(end).len();
                if used > PAGE {
                    break;
                }
                end += 1;
            }
            let rest = self.count() - end;
            // A page must not be empty: an entry that stands above the last page needs another behind it.
            let end = if left_out && rest == 1 { end - 1 } else { end };
            groups.push(start..end);
            if rest == 0 {
                return groups;
            }
            start = end + usize::from(left_out);
        }
    }
}

/// Rows of a table in order.
#[derive(Debug, Default)]
pub(super) struct Table {
    cells: Cells,
    numbers: Vec<u64>,
}

impl Table {
    /// Adds a row. What does not fit its page goes to pages of its own at once.
    pub(super) fn push(
        &mut self,
        pages: &mut Pages,
        number: u64,
        record: &mut Record,
    ) -> Result<(), String> {
        let cells = &mut self.cells;
        varint(&mut cells.bytes, record.length() as u64);
        varint(&mut cells.bytes, number);
        if record.length() <= LONGEST_ROW {
            record.append_to(&mut cells.bytes);
        } else {
            let mut whole = Vec::new();
            record.append_to(&mut whole);
            let record = whole;
            let kept = LEAST_KEPT + (record.len() - LEAST_KEPT) % CONTINUED;
            let kept = if kept <= LONGEST_ROW { kept } else { LEAST_KEPT };
            cells.bytes.extend_from_slice(&record[..kept]);
            let chunks: Vec<&[u8]> = record[kept..].chunks(CONTINUED).collect();
            for (index, chunk) in chunks.iter().enumerate() {
                let page = pages.append();
                if index == 0 {
                    cells.bytes.extend_from_slice(&page.to_be_bytes());
                }
                let next = if index + 1 == chunks.len() { 0 } else { page + 1 };
                pages.continue_at(page, next, chunk)?;
            }
        }
        cells.close();
        self.numbers.push(number);
        Ok(())
    }

    /// Writes the tree below its first page.
    pub(super) fn write(self, pages: &mut Pages, root: u32) -> Result<(), String> {
        let groups = self.cells.split(LEAF_HEADER, 0, false);
        if let [all] = &*groups {
            return leaf(pages, root, TABLE, &self.cells, all.clone());
        }
        // Above stands the number of the last row of each page.
        let (mut keys, mut children) = (Cells::default(), Vec::new());
        for group in groups {
            let last = group.end - 1;
            let page = pages.append();
            leaf(pages, page, TABLE, &self.cells, group)?;
            children.push(page);
            if last + 1 < self.cells.count() {
                varint(&mut keys.bytes, self.numbers[last]);
                keys.close();
            }
        }
        above(pages, root, TABLE, &keys, &children)
    }
}

/// Entries of an index in order.
#[derive(Debug, Default)]
pub(super) struct Index {
    cells: Cells,
}

impl Index {
    pub(super) fn push(&mut self, record: &mut Record) {
        varint(&mut self.cells.bytes, record.length() as u64);
        record.append_to(&mut self.cells.bytes);
        self.cells.close();
    }

    /// Writes the tree below its first page, and forgets the entries.
    pub(super) fn write(&mut self, pages: &mut Pages, root: u32) -> Result<(), String> {
        let written = self.put(pages, root);
        self.cells.bytes.clear();
        self.cells.ends.clear();
        written
    }

    fn put(&self, pages: &mut Pages, root: u32) -> Result<(), String> {
        let groups = self.cells.split(LEAF_HEADER, 0, true);
        if let [all] = &*groups {
            return leaf(pages, root, INDEX, &self.cells, all.clone());
        }
        let (mut keys, mut children) = (Cells::default(), Vec::new());
        for group in groups {
            let between = group.end;
            let page = pages.append();
            leaf(pages, page, INDEX, &self.cells, group)?;
            children.push(page);
            if between < self.cells.count() {
                keys.bytes.extend_from_slice(self.cells.get(between));
                keys.close();
            }
        }
        above(pages, root, INDEX, &keys, &children)
    }
}

/// Levels above the leaves: between each two `children` stands one of `keys`.
fn above(
    pages: &mut Pages,
    root: u32,
    kind: Kind,
    keys: &Cells,
    children: &[u32],
) -> Result<(), String> {
    let groups = keys.split(INNER_HEADER, 4, true);
    let (mut higher, mut parents) = (Cells::default(), Vec::new());
    let single = groups.len() == 1;
    for group in groups {
        let page = if single { root } else { pages.append() };
        let right = children[group.end];
        let mut fill = Fill::new(pages.page(page)?, kind.inner, INNER_HEADER);
        fill.page[8..12].copy_from_slice(&right.to_be_bytes());
        for index in group.clone() {
            fill.put(&children[index].to_be_bytes(), keys.get(index));
        }
        fill.finish();
        parents.push(page);
        if group.end < keys.count() {
            higher.bytes.extend_from_slice(keys.get(group.end));
            higher.close();
        }
    }
    if single { Ok(()) } else { above(pages, root, kind, &higher, &parents) }
}

fn leaf(
    pages: &mut Pages,
    page: u32,
    kind: Kind,
    cells: &Cells,
    group: Range<usize>,
) -> Result<(), String> {
    let mut fill = Fill::new(pages.page(page)?, kind.leaf, LEAF_HEADER);
    group.for_each(|index| fill.put(&[], cells.get(index)));
    fill.finish();
    Ok(())
}

/// A page being filled: places of entries from the front, entries from the back.
struct Fill<'a> {
    page: &'a mut [u8],
    header: usize,
    count: usize,
    start: usize,
}

impl<'a> Fill<'a> {
    fn new(page: &'a mut [u8], kind: u8, header: usize) -> Self {
        page[0] = kind;
        Self { page, header, count: 0, start: PAGE }
    }

    fn put(&mut self, child: &[u8], cell: &[u8]) {
        self.start -= child.len() + cell.len();
        let middle = self.start + child.len();
        self.page[self.start..middle].copy_from_slice(child);
        self.page[middle..middle + cell.len()].copy_from_slice(cell);
        let place = self.header + 2 * self.count;
        self.page[place..place + 2].copy_from_slice(&short(self.start));
        self.count += 1;
    }

    fn finish(self) {
        self.page[3..5].copy_from_slice(&short(self.count));
        self.page[5..7].copy_from_slice(&short(self.start));
    }
}

/// A number below the size of a page, two bytes.
fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes()
}
