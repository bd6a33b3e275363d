//! How the chips of a module are read out: over which links, and in which order.

use sct_id::{Chip, CompactId, ModuleHash, SerialNumber, Side};

/// Which of the two data links of a module work. Link 0 belongs to side 0, link 1 to side 1; when one is dead the other
/// carries both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UsableLinks {
    /// Each side has its own.
    #[default]
    Both,
    /// Link 1 is dead.
    OnlyLink0,
    /// Link 0 is dead.
    OnlyLink1,
    /// The module sends nothing.
    Neither,
}

impl UsableLinks {
    /// From the state of link 0 and link 1.
    pub const fn from_usable(link_0: bool, link_1: bool) -> Self {
        match (link_0, link_1) {
            (true, true) => Self::Both,
            (true, false) => Self::OnlyLink0,
            (false, true) => Self::OnlyLink1,
            (false, false) => Self::Neither,
        }
    }

    /// Whether the link of this side works.
    pub const fn is_usable(self, side: Side) -> bool {
        match side {
            Side::Zero => matches!(self, Self::Both | Self::OnlyLink0),
            Side::One => matches!(self, Self::Both | Self::OnlyLink1),
        }
    }

    /// The side whose link works, when exactly one does: errors of its wafer are those of the other side too.
    pub const fn only(self) -> Option<Side> {
        match self {
            Self::OnlyLink0 => Some(Side::Zero),
            Self::OnlyLink1 => Some(Side::One),
            Self::Both | Self::Neither => None,
        }
    }

    /// The same without the link of this side.
    #[must_use]
    pub const fn without(self, side: Side) -> Self {
        match side {
            Side::Zero => Self::from_usable(false, self.is_usable(Side::One)),
            Side::One => Self::from_usable(self.is_usable(Side::Zero), false),
        }
    }
}

/// How a module passes its data from chip to chip when one link carries both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadoutClass {
    /// As built for all modules but eleven.
    Normal,
    /// Modified routing, read out over link 0.
    ModifiedLink0,
    /// Modified routing, read out over link 1.
    ModifiedLink1,
    /// Modified routing that is not in use.
    ModifiedNormalOrder,
}

/// A module with modified routing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModifiedModule {
    serial: i64,
    id: u32,
    class: ReadoutClass,
}

/// The eleven modules with modified routing, all in the barrel. Source: `SCT_RodDecoder::setFirstTempMaskedChip` (how
/// each is read out) and `SCT_ReadoutData` (where they are), after table 3.8 of CERN-THESIS-2008-001.
pub const MODIFIED_MODULES: [ModifiedModule; 11] = [
    modified(20_220_170_200_183, 173_268_992, ReadoutClass::ModifiedLink0),
    modified(20_220_330_200_606, 174_301_184, ReadoutClass::ModifiedLink0),
    modified(20_220_330_200_693, 175_015_936, ReadoutClass::ModifiedLink0),
    modified(20_220_170_200_653, 169_922_560, ReadoutClass::ModifiedLink1),
    modified(20_220_330_200_117, 174_962_688, ReadoutClass::ModifiedLink1),
    modified(20_220_330_200_209, 174_342_144, ReadoutClass::ModifiedLink1),
    modified(20_220_330_200_505, 174_610_432, ReadoutClass::ModifiedLink1),
    modified(20_220_330_200_637, 172_621_824, ReadoutClass::ModifiedLink1),
    modified(20_220_330_200_701, 172_556_288, ReadoutClass::ModifiedLink1),
    modified(20_220_170_200_941, 170_983_424, ReadoutClass::ModifiedNormalOrder),
    modified(20_220_170_200_113, 170_801_152, ReadoutClass::ModifiedNormalOrder),
];

const fn modified(serial: i64, id: u32, class: ReadoutClass) -> ModifiedModule {
    ModifiedModule { serial, id, class }
}

impl ModifiedModule {
    /// Its serial number, by which it is known.
    pub fn serial(self) -> SerialNumber {
        SerialNumber::from_number(self.serial).expect("the table holds serial numbers")
    }

    /// Where it is mounted.
    pub fn module(self) -> ModuleHash {
        CompactId::from_u32(self.id).expect("the table holds modules").module().hash()
    }

