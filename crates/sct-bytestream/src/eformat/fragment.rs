//! What full events and ROB fragments have in common.

use crate::{Checksum, ChecksumKind, Words};

use super::{FragmentError, Level};

/// Format version of events and their ROBs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventVersion {
    /// Major version 4, Run 1.
    V4,
    /// Major version 5, Run 2 and later.
    V5,
}

impl EventVersion {
    /// Major version as bits 31 to 16 of the version word.
    pub const fn major(self) -> u32 {
        match self {
            Self::V4 => 0x0400,
            Self::V5 => 0x0500,
        }
    }

    /// From the version word; none for other major versions.
    pub const fn from_word(version: u32) -> Option<Self> {
        match version >> 16 {
            0x0400 => Some(Self::V4),
            0x0500 => Some(Self::V5),
            _ => None,
        }
    }
}

/// A full event or ROB fragment whose sizes hold.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    words: Words<'a>,
    header: usize,
    status: usize,
    checksum: ChecksumKind,
    event_version: EventVersion,
}

/// Words of the common part without status words.
const FIXED: usize = 7;
/// Place of the header size.
const HEADER_SIZE: usize = 2;
/// Place of the format version.
const VERSION: usize = 3;
/// Place of the source identifier.
const SOURCE: usize = 4;
/// Place of the number of status words; they follow.
const STATUS: usize = 5;

impl<'a> Fragment<'a> {
    /// Reads the common part at the beginning of `words`, which may hold more than the fragment. `word` is the place of
    /// the fragment in its event, for messages.
    #[inline]
    pub(crate) fn parse(
        words: Words<'a>,
        level: Level,
        marker: u32,
        word: usize,
    ) -> Result<Self, FragmentError> {
        let available = words.len();
        let cut = |needed: u64| FragmentError::Cut { level, word, needed, available };
        let get = |place: usize| words.get(place).ok_or_else(|| cut(FIXED as u64 + 1));
        let found = get(0)?;
        if found != marker {
            return Err(FragmentError::Marker { level, word, found, expected: marker });
        }
        let (total, header, status) = (get(1)?, get(HEADER_SIZE)?, get(STATUS)?);
        let version = get(VERSION)?;
        let event_version = EventVersion::from_word(version).ok_or(FragmentError::Version {
            level,
            word: word + VERSION,
            found: version,
            expected: "0x0400 or 0x0500",
        })?;
        let least = FIXED as u64 + u64::from(status);
        if u64::from(header) < least {
            let word = word + HEADER_SIZE;
            return Err(FragmentError::HeaderSize { level, word, found: header, expected: least });
        }
        let (header, status) = (header as usize, status as usize);
        let kind = words.get(FIXED - 1 + status).ok_or_else(|| cut(least))?;
        let checksum = ChecksumKind::from_u32(kind);
        let needed = header + checksum.words();
        if (total as usize) < needed {
            let found = total as usize;
            return Err(FragmentError::Size { level, word, found, expected: needed });
        }
        let words = words.slice(0..total as usize).ok_or_else(|| cut(u64::from(total)))?;
        Ok(Self { words, header, status, checksum, event_version })
    }

    /// All words, header and checksum included.
    pub const fn words(&self) -> Words<'a> {
        self.words
    }

    /// Words of the header.
    pub const fn header_len(&self) -> usize {
        self.header
    }

    fn word(&self, place: usize) -> u32 {
        self.words.get(place).expect("the header was found to be there")
    }

    /// Format version, major in bits 31 to 16, minor in the others.
    pub fn version(&self) -> u32 {
        self.word(VERSION)
    }

    /// The major version.
    pub const fn event_version(&self) -> EventVersion {
        self.event_version
    }

    /// Source identifier: sub-detector in bits 23 to 16, module in the lower ones.
    pub fn source_id(&self) -> u32 {
        self.word(SOURCE)
    }

    /// Status words, often one and zero.
    pub fn status(&self) -> Words<'a> {
        self.part(STATUS + 1, STATUS + 1 + self.status)
    }

    /// Header words after the common part.
    pub fn specific(&self) -> Words<'a> {
        self.part(FIXED + self.status, self.header)
    }

    /// Payload as stored, without the checksum.
    pub fn payload(&self) -> Words<'a> {
        self.part(self.header, self.words.len() - self.checksum.words())
    }

    fn part(&self, from: usize, to: usize) -> Words<'a> {
        self.words.slice(from..to).expect("the sizes were found to add up")
    }

    /// Place of the first specific word.
    pub(crate) const fn specific_at(&self) -> usize {
        FIXED + self.status
    }

    /// Kind of checksum.
    pub const fn checksum_kind(&self) -> ChecksumKind {
        self.checksum
    }

    /// Compares the checksum with the payload as stored.
    pub fn checksum(&self) -> Checksum {
        Checksum::verify(self.checksum, self.payload(), self.word(self.words.len() - 1))
    }
}
