//! Hits per strip and window of lumi blocks.

use std::{collections::BTreeMap, mem};

use rayon::prelude::*;
use sct_id::{LumiBlock, Strip, WaferHash};

use crate::Error;

/// From here on an array of counts takes no more memory than a list of hits: 768 counts of four bytes against two each.
const LIST_LIMIT: usize = 2 * Strip::PER_WAFER;

/// Hits of one wafer in one window; memory follows what is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Page {
    /// The strips hit, in order of filling.
    List(Vec<u16>),
    /// Hits per strip.
    Dense(Box<[u32]>),
}

/// Sums over the hits of one wafer that the counts do not keep: lumi blocks enter with their own number, not with that of
/// their window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowSums {
    /// Sum of the lumi block numbers.
    pub lumi_block: u64,
    /// Sum of their squares.
    pub lumi_block2: u64,
    /// Sum of strip times lumi block.
    pub strip_lumi_block: u64,
}

/// Hits per strip and window of lumi blocks, for the whole detector.
#[derive(Clone, Debug)]
pub struct StripWindows {
    lumi_blocks: usize,
    per_window: usize,
    /// One page per wafer and window.
    pages: Vec<Page>,
    sums: Vec<WindowSums>,
    /// Hits in lumi blocks outside the range, by wafer.
    outside: BTreeMap<WaferHash, u64>,
}

impl StripWindows {
    /// No hits; lumi blocks 1 to `lumi_blocks` in windows of `per_window` (at least one).
    pub fn new(lumi_blocks: usize, per_window: usize) -> Self {
        let per_window = per_window.max(1);
        let windows = lumi_blocks.div_ceil(per_window);
        Self {
            lumi_blocks,
            per_window,
            pages: vec![Page::List(Vec::new()); WaferHash::COUNT * windows],
            sums: vec![WindowSums::default(); WaferHash::COUNT],
            outside: BTreeMap::new(),
        }
    }

    /// Number of windows.
    pub fn windows(&self) -> usize {
        self.lumi_blocks.div_ceil(self.per_window)
    }

    /// Lumi blocks in one window.
    pub fn per_window(&self) -> usize {
        self.per_window
    }

    /// Number of lumi blocks.
    pub fn lumi_blocks(&self) -> usize {
        self.lumi_blocks
    }

    /// Counts one hit. As in the original's histograms the range ends with the last window, which may reach past the last
    /// lumi block.
    ///
    /// # Errors
    ///
    /// [`Error::StripOverflow`].
    pub fn fill(
        &mut self,
        wafer: WaferHash,
        strip: Strip,
        lumi_block: LumiBlock,
    ) -> Result<(), Error> {
        if let Some(window) = self.window(lumi_block) {
            let page = wafer.index() * self.windows() + window;
            self.pages[page].add(strip, 1).ok_or(Error::StripOverflow { wafer, strip })?;
        }
        self.add_sums(wafer, lumi_block, 1, strip.index() as u64);
        Ok(())
    }

    /// Window of a lumi block, if it is in the range.
    pub(crate) fn window(&self, lumi_block: LumiBlock) -> Option<usize> {
        let window = (lumi_block.to_u32() as usize).checked_sub(1)? / self.per_window;
        (window < self.windows()).then_some(window)
    }

    /// Counts hits of one wafer in one window, by strip, without the sums.
    pub(crate) fn add_row(
        &mut self,
        wafer: WaferHash,
        window: usize,
        row: &[u32],
    ) -> Result<(), Error> {
        let page = wafer.index() * self.windows() + window;
        self.pages[page].add_row(row).map_err(|strip| Error::StripOverflow { wafer, strip })
    }

    /// Accounts for hits of one wafer in one lumi block, and for the sum of their strip numbers.
    pub(crate) fn add_sums(
        &mut self,
        wafer: WaferHash,
        lumi_block: LumiBlock,
        hits: u64,
        strips: u64,
    ) {
        if self.window(lumi_block).is_none() {
            *self.outside.entry(wafer).or_default() += hits;
            return;
        }
        let number = u64::from(lumi_block.to_u32());
        let sums = &mut self.sums[wafer.index()];
        sums.lumi_block += hits * number;
        sums.lumi_block2 += hits * number * number;
        sums.strip_lumi_block += strips * number;
    }

