//! Fills all maps at once, one lumi block after the other.

use sct_id::{Chip, LumiBlock, ReadoutSwap, Strip, WaferHash};

use crate::{
    Error, Hitmap, LumiBlockMaps,
    portion::{Portion, Tally},
};

/// Neighbouring wafers that are counted together: what they need stays in the cache of a core.
const WAFERS: usize = 128;

/// The maps of one run or one part of it.
#[derive(Clone, Debug, Default)]
pub struct RunMaps {
    /// Hits per strip.
    pub hits: Hitmap,
    /// What is counted by lumi block, if it is asked for.
    pub lumi_blocks: Option<LumiBlockMaps>,
}

impl RunMaps {
    /// Adds another part of the run.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] when only one has maps by lumi block, or theirs differ in shape; overflows.
    pub fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.hits.merge(&other.hits)?;
        match (&mut self.lumi_blocks, other.lumi_blocks) {
            (Some(maps), Some(more)) => maps.merge(more),
            (None, None) => Ok(()),
            (maps, more) => Err(Error::Shape {
                what: "maps by lumi block",
                left: usize::from(maps.is_some()),
                right: usize::from(more.is_some()),
            }),
        }
    }

    /// Window of a lumi block; one for all without maps by lumi block.
    fn window(&self, lumi_block: LumiBlock) -> Option<usize> {
        self.lumi_blocks.as_ref().map_or(Some(0), |maps| maps.windows.window(lumi_block))
    }
}

/// Collects the hits of consecutive events and hands them over to the maps when the lumi block changes.
///
/// Events may come in any order with the same result; it is quick when those of a lumi block come together. Several fillers
/// may fill the same maps by turns. The memory is 17 MB, two thirds of that of a hit map.
#[derive(Debug)]
pub struct Filler {
    /// Hits since the last change of the window, by [`WAFERS`] wafers.
    portions: Vec<Portion>,
    events: u64,
    /// Whether a portion is to be handed over before the window changes.
    is_full: bool,
    current: Option<(LumiBlock, Option<usize>)>,
}

impl Default for Filler {
    fn default() -> Self {
        let portions = WaferHash::COUNT.div_ceil(WAFERS);
        Self {
            portions: (0..portions).map(|_| Portion::new(WAFERS)).collect(),
            events: 0,
            is_full: false,
            current: None,
        }
    }
}

impl Filler {
    /// Counts an event; the groups that follow belong to it.
    ///
    /// # Errors
    ///
    /// Overflows, when the events before are handed over.
    pub fn begin_event(
        &mut self,
        lumi_block: LumiBlock,
        maps: &mut RunMaps,
        swap: &ReadoutSwap,
    ) -> Result<(), Error> {
        if std::mem::take(&mut self.is_full) {
            self.hand_over_window(maps, Portion::is_full)?;
        }
        if self.current.is_none_or(|(current, _)| current != lumi_block) {
            let window = maps.window(lumi_block);
            self.hand_over_lumi_block(maps, swap)?;
            if self.current.is_some_and(|(_, current)| current != window) {
                self.hand_over_window(maps, |_| true)?;
            }
            self.current = Some((lumi_block, window));
        }
        self.events += 1;
        Ok(())
    }

    /// Counts a hit in each of `size` strips from `first`; per chip, all of them belong to the chip of the first.
    ///
    /// # Errors
    ///
    /// [`Error::Group`] when they run over the end of the wafer.
    #[inline]
    pub fn group(&mut self, wafer: WaferHash, first: Strip, size: usize) -> Result<(), Error> {
        let (index, start) = (wafer.index(), first.index());
        if size > Strip::PER_WAFER - start {
            return Err(Error::Group { wafer, first, size });
        }
        let has_room = self.portions[index / WAFERS].add(index % WAFERS, start, size);
        self.is_full |= !has_room;
        Ok(())
    }

    /// Hands over everything collected. To be called at the end.
    ///
    /// # Errors
    ///
    /// Overflows.
    pub fn finish(&mut self, maps: &mut RunMaps, swap: &ReadoutSwap) -> Result<(), Error> {
        self.hand_over_lumi_block(maps, swap)?;
        self.hand_over_window(maps, |_| true)?;
        self.current = None;
        Ok(())
    }

    fn hand_over_lumi_block(
        &mut self,
        maps: &mut RunMaps,
        swap: &ReadoutSwap,
    ) -> Result<(), Error> {
        let Some((lumi_block, _)) = self.current else { return Ok(()) };
        let events = std::mem::take(&mut self.events);
        maps.hits.add_events(events)?;
        if let Some(maps) = &mut maps.lumi_blocks {
            maps.chips.add_events(lumi_block, events)?;
        }
        let tallies = self.portions.iter_mut().flat_map(Portion::tallies);
        for (wafer, tally) in WaferHash::all().zip(tallies) {
            let Tally { chips, strips } = std::mem::take(tally);
            let hits: u64 = chips.iter().sum();
            let Some(maps) = maps.lumi_blocks.as_mut().filter(|_| hits > 0) else { continue };
            maps.windows.add_sums(wafer, lumi_block, hits, strips);
            for (place, hits) in chips.into_iter().enumerate().filter(|&(_, hits)| hits > 0) {
                let in_side =
                    if swap.is_swapped(wafer) { Chip::PER_SIDE - 1 - place } else { place };
                maps.chips.add(wafer.index() * Chip::PER_SIDE + in_side, lumi_block, hits)?;
            }
        }
        Ok(())
    }

