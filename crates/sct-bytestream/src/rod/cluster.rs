//! Clusters of strips, as the detector sends them.

use sct_id::{Strip, WaferHash};

use crate::words::count;

/// Neighbouring strips of one raw datum: `strip` to `strip + size - 1`, all on one chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cluster {
    /// The wafer.
    pub wafer: WaferHash,
    /// First strip, offline order.
    pub strip: Strip,
    /// Strips, 1 to 128.
    pub size: u8,
    /// Hit in the crossing before (bit 2), at (bit 1) and after (bit 0) the trigger; 2 in modes that do not say.
    pub time_bin: u8,
    /// Bit 0: error in the first strip as sent, bit 1: in the second one.
    pub errors: u8,
}

impl Cluster {
    /// No strips, to fill memory with.
    pub(super) fn nothing() -> Self {
        let wafer = WaferHash::new(0).expect("there is a first wafer");
        let strip = Strip::new(0).expect("there is a first strip");
        Self { wafer, strip, size: 0, time_bin: 0, errors: 0 }
    }

    /// Error in the first strip.
    pub const FIRST_HIT_ERROR: u8 = 1;
    /// Error in the second strip.
    pub const SECOND_HIT_ERROR: u8 = 2;

    /// The word of the offline software: size, strip in bits 21 to 11, time bins in 24 to 22, errors in 30 and 29. Source:
    /// `SCT_RodDecoder::makeRDO`.
    pub fn word(self) -> u32 {
        u32::from(self.size)
            | count(self.strip.index()) << 11
            | u32::from(self.time_bin) << 22
            | u32::from(self.errors) << 29
    }

    /// Whether the strip was hit at the trigger's crossing.
    pub const fn is_on_time(self) -> bool {
        self.time_bin & 2 != 0
    }

    /// The strips as indices, below [`Strip::PER_WAFER`].
    #[inline]
    pub const fn strips(self) -> std::ops::Range<usize> {
        let first = self.strip.index();
        first..first + self.size as usize
    }
}
