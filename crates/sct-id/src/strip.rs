//! Strips of a wafer and of a module.

use crate::{Layout, Side, bounded::bounded};

bounded! {
    /// Strip of a wafer in offline order, 0 to 767, growing with phi.
    Strip(u16), "strip", Layout::SCT.strips_per_wafer()
}
bounded! {
    /// Strip of a module as defect lists count: `side * 768 + strip`, 0 to 1535.
    ModuleStrip(u16), "module strip", Layout::SCT.strips_per_module()
}

impl Strip {
    /// Strips read by one chip.
    pub const PER_CHIP: usize = Layout::SCT.strips_per_chip;
    /// Strips of one wafer.
    pub const PER_WAFER: usize = Self::COUNT;

    /// The strip counted from the other end; the same formula takes it back.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the strip count fits")]
        Self(Self::PER_WAFER as u16 - 1 - self.0)
    }

    /// Its number within the module.
    pub const fn in_module(self, side: Side) -> ModuleStrip {
        #[expect(clippy::cast_possible_truncation, reason = "the strip count fits")]
        ModuleStrip(self.0 + (side.index() * Self::PER_WAFER) as u16)
    }
}

impl ModuleStrip {
    /// The side it lies on.
    pub const fn side(self) -> Side {
        if self.index() < Strip::PER_WAFER { Side::Zero } else { Side::One }
    }

    /// Its number on that side.
    pub const fn strip(self) -> Strip {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the remainder is below the strip count"
        )]
        Strip((self.index() % Strip::PER_WAFER) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn module_strips_split_into_side_and_strip() {
        for number in ModuleStrip::all() {
            assert_eq!(number.strip().in_module(number.side()), number);
        }
        let last_of_side_0 = ModuleStrip::new(767).unwrap();
        assert_eq!((last_of_side_0.side(), last_of_side_0.strip().index()), (Side::Zero, 767));
        assert_eq!(ModuleStrip::new(768).unwrap().side(), Side::One);
        assert!(ModuleStrip::new(1536).is_err());
    }

    #[test]
    fn mirroring_twice_is_the_identity() {
        assert!(Strip::all().all(|strip| strip.mirrored().mirrored() == strip));
        assert_eq!(Strip::new(0).unwrap().mirrored().index(), 767);
    }
}
