//! ROB fragments.

use std::fmt;

use crate::Words;

use super::{Fragment, FragmentError, Level, ROB_MARKER};

/// Sub-detector of a source identifier, bits 23 to 16: `0x21` to `0x24` are the SCT.
pub const fn sub_detector(source_id: u32) -> u8 {
    (source_id >> 16 & 0xFF) as u8
}

/// First status word of a ROB: generic errors in bits 15 to 0, specific ones above.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct RobStatus(pub u32);

impl RobStatus {
    /// The fragment was cut short.
    pub const TRUNCATED: Self = Self(1 << 27);
    /// The fragment never came.
    pub const LOST: Self = Self(1 << 29);
    /// The read-out discards what comes from this ROD.
    pub const DISCARDED: Self = Self(1 << 31);

    /// Whether any bit is set.
    pub const fn is_error(self) -> bool {
        self.0 != 0
    }

    /// Whether any bit of the other is set in this one.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl fmt::Debug for RobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RobStatus({:#010x})", self.0)
    }
}

/// One ROB fragment of an event.
#[derive(Clone, Copy, Debug)]
pub struct Rob<'a> {
    fragment: Fragment<'a>,
    word: usize,
}

impl<'a> Rob<'a> {
    /// Reads the fragment at the beginning of `words`, at place `word` of the event.
    ///
    /// # Errors
    ///
    /// [`FragmentError`] when its frame does not hold.
    #[inline]
    pub fn parse(words: Words<'a>, word: usize) -> Result<Self, FragmentError> {
        Fragment::parse(words, Level::Rob, ROB_MARKER, word).map(|fragment| Self { fragment, word })
    }

    /// The common part.
    pub const fn fragment(&self) -> &Fragment<'a> {
        &self.fragment
    }

    /// Source identifier, without the optional upper byte.
    pub fn source_id(&self) -> u32 {
        self.fragment.source_id() & 0xFF_FFFF
    }

    /// Place in the event, words.
    pub const fn word(&self) -> usize {
        self.word
    }

    /// Place of the payload in the event, words.
    pub const fn payload_word(&self) -> usize {
        self.word + self.fragment.header_len()
    }

    /// First status word; zero when there is none.
    pub fn status(&self) -> RobStatus {
        RobStatus(self.fragment.status().get(0).unwrap_or(0))
    }
}

/// The ROB fragments of a payload in order; the first error ends it.
#[derive(Clone, Debug)]
pub struct Robs<'a> {
    rest: Words<'a>,
    word: usize,
}

impl<'a> Robs<'a> {
    /// Walks a payload that begins at place `word` of its event.
    pub const fn new(payload: Words<'a>, word: usize) -> Self {
        Self { rest: payload, word }
    }
}

impl<'a> Iterator for Robs<'a> {
    type Item = Result<Rob<'a>, FragmentError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let rob = Rob::parse(self.rest, self.word);
        let step = rob.as_ref().map_or(self.rest.len(), |rob| rob.fragment.words().len());
        self.rest = self.rest.slice(step..self.rest.len()).unwrap_or_default();
        self.word += step;
        Some(rob)
    }
}