    /// Hits of one wafer in one window (below [`Self::windows`]), by strip, into `counts` (768 values, replaced).
    pub fn counts(&self, wafer: WaferHash, window: usize, counts: &mut [u32]) {
        counts.fill(0);
        self.for_each(wafer, window, |strip, hits| counts[strip] += hits);
    }

    /// Calls `each` with strips of one wafer and their hits in one window (below [`Self::windows`]); a strip may come several
    /// times.
    pub fn for_each(&self, wafer: WaferHash, window: usize, mut each: impl FnMut(usize, u32)) {
        match &self.pages[wafer.index() * self.windows() + window] {
            Page::Dense(dense) => {
                let hit = dense.iter().enumerate().filter(|(_, hits)| **hits > 0);
                hit.for_each(|(strip, &hits)| each(strip, hits));
            }
            Page::List(list) => list.iter().for_each(|&strip| each(usize::from(strip), 1)),
        }
    }

    /// Sums over the hits of one wafer.
    pub fn sums(&self, wafer: WaferHash) -> WindowSums {
        self.sums[wafer.index()]
    }

    /// Hits of one wafer in lumi blocks outside the range.
    pub fn outside(&self, wafer: WaferHash) -> u64 {
        self.outside.get(&wafer).copied().unwrap_or(0)
    }

    /// Adds another part of the run.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] for different lumi blocks or windows; [`Error::StripOverflow`].
    pub fn merge(&mut self, mut other: Self) -> Result<(), Error> {
        for (what, left, right) in [
            ("lumi blocks", self.lumi_blocks, other.lumi_blocks),
            ("lumi blocks per window", self.per_window, other.per_window),
        ] {
            if left != right {
                return Err(Error::Shape { what, left, right });
            }
        }
        let windows = self.windows().max(1);
        let pages = self.pages.par_chunks_mut(windows).zip(other.pages.par_chunks_mut(windows));
        pages.enumerate().try_for_each(|(wafer, (pages, others))| {
            let mut pairs = pages.iter_mut().zip(others);
            pairs.try_for_each(|(page, more)| page.merge(mem::take(more))).map_err(|strip| {
                let wafer = WaferHash::new(wafer).expect("pages are numbered by wafer hash");
                Error::StripOverflow { wafer, strip }
            })
        })?;
        for (sums, more) in self.sums.iter_mut().zip(&other.sums) {
            sums.lumi_block += more.lumi_block;
            sums.lumi_block2 += more.lumi_block2;
            sums.strip_lumi_block += more.strip_lumi_block;
        }
        for (&wafer, &hits) in &other.outside {
            *self.outside.entry(wafer).or_default() += hits;
        }
        Ok(())
    }

    /// Bytes taken by the counts.
    pub fn memory(&self) -> usize {
        let page = |page: &Page| match page {
            Page::List(list) => 2 * list.capacity(),
            Page::Dense(dense) => 4 * dense.len(),
        };
        self.pages.len() * size_of::<Page>() + self.pages.iter().map(page).sum::<usize>()
    }
}

