//! Byte-stream errors: what the read-out and the decoder say about a wafer's data.

use std::fmt;

macro_rules! errors {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $name:literal;)*) => {
        /// Kind of error in the data of a wafer; the number is the bit in [`ErrorMask`]. Names and numbers are those of the
        /// original software (`SCT_ByteStreamErrors`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ByteStreamError { $($(#[$doc])* $variant = $id,)* }

        impl ByteStreamError {
            /// All kinds, by number.
            pub const ALL: [Self; 35] = [$(Self::$variant,)*];

            /// The name in the original software.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

errors! {
    /// Data that follow no rule.
    ByteStreamParse = 0, "ByteStreamParseError";
    /// The link did not answer in time.
    TimeOut = 1, "TimeOutError";
    /// Wrong bunch crossing.
    Bcid = 2, "BCIDError";
    /// Wrong level-1 number.
    Lvl1Id = 3, "LVL1IDError";
    /// No preamble.
    Preamble = 4, "PreambleError";
    /// Formatter of the ROD.
    Formatter = 5, "FormatterError";
    /// Trailer bits.
    Trailer = 6, "TrailerError";
    /// Data overflow, said in the trailer.
    TrailerOverflow = 7, "TrailerOverflowError";
    /// Header-trailer limit.
    HeaderTrailerLimit = 8, "HeaderTrailerLimitError";
    /// Any flagged chip error.
    Abcd = 9, "ABCDError";
    /// Bits the ROD could not decode.
    Raw = 10, "RawError";
    /// Link masked by the ROD.
    MaskedLink = 11, "MaskedLink";
    /// Clock of the ROD.
    RodClock = 12, "RODClockError";
    /// Fragment cut short.
    TruncatedRod = 13, "TruncatedROD";
    /// Status of the read-out buffer.
    RobFragment = 14, "ROBFragmentError";
    /// Data without a link header in this ROD, and nothing of this wafer.
    MissingLinkHeader = 15, "MissingLinkHeaderError";
    /// ROD masked or lost.
    MaskedRod = 16, "MaskedROD";
    /// Chip error in chip 0 of the side.
    AbcdChip0 = 17, "ABCDError_Chip0";
    /// Chip error in chip 1 of the side.
    AbcdChip1 = 18, "ABCDError_Chip1";
    /// Chip error in chip 2 of the side.
    AbcdChip2 = 19, "ABCDError_Chip2";
    /// Chip error in chip 3 of the side.
    AbcdChip3 = 20, "ABCDError_Chip3";
    /// Chip error in chip 4 of the side.
    AbcdChip4 = 21, "ABCDError_Chip4";
    /// Chip error in chip 5 of the side.
    AbcdChip5 = 22, "ABCDError_Chip5";
    /// Chip error code 1.
    AbcdCode1 = 23, "ABCDError_Error1";
    /// Chip error code 2.
    AbcdCode2 = 24, "ABCDError_Error2";
    /// Chip error code 4.
    AbcdCode4 = 25, "ABCDError_Error4";
    /// Chip 0 of the side is masked for the moment.
    MaskedChip0 = 26, "TempMaskedChip0";
    /// Chip 1 of the side is masked for the moment.
    MaskedChip1 = 27, "TempMaskedChip1";
    /// Chip 2 of the side is masked for the moment.
    MaskedChip2 = 28, "TempMaskedChip2";
    /// Chip 3 of the side is masked for the moment.
    MaskedChip3 = 29, "TempMaskedChip3";
    /// Chip 4 of the side is masked for the moment.
    MaskedChip4 = 30, "TempMaskedChip4";
    /// Chip 5 of the side is masked for the moment.
    MaskedChip5 = 31, "TempMaskedChip5";
    /// Chip error code 7.
    AbcdCode7 = 32, "ABCDError_Error7";
    /// Chip error of a code or chip that does not exist.
    AbcdInvalid = 33, "ABCDError_Invalid";
    /// Simulated data.
    SimulatedData = 34, "RODSimulatedData";
}

impl ByteStreamError {
    /// The number.
    pub const fn id(self) -> usize {
        self as usize
    }

    /// The kind with this number.
    pub fn from_id(id: usize) -> Option<Self> {
        Self::ALL.get(id).copied()
    }

    /// The mask with this kind alone.
    pub const fn mask(self) -> ErrorMask {
        ErrorMask(1 << self as u8)
    }

    /// Whether it speaks of one chip; such errors are never copied to the other side of a module.
    pub const fn is_per_chip(self) -> bool {
        ErrorMask::PER_CHIP.contains(self)
    }
}

impl fmt::Display for ByteStreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The errors of one wafer in one event: bit number = number of the kind.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct ErrorMask(u64);

impl ErrorMask {
    /// Nothing is wrong.
    pub const NONE: Self = Self(0);
    /// Kinds that speak of one chip: 17 to 22 and 26 to 31.
    pub const PER_CHIP: Self = Self(0x3F << 17 | 0x3F << 26);

    /// A mask of these bits; bits from 35 on are dropped.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & ((1 << ByteStreamError::ALL.len()) - 1))
    }

    /// The bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether nothing is wrong.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this kind is in it.
    pub const fn contains(self, error: ByteStreamError) -> bool {
        self.0 & error.mask().0 != 0
    }

    /// The errors of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The errors of this mask that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The kinds, by number.
    pub fn iter(self) -> impl Iterator<Item = ByteStreamError> {
        let mut bits = self.0;
        std::iter::from_fn(move || {
            let error = ByteStreamError::from_id(bits.trailing_zeros() as usize)?;
            bits &= bits - 1;
            Some(error)
        })
    }
}

impl fmt::Debug for ErrorMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl FromIterator<ByteStreamError> for ErrorMask {
    fn from_iter<T: IntoIterator<Item = ByteStreamError>>(errors: T) -> Self {
        errors.into_iter().fold(Self::NONE, |mask, error| mask.with(error.mask()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_masks_agree() {
        for (id, error) in ByteStreamError::ALL.into_iter().enumerate() {
            assert_eq!((error.id(), ByteStreamError::from_id(id)), (id, Some(error)));
            assert_eq!(error.mask().iter().collect::<Vec<_>>(), [error]);
            let chip = error.name().contains("Chip");
            assert_eq!(error.is_per_chip(), chip, "{error}");
        }
        assert_eq!(ByteStreamError::from_id(35), None);
        let all: ErrorMask = ByteStreamError::ALL.into_iter().collect();
        assert_eq!((all.bits(), ErrorMask::from_bits(u64::MAX)), ((1 << 35) - 1, all));
    }

    #[test]
    fn names_are_those_of_the_loop() {
        let names = [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14]
            .map(|id| ByteStreamError::from_id(id).unwrap().name());
        assert_eq!(
            names.join(" "),
            "ByteStreamParseError TimeOutError BCIDError LVL1IDError PreambleError FormatterError ABCDError RawError \
             MaskedLink RODClockError TruncatedROD ROBFragmentError"
        );
    }
}
