//! The pages of a database file. Source: "Database File Format" of SQLite.

/// Bytes of a page, as files of COOL have it.
pub(super) const PAGE: usize = 1024;

/// Where the header of the file has its fields.
const PAGE_SIZE: usize = 16;
const RESERVED: usize = 20;
const PAGE_COUNT: usize = 28;
const FREE_PAGES: usize = 36;
const SCHEMA_FORMAT: usize = 44;
const LARGEST_ROOT: usize = 52;
const ENCODING: usize = 56;

/// A whole file.
#[derive(Debug)]
pub(super) struct Pages {
    bytes: Vec<u8>,
}

impl Pages {
    /// Takes a closed file, to which about `more` bytes will be added.
    ///
    /// # Errors
    ///
    /// A sentence when it has another layout than is written here.
    pub(super) fn open(mut bytes: Vec<u8>, more: usize) -> Result<Self, String> {
        let number = |at: usize| {
            bytes
                .get(at..at + 4)
                .map_or(0, |four| u32::from_be_bytes(four.try_into().unwrap_or_default()))
        };
        let count = |number: usize| u32::try_from(number).unwrap_or(0);
        let expected = [
            ("page size", number(PAGE_SIZE) >> 16, count(PAGE)),
            ("reserved bytes", number(RESERVED) >> 24, 0),
            ("free pages", number(FREE_PAGES), 0),
            ("schema format", number(SCHEMA_FORMAT), 4),
            ("pointer pages", number(LARGEST_ROOT), 0),
            ("text encoding", number(ENCODING), 1),
            ("page count", number(PAGE_COUNT), count(bytes.len() / PAGE)),
            ("last page", count(bytes.len() % PAGE), 0),
        ];
        match expected.into_iter().find(|(_, found, expected)| found != expected) {
            None => {
                bytes.reserve(more);
                Ok(Self { bytes })
            }
            Some((what, found, expected)) => {
                Err(format!("{what} of the new file is {found}, expected {expected}"))
            }
        }
    }

    /// A new page of zeros at the end: its number.
    pub(super) fn append(&mut self) -> u32 {
        self.bytes.resize(self.bytes.len() + PAGE, 0);
        u32::try_from(self.bytes.len() / PAGE).unwrap_or(u32::MAX)
    }

    /// A page by its number, which counts from 1. Page 1 has the header of the file and is none of ours.
    pub(super) fn page(&mut self, number: u32) -> Result<&mut [u8], String> {
        let start = (number.max(1) as usize - 1) * PAGE;
        let page = self.bytes.get_mut(start..start + PAGE).filter(|_| number > 1);
        page.ok_or_else(|| format!("page {number} is not in the file"))
    }

    /// Fills a page that continues a row: the number of the next such page, or 0, and bytes of the row.
    pub(super) fn continue_at(
        &mut self,
        number: u32,
        next: u32,
        bytes: &[u8],
    ) -> Result<(), String> {
        let page = self.page(number)?;
        page[..4].copy_from_slice(&next.to_be_bytes());
        page[4..4 + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    ///
    /// When there are more pages than can be counted.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, String> {
        let count = u32::try_from(self.bytes.len() / PAGE).ok().filter(|&count| count < u32::MAX);
        let count = count.ok_or("the file has too many pages")?;
        self.bytes[PAGE_COUNT..PAGE_COUNT + 4].copy_from_slice(&count.to_be_bytes());
        Ok(self.bytes)
    }
}
