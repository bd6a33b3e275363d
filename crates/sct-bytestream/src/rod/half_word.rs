//! Half words of ROD data.

/// Links of a ROD.
pub const ROD_LINKS: usize = 96;

/// One half word, sorted by its top bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfWord {
    /// Flagged chip error.
    ChipError {
        /// Bit 3: side; bits 2 to 0: chip on it.
        chip: u8,
        /// Kind of error; 1, 2, 4 and 7 mean something.
        code: u8,
    },
    /// Link header.
    Header(HeaderFlags),
    /// Link trailer.
    Trailer(TrailerFlags),
    /// Bits that the ROD could not decode.
    Raw,
    /// Hit, in one of three modes.
    Hit(u16),
}

/// What a link header says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeaderFlags(pub u16);

/// What a link trailer says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrailerFlags(pub u16);

impl HalfWord {
    /// Sorts a half word; there is none of no kind.
    #[inline]
    pub const fn new(half: u16) -> Self {
        match half >> 13 {
            0 => Self::ChipError { chip: (half >> 3 & 0xF) as u8, code: (half & 7) as u8 },
            1 => Self::Header(HeaderFlags(half)),
            2 => Self::Trailer(TrailerFlags(half)),
            3 => Self::Raw,
            _ => Self::Hit(half),
        }
    }
}

impl HeaderFlags {
    /// No preamble.
    pub const PREAMBLE: u16 = 0x1000;
    /// The link did not answer in time.
    pub const TIME_OUT: u16 = 0x0800;
    /// Wrong level-1 number.
    pub const LVL1_ID: u16 = 0x0400;
    /// Wrong bunch crossing.
    pub const BCID: u16 = 0x0200;
    /// The link's hits are in condensed mode.
    pub const CONDENSED: u16 = 0x0100;
    /// Link masked by the ROD.
    pub const MASKED: u16 = 0x0080;

    /// The bits that say an error.
    pub(super) const ERRORS: u16 =
        Self::PREAMBLE | Self::TIME_OUT | Self::LVL1_ID | Self::BCID | Self::MASKED;

    /// Whether a flag is set.
    pub const fn has(self, flag: u16) -> bool {
        self.0 & flag != 0
    }

    /// Number of the link as sent: formatter times 12 plus link. Links of a formatter are 0 to 11; a larger number is
    /// [`Self::is_formatter_error`], and the sum can then pass 95.
    #[inline]
    pub const fn link(self) -> usize {
        (self.0 as usize >> 4 & 7) * 12 + (self.0 as usize & 0xF)
    }

    /// Whether the link's number on its formatter does not exist.
    pub const fn is_formatter_error(self) -> bool {
        self.0 & 0xF > 11
    }

    /// The header of a link below 96 with these flags.
    pub const fn of_link(link: u8, flags: u16) -> Self {
        let (formatter, link) = (link as u16 / 12, link as u16 % 12);
        Self(0x2000 | flags & 0x1F80 | formatter << 4 | link)
    }
}

impl TrailerFlags {
    /// Trailer bits are wrong.
    pub const TRAILER: u16 = 0x1000;
    /// Too many words between header and trailer.
    pub const LIMIT: u16 = 0x0800;
    /// Data overflow.
    pub const OVERFLOW: u16 = 0x0400;

    /// Whether a flag is set.
    pub const fn has(self, flag: u16) -> bool {
        self.0 & flag != 0
    }

    /// First temporarily masked chip plus 1; 0 for none.
    pub const fn first_masked_chip(self) -> usize {
        self.0 as usize & 0xF
    }

    /// A trailer with these flags and masked chips from `first_masked` - 1 on.
    pub const fn new(flags: u16, first_masked: u8) -> Self {
        Self(0x4000 | flags & 0x1C00 | first_masked as u16 & 0xF)
    }
}

/// Strips and hit errors of a condensed or super-condensed hit.
#[inline]
pub(super) fn packed<const SUPER: bool>(hit: u16) -> (usize, u8) {
    if SUPER {
        return (usize::from(hit & 0xF) + 1, 0);
    }
    let second = hit & 1;
    (1 + usize::from(second), low_bits(hit >> 2 & (1 | second << 1)))
}

/// Time bins of modes that do not say.
pub(super) const ON_TIME: u8 = 2;

#[inline]
pub(super) const fn low_bits(bits: u16) -> u8 {
    bits.to_le_bytes()[0]
}

#[inline]
pub(super) const fn time_bin(bits: u16) -> u8 {
    low_bits(bits & 7)
}

/// The half words of some words: the upper half comes first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Halves<'a>(&'a [[u8; 2]]);

impl<'a> Halves<'a> {
    pub(super) fn of(data: &'a [[u8; 4]]) -> Self {
        Self(data.as_flattened().as_chunks().0)
    }

    #[inline]
    pub(super) fn get(self, half: usize) -> Option<u16> {
        self.0.get(half ^ 1).map(|bytes| u16::from_le_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_bits_decide() {
        for half in 0..=u16::MAX {
            let pattern = format!("{half:016b}");
            let expected = match HalfWord::new(half) {
                HalfWord::Hit(_) => "1",
                HalfWord::Header(_) => "001",
                HalfWord::Trailer(_) => "010",
                HalfWord::Raw => "011",
                HalfWord::ChipError { .. } => "000",
            };
            assert!(pattern.starts_with(expected), "{pattern}");
        }
        assert_eq!(HalfWord::new(0x0054), HalfWord::ChipError { chip: 10, code: 4 });
    }

    #[test]
    fn links_have_two_numbers() {
        for link in 0..96 {
            let header = HeaderFlags::of_link(link, 0);
            assert_eq!((header.link(), header.is_formatter_error()), (usize::from(link), false));
        }
        assert_eq!(HeaderFlags(0x2311).link(), 13);
        let last = HeaderFlags(0x207F);
        assert_eq!((last.link(), last.is_formatter_error()), (99, true));
    }
}
