//! What can be wrong with the frame of a fragment.

use std::fmt;

/// Which kind of fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Full event.
    Event,
    /// Read-out buffer.
    Rob,
    /// Read-out driver.
    Rod,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Event => "event",
            Self::Rob => "ROB",
            Self::Rod => "ROD",
        })
    }
}

/// A fragment whose frame does not hold. Words are counted from the beginning of the event (of its inflated payload for
/// fragments inside a compressed one).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FragmentError {
    /// Something else stands where the fragment should begin.
    #[error("{level} at word {word}: marker {found:#010x}, expected {expected:#010x}")]
    Marker {
        /// Kind of fragment.
        level: Level,
        /// Where.
        word: usize,
        /// What stands there.
        found: u32,
        /// What should.
        expected: u32,
    },
    /// The fragment needs more words than there are.
    #[error("{level} at word {word}: {needed} words needed, {available} there")]
    Cut {
        /// Kind of fragment.
        level: Level,
        /// Where it begins.
        word: usize,
        /// Words it needs.
        needed: u64,
        /// Words there are.
        available: usize,
    },
    /// The fragment ends before what contains it.
    #[error("{level} at word {word}: {found} words long, {expected} words are there for it")]
    Size {
        /// Kind of fragment.
        level: Level,
        /// Where it begins.
        word: usize,
        /// Its size.
        found: usize,
        /// Size of what contains it.
        expected: usize,
    },
    /// A format version that this crate does not read.
    #[error("{level} at word {word}: format version {found:#010x}, expected major {expected}")]
    Version {
        /// Kind of fragment.
        level: Level,
        /// Where the version stands.
        word: usize,
        /// The version.
        found: u32,
        /// Versions that would be read.
        expected: &'static str,
    },
    /// Header size and what the header holds do not agree.
    #[error("{level} at word {word}: header of {found} words, its content needs {expected}")]
    HeaderSize {
        /// Kind of fragment.
        level: Level,
        /// Where the header size stands.
        word: usize,
        /// Size in the header.
        found: u32,
        /// Size by content.
        expected: u64,
    },
    /// Sizes in the trailer of a ROD do not add up; the whole body is taken as data.
    #[error(
        "ROD at word {word}: {status} status and {data} data words announced, {available} there"
    )]
    RodSize {
        /// Where the fragment begins.
        word: usize,
        /// Status words announced.
        status: u32,
        /// Data words announced.
        data: u32,
        /// Words between header and trailer.
        available: usize,
    },
    /// A compression type that this crate does not read.
    #[error("event: compression type {found} at word {word}, expected 0 or 1")]
    Compression {
        /// Where.
        word: usize,
        /// The type.
        found: u32,
    },
}
