//! The link whose data are being read.

use sct_id::Strip;

use super::readout::{Place, Places, side};

/// What the data of the moment belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    /// No header came since the last trailer.
    No,
    /// A link.
    Link,
    /// A link whose number does not exist: everything to the next header is dropped.
    Nothing,
}

/// How hits are packed, for one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Condensed,
    Expanded,
    SuperCondensed,
}

/// A cluster that may still grow. Its strip and side are those of the original's `oldStrip` and `oldSide`, its size that
/// of `groupSize`; the side is always the parity of the link.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pending {
    pub(super) strip: u16,
    /// 0 when there is none.
    pub(super) size: u32,
    pub(super) errors: u8,
}

/// A link of a ROD, once it has been selected.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) number: usize,
    pub(super) place: Place,
}

impl Link {
    #[inline]
    pub(super) fn select(places: &Places, number: usize) -> Self {
        Self { number, place: places[number & 127] }
    }

    /// Whether a hit of this side does not belong on this link: redundancy, or crossed fibres.
    #[inline]
    pub(super) const fn is_other_side(self, side: u16) -> bool {
        self.number & 1 != (side & 1) as usize
    }

    /// The link of the other side of the module.
    #[inline]
    pub(super) fn other_side(self, places: &Places) -> Self {
        Self::select(places, self.number ^ 1)
    }

    /// Whether the wafer is that of a side.
    pub(super) fn is_side(self, odd: usize) -> bool {
        self.place.wafer.side() == side(odd)
    }
}

/// Strips of which a cluster was made since the header, both sides of the module.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Made {
    strips: [u64; 2 * Strip::PER_WAFER / 64],
    /// Most links have at most one cluster, which is never looked up: the array is then left alone.
    is_used: bool,
}

impl Made {
    #[inline]
    fn bit(side: usize, strip: u16) -> (usize, u64) {
        let number = side * Strip::PER_WAFER + usize::from(strip);
        (number / 64 % (2 * Strip::PER_WAFER / 64), 1 << (number % 64))
    }

    #[inline]
    pub(super) fn insert(&mut self, side: usize, strip: u16) {
        let (word, bit) = Self::bit(side, strip);
        self.strips[word] |= bit;
        self.is_used = true;
    }

    #[inline]
    pub(super) fn contains(&self, side: usize, strip: u16) -> bool {
        let (word, bit) = Self::bit(side, strip);
        self.is_used && self.strips[word] & bit != 0
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        if self.is_used {
            *self = Self::default();
        }
    }
}
