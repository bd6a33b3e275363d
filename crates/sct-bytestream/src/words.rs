//! Little-endian words in bytes that need not be aligned.

use std::{fmt, ops::Range};

/// A run of 32-bit little-endian words, borrowed from the bytes of a file.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Words<'a>(&'a [[u8; 4]]);

impl<'a> Words<'a> {
    /// The whole words at the beginning of `bytes`; up to three bytes at the end are left out.
    pub const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes.as_chunks().0)
    }

    /// Number of words.
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// One word, none past the end.
    #[inline]
    pub fn get(self, word: usize) -> Option<u32> {
        self.0.get(word).map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// Part of the words, none when the range leaves them.
    pub fn slice(self, words: Range<usize>) -> Option<Self> {
        self.0.get(words).map(Self)
    }

    /// The words in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = u32> + DoubleEndedIterator + Clone + 'a {
        self.0.iter().map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// The words as they lie in the file.
    pub const fn bytes(self) -> &'a [u8] {
        self.0.as_flattened()
    }

    /// The words as groups of four bytes.
    pub(crate) const fn quads(self) -> &'a [[u8; 4]] {
        self.0
    }
}

impl fmt::Debug for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({} words)", self.len())
    }
}

/// A number of words as the files hold it. Fragments with more words than that cannot be written.
pub(crate) fn count(words: usize) -> u32 {
    u32::try_from(words).unwrap_or(u32::MAX)
}

/// Appends words in the byte order of the files.
pub(crate) fn put(bytes: &mut Vec<u8>, words: impl IntoIterator<Item = u32>) {
    for word in words {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_from_any_address() {
        let bytes = [0xFF, 1, 0, 0, 0, 2, 0, 0, 0x80, 9];
        let words = Words::of(&bytes[1..]);
        assert_eq!(words.iter().collect::<Vec<_>>(), [1, 0x8000_0002]);
        assert_eq!((words.get(1), words.get(2)), (Some(0x8000_0002), None));
        assert_eq!(words.slice(1..2).map(Words::bytes), Some(&bytes[5..9]));
        assert!(words.slice(1..3).is_none());
    }
}
