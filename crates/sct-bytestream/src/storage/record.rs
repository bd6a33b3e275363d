//! Reading records one after another.

use super::{Error, Text};

/// File start.
pub(super) const FILE_START: u32 = 0x1234_AAAA;
/// File start as a machine of the other byte order writes it.
pub(super) const FILE_START_SWAPPED: u32 = 0xAAAA_3412;
/// File name strings.
pub(super) const FILE_NAME: u32 = 0x1234_AABB;
/// Free metadata strings.
pub(super) const METADATA: u32 = 0x1234_AABC;
/// Run parameters.
pub(super) const RUN_PARAMETERS: u32 = 0x1234_BBBB;
/// Data separator.
pub(super) const SEPARATOR: u32 = 0x1234_CCCC;
/// First word of the file end.
pub(super) const FILE_END: u32 = 0x1234_DDDD;
/// Last word of the file end.
pub(super) const FILE_END_LAST: u32 = 0x1234_EEEE;

/// A word anywhere in a file.
pub(super) fn word_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let quad = bytes.get(offset..)?.first_chunk::<4>()?;
    Some(u32::from_le_bytes(*quad))
}

/// A place in the header of a file.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// Bytes read so far.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// The next word, left where it is.
    pub(super) fn peek(&self) -> Option<u32> {
        word_at(self.bytes, self.offset)
    }

    fn take(&mut self, length: usize, record: &'static str) -> Result<&'a [u8], Error> {
        let taken = self.bytes[self.offset..].get(..length).ok_or(Error::Cut {
            record,
            offset: self.offset as u64,
            needed: length as u64,
            length: self.bytes.len() as u64,
        })?;
        self.offset += length;
        Ok(taken)
    }

    /// The next word.
    pub(super) fn word(&mut self, record: &'static str) -> Result<u32, Error> {
        let bytes = self.take(4, record)?;
        Ok(bytes.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte)))
    }

    /// A marker that must stand here.
    pub(super) fn marker(&mut self, expected: u32, record: &'static str) -> Result<(), Error> {
        let offset = self.offset as u64;
        let found = self.word(record)?;
        if found == expected {
            Ok(())
        } else {
            Err(Error::Marker { record, offset, found, expected })
        }
    }

    /// A record of fixed size: what follows its marker and size.
    pub(super) fn record<const N: usize>(
        &mut self,
        marker: u32,
        record: &'static str,
    ) -> Result<[u32; N], Error> {
        self.marker(marker, record)?;
        let (offset, found) = (self.offset as u64, self.word(record)?);
        #[expect(clippy::cast_possible_truncation, reason = "records have at most 12 words")]
        let expected = N as u32 + 2;
        if found != expected {
            return Err(Error::RecordSize { record, offset, found, expected });
        }
        let mut words = [0; N];
        for word in &mut words {
            *word = self.word(record)?;
        }
        Ok(words)
    }

    /// A string: length, bytes, padding to a whole word.
    pub(super) fn text(&mut self, record: &'static str) -> Result<Text, Error> {
        let length = self.word(record)? as usize;
        let bytes = self.take(length, record)?;
        self.take(length.next_multiple_of(4) - length, record)?;
        Ok(Text::from(bytes))
    }
}

/// Appends a string as [`Cursor::text`] reads it; the padding is blanks.
pub(super) fn put_text(out: &mut Vec<u8>, text: &Text) {
    let bytes = text.as_bytes();
    let length = u32::try_from(bytes.len()).expect("strings of a header are short");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes);
    out.resize(out.len() + bytes.len().next_multiple_of(4) - bytes.len(), b' ');
}
