//! Hits per strip.

use ndarray::ArrayView2;
use rayon::prelude::*;
use sct_id::{Strip, WaferHash};

use crate::{Error, zeros};

/// Hits per strip of the whole detector.
///
/// Counts have shape ([`WaferHash::COUNT`], [`Strip::PER_WAFER`]), one flat allocation of 25 MB, no unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hitmap {
    events: u64,
    counts: Vec<u32>,
    /// Entries of the wafer's histogram minus the sum of its counts: zero unless a file says otherwise.
    surplus: Vec<i64>,
    present: Vec<bool>,
}

impl Default for Hitmap {
    fn default() -> Self {
        Self::new()
    }
}

impl Hitmap {
    /// No hits, no events, every wafer present.
    pub fn new() -> Self {
        Self {
            events: 0,
            counts: zeros::written(WaferHash::COUNT * Strip::PER_WAFER),
            surplus: vec![0; WaferHash::COUNT],
            present: vec![true; WaferHash::COUNT],
        }
    }

    /// Number of events.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Sets the number of events.
    pub fn set_events(&mut self, events: u64) {
        self.events = events;
    }

    /// Counts one event.
    ///
    /// # Errors
    ///
    /// [`Error::EventOverflow`].
    pub fn add_event(&mut self) -> Result<(), Error> {
        self.add_events(1)
    }

    /// Counts events.
    pub(crate) fn add_events(&mut self, events: u64) -> Result<(), Error> {
        self.events = self.events.checked_add(events).ok_or(Error::EventOverflow)?;
        Ok(())
    }

    /// Adds hits per strip of one wafer.
    pub(crate) fn add_row(&mut self, wafer: WaferHash, more: &[u32]) -> Result<(), Error> {
        add_row(wafer.index(), self.wafer_mut(wafer), more)
    }

    /// Hits per strip of one wafer, 768 values.
    pub fn wafer(&self, wafer: WaferHash) -> &[u32] {
        &self.counts[Self::row(wafer)]
    }

    /// Hits per strip of one wafer, to be set.
    pub fn wafer_mut(&mut self, wafer: WaferHash) -> &mut [u32] {
        &mut self.counts[Self::row(wafer)]
    }

    fn row(wafer: WaferHash) -> std::ops::Range<usize> {
        let start = wafer.index() * Strip::PER_WAFER;
        start..start + Strip::PER_WAFER
    }

