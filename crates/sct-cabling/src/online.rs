//! Online identifiers: a fibre of a read-out driver.

use std::fmt;

use crate::{Error, Fibre, RodId};

/// One fibre of one ROD; as a number `fibre << 24 | ROD`, and ordered as that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OnlineId {
    fibre: Fibre,
    rod: RodId,
}

impl OnlineId {
    /// One more than the largest [`Self::dense_index`].
    pub const COUNT: usize = RodId::COUNT * Fibre::COUNT;

    /// The fibre of a ROD.
    pub const fn new(rod: RodId, fibre: Fibre) -> Self {
        Self { fibre, rod }
    }

    /// Takes the packed number apart.
    ///
    /// # Errors
    ///
    /// [`Error::Fibre`] and [`Error::Rod`] for parts that do not exist; fibre 255 and ROD `0xffffff` stand for "none".
    pub fn from_u32(id: u32) -> Result<Self, Error> {
        let fibre = Fibre::new((id >> 24) as usize)?;
        Ok(Self { fibre, rod: RodId::new(id & 0xFF_FFFF)? })
    }

    /// The packed number.
    pub const fn to_u32(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "fibres are below 96")]
        let fibre = self.fibre.index() as u32;
        fibre << 24 | self.rod.to_u32()
    }

    /// The ROD.
    pub const fn rod(self) -> RodId {
        self.rod
    }

    /// The fibre.
    pub const fn fibre(self) -> Fibre {
        self.fibre
    }

    /// The other fibre of the pair, on the same ROD.
    #[must_use]
    pub const fn partner(self) -> Self {
        Self { fibre: self.fibre.partner(), rod: self.rod }
    }

    /// Place in arrays, below [`Self::COUNT`]: `ROD index * 96 + fibre`. Source: `SCT_OnlineId::index`.
    pub const fn dense_index(self) -> usize {
        self.rod.index() * Fibre::COUNT + self.fibre.index()
    }
}

impl fmt::Display for OnlineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fibre {} of ROD {}", self.fibre, self.rod)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_pack_fibre_and_rod() {
        let id = OnlineId::from_u32(0x5F24_010B).unwrap();
        assert_eq!((id.fibre().index(), id.rod().to_u32()), (95, 0x24_010B));
        assert_eq!(OnlineId::new(id.rod(), id.fibre()).to_u32(), 0x5F24_010B);
        assert_eq!(id.to_string(), "fibre 95 of ROD 0x24010b");
        let next = OnlineId::from_u32(0x0024_010B).unwrap();
        assert!(next < id && next > OnlineId::from_u32(0x0021_0000).unwrap());
    }

    #[test]
    fn dense_indices_follow_the_published_formula() {
        for (id, index) in [
            (0x0021_0000, 0),
            (0x0121_0000, 1),
            (0x0022_0000, 16 * 96),
            (0x0021_0100, 64 * 96),
            (0x0324_010B, (7 * 16 + 11) * 96 + 3),
        ] {
            assert_eq!(OnlineId::from_u32(id).unwrap().dense_index(), index, "{id:#x}");
        }
        const { assert!(OnlineId::COUNT < 19872) };
    }

    #[test]
    fn parts_that_do_not_exist_are_named() {
        assert_eq!(OnlineId::from_u32(0x6021_0000), Err(Error::Fibre(96)));
        assert_eq!(OnlineId::from_u32(0xFF21_0000), Err(Error::Fibre(255)));
        assert_eq!(OnlineId::from_u32(0x00FF_FFFF), Err(Error::Rod(0xFF_FFFF)));
    }
}