    /// Hands over the hits per strip of some portions.
    fn hand_over_window(
        &mut self,
        maps: &mut RunMaps,
        which: impl Fn(&Portion) -> bool,
    ) -> Result<(), Error> {
        let Some((_, window)) = self.current else { return Ok(()) };
        let RunMaps { hits, lumi_blocks } = maps;
        for (number, portion) in self.portions.iter_mut().enumerate().filter(|(_, p)| which(p)) {
            portion.hand_over(|in_portion, row| {
                let wafer = WaferHash::new(number * WAFERS + in_portion)
                    .expect("only wafers that exist were counted");
                hits.add_row(wafer, row)?;
                match (&mut *lumi_blocks, window) {
                    (Some(maps), Some(window)) => maps.windows.add_row(wafer, window, row),
                    _ => Ok(()),
                }
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sct_id::BarrelSwap;

    use super::*;

    const LUMI_BLOCKS: usize = 7;

    fn empty() -> RunMaps {
        let lumi_blocks = Some(LumiBlockMaps::new(LUMI_BLOCKS, 3));
        RunMaps { hits: Hitmap::new(), lumi_blocks }
    }

    type Group = (usize, usize, usize);

    fn place((wafer, first, size): Group) -> (WaferHash, Strip, usize) {
        (WaferHash::new(wafer).unwrap(), Strip::new(first).unwrap(), size.min(768 - first))
    }

    /// The same hits one by one.
    fn plain(events: &[(u32, Vec<Group>)], swap: &ReadoutSwap) -> RunMaps {
        let mut maps = empty();
        let lumi_blocks = maps.lumi_blocks.as_mut().unwrap();
        for (lumi_block, groups) in events {
            let lumi_block = LumiBlock::new(*lumi_block);
            maps.hits.add_event().unwrap();
            lumi_blocks.add_event(lumi_block).unwrap();
            for (wafer, first, size) in groups.iter().copied().map(place) {
                maps.hits.fill_group(wafer, first, size).unwrap();
                lumi_blocks.fill_group(wafer, first, size, lumi_block, swap).unwrap();
            }
        }
        maps
    }

    fn same(one: &RunMaps, other: &RunMaps) {
        assert_eq!(one.hits, other.hits);
        let (one, other) = (one.lumi_blocks.as_ref().unwrap(), other.lumi_blocks.as_ref().unwrap());
        assert_eq!(one.chips, other.chips);
        let (mut left, mut right) = (vec![0; Strip::PER_WAFER], vec![0; Strip::PER_WAFER]);
        for wafer in WaferHash::all() {
            assert_eq!(one.windows.sums(wafer), other.windows.sums(wafer));
            assert_eq!(one.windows.outside(wafer), other.windows.outside(wafer));
            for window in 0..one.windows.windows() {
                one.windows.counts(wafer, window, &mut left);
                other.windows.counts(wafer, window, &mut right);
                assert_eq!(left, right);
            }
        }
    }

    #[test]
    fn a_group_past_the_end_is_refused() {
        let (wafer, first) = (WaferHash::new(2).unwrap(), Strip::new(767).unwrap());
        let error = Filler::default().group(wafer, first, 2).unwrap_err();
        assert_eq!(error, Error::Group { wafer, first, size: 2 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn collecting_equals_filling_one_by_one(
            events in prop::collection::vec(
                (0..12_u32, prop::collection::vec((0..8176_usize, 0..768_usize, 1..17_usize), 0..30)), 0..40),
        ) {
            let swap = ReadoutSwap::new(BarrelSwap::Side1);
            let [mut maps, mut others] = [empty(), empty()];
            // Three fillers by turns, two for the same maps.
            let mut fillers = [Filler::default(), Filler::default(), Filler::default()];
            for ((lumi_block, groups), turn) in events.iter().zip([0, 0, 1, 2].into_iter().cycle()) {
                let filler = &mut fillers[turn];
                let maps = if turn == 2 { &mut others } else { &mut maps };
                filler.begin_event(LumiBlock::new(*lumi_block), maps, &swap).unwrap();
                for (wafer, first, size) in groups.iter().copied().map(place) {
                    filler.group(wafer, first, size).unwrap();
                }
            }
            let [one, two, three] = &mut fillers;
            one.finish(&mut maps, &swap).unwrap();
            two.finish(&mut maps, &swap).unwrap();
            three.finish(&mut others, &swap).unwrap();
            maps.merge(others).unwrap();
            same(&maps, &plain(&events, &swap));
        }
    }
}