    /// All counts, shape ([`WaferHash::COUNT`], [`Strip::PER_WAFER`]).
    pub fn counts(&self) -> ArrayView2<'_, u32> {
        ArrayView2::from_shape((WaferHash::COUNT, Strip::PER_WAFER), &self.counts)
            .expect("the flat array has the length of the shape")
    }

    /// All counts as one row per wafer in hash order, for parallel filling.
    pub fn rows_mut(&mut self) -> impl IndexedParallelIterator<Item = &mut [u32]> {
        self.counts.par_chunks_exact_mut(Strip::PER_WAFER)
    }

    /// Sum of the hits of one wafer.
    pub fn hits(&self, wafer: WaferHash) -> u64 {
        self.wafer(wafer).iter().map(|&count| u64::from(count)).sum()
    }

    /// Entry count of the wafer's histogram. It equals the hits unless a file says otherwise, and is what wafer averages
    /// are made from.
    pub fn entries(&self, wafer: WaferHash) -> u64 {
        self.hits(wafer).saturating_add_signed(self.surplus[wafer.index()])
    }

    /// Sets the entry count of the wafer's histogram.
    pub fn set_entries(&mut self, wafer: WaferHash, entries: u64) {
        let surplus = i128::from(entries) - i128::from(self.hits(wafer));
        self.surplus[wafer.index()] = i64::try_from(surplus).unwrap_or(i64::MAX);
    }

    /// Whether the wafer's histogram was there.
    pub fn is_present(&self, wafer: WaferHash) -> bool {
        self.present[wafer.index()]
    }

    /// Marks a wafer whose histogram is missing; it counts as without hits.
    pub fn set_absent(&mut self, wafer: WaferHash) {
        self.present[wafer.index()] = false;
        self.wafer_mut(wafer).fill(0);
        self.surplus[wafer.index()] = 0;
    }

    /// Wafers whose histogram is missing.
    pub fn absent(&self) -> impl Iterator<Item = WaferHash> + '_ {
        WaferHash::all().filter(|&wafer| !self.is_present(wafer))
    }

    /// Counts one hit.
    ///
    /// # Errors
    ///
    /// [`Error::StripOverflow`].
    #[inline]
    pub fn fill(&mut self, wafer: WaferHash, strip: Strip) -> Result<(), Error> {
        let count = &mut self.counts[wafer.index() * Strip::PER_WAFER + strip.index()];
        *count = count.checked_add(1).ok_or(Error::StripOverflow { wafer, strip })?;
        Ok(())
    }

    /// Counts one hit in each of `size` strips from `first`.
    ///
    /// # Errors
    ///
    /// [`Error::Group`] when they run over the end of the wafer, [`Error::StripOverflow`].
    pub fn fill_group(&mut self, wafer: WaferHash, first: Strip, size: usize) -> Result<(), Error> {
        for strip in group(wafer, first, size)? {
            self.fill(wafer, strip)?;
        }
        Ok(())
    }

    /// Takes events away, and hits of all wafers; `hits` gives the hits per strip of one wafer that are to go, and is called
    /// once for each in several threads. Entry counts fall by the same hits.
    ///
    /// # Errors
    ///
    /// [`Error::EventUnderflow`] and [`Error::StripUnderflow`], through `E`, and what `hits` fails with; the map is then
    /// of no use.
    pub fn leave_out<E: From<Error> + Send>(
        &mut self,
        events: u64,
        hits: impl Fn(WaferHash, &mut [u32]) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        let left_out = events;
        self.events = self
            .events
            .checked_sub(events)
            .ok_or(Error::EventUnderflow { events: self.events, left_out })?;
        self.rows_mut().enumerate().try_for_each_init(
            || vec![0; Strip::PER_WAFER],
            |less, (wafer, row)| {
                let wafer = WaferHash::new(wafer).expect("rows are numbered by wafer hash");
                less.fill(0);
                hits(wafer, less)?;
                for ((strip, count), less) in Strip::all().zip(row).zip(less) {
                    let underflow = Error::StripUnderflow { wafer, strip };
                    *count = count.checked_sub(*less).ok_or(underflow)?;
                }
                Ok(())
            },
        )
    }

    /// Adds the hits and events of another part of the run. A wafer is present when either part has it.
    ///
    /// # Errors
    ///
    /// [`Error::StripOverflow`] and [`Error::EventOverflow`]; the map is then partly merged and of no use.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        self.add_events(other.events)?;
        for (surplus, more) in self.surplus.iter_mut().zip(&other.surplus) {
            *surplus = surplus.saturating_add(*more);
        }
        for (present, more) in self.present.iter_mut().zip(&other.present) {
            *present |= more;
        }
        let rows = self.counts.par_chunks_exact_mut(Strip::PER_WAFER);
        let others = other.counts.par_chunks_exact(Strip::PER_WAFER);
        rows.zip(others).enumerate().try_for_each(|(wafer, (row, more))| add_row(wafer, row, more))
    }
}

fn add_row(wafer: usize, row: &mut [u32], more: &[u32]) -> Result<(), Error> {
    // The sum wraps exactly when it comes out smaller: testing all at the end leaves the loop free of branches.
    let mut wrapped = false;
    for (count, &more) in row.iter_mut().zip(more) {
        *count = count.wrapping_add(more);
        wrapped |= *count < more;
    }
    if !wrapped {
        return Ok(());
    }
    let strip = row.iter().zip(more).position(|(sum, more)| sum < more).unwrap_or(0);
    let (wafer, strip) = (WaferHash::new(wafer), Strip::new(strip));
    Err(Error::StripOverflow {
        wafer: wafer.expect("rows are numbered by wafer hash"),
        strip: strip.expect("a row has as many counts as strips"),
    })
}