impl Default for Page {
    /// No hits.
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Page {
    /// Adds the hits of another page; the strip whose hits no longer fit is the error.
    fn merge(&mut self, other: Self) -> Result<(), Strip> {
        match (&mut *self, other) {
            // Parts of a run mostly have windows of their own.
            (Self::List(list), other) if list.is_empty() => {
                *self = other;
                Ok(())
            }
            (Self::List(list), Self::List(more)) if list.len() + more.len() <= LIST_LIMIT => {
                list.extend(more);
                Ok(())
            }
            (_, Self::List(more)) => more.iter().try_for_each(|&number| {
                let strip = Strip::new(usize::from(number)).expect("lists hold strips");
                self.add(strip, 1).ok_or(strip)
            }),
            (_, Self::Dense(more)) => self.add_row(&more),
        }
    }

    /// Adds hits by strip; the strip whose hits no longer fit is the error.
    fn add_row(&mut self, row: &[u32]) -> Result<(), Strip> {
        if let Self::List(list) = self {
            let more: u64 = row.iter().map(|&hits| u64::from(hits)).sum();
            list.reserve(usize::try_from(more).unwrap_or(LIST_LIMIT).min(LIST_LIMIT - list.len()));
        }
        let mut hit = Strip::all().zip(row).filter(|&(_, &hits)| hits > 0);
        hit.try_for_each(|(strip, &hits)| self.add(strip, hits).ok_or(strip))
    }

    /// Adds hits to a strip; `None` when they no longer fit.
    fn add(&mut self, strip: Strip, hits: u32) -> Option<()> {
        if let Self::List(list) = self {
            if list.len().saturating_add(hits as usize) <= LIST_LIMIT {
                let number = u16::try_from(strip.index()).ok()?;
                list.extend(std::iter::repeat_n(number, hits as usize));
                return Some(());
            }
            let mut dense = vec![0; Strip::PER_WAFER].into_boxed_slice();
            for &strip in list.iter() {
                dense[usize::from(strip)] += 1;
            }
            *self = Self::Dense(dense);
        }
        let Self::Dense(dense) = self else { return None };
        dense[strip.index()] = dense[strip.index()].checked_add(hits)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(map: &StripWindows, wafer: WaferHash, window: usize) -> Vec<u32> {
        let mut counts = vec![7; Strip::PER_WAFER];
        map.counts(wafer, window, &mut counts);
        counts
    }

    #[test]
    fn windows_hold_their_lumi_blocks() {
        let (wafer, strip) = (WaferHash::new(8175).unwrap(), Strip::new(767).unwrap());
        let mut map = StripWindows::new(70, 30);
        // The third window reaches to lumi block 90, past the last of the run.
        for lumi_block in [1, 30, 31, 70, 90, 91, 0] {
            map.fill(wafer, strip, LumiBlock::new(lumi_block)).unwrap();
        }
        let hits: Vec<u32> = (0..3).map(|window| counts(&map, wafer, window)[767]).collect();
        assert_eq!((hits, map.outside(wafer)), (vec![2, 1, 2], 2));
        assert_eq!(map.sums(wafer).lumi_block, 1 + 30 + 31 + 70 + 90);
    }

    #[test]
    fn a_busy_page_becomes_an_array() {
        let (wafer, strip) = (WaferHash::new(0).unwrap(), Strip::new(1).unwrap());
        let mut map = StripWindows::new(1, 1);
        let before = map.memory();
        for _ in 0..10_000 {
            map.fill(wafer, strip, LumiBlock::new(1)).unwrap();
        }
        assert_eq!(counts(&map, wafer, 0)[1], 10_000);
        assert_eq!(map.memory() - before, 4 * Strip::PER_WAFER);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn merging_equals_filling(hits in prop::collection::vec((0..4_usize, 0..768_usize, 1..60_u32), 0..4000), cut in 0..4000_usize) {
            let fill = |hits: &[(usize, usize, u32)]| {
                let mut map = StripWindows::new(60, 30);
                for &(wafer, strip, lumi_block) in hits {
                    map.fill(WaferHash::new(wafer).unwrap(), Strip::new(strip).unwrap(), LumiBlock::new(lumi_block)).unwrap();
                }
                map
            };
            let cut = cut.min(hits.len());
            let (mut sum, rest, all) = (fill(&hits[cut..]), fill(&hits[..cut]), fill(&hits));
            sum.merge(rest).unwrap();
            for wafer in WaferHash::all().take(4) {
                prop_assert_eq!(sum.sums(wafer), all.sums(wafer));
                for window in 0..2 {
                    prop_assert_eq!(counts(&sum, wafer, window), counts(&all, wafer, window));
                }
            }
        }
    }
}
