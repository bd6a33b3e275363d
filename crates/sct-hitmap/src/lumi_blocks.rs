//! Everything that is counted by lumi block, filled together.

use sct_id::{Chip, LumiBlock, ReadoutSwap, Strip, WaferHash};

use crate::{ChipLumiBlocks, Error, StripWindows, strips::group};

/// The contents of SCTLB.root: events and hits per chip by lumi block, hits per strip by window of lumi blocks.
#[derive(Clone, Debug)]
pub struct LumiBlockMaps {
    /// Events, and hits per chip.
    pub chips: ChipLumiBlocks,
    /// Hits per strip.
    pub windows: StripWindows,
}

impl LumiBlockMaps {
    /// No events; lumi blocks 1 to `lumi_blocks` in windows of `per_window`.
    pub fn new(lumi_blocks: usize, per_window: usize) -> Self {
        Self {
            chips: ChipLumiBlocks::new(lumi_blocks),
            windows: StripWindows::new(lumi_blocks, per_window),
        }
    }

    /// Counts one event.
    ///
    /// # Errors
    ///
    /// [`Error::EventOverflow`].
    pub fn add_event(&mut self, lumi_block: LumiBlock) -> Result<(), Error> {
        self.chips.add_event(lumi_block)
    }

    /// Counts a hit in each of `size` strips from `first`. All of them go to the chip of the first strip, even where the
    /// group runs over the chip's edge: so does the original, and its per-chip histograms with it.
    ///
    /// # Errors
    ///
    /// [`Error::Group`] and overflows.
    pub fn fill_group(
        &mut self,
        wafer: WaferHash,
        first: Strip,
        size: usize,
        lumi_block: LumiBlock,
        swap: &ReadoutSwap,
    ) -> Result<(), Error> {
        for strip in group(wafer, first, size)? {
            self.windows.fill(wafer, strip, lumi_block)?;
        }
        let in_side = swap.chip(wafer, first).index() % Chip::PER_SIDE;
        let hits = u32::try_from(size).map_err(|_| Error::Group { wafer, first, size })?;
        self.chips.fill(wafer, in_side, lumi_block, hits)
    }

    /// Adds another part of the run.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] and overflows.
    pub fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.chips.merge(other.chips)?;
        self.windows.merge(other.windows)
    }
}

#[cfg(test)]
mod tests {
    use sct_id::BarrelSwap;

    use super::*;

    #[test]
    fn a_group_belongs_to_the_chip_of_its_first_strip() {
        let wafer = |text: &str| text.parse::<sct_id::WaferPosition>().unwrap().hash();
        let (plain, reversed) = (wafer("0_0_0_-6_0"), wafer("0_0_0_-6_1"));
        let swap = ReadoutSwap::new(BarrelSwap::Side1);
        let mut maps = LumiBlockMaps::new(5, 2);
        for wafer in [plain, reversed] {
            maps.fill_group(wafer, Strip::new(126).unwrap(), 4, LumiBlock::new(3), &swap).unwrap();
        }
        assert_eq!(maps.chips.hits(plain, 0), [0, 0, 4, 0, 0]);
        assert_eq!(maps.chips.hits(plain, 1), [0; 5]);
        assert_eq!(maps.chips.hits(reversed, 5), [0, 0, 4, 0, 0]);
        let mut counts = vec![0; Strip::PER_WAFER];
        maps.windows.counts(reversed, 1, &mut counts);
        assert_eq!(counts[125..131], [0, 1, 1, 1, 1, 0]);
    }
}
