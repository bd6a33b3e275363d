//! Hits per chip and lumi block.

use std::collections::BTreeMap;

use sct_id::{Chip, LumiBlock, WaferHash};

use crate::{BoxError, ChipHits, Error};

/// Events per lumi block, and hits per chip and lumi block. A chip takes memory from its first hit on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipLumiBlocks {
    events: Vec<u64>,
    /// Events in lumi blocks outside the range: they count as entries of the histogram.
    events_outside: u64,
    /// One row a chip, in the order (wafer, place on the side).
    rows: Vec<Option<Box<[u32]>>>,
    /// Hits in lumi blocks outside the range, by row.
    hits_outside: BTreeMap<usize, u64>,
}

impl ChipLumiBlocks {
    /// No events; lumi blocks 1 to `lumi_blocks`.
    pub fn new(lumi_blocks: usize) -> Self {
        Self {
            events: vec![0; lumi_blocks],
            events_outside: 0,
            rows: vec![None; WaferHash::COUNT * Chip::PER_SIDE],
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

    fn row_number(wafer: WaferHash, in_side: usize) -> usize {
        debug_assert!(in_side < Chip::PER_SIDE, "a side has {} chips", Chip::PER_SIDE);
        wafer.index() * Chip::PER_SIDE + in_side
    }

    /// Counts one event.
    ///
    /// # Errors
    ///
    /// [`Error::EventOverflow`].
    pub fn add_event(&mut self, lumi_block: LumiBlock) -> Result<(), Error> {
        let count = match self.index(lumi_block) {
            Some(index) => &mut self.events[index],
            None => &mut self.events_outside,
        };
        *count = count.checked_add(1).ok_or(Error::EventOverflow)?;
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
        let number = Self::row_number(wafer, in_side);
        let Some(index) = self.index(lumi_block) else {
            *self.hits_outside.entry(number).or_default() += u64::from(hits);
            return Ok(());
        };
        let length = self.events.len();
        let row = self.rows[number].get_or_insert_with(|| vec![0; length].into_boxed_slice());
        let overflow = Error::ChipOverflow { wafer, in_side, lumi_block: index + 1 };
        row[index] = row[index].checked_add(hits).ok_or(overflow)?;
        Ok(())
    }

    /// Hits per lumi block of one chip; `None` when it has none.
    pub fn row(&self, wafer: WaferHash, in_side: usize) -> Option<&[u32]> {
        self.rows.get(Self::row_number(wafer, in_side))?.as_deref()
    }

    /// Hits of one chip in lumi blocks outside the range.
    pub fn outside(&self, wafer: WaferHash, in_side: usize) -> u64 {
        self.hits_outside.get(&Self::row_number(wafer, in_side)).copied().unwrap_or(0)
    }

    /// Adds another part of the run.
    ///
    /// # Errors
    ///
    /// [`Error::Shape`] for different numbers of lumi blocks; overflows.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
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
        for (number, more) in other.rows.iter().enumerate() {
            let Some(more) = more else { continue };
            let Some(row) = &mut self.rows[number] else {
                self.rows[number] = Some(more.clone());
                continue;
            };
            for (index, (hits, more)) in row.iter_mut().zip(more).enumerate() {
                *hits = hits.checked_add(*more).ok_or_else(|| Error::ChipOverflow {
                    wafer: WaferHash::new(number / Chip::PER_SIDE)
                        .expect("rows are numbered by wafer"),
                    in_side: number % Chip::PER_SIDE,
                    lumi_block: index + 1,
                })?;
            }
        }
        Ok(())
    }
}

impl ChipHits for ChipLumiBlocks {
    fn events(&self) -> &[u64] {
        &self.events
    }

    fn chip(&self, wafer: WaferHash, in_side: usize) -> Result<Option<Vec<u32>>, BoxError> {
        Ok(Some(
            self.row(wafer, in_side).map_or_else(|| vec![0; self.lumi_blocks()], <[u32]>::to_vec),
        ))
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
        assert_eq!(map.row(wafer, 5).unwrap(), [3, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!((map.outside(wafer, 5), map.total_events(), map.events()[0]), (6, 4, 1));
        assert_eq!(map.row(wafer, 4), None);
    }

    #[test]
    fn parts_with_other_lumi_blocks_do_not_merge() {
        let error = ChipLumiBlocks::new(10).merge(&ChipLumiBlocks::new(11)).unwrap_err();
        assert_eq!(error.to_string(), "maps differ in lumi blocks: 10 and 11");
    }

    #[test]
    fn merging_adds_rows() {
        let (one, two) = (WaferHash::new(1).unwrap(), WaferHash::new(2).unwrap());
        let (mut left, mut right) = (ChipLumiBlocks::new(3), ChipLumiBlocks::new(3));
        left.fill(one, 0, LumiBlock::new(1), u32::MAX).unwrap();
        right.fill(two, 1, LumiBlock::new(3), 2).unwrap();
        left.merge(&right).unwrap();
        assert_eq!(left.row(two, 1), Some(&[0, 0, 2][..]));
        right.fill(one, 0, LumiBlock::new(1), 1).unwrap();
        assert_eq!(
            left.merge(&right),
            Err(Error::ChipOverflow { wafer: one, in_side: 0, lumi_block: 1 })
        );
    }
}
