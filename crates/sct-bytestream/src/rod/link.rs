//! The link whose data are being read.

use std::hint::select_unpredictable;

use sct_id::Strip;

use super::{
    Cluster,
    half_word::HeaderFlags,
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
        let (cluster, fits) = self.place.cluster(sent, time_bin);
        fits.then_some(cluster)
    }

    /// A header without flags that selects it.
    pub(super) fn header(self) -> HeaderFlags {
        HeaderFlags::of_link(u8::try_from(self.number).unwrap_or(u8::MAX), 0)
    }

    /// Whether the wafer is that of a side.
    pub(super) fn is_side(self, odd: usize) -> bool {
        self.place.wafer.side() == side(odd)
    }
}

impl Place {
    /// The cluster in offline strips, and whether it lies on one chip of the wafer; it means nothing when it does not.
    /// Without branches, since most hits come this way.
    #[expect(clippy::needless_bitwise_bool, reason = "branches cannot be foreseen here")]
    #[inline]
    pub(super) fn cluster(self, sent: Pending, time_bin: u8) -> (Cluster, bool) {
        let Pending { strip, size, errors } = sent;
        let (first, end) = (usize::from(strip), usize::from(strip) + size);
        let strip =
            select_unpredictable(self.is_swapped, Strip::PER_WAFER.wrapping_sub(end), first);
        let fits = (first % Strip::PER_CHIP + size <= Strip::PER_CHIP) & (end <= Strip::PER_WAFER);
        let strip = Strip::new(strip).unwrap_or_else(|_| Cluster::nothing().strip);
        // A size that a byte does not hold does not fit on a chip either.
        let size = size.to_le_bytes()[0];
        (Cluster { wafer: self.wafer, strip, size, time_bin, errors }, fits)
    }
}

/// The strip that a cluster of this link was sent with.
pub(super) fn readout_strip(cluster: Cluster, link: Link) -> u16 {
    let strips = cluster.strips();
    let strip = if link.place.is_swapped { Strip::PER_WAFER - strips.end } else { strips.start };
    u16::try_from(strip).unwrap_or(u16::MAX)
}