/// The strips of a group, checked against the end of the wafer.
pub(crate) fn group(
    wafer: WaferHash,
    first: Strip,
    size: usize,
) -> Result<impl Iterator<Item = Strip>, Error> {
    let end = first.index().saturating_add(size);
    if end > Strip::PER_WAFER {
        return Err(Error::Group { wafer, first, size });
    }
    Ok(Strip::all().skip(first.index()).take(size))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wafer(hash: usize) -> WaferHash {
        WaferHash::new(hash).unwrap()
    }

    fn strip(number: usize) -> Strip {
        Strip::new(number).unwrap()
    }

    fn filled(hits: &[(usize, usize)]) -> Hitmap {
        let mut map = Hitmap::new();
        for &(hash, number) in hits {
            map.add_event().unwrap();
            map.fill(wafer(hash), strip(number)).unwrap();
        }
        map
    }

    #[test]
    fn a_group_fills_its_strips() {
        let mut map = Hitmap::new();
        map.fill_group(wafer(3), strip(765), 3).unwrap();
        assert_eq!(map.wafer(wafer(3))[764..], [0, 1, 1, 1]);
        let error = map.fill_group(wafer(3), strip(766), 3).unwrap_err();
        assert_eq!(
            error.to_string(),
            "3 strips from strip 766 run over the end of wafer 3 (-2_0_0_1_1)"
        );
        assert_eq!(map.hits(wafer(3)), 3);
    }

    #[test]
    fn counts_do_not_wrap() {
        let mut map = Hitmap::new();
        map.wafer_mut(wafer(5))[9] = u32::MAX;
        let overflow = Err(Error::StripOverflow { wafer: wafer(5), strip: strip(9) });
        assert_eq!(map.fill(wafer(5), strip(9)), overflow);
        assert_eq!(map.merge(&filled(&[(5, 9)])), overflow);
        map.set_events(u64::MAX);
        assert_eq!(map.add_event(), Err(Error::EventOverflow));
    }

    #[test]
    fn entries_may_differ_from_the_hits() {
        let mut map = filled(&[(7, 1), (7, 1)]);
        assert_eq!(map.entries(wafer(7)), 2);
        map.set_entries(wafer(7), 5);
        let mut sum = filled(&[(7, 3)]);
        sum.merge(&map).unwrap();
        assert_eq!((sum.hits(wafer(7)), sum.entries(wafer(7))), (3, 6));
    }

    #[test]
    fn what_is_left_out_is_gone_from_events_hits_and_entries() {
        let mut map = filled(&[(7, 1), (7, 1), (8, 2)]);
        map.set_entries(wafer(7), 5);
        let one_of = |hash: usize| {
            move |wafer: WaferHash, hits: &mut [u32]| -> Result<(), Error> {
                hits[1] = u32::from(wafer.index() == hash);
                Ok(())
            }
        };
        map.leave_out(2, one_of(7)).unwrap();
        assert_eq!((map.events(), map.wafer(wafer(7))[1], map.entries(wafer(7))), (1, 1, 4));
        assert_eq!(map.hits(wafer(8)), 1);
        let underflow = Error::StripUnderflow { wafer: wafer(8), strip: strip(1) };
        assert_eq!(map.leave_out(0, one_of(8)), Err(underflow));
        let error = map.leave_out(2, one_of(7)).unwrap_err();
        assert_eq!(error.to_string(), "there are 1 events, fewer than the 2 to be left out");
    }

    #[test]
    fn a_wafer_absent_in_one_part_is_present_in_the_sum() {
        let (mut one, mut two) = (filled(&[(1, 1)]), filled(&[(2, 2)]));
        one.set_absent(wafer(2));
        one.set_absent(wafer(4));
        two.set_absent(wafer(4));
        one.merge(&two).unwrap();
        assert_eq!(one.absent().collect::<Vec<_>>(), [wafer(4)]);
        assert_eq!(one.wafer(wafer(2))[2], 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn merging_in_any_order_gives_the_same(hits in prop::collection::vec((0..8176_usize, 0..768_usize), 0..60), cut in 0..60_usize) {
            let cut = cut.min(hits.len());
            let (first, second) = (filled(&hits[..cut]), filled(&hits[cut..]));
            let (mut one, mut other) = (first.clone(), second.clone());
            one.merge(&second).unwrap();
            other.merge(&first).unwrap();
            prop_assert_eq!(&one, &other);
            prop_assert_eq!(one, filled(&hits));
        }
    }
}
