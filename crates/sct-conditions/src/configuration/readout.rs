//! Which chips of a module are in the read-out: each chip hands its data to the next one towards the master of a link, and a
//! chip that the chain leaves out is silent, whatever its mask says.
//!
//! Source: `SCT_ReadoutTool`, `SCT_Chip`.

use sct_id::{Chip, ModuleHash, Region, Side};

/// Bits of the configuration word.
const IN_PORT: u32 = 9;
const OUT_PORT: u32 = 10;
/// 0 for a master.
const SLAVE: u32 = 11;
const END: u32 = 12;

/// The chips that send to each chip, by its port; barrel modules.
const BARREL: [[Option<usize>; 2]; Chip::COUNT] = [
    [Some(1), Some(2)],
    [Some(2), Some(3)],
    [Some(3), Some(4)],
    [Some(4), Some(5)],
    [Some(5), None],
    [None, Some(7)],
    [Some(7), Some(8)],
    [Some(8), Some(9)],
    [Some(9), Some(10)],
    [Some(10), Some(11)],
    [Some(11), None],
    [None, Some(1)],
];
/// Barrel modules with another line on link 0 and on link 1, by identifier. Source: section 7 of
/// `docs/formats/identifiers.md`.
const MODIFIED: [&[u32]; 2] = [
    &[169_922_560, 170_801_152, 172_556_288, 172_621_824, 174_342_144, 174_610_432, 174_962_688],
    &[170_983_424, 173_268_992, 174_301_184, 175_015_936],
];

/// The word of a chip read by the link of its side: the first chip is the master, the last the end, ports 0.
pub(super) fn standard_word(chip: Chip) -> u16 {
    let slave = u16::from(chip.in_side() != 0) << SLAVE;
    slave | u16::from(chip.in_side() + 1 == Chip::PER_SIDE) << END
}

/// The wiring of a module and the words of its chips.
pub(super) struct Readout {
    inputs: [[Option<usize>; 2]; Chip::COUNT],
    words: [u16; Chip::COUNT],
    active: [bool; 2],
}

impl Readout {
    /// For the words of the chips, and links that have a fibre or not.
    pub(super) fn new(module: ModuleHash, words: [u16; Chip::COUNT], active: [bool; 2]) -> Self {
        let mut inputs = BARREL;
        let position = module.position();
        let end_cap = position.region() != Region::Barrel;
        let id = position.id().to_u32();
        // The last chips of each side have a line to the first of the next or of their own side.
        if end_cap {
            (inputs[5][0], inputs[11][0]) = (Some(6), Some(0));
        } else if MODIFIED[0].contains(&id) {
            inputs[5][0] = Some(0);
        } else if MODIFIED[1].contains(&id) {
            inputs[11][0] = Some(6);
        }
        Self { inputs, words, active }
    }

    fn bit(&self, chip: usize, bit: u32) -> bool {
        self.words[chip] >> bit & 1 == 1
    }

    /// The chips whose data arrive.
    pub(super) fn chips(&self) -> [bool; Chip::COUNT] {
        let mut read = [false; Chip::COUNT];
        for side in Side::ALL {
            let (chain, sane) = self.chain(side);
            for chip in chain {
                read[chip] = sane;
            }
        }
        read
    }

    /// The chips on a link, from its master on, and whether the chain comes to an end.
    fn chain(&self, link: Side) -> (Vec<usize>, bool) {
        let first = link.index() * Chip::PER_SIDE;
        let mut chain = Vec::new();
        // A link that is off, or without a master, reads nothing; the other one may.
        if !self.active[link.index()] || self.bit(first, SLAVE) {
            return (chain, true);
        }
        let mut chip = first;
        // More chips than there are would go round in a circle.
        while chain.len() < Chip::COUNT {
            let may_be_master = chip.is_multiple_of(Chip::PER_SIDE);
            if !may_be_master && !self.bit(chip, SLAVE) {
                return (chain, false);
            }
            chain.push(chip);
            if self.bit(chip, END) {
                return (chain, true);
            }
            let port = self.bit(chip, IN_PORT);
            match self.inputs[chip][usize::from(port)] {
                Some(next) if self.bit(next, OUT_PORT) == port => chip = next,
                _ => return (chain, false),
            }
        }
        (chain, false)
    }
}

#[cfg(test)]
mod tests {
    use sct_id::ModulePosition;

    use super::*;

    const IN: u16 = 1 << IN_PORT;
    const OUT: u16 = 1 << OUT_PORT;
    const STOP: u16 = 1 << END;
    const ALL: [bool; 2] = [true; 2];

    fn words() -> [u16; Chip::COUNT] {
        let mut words = [0; Chip::COUNT];
        for chip in Chip::all() {
            words[chip.index()] = standard_word(chip);
        }
        words
    }

    /// The chips in the read-out, as text.
    fn read(region: Region, words: [u16; Chip::COUNT], active: [bool; 2]) -> String {
        let eta = i64::from(region == Region::Barrel);
        let module = ModulePosition::new(region, 0, 0, eta).unwrap().hash();
        let chips = Readout::new(module, words, active).chips();
        chips.map(|read| if read { 'x' } else { '-' }).iter().collect()
    }

    #[test]
    fn every_chip_is_read_by_the_link_of_its_side() {
        for region in Region::ALL {
            assert_eq!(read(region, words(), ALL), "xxxxxxxxxxxx");
            assert_eq!(read(region, words(), [false, true]), "------xxxxxx");
        }
    }

    #[test]
    fn bypassed_chips_are_left_out() {
        // Chip 1 listens to chip 3 on its second port, chip 3 talks on it.
        let mut bypass = words();
        bypass[1] |= IN;
        bypass[3] |= OUT;
        assert_eq!(read(Region::Barrel, bypass, ALL), "xx-xxxxxxxxx");
        // The side ends early.
        let mut short = words();
        short[8] |= STOP;
        assert_eq!(read(Region::Barrel, short, ALL), "xxxxxxxxx---");
    }

    #[test]
    fn one_link_can_read_both_sides() {
        let mut both = words();
        both[5] &= !STOP;
        both[6] |= 1 << SLAVE;
        assert_eq!(read(Region::EndCapA, both, [true, false]), "xxxxxxxxxxxx");
        // In the barrel the way from chip 5 leads past chip 6.
        assert_eq!(read(Region::Barrel, both, [true, false]), "------------");
        both[5] |= IN;
        both[7] |= OUT;
        assert_eq!(read(Region::Barrel, both, [true, false]), "xxxxxx-xxxxx");
    }

    #[test]
    fn chains_that_lead_nowhere_read_nothing() {
        let mut master = words();
        master[3] &= !(1 << SLAVE);
        assert_eq!(read(Region::Barrel, master, ALL), "------xxxxxx");
        let mut deaf = words();
        deaf[9] |= IN;
        assert_eq!(read(Region::Barrel, deaf, ALL), "xxxxxx------");
        let mut circle = words().map(|word| word & !STOP);
        circle[6] |= 1 << SLAVE;
        assert_eq!(read(Region::EndCapC, circle, ALL), "------------");
    }

    #[test]
    fn modified_modules_have_a_line_of_their_own() {
        for (link, ids) in MODIFIED.into_iter().enumerate() {
            for &id in ids {
                let module = sct_id::CompactId::from_u32(id).unwrap().module();
                assert_eq!(module.region(), Region::Barrel);
                let readout = Readout::new(module.hash(), words(), ALL);
                assert_eq!(readout.inputs[5][0], (link == 0).then_some(0));
                assert_eq!(readout.inputs[11][0], (link == 1).then_some(6));
            }
        }
    }
}
