//! Reading files.

use super::{
    Block, BlockError, Blocks, Error, FileEnd, FileHeader, Scan,
    record::{SEPARATOR, word_at},
};

/// A RAW file whose header was read; events are found in its bytes when asked for.
#[derive(Clone, Debug)]
pub struct RawFile<'a> {
    bytes: &'a [u8],
    header: FileHeader,
    first: usize,
    end: Option<FileEnd>,
}

/// Bytes of a data separator.
pub(super) const SEPARATOR_LENGTH: usize = 16;

impl<'a> RawFile<'a> {
    /// Reads the header of a file.
    ///
    /// # Errors
    ///
    /// [`Error`], which names the byte, when the bytes are no RAW file or end within its header.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let (header, first) = FileHeader::read(bytes)?;
        let end = FileEnd::read(bytes.get(first..).unwrap_or_default());
        Ok(Self { bytes, header, first, end })
    }

    /// The records before the first event.
    pub const fn header(&self) -> &FileHeader {
        &self.header
    }

    /// The record at the end; none when the writer died or the file is cut short.
    pub const fn end(&self) -> Option<&FileEnd> {
        self.end.as_ref()
    }

    /// The whole file.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether each block is a zlib stream: to be said to the event decoder.
    pub fn is_compressed(&self) -> bool {
        self.header.metadata.is_compressed()
    }

    /// Offset of the first data separator: the length of the header, bytes.
    pub const fn first_offset(&self) -> u64 {
        self.first as u64
    }

    /// The block whose data separator stands at this offset: random access.
    ///
    /// # Errors
    ///
    /// [`BlockError`] when no sound separator stands there, or the file ends within the block.
    pub fn block(&self, offset: u64) -> Result<Block<'a>, BlockError> {
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.bytes.get(at..).unwrap_or_default();
        let cut = |needed: u64| BlockError::Cut { offset, needed, available: rest.len() as u64 };
        let word = |place| word_at(rest, place).ok_or_else(|| cut(SEPARATOR_LENGTH as u64));
        let found = word(0)?;
        if found != SEPARATOR {
            return Err(BlockError::NoSeparator { offset, found });
        }
        let (words, number, size) = (word(4)?, word(8)?, word(12)?);
        if words != 4 || !size.is_multiple_of(4) {
            return Err(BlockError::Separator { offset, words, size });
        }
        let bytes = rest[SEPARATOR_LENGTH..]
            .get(..size as usize)
            .ok_or_else(|| cut(SEPARATOR_LENGTH as u64 + u64::from(size)))?;
        Ok(Block { offset, number, bytes })
    }

    /// All blocks in order, damaged ones as errors. The blocks after a damaged one are found again.
    pub fn blocks(&self) -> Blocks<'_, 'a> {
        self.blocks_from(self.first_offset())
    }

    /// The blocks from an offset on that [`Blocks::offset`] gave: a file need not stay in memory from one to the next.
    pub fn blocks_from(&self, offset: u64) -> Blocks<'_, 'a> {
        Blocks::new(self, offset)
    }

    /// Lists where all blocks are, without looking into them: one pass over the separators.
    pub fn scan(&self) -> Scan {
        Scan::of(self.blocks())
    }
}
