//! Checksums of fragments.

use crate::Words;

/// How the payload of a fragment is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumKind {
    /// Not at all; there is no trailing word.
    None,
    /// CRC16-CCITT over words. The order in which it takes the bits of a word is not public: the value is skipped when
    /// reading, and cannot be written.
    Crc16,
    /// Adler-32 over the stored bytes, start value 1.
    Adler32,
    /// A type of neither kind; there is a trailing word, which is skipped.
    Other(u32),
}

impl ChecksumKind {
    /// From the header word.
    pub const fn from_u32(kind: u32) -> Self {
        match kind {
            0 => Self::None,
            1 => Self::Crc16,
            2 => Self::Adler32,
            other => Self::Other(other),
        }
    }

    /// The header word.
    pub const fn to_u32(self) -> u32 {
        match self {
            Self::None => 0,
            Self::Crc16 => 1,
            Self::Adler32 => 2,
            Self::Other(kind) => kind,
        }
    }

    /// Words at the end of a fragment that hold the value.
    pub(crate) const fn words(self) -> usize {
        !matches!(self, Self::None) as usize
    }
}

/// Outcome of comparing a stored checksum with the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// There is none.
    None,
    /// It agrees.
    Good,
    /// It does not agree: the payload is damaged, or the value is.
    Bad {
        /// Value in the file.
        stored: u32,
        /// Value of the payload.
        found: u32,
    },
    /// It is of a kind whose definition is not public.
    NotVerified,
}

impl Checksum {
    /// Compares.
    pub fn verify(kind: ChecksumKind, payload: Words<'_>, stored: u32) -> Self {
        match kind {
            ChecksumKind::None => Self::None,
            ChecksumKind::Crc16 | ChecksumKind::Other(_) => Self::NotVerified,
            ChecksumKind::Adler32 => match libdeflater::adler32(payload.bytes()) {
                found if found == stored => Self::Good,
                found => Self::Bad { stored, found },
            },
        }
    }
}

/// How the checksums of some fragments came out; events and ROBs count alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChecksumCounts {
    /// Agree.
    pub good: u64,
    /// Do not agree.
    pub bad: u64,
    /// Of a kind that cannot be verified, or verification is off.
    pub not_verified: u64,
}

impl ChecksumCounts {
    /// Counts one outcome.
    pub fn add(&mut self, checksum: Checksum) {
        match checksum {
            Checksum::None => {}
            Checksum::Good => self.good += 1,
            Checksum::Bad { .. } => self.bad += 1,
            Checksum::NotVerified => self.not_verified += 1,
        }
    }

    /// Adds the counts of other fragments.
    pub fn merge(&mut self, other: Self) {
        self.good += other.good;
        self.bad += other.bad;
        self.not_verified += other.not_verified;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, byte by byte.
    fn definition(bytes: &[u8]) -> u32 {
        let (mut a, mut b) = (1_u32, 0_u32);
        for &byte in bytes {
            a = (a + u32::from(byte)) % 65521;
            b = (b + a) % 65521;
        }
        b << 16 | a
    }

    #[test]
    fn adler_32_is_the_published_one() {
        assert_eq!(definition(b"Wikipedia"), 0x11E6_0398);
        for bytes in [&b""[..], b"Wikipedia...", &[0xFF; 16_000]] {
            let (words, stored) = (Words::of(bytes), definition(bytes));
            let verify = |stored| Checksum::verify(ChecksumKind::Adler32, words, stored);
            assert_eq!(verify(stored), Checksum::Good);
            let bad = Checksum::Bad { stored: stored ^ 4, found: stored };
            assert_eq!(verify(stored ^ 4), bad);
        }
    }

    #[test]
    fn other_kinds_are_counted_and_not_trusted() {
        let mut counts = ChecksumCounts::default();
        for kind in 0..4 {
            let kind = ChecksumKind::from_u32(kind);
            assert_eq!(ChecksumKind::from_u32(kind.to_u32()), kind);
            counts.add(Checksum::verify(kind, Words::default(), 1));
        }
        assert_eq!(counts, ChecksumCounts { good: 1, bad: 0, not_verified: 2 });
    }
}
