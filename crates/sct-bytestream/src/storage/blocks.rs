//! Event blocks: finding them, also in a damaged file.

use std::ops::Range;

use super::{
    BlockError, RawFile,
    end::LENGTH as END_LENGTH,
    read::SEPARATOR_LENGTH,
    record::{FILE_END, SEPARATOR, word_at},
};

/// The bytes of one event as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// Offset of its data separator in the file: its place for random access.
    pub offset: u64,
    /// Its number in the sequence of files, from 1.
    pub number: u32,
    /// The event, or a zlib stream of it.
    pub bytes: &'a [u8],
}

impl Block<'_> {
    /// First byte after the block.
    pub const fn end(&self) -> u64 {
        self.offset + (SEPARATOR_LENGTH + self.bytes.len()) as u64
    }
}

/// Where a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockPlace {
    /// Offset of its data separator.
    pub offset: u64,
    /// Its number in the sequence of files.
    pub number: u32,
    /// Its size without the separator, bytes.
    pub size: u32,
}

/// How the blocks of a file end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With the end record.
    Complete,
    /// After a whole block, but without an end record: the writer died, or the copy is not finished.
    NoEndRecord {
        /// Length of the file.
        offset: u64,
    },
    /// Within something that is no whole block: the file was cut short, or its end is damaged.
    Truncated {
        /// Where the last whole block ends.
        offset: u64,
    },
}

/// The blocks of a file in order; see [`RawFile::blocks`].
///
/// After a block comes the next separator. Where it does not, the bytes after the damaged separator are searched, word by
/// word, for something that can be one: right size, and followed by a separator, the end record or the end of the file.
#[derive(Clone, Debug)]
pub struct Blocks<'f, 'a> {
    file: &'f RawFile<'a>,
    next: usize,
    ending: Option<Ending>,
}

impl<'f, 'a> Blocks<'f, 'a> {
    pub(super) fn new(file: &'f RawFile<'a>, offset: u64) -> Self {
        Self { file, next: index(offset), ending: None }
    }

    /// Where the next block is looked for: to go on with [`RawFile::blocks_from`].
    pub const fn offset(&self) -> u64 {
        self.next as u64
    }

    /// How the file ended; none until the last block was taken.
    pub const fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// Whether a block may end here.
    fn is_boundary(&self, offset: usize) -> bool {
        let bytes = self.file.bytes();
        offset == bytes.len()
            || word_at(bytes, offset) == Some(SEPARATOR)
            || self.is_file_end(offset)
    }

    fn is_file_end(&self, offset: usize) -> bool {
        let bytes = self.file.bytes();
        word_at(bytes, offset) == Some(FILE_END) && bytes.len() - offset == END_LENGTH
    }

    /// The first place in `range` where a sound block begins, or the end record.
    fn resume(&self, range: Range<usize>) -> Option<usize> {
        let offset = range.start;
        let rest = self.file.bytes().get(range)?;
        let places = rest.as_chunks::<4>().0.iter().enumerate();
        places
            .filter(|(_, quad)| matches!(u32::from_le_bytes(**quad), SEPARATOR | FILE_END))
            .map(|(word, _)| offset + 4 * word)
            .find(|&place| {
                let block = self.file.block(place as u64);
                self.is_file_end(place)
                    || block.is_ok_and(|block| self.is_boundary(index(block.end())))
            })
    }

    /// A block, or the file's end, should be at `self.next` and is not.
    fn damaged(&mut self, error: BlockError) -> BlockError {
        // A damaged separator is stepped over, anything else may hold one right away.
        let no_separator = matches!(error, BlockError::NoSeparator { .. });
        let from = if no_separator { self.next + 4 } else { self.next + SEPARATOR_LENGTH };
        match self.resume(from..self.file.bytes().len()) {
            Some(place) => self.next = place,
            None => self.ending = Some(Ending::Truncated { offset: self.next as u64 }),
        }
        error
    }

    /// A whole block was found; nothing sound follows it where it ends. Either what follows is damaged, or its size is.
    fn check_size(&mut self, block: Block<'a>) -> Result<Block<'a>, BlockError> {
        let end = block.end();
        // Not further than the block: what is looked at is then never looked at again, and hostile files take linear time.
        if let Some(place) = self.resume(self.next + SEPARATOR_LENGTH..index(end)) {
            let (offset, next) = (block.offset, place as u64);
            self.next = place;
            return Err(BlockError::Overlap { offset, end, next });
        }
        self.next = index(end);
        Ok(block)
    }
}

/// An offset inside the file as an index.
fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

impl<'a> Iterator for Blocks<'_, 'a> {
    type Item = Result<Block<'a>, BlockError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ending.is_some() {
            return None;
        }
        if self.is_file_end(self.next) {
            self.ending = Some(Ending::Complete);
            return None;
        }
        if self.next == self.file.bytes().len() {
            self.ending = Some(Ending::NoEndRecord { offset: self.next as u64 });
            return None;
        }
        Some(match self.file.block(self.next as u64) {
            Ok(block) if self.is_boundary(index(block.end())) => {
                self.next = index(block.end());
                Ok(block)
            }
            Ok(block) => self.check_size(block),
            Err(error) => Err(self.damaged(error)),
        })
    }
}

/// Where all blocks of a file are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Whole blocks in order.
    pub blocks: Vec<BlockPlace>,
    /// Blocks that are not whole, and bytes that are none.
    pub damage: Vec<BlockError>,
    /// How the file ends.
    pub ending: Ending,
}

impl Scan {
    pub(super) fn of(mut found: Blocks<'_, '_>) -> Self {
        let (mut blocks, mut damage) = (Vec::new(), Vec::new());
        for block in found.by_ref() {
            match block {
                Ok(block) => blocks.push(BlockPlace {
                    offset: block.offset,
                    number: block.number,
                    size: u32::try_from(block.bytes.len()).expect("the separator said so"),
                }),
                Err(error) => damage.push(error),
            }
        }
        let ending = found.ending().expect("the iterator sets it when it ends");
        Self { blocks, damage, ending }
    }
}
