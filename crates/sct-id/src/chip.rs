//! Read-out chips.

use crate::{Layout, Side, bounded::bounded};

bounded! {
    /// Chip of a module in read-out (online) numbering: 0 to 5 on side 0, 6 to 11 on side 1.
    Chip(u8), "chip", Layout::SCT.chips_per_module()
}

impl Chip {
    /// Chips of one side.
    pub const PER_SIDE: usize = Layout::SCT.chips_per_side;

    /// The chip at a place of one side, 0 to 5.
    ///
    /// # Errors
    ///
    /// [`Error::Range`](crate::Error::Range) when `in_side` is not below [`Self::PER_SIDE`].
    pub const fn on_side(side: Side, in_side: usize) -> Result<Self, crate::Error> {
        // A place past the side must not wander to the other one.
        let place = if in_side < Self::PER_SIDE {
            in_side + side.index() * Self::PER_SIDE
        } else {
            usize::MAX
        };
        Self::new(place)
    }

    /// The side it reads.
    pub const fn side(self) -> Side {
        if self.index() < Self::PER_SIDE { Side::Zero } else { Side::One }
    }

    /// Its place on that side, 0 to 5.
    pub const fn in_side(self) -> usize {
        self.index() % Self::PER_SIDE
    }
}
