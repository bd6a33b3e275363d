//! Fibres of a read-out driver.

use std::fmt;

use sct_id::Side;

use crate::Error;

/// Fibre of a ROD, 0 to 95: one data link of a module ends there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fibre(u8);

impl Fibre {
    /// Fibres of a ROD.
    pub const COUNT: usize = 96;

    /// Checks the range.
    ///
    /// # Errors
    ///
    /// [`Error::Fibre`] when `fibre` is not below [`Self::COUNT`].
    pub const fn new(fibre: usize) -> Result<Self, Error> {
        if fibre < Self::COUNT {
            #[expect(clippy::cast_possible_truncation, reason = "the fibre count fits")]
            Ok(Self(fibre as u8))
        } else {
            Err(Error::Fibre(fibre as u64))
        }
    }

    /// All fibres of a ROD in order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        #[expect(clippy::cast_possible_truncation, reason = "the fibre count fits")]
        (0..Self::COUNT).map(|fibre| Self(fibre as u8))
    }

    /// The number, for use in arrays.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The other fibre of the pair that a module has.
    #[must_use]
    pub const fn partner(self) -> Self {
        Self(self.0 ^ 1)
    }

    /// The side whose data belong on it: even fibres are for side 0, odd ones for side 1.
    pub const fn side(self) -> Side {
        if self.0.is_multiple_of(2) { Side::Zero } else { Side::One }
    }
}

impl fmt::Display for Fibre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fibres_end_at_95() {
        assert_eq!(Fibre::all().last(), Fibre::new(95).ok());
        assert_eq!(Fibre::new(96), Err(Error::Fibre(96)));
        assert_eq!(Fibre::new(255), Err(Error::Fibre(255)));
        assert!(Fibre::all().all(|fibre| fibre.partner().partner() == fibre));
        assert_eq!(Fibre::new(94).map(Fibre::partner), Fibre::new(95));
        assert!(Fibre::all().all(|fibre| fibre.side().index() == fibre.index() % 2));
    }
}
