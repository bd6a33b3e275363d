//! Hits of some wafers, collected in a list and counted when it is long: what counting needs is then in the cache.

use sct_id::Strip;

/// Differences of one wafer: one more than strips, so that a group may end at the wafer's.
const ROW: usize = Strip::PER_WAFER + 1;
/// Groups in the list that are counted at once.
const MANY: usize = 4096;
/// Groups that may be counted before they are handed over: no strip has more hits than its 16 bits hold.
const MOST: usize = u16::MAX as usize;
/// Bits of a group in the list that are its place; its size is above.
const PLACE_BITS: u32 = 20;

/// Hits of neighbouring wafers.
#[derive(Debug)]
pub(crate) struct Portion {
    /// Groups not counted yet: place of the first strip, and size.
    list: Vec<u32>,
    /// For each strip the hits minus those of the strip before, modulo 2^16: a group changes two of them, however long it
    /// is.
    differences: Vec<u16>,
    /// Groups counted.
    counted: usize,
}

impl Portion {
    /// For this number of wafers, at most 1024.
    pub(crate) fn new(wafers: usize) -> Self {
        Self { list: Vec::with_capacity(MANY), differences: vec![0; wafers * ROW], counted: 0 }
    }

    /// Adds a hit in each of `size` strips from `first` of a wafer. Whether there is room for more; otherwise it is to be
    /// handed over soon.
    #[inline]
    pub(crate) fn add(&mut self, wafer: usize, first: usize, size: usize) -> bool {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "ten bits each for wafer, strip and size"
        )]
        self.list.push((wafer * ROW + first) as u32 | (size as u32) << PLACE_BITS);
        self.list.len() < MANY || self.count_some()
    }

    /// Whether [`Self::add`] said that there is no room.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= MANY
    }

    /// Counts the list if there is room.
    #[inline(never)]
    fn count_some(&mut self) -> bool {
        let has_room = self.counted + self.list.len() <= MOST;
        if has_room {
            let groups = self.list.len();
            self.count(groups);
        }
        has_room
    }

    /// Counts the last groups of the list.
    fn count(&mut self, groups: usize) {
        let from = self.list.len() - groups;
        for group in self.list.drain(from..) {
            let place = (group & ((1 << PLACE_BITS) - 1)) as usize;
            let end = place + (group >> PLACE_BITS) as usize;
            self.differences[place] = self.differences[place].wrapping_add(1);
            self.differences[end] = self.differences[end].wrapping_sub(1);
        }
        self.counted += groups;
    }

    /// Calls `take` with the hits per strip of every wafer that has any, and forgets them.
    pub(crate) fn hand_over<E>(
        &mut self,
        mut take: impl FnMut(usize, &[u32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut row = [0; Strip::PER_WAFER];
        loop {
            self.count(self.list.len().min(MOST - self.counted));
            self.counted = 0;
            for (wafer, differences) in self.differences.chunks_exact_mut(ROW).enumerate() {
                if differences.iter().all(|&difference| difference == 0) {
                    continue;
                }
                let mut hits = 0_u16;
                for (sum, difference) in row.iter_mut().zip(&*differences) {
                    hits = hits.wrapping_add(*difference);
                    *sum = u32::from(hits);
                }
                differences.fill(0);
                take(wafer, &row)?;
            }
            if self.list.is_empty() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_hits_than_16_bits_hold_are_kept() {
        let mut portion = Portion::new(2);
        let groups = 3 * MOST + 5;
        let mut was_full = false;
        for _ in 0..groups {
            was_full |= !portion.add(1, 766, 2);
        }
        assert!(was_full && portion.is_full());
        let mut sum = 0;
        let mut add = |wafer, row: &[u32]| {
            assert!(wafer == 1 && row[..766].iter().all(|&hits| hits == 0));
            assert_eq!(row[766], row[767]);
            sum += row[767] as usize;
            Ok::<_, ()>(())
        };
        portion.hand_over(&mut add).unwrap();
        portion.hand_over(&mut add).unwrap();
        assert_eq!(sum, groups);
    }
}
