//! Runs shared out to parts that are looked at side by side.

use sct_id::RunNumber;

use super::{
    lumi::Extent,
    ranges::{RunRange, common},
    runs::LumiBlocks,
};
use crate::{Error, control::keys};

/// Most parts: more of them wait for each other.
const MOST: usize = 4;
/// Numbers from the first run of a part to its last, at least: to open the files once more takes as long as some hundred runs.
const LEAST: u32 = 10_000;
/// Runs of a part, at least, when they are known.
const LEAST_RUNS: usize = 1_000;

/// Numbers of the first run and the last, if there is any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span(Option<(u32, u32)>);

impl Span {
    /// Runs between the begin of the first range and the end of the last.
    pub(super) fn of(blocks: &LumiBlocks<'_>, ranges: &[RunRange]) -> Result<Self, Error> {
        let (Some((begin, _)), Some((_, end))) = (ranges.first(), ranges.last()) else {
            return Ok(Self(None));
        };
        let first = blocks.at_or_after(keys(*begin).0)?;
        let last = blocks.before(keys(*end).1 + 1)?;
        let numbers =
            first.zip(last).map(|(first, (last, _))| (first.run.to_u32(), last.run.to_u32()));
        Ok(Self(numbers))
    }

    fn numbers(self) -> u32 {
        self.0.map_or(0, |(first, last)| last.saturating_sub(first))
    }

    /// Whether there can be so many runs that it takes long to list them.
    pub(super) fn is_wide(self) -> bool {
        self.numbers() >= LEAST
    }
}

/// What one part is about.
#[derive(Debug)]
pub(super) enum Share {
    /// All runs of some ranges.
    Ranges(Vec<RunRange>),
    /// Runs that are listed.
    Runs(Vec<Extent>),
}

impl Share {
    /// The runs, ascending.
    pub(super) fn runs(self, blocks: &LumiBlocks<'_>) -> Result<Vec<Extent>, Error> {
        match self {
            Self::Ranges(ranges) => {
                Ok(blocks.runs(&ranges)?.into_iter().map(Extent::unknown).collect())
            }
            Self::Runs(runs) => Ok(runs),
        }
    }

    /// Parts of about as many runs each, in order; at least one.
    pub(super) fn of_runs(mut runs: Vec<Extent>, threads: usize) -> Vec<Self> {
        let parts = threads.min(MOST).min(runs.len() / LEAST_RUNS).max(1);
        let size = runs.len().div_ceil(parts);
        let mut shares = Vec::new();
        while runs.len() > size {
            let rest = runs.split_off(size);
            shares.push(Self::Runs(std::mem::replace(&mut runs, rest)));
        }
        shares.push(Self::Runs(runs));
        shares
    }

    /// Parts of about as many run numbers each, in order; none without ranges.
    pub(super) fn of_ranges(span: Span, ranges: &[RunRange], threads: usize) -> Vec<Self> {
        let Some((begin, _)) = ranges.first() else { return Vec::new() };
        let Some((first, last)) = span.0 else { return vec![Self::Ranges(ranges.to_vec())] };
        let parts = (1..=u32::try_from(threads.min(MOST)).unwrap_or(1))
            .rev()
            .find(|parts| span.numbers() / parts >= LEAST)
            .unwrap_or(1);
        let cuts = (1..parts).filter_map(|part| {
            let numbers = u64::from(last - first) * u64::from(part) / u64::from(parts);
            RunNumber::new(first + u32::try_from(numbers).ok()?).ok()
        });
        let (mut shares, mut rest) = (Vec::new(), ranges.to_vec());
        for cut in cuts {
            let behind = RunNumber::new(cut.to_u32() + 1).unwrap_or(RunNumber::MAX);
            shares.push(Self::Ranges(common(&rest, &[(*begin, cut)])));
            rest = common(&rest, &[(behind, RunNumber::MAX)]);
        }
        shares.push(Self::Ranges(rest));
        shares
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_known_runs_are_all_of_them_in_order() {
        for (count, threads, parts) in
            [(0, 4, 1), (1999, 4, 1), (2000, 4, 2), (9001, 8, 4), (9001, 1, 1)]
        {
            let runs: Vec<Extent> =
                (0..count).map(|run| Extent::unknown(RunNumber::new(run).unwrap())).collect();
            let shares = Share::of_runs(runs.clone(), threads);
            assert_eq!(shares.len(), parts, "{count} runs");
            let joined: Vec<Extent> = shares
                .into_iter()
                .flat_map(|share| match share {
                    Share::Runs(runs) => runs,
                    Share::Ranges(ranges) => panic!("{ranges:?}"),
                })
                .collect();
            assert_eq!(joined, runs);
        }
    }
}
