//! Read-out drivers.

use std::fmt;

use crate::Error;

/// Source identifier of a read-out driver (ROD), `0x2SCCNN`: `S` is the partition (1 and 2 barrel, 3 and 4 end-caps),
/// `CC` the crate, `NN` the place in it.
///
/// A read-out buffer (ROB) has the identifier of its ROD, so that this type stands for both. Two numberings exist, see
/// [`Numbering`]; a number of neither is refused, as it can only come from damaged data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RodId(u32);

/// The two ways to number the RODs past the first eleven of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// `0x2S010N`: the second crate counts from 0 again. The detector, and every database.
    Detector,
    /// `0x2S000b` to `0x2S0015`: one count through both crates. The text file of older simulation.
    OldSimulation,
}

/// RODs of each partition and crate: the partition with the crate, and how many. Source: section 1 of
/// `docs/formats/cabling.md`.
const CRATES: [(u32, u32); 8] = [
    (0x21_0000, 11),
    (0x21_0100, 11),
    (0x22_0000, 11),
    (0x22_0100, 11),
    (0x23_0000, 11),
    (0x23_0100, 12),
    (0x24_0000, 12),
    (0x24_0100, 11),
];

impl RodId {
    /// One more than the largest [`Self::index`].
    pub const COUNT: usize = 192;

    /// Checks that a ROD can have this identifier, in one of the two numberings.
    ///
    /// # Errors
    ///
    /// [`Error::Rod`] when it cannot.
    pub const fn new(id: u32) -> Result<Self, Error> {
        let block = (id >> 4) & 0xFFF;
        let known = matches!(id >> 16, 0x21..=0x24) && matches!(block, 0x00 | 0x01 | 0x10);
        if known { Ok(Self(id)) } else { Err(Error::Rod(id)) }
    }

    /// The 90 RODs of the detector, ascending.
    pub fn detector() -> impl Iterator<Item = Self> {
        CRATES.into_iter().flat_map(|(first, count)| (first..first + count).map(Self))
    }

    /// The identifier.
    pub const fn to_u32(self) -> u32 {
        self.0
    }

    /// Place in arrays, below [`Self::COUNT`]. The digits of the detector's numbering, packed; the places after them are
    /// for the old simulation, so that no two RODs share one.
    pub const fn index(self) -> usize {
        (digit(self.0, 4) - 1 + 4 * (digit(self.0, 2) + 2 * digit(self.0, 1))) * 16
            + digit(self.0, 0)
    }

    /// The only numbering that has this ROD; none for those that both have.
    pub const fn numbering(self) -> Option<Numbering> {
        match (self.0 >> 4) & 0xFFF {
            0x10 => Some(Numbering::Detector),
            0x01 => Some(Numbering::OldSimulation),
            _ => None,
        }
    }
}

/// A hexadecimal digit, counted from the right.
const fn digit(id: u32, n: u32) -> usize {
    ((id >> (4 * n)) & 0xF) as usize
}

impl fmt::Display for RodId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_detector_has_90_rods() {
        let rods: Vec<RodId> = RodId::detector().collect();
        assert_eq!(rods.len(), 90);
        assert!(rods.is_sorted_by(|a, b| a < b));
        assert!(rods.iter().all(|rod| RodId::new(rod.to_u32()) == Ok(*rod)));
        assert_eq!(rods.iter().filter(|rod| rod.to_u32() & 0x100 == 0).count(), 45);
        for id in [0x21_000A, 0x22_010A, 0x23_010B, 0x24_000B] {
            assert!(rods.contains(&RodId(id)) && !rods.contains(&RodId(id + 1)), "{id:#x}");
        }
    }

    #[test]
    fn every_valid_rod_has_its_own_index() {
        let valid: Vec<RodId> = (0..0x30_0000).filter_map(|id| RodId::new(id).ok()).collect();
        let indices: BTreeSet<usize> = valid.iter().map(|rod| rod.index()).collect();
        assert_eq!((valid.len(), indices.len()), (RodId::COUNT, RodId::COUNT));
        assert_eq!(indices.last(), Some(&(RodId::COUNT - 1)));
    }

    #[test]
    fn numbers_of_neither_numbering_are_refused() {
        for id in [0, 0x20_0000, 0x25_0000, 0x21_0020, 0x21_0110, 0x21_1000, 0x121_0000, u32::MAX] {
            assert_eq!(RodId::new(id), Err(Error::Rod(id)));
        }
    }

    #[test]
    fn the_numberings_are_told_apart() {
        let numbering = |id| RodId::new(id).unwrap().numbering();
        assert_eq!(numbering(0x22_0105), Some(Numbering::Detector));
        assert_eq!(numbering(0x22_0010), Some(Numbering::OldSimulation));
        assert_eq!(numbering(0x22_0005), None);
    }
}
