//! Hits per chip and lumi block.

use std::collections::BTreeMap;

use rayon::prelude::*;
use sct_id::{Chip, LumiBlock, WaferHash};

use crate::{BoxError, ChipHits, Error, zeros};

/// Events per lumi block, and hits per chip and lumi block. A lumi block takes memory (200 kB) from its first hit on: events
/// of one lumi block come together, so that filling stays in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipLumiBlocks {
    events: Vec<u64>,
    /// Events in lumi blocks outside the range: they count as entries of the histogram.
    events_outside: u64,
    /// One column a lumi block: hits of all chips in the order (wafer, place on the side).
    columns: Vec<Option<Box<[u32]>>>,
    /// Hits in lumi blocks outside the range, by chip.
    hits_outside: BTreeMap<usize, u64>,
}

impl ChipLumiBlocks {
    /// Number of chips: rows of a column.
    pub(crate) const CHIPS: usize = WaferHash::COUNT * Chip::PER_SIDE;

    /// No events; lumi blocks 1 to `lumi_blocks`.
    pub fn new(lumi_blocks: usize) -> Self {
        Self {
            events: vec![0; lumi_blocks],
            events_outside: 0,
            columns: vec![None; lumi_blocks],
            hits_outside: BTreeMap::new(),
        }
    }

    /// Number of lumi blocks.
    pub fn lumi_blocks(&self) -> usize {
        self.events.len()
    }

    /// Events of all lumi blocks, those outside the range included.
    pub fn total_events(&self) -> u64 {
        self.events.iter().sum::<u64>().saturating_add(self.events_outside)
    }

    /// Index of a lumi block, if it is in the range.
    fn index(&self, lumi_block: LumiBlock) -> Option<usize> {
        let index = (lumi_block.to_u32() as usize).checked_sub(1)?;
        (index < self.events.len()).then_some(index)
    }

    fn number(wafer: WaferHash, in_side: usize) -> usize {
        debug_assert!(in_side < Chip::PER_SIDE, "a side has {} chips", Chip::PER_SIDE);
        wafer.index() * Chip::PER_SIDE + in_side
    }

    /// Counts one event.
    ///
    /// # Errors
    ///
    /// [`Error::EventOverflow`].
    pub fn add_event(&mut self, lumi_block: LumiBlock) -> Result<(), Error> {
        self.add_events(lumi_block, 1)
    }

    /// Counts events of one lumi block.
    pub(crate) fn add_events(&mut self, lumi_block: LumiBlock, events: u64) -> Result<(), Error> {
        let count = match self.index(lumi_block) {
            Some(index) => &mut self.events[index],
            None => &mut self.events_outside,
        };
        *count = count.checked_add(events).ok_or(Error::EventOverflow)?;
        Ok(())
    }

    /// Counts `hits` of the chip at place `in_side` of a wafer.
    ///
    /// # Errors
    ///
    /// [`Error::ChipOverflow`].
    pub fn fill(
        &mut self,
        wafer: WaferHash,
        in_side: usize,
        lumi_block: LumiBlock,
        hits: u32,
    ) -> Result<(), Error> {
        self.add(Self::number(wafer, in_side), lumi_block, u64::from(hits))
    }

    /// Counts hits of the chip with a number in the order (wafer, place on the side).
    pub(crate) fn add(
        &mut self,
        number: usize,
        lumi_block: LumiBlock,
        hits: u64,
    ) -> Result<(), Error> {
        let Some(index) = self.index(lumi_block) else {
            *self.hits_outside.entry(number).or_default() += hits;
            return Ok(());
        };
        let column = self.columns[index]
            .get_or_insert_with(|| zeros::written(Self::CHIPS).into_boxed_slice());
        column[number] = u64::from(column[number])
            .checked_add(hits)
            .and_then(|sum| u32::try_from(sum).ok())
            .ok_or_else(|| Self::overflow(number, index))?;
        Ok(())
    }

    fn overflow(number: usize, index: usize) -> Error {
        let wafer = WaferHash::new(number / Chip::PER_SIDE).expect("chips are numbered by wafer");
        Error::ChipOverflow { wafer, in_side: number % Chip::PER_SIDE, lumi_block: index + 1 }
    }

    /// Hits per lumi block of one chip.
    pub fn hits(&self, wafer: WaferHash, in_side: usize) -> Vec<u32> {
        let number = Self::number(wafer, in_side);
        let hits = |column: &Option<Box<[u32]>>| column.as_ref().map_or(0, |column| column[number]);
        self.columns.iter().map(hits).collect()
    }

