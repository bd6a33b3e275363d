//! What can be wrong with the records of a file.

/// Why a file could not be opened. Offsets are bytes from its beginning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The first word is not that of a RAW file.
    #[error("no RAW file: byte {offset} begins with {found:#010x}, expected 0x1234aaaa")]
    NotRaw {
        /// Always the beginning.
        offset: u64,
        /// What stands there.
        found: u32,
    },
    /// The file was written on a big-endian machine.
    #[error("RAW file of the other byte order: byte 0 begins with 0xaaaa3412")]
    ByteOrder,
    /// A layout other than the three that exist.
    #[error("file version {found} at byte {offset}, expected 2, 5 or 6")]
    Version {
        /// Where the version stands.
        offset: u64,
        /// The version.
        found: u32,
    },
    /// A record begins with another marker.
    #[error("{record} at byte {offset}: marker {found:#010x}, expected {expected:#010x}")]
    Marker {
        /// Name of the record.
        record: &'static str,
        /// Where.
        offset: u64,
        /// What stands there.
        found: u32,
        /// What should.
        expected: u32,
    },
    /// A record has another size than its version asks for.
    #[error("{record} at byte {offset}: {found} words, expected {expected}")]
    RecordSize {
        /// Name of the record.
        record: &'static str,
        /// Where the size stands.
        offset: u64,
        /// Size in the record.
        found: u32,
        /// Size that belongs to the version.
        expected: u32,
    },
    /// The file ends inside its header.
    #[error("{record} at byte {offset}: {needed} bytes needed, the file has {length}")]
    Cut {
        /// Name of the record.
        record: &'static str,
        /// Where the missing part begins.
        offset: u64,
        /// Length of that part.
        needed: u64,
        /// Length of the file.
        length: u64,
    },
}

/// Why an event block could not be cut out of a file. Offsets are bytes from the beginning of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// No data separator begins here.
    #[error("no data separator at byte {offset}: {found:#010x}, expected 0x1234cccc")]
    NoSeparator {
        /// Where.
        offset: u64,
        /// What stands there.
        found: u32,
    },
    /// The separator does not have four words, or its block is no whole number of words.
    #[error("data separator at byte {offset} is damaged: {words} words, block of {size} bytes")]
    Separator {
        /// Where it begins.
        offset: u64,
        /// Size of the record, 4 in a sound one.
        words: u32,
        /// Size of the block, a multiple of 4 in a sound one.
        size: u32,
    },
    /// The file ends inside the separator or its block.
    #[error("event at byte {offset}: {needed} bytes needed, {available} left in the file")]
    Cut {
        /// Where the separator begins.
        offset: u64,
        /// Separator and block.
        needed: u64,
        /// Bytes from the separator to the end of the file.
        available: u64,
    },
    /// The next data separator comes before the block ends.
    #[error("event at byte {offset}: its block ends at byte {end}, the next one begins at {next}")]
    Overlap {
        /// Where the separator begins.
        offset: u64,
        /// End by the block's size.
        end: u64,
        /// The next separator.
        next: u64,
    },
}

impl BlockError {
    /// Offset of the separator, or of what should be one.
    pub const fn offset(&self) -> u64 {
        match self {
            Self::NoSeparator { offset, .. }
            | Self::Separator { offset, .. }
            | Self::Cut { offset, .. }
            | Self::Overlap { offset, .. } => *offset,
        }
    }
}
