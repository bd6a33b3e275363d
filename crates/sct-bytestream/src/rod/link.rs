//! The link whose data are being read.

use sct_id::Strip;

use super::{
    Cluster,
    readout::{Place, Places, side},
};

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
    pub(super) size: usize,
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

    /// The cluster in offline strips; none when it leaves its chip or the wafer.
    #[inline]
    pub(super) fn cluster(self, sent: Pending, time_bin: u8) -> Option<Cluster> {
        let Pending { strip, size, errors } = sent;
        let first = usize::from(strip);
        let fits = first % Strip::PER_CHIP + size <= Strip::PER_CHIP;
        let first =
            if self.place.is_swapped { Strip::PER_WAFER.wrapping_sub(first + size) } else { first };
        let strip = Strip::new(first).ok().filter(|_| fits)?;
        let size = u8::try_from(size).ok()?;
        Some(Cluster { wafer: self.place.wafer, strip, size, time_bin, errors })
    }

    /// Whether the wafer is that of a side.
    pub(super) fn is_side(self, odd: usize) -> bool {
        self.place.wafer.side() == side(odd)
    }
}

/// The strip that a cluster of this link was sent with.
pub(super) fn readout_strip(cluster: Cluster, link: Link) -> u16 {
    let strips = cluster.strips();
    let strip = if link.place.is_swapped { Strip::PER_WAFER - strips.end } else { strips.start };
    u16::try_from(strip).unwrap_or(u16::MAX)
}
