//! The byte-stream errors that are counted per wafer.

use std::fmt;

/// The twelve error types whose rates are published. Source: the table of error types in `SCTCalib::getBSErrors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are those of the read-out software and say it all")]
pub enum ByteStreamError {
    ByteStreamParseError,
    TimeOutError,
    BCIDError,
    LVL1IDError,
    PreambleError,
    FormatterError,
    ABCDError,
    RawError,
    MaskedLink,
    RODClockError,
    TruncatedROD,
    ROBFragmentError,
}

impl ByteStreamError {
    /// How many there are.
    pub const COUNT: usize = 12;

    /// Slots of the published list; those of three types that are not counted stay 0.
    pub const SLOTS: usize = 15;

    /// All types in the order of their slots.
    pub const ALL: [Self; Self::COUNT] = [
        Self::ByteStreamParseError,
        Self::TimeOutError,
        Self::BCIDError,
        Self::LVL1IDError,
        Self::PreambleError,
        Self::FormatterError,
        Self::ABCDError,
        Self::RawError,
        Self::MaskedLink,
        Self::RODClockError,
        Self::TruncatedROD,
        Self::ROBFragmentError,
    ];

    /// Rank among the twelve, for arrays.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Number of the type in the list of all types, and slot in the published list of fifteen.
    pub const fn slot(self) -> usize {
        // Types 6 to 8 (trailer, trailer overflow, header trailer limit) are not counted.
        if self.index() < 6 { self.index() } else { self.index() + 3 }
    }

    /// The name in histograms and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ByteStreamParseError => "ByteStreamParseError",
            Self::TimeOutError => "TimeOutError",
            Self::BCIDError => "BCIDError",
            Self::LVL1IDError => "LVL1IDError",
            Self::PreambleError => "PreambleError",
            Self::FormatterError => "FormatterError",
            Self::ABCDError => "ABCDError",
            Self::RawError => "RawError",
            Self::MaskedLink => "MaskedLink",
            Self::RODClockError => "RODClockError",
            Self::TruncatedROD => "TruncatedROD",
            Self::ROBFragmentError => "ROBFragmentError",
        }
    }
}

impl fmt::Display for ByteStreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a monitoring map says of one wafer and one error type.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ErrorCell {
    /// Content of the bin as it reads: a number of events in a map of counts, the part of the events in a profile.
    pub content: f64,
    /// Events with the error, whatever the kind of map.
    pub events: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_the_numbers_of_the_types() {
        let slots = ByteStreamError::ALL.map(ByteStreamError::slot);
        assert_eq!(slots, [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14]);
        let indices = ByteStreamError::ALL.map(ByteStreamError::index);
        assert_eq!(indices, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    }
}