    /// How it is read out.
    pub const fn class(self) -> ReadoutClass {
        self.class
    }
}

/// All chips of a module in the order in which one link reads them.
pub type Chain = [Chip; Chip::COUNT];

const LINK_0: [usize; Chip::COUNT] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const LINK_1: [usize; Chip::COUNT] = [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5];
const MODIFIED_LINK_0: [usize; Chip::COUNT] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 6];
const MODIFIED_LINK_1: [usize; Chip::COUNT] = [6, 7, 8, 9, 10, 11, 1, 2, 3, 4, 5, 0];

impl ReadoutClass {
    /// The class of a module.
    pub fn of(serial: SerialNumber) -> Self {
        MODIFIED_MODULES
            .iter()
            .find(|modified| modified.serial.unsigned_abs() == serial.number())
            .map_or(Self::Normal, |modified| modified.class)
    }

    /// The order of the chips when one link carries both sides; none when each side has its own link, or no link works.
    ///
    /// Of a modified module the class decides and not the link, as in the original: the two agree in the real detector.
    pub fn chain(self, links: UsableLinks) -> Option<Chain> {
        let numbers = match (self, links) {
            (_, UsableLinks::Both | UsableLinks::Neither) => return None,
            (Self::ModifiedLink0, _) => MODIFIED_LINK_0,
            (Self::ModifiedLink1, _) => MODIFIED_LINK_1,
            (_, UsableLinks::OnlyLink0) => LINK_0,
            (_, UsableLinks::OnlyLink1) => LINK_1,
        };
        Some(numbers.map(|number| Chip::new(number).expect("the chains hold numbers below 12")))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn numbers(class: ReadoutClass, links: UsableLinks) -> Option<Vec<usize>> {
        class.chain(links).map(|chain| chain.iter().map(|chip| chip.index()).collect())
    }

    #[test]
    fn chains_are_those_of_the_table() {
        use ReadoutClass::{ModifiedLink0, ModifiedLink1, ModifiedNormalOrder, Normal};
        use UsableLinks::{OnlyLink0, OnlyLink1};
        for (class, links, expected) in [
            (Normal, OnlyLink0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
            (Normal, OnlyLink1, [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5]),
            (ModifiedLink0, OnlyLink0, [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 6]),
            (ModifiedLink1, OnlyLink1, [6, 7, 8, 9, 10, 11, 1, 2, 3, 4, 5, 0]),
            (ModifiedNormalOrder, OnlyLink0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        ] {
            assert_eq!(numbers(class, links), Some(expected.to_vec()), "{class:?} {links:?}");
        }
        assert_eq!(numbers(ModifiedLink0, UsableLinks::Both), None);
        assert_eq!(numbers(Normal, UsableLinks::Neither), None);
    }

    #[test]
    fn eleven_modules_are_modified() {
        let serials: BTreeSet<_> = MODIFIED_MODULES.iter().map(|m| m.serial()).collect();
        assert_eq!(serials.len(), 11);
        for modified in MODIFIED_MODULES {
            assert_eq!(ReadoutClass::of(modified.serial()), modified.class());
        }
        // Side-0 wafer hashes as the decoder's source states them.
        let hashes = MODIFIED_MODULES.map(|m| m.module().wafer(Side::Zero).index());
        assert_eq!(hashes[..10], [4662, 5032, 5554, 2786, 5516, 5062, 5260, 4184, 4136, 3560]);
        let other = SerialNumber::from_truncated(170_200_654).unwrap();
        assert_eq!(ReadoutClass::of(other), ReadoutClass::Normal);
    }

    #[test]
    fn links_are_lost_one_by_one() {
        let one = UsableLinks::Both.without(Side::Zero);
        assert_eq!((one, one.only()), (UsableLinks::OnlyLink1, Some(Side::One)));
        assert_eq!(one.without(Side::Zero), one);
        assert_eq!(one.without(Side::One), UsableLinks::Neither);
        assert_eq!(UsableLinks::Neither.only(), None);
        assert!(!one.is_usable(Side::Zero) && one.is_usable(Side::One));
    }
}