    /// Hits per lumi block of all chips of a wafer.
    pub fn wafer_hits(&self, wafer: WaferHash) -> [Vec<u32>; Chip::PER_SIDE] {
        let mut hits = std::array::from_fn(|_| vec![0; self.columns.len()]);
        let first = Self::number(wafer, 0);
        for (lumi_block, column) in self.columns.iter().enumerate() {
            // One look at a column for all chips: each costs a wait for memory.
            let Some(column) = column else { continue };
            for (hits, &found) in hits.iter_mut().zip(&column[first..first + Chip::PER_SIDE]) {
                hits[lumi_block] = found;
            }
        }
        hits
    }

    /// Hits of one chip in lumi blocks outside the range.
    pub fn outside(&self, wafer: WaferHash, in_side: usize) -> u64 {
        self.hits_outside.get(&Self::number(wafer, in_side)).copied().unwrap_or(0)
    }

    /// Adds another part of the run.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] for different numbers of lumi blocks; any of the overflows there are.
    pub fn merge(&mut self, other: Self) -> Result<(), Error> {
        if self.lumi_blocks() != other.lumi_blocks() {
            let (left, right) = (self.lumi_blocks(), other.lumi_blocks());
            return Err(Error::Shape { what: "lumi blocks", left, right });
        }
        for (events, more) in self.events.iter_mut().zip(&other.events) {
            *events = events.checked_add(*more).ok_or(Error::EventOverflow)?;
        }
        self.events_outside =
            self.events_outside.checked_add(other.events_outside).ok_or(Error::EventOverflow)?;
        for (&row, &more) in &other.hits_outside {
            *self.hits_outside.entry(row).or_default() += more;
        }
        let columns = self.columns.par_iter_mut().zip(other.columns).enumerate();
        columns.try_for_each(|(index, (column, more))| {
            let Some(more) = more else { return Ok(()) };
            // Parts of a run mostly have lumi blocks of their own.
            let Some(column) = column else {
                *column = Some(more);
                return Ok(());
            };
            for (number, (hits, more)) in column.iter_mut().zip(more).enumerate() {
                *hits = hits.checked_add(more).ok_or_else(|| Self::overflow(number, index))?;
            }
            Ok(())
        })
    }
}

impl ChipHits for ChipLumiBlocks {
    fn events(&self) -> &[u64] {
        &self.events
    }

    fn chip(&self, wafer: WaferHash, in_side: usize) -> Result<Option<Vec<u32>>, BoxError> {
        Ok(Some(self.hits(wafer, in_side)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lumi_blocks_outside_the_range_count_apart() {
        let wafer = WaferHash::new(17).unwrap();
        let mut map = ChipLumiBlocks::new(10);
        for lumi_block in [0, 1, 10, 11] {
            map.add_event(LumiBlock::new(lumi_block)).unwrap();
            map.fill(wafer, 5, LumiBlock::new(lumi_block), 3).unwrap();
        }
        assert_eq!(map.hits(wafer, 5), [3, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!((map.outside(wafer, 5), map.total_events(), map.events()[0]), (6, 4, 1));
        assert_eq!(map.hits(wafer, 4), [0; 10]);
        let all: Vec<_> = (0..6).map(|in_side| map.hits(wafer, in_side)).collect();
        assert_eq!(map.wafer_hits(wafer).as_slice(), all);
    }

    #[test]
    fn parts_with_other_lumi_blocks_do_not_merge() {
        let error = ChipLumiBlocks::new(10).merge(ChipLumiBlocks::new(11)).unwrap_err();
        assert_eq!(error.to_string(), "maps differ in lumi blocks: 10 and 11");
    }

    #[test]
    fn merging_adds_rows() {
        let (one, two) = (WaferHash::new(1).unwrap(), WaferHash::new(2).unwrap());
        let (mut left, mut right) = (ChipLumiBlocks::new(3), ChipLumiBlocks::new(3));
        left.fill(one, 0, LumiBlock::new(1), u32::MAX).unwrap();
        right.fill(two, 1, LumiBlock::new(3), 2).unwrap();
        left.merge(right.clone()).unwrap();
        assert_eq!(left.hits(two, 1), [0, 0, 2]);
        right.fill(one, 0, LumiBlock::new(1), 1).unwrap();
        assert_eq!(
            left.merge(right),
            Err(Error::ChipOverflow { wafer: one, in_side: 0, lumi_block: 1 })
        );
    }
}
