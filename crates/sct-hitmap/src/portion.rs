//! Hits of some wafers, collected in a list and counted when it is long: what counting needs is then in the cache.

use sct_id::{Chip, Strip};

/// Differences of one wafer: one more than strips, so that a group may end at the wafer's.
const ROW: usize = Strip::PER_WAFER + 1;
/// Groups in the list that are counted at once.
const MANY: usize = 1 << 14;
/// Groups that may be counted before they are handed over: no strip has more hits than its 16 bits hold.
const MOST: usize = u16::MAX as usize;

/// What is known of the hits of a wafer in one lumi block: one cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
pub(crate) struct Tally {
    /// Hits per chip; chips count along the strips here.
    pub(crate) chips: [u64; Chip::PER_SIDE],
    /// Sum of the strip numbers of the hits.
    pub(crate) strips: u64,
}

/// Hits of neighbouring wafers.
#[derive(Debug)]
pub(crate) struct Portion {
    /// Groups not counted yet.
    list: Vec<Group>,
    /// How many of these are in the tallies.
    tallied: usize,
    tallies: Vec<Tally>,
    /// For each strip the hits minus those of the strip before, modulo 2^16: a group changes two of them, however long it
    /// is.
    differences: Vec<u16>,
    /// Groups counted.
    counted: usize,
}

/// Wafer, first strip and size, ten bits each.
#[derive(Clone, Copy, Debug)]
struct Group(u32);

impl Group {
    #[expect(clippy::cast_possible_truncation, reason = "each is below 1024")]
    const fn new(wafer: usize, first: usize, size: usize) -> Self {
        Self((wafer << 20 | first << 10 | size) as u32)
    }

    const fn parts(self) -> (usize, usize, usize) {
        let Self(bits) = self;
        ((bits >> 20) as usize, (bits >> 10 & 0x3FF) as usize, (bits & 0x3FF) as usize)
    }
}

impl Portion {
    /// For this number of wafers, at most 1024.
    pub(crate) fn new(wafers: usize) -> Self {
        Self {
            list: Vec::with_capacity(MANY),
            tallied: 0,
            tallies: vec![Tally::default(); wafers],
            differences: vec![0; wafers * ROW],
            counted: 0,
        }
    }

    /// Adds a hit in each of `size` strips from `first` of a wafer. Whether there is room for more; otherwise it is to be
    /// handed over soon.
    #[inline]
    pub(crate) fn add(&mut self, wafer: usize, first: usize, size: usize) -> bool {
        self.list.push(Group::new(wafer, first, size));
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
            self.count(self.list.len());
        }
        has_room
    }

    /// The tallies of the wafers since they were forgotten last; the caller is to do so.
    pub(crate) fn tallies(&mut self) -> &mut [Tally] {
        for group in &self.list[self.tallied..] {
            let (wafer, first, size) = group.parts();
            let (tally, hits) = (&mut self.tallies[wafer], size as u64);
            tally.chips[first / Strip::PER_CHIP] += hits;
            tally.strips += hits * first as u64 + hits * hits.saturating_sub(1) / 2;
        }
        self.tallied = self.list.len();
        &mut self.tallies
    }

    /// Counts the last groups of the list.
    fn count(&mut self, groups: usize) {
        self.tallies();
        for group in self.list.drain(self.list.len() - groups..) {
            let (wafer, first, size) = group.parts();
            let place = wafer * ROW + first;
            let [at, end] = [place, place + size];
            self.differences[at] = self.differences[at].wrapping_add(1);
            self.differences[end] = self.differences[end].wrapping_sub(1);
        }
        self.tallied = self.list.len();
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
        let Tally { chips, strips } = portion.tallies()[1];
        assert_eq!((chips[5], strips), (2 * groups as u64, (766 + 767) * groups as u64));
    }
}
