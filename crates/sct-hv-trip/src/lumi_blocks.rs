//! From times to lumi blocks.

use sct_conditions::LumiBlockTime;
use sct_id::{Iov, LumiBlock, ValidityKey};

use crate::{Error, Trip};

/// Lumi blocks of the run, ascending.
pub(crate) struct LumiBlocks<'a>(&'a [LumiBlockTime]);

impl<'a> LumiBlocks<'a> {
    pub(crate) fn new(times: &'a [LumiBlockTime]) -> Result<Self, Error> {
        if times.is_empty() {
            return Err(Error::NoLumiBlocks);
        }
        let wrong = times.windows(2).find(|pair| {
            pair[1].lumi_block <= pair[0].lumi_block || pair[1].iov.since() < pair[0].iov.until()
        });
        wrong.map_or(Ok(Self(times)), |pair| Err(Error::LumiBlockOrder(pair[1].lumi_block)))
    }

    /// Place of the lumi block of a time: the last that has begun, or the first.
    fn place(&self, time: ValidityKey) -> usize {
        self.0.partition_point(|block| block.iov.since() <= time).saturating_sub(1)
    }

    fn places(&self, iov: Iov) -> std::ops::RangeInclusive<usize> {
        // The end is not part of the interval.
        self.place(iov.since())..=self.place(iov.until() - 1)
    }

    /// Lumi blocks in which an interval begins and ends.
    pub(crate) fn of(&self, iov: Iov) -> (LumiBlock, LumiBlock) {
        let (first, last) = self.places(iov).into_inner();
        (self.0[first].lumi_block, self.0[last].lumi_block)
    }

    /// Modules that were off in each lumi block; trips are ordered by module.
    pub(crate) fn off(&self, trips: &[Trip]) -> Vec<(LumiBlock, usize)> {
        let mut counts: Vec<(LumiBlock, usize)> =
            self.0.iter().map(|block| (block.lumi_block, 0)).collect();
        for module in trips.chunk_by(|one, other| one.module == other.module) {
            // Two trips of a module in one lumi block count once.
            let mut next = 0;
            for places in module.iter().map(|trip| self.places(trip.iov)) {
                let (first, end) = (*places.start().max(&next), places.end() + 1);
                counts[first.min(end)..end].iter_mut().for_each(|(_, count)| *count += 1);
                next = end;
            }
        }
        counts
    }
}
