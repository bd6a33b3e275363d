//! Events by lumi block.

use rand::{Rng, RngExt as _};
use rand_distr::{Binomial, Distribution as _, StandardNormal};
use sct_id::LumiBlock;
use serde::{Deserialize, Serialize};

use crate::{
    Settings,
    stream::{Purpose, stream},
};

/// Spread of the events of a lumi block, relative.
const SPREAD: f64 = 0.07;

/// Consecutive lumi blocks, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct LumiRange {
    /// The first.
    pub first: LumiBlock,
    /// The last.
    pub last: LumiBlock,
}

impl LumiRange {
    /// From indices: index 0 is lumi block 1.
    pub(crate) fn from_indices(first: usize, last: usize) -> Self {
        let number = |index: usize| LumiBlock::new(u32::try_from(index + 1).unwrap_or(u32::MAX));
        Self { first: number(first), last: number(last) }
    }

    /// Indices of the lumi blocks.
    pub(crate) fn indices(self) -> std::ops::RangeInclusive<usize> {
        let index = |number: LumiBlock| (number.to_u32() as usize).saturating_sub(1);
        index(self.first)..=index(self.last)
    }
}

/// Events by lumi block of a run or a file of it.
#[derive(Clone, Debug)]
pub(crate) struct LumiProfile {
    /// Events; index 0 is lumi block 1.
    pub(crate) events: Vec<u64>,
    /// Interruptions of the run.
    pub(crate) gaps: Vec<LumiRange>,
}

impl LumiProfile {
    /// The whole run.
    pub(crate) fn run(settings: &Settings) -> Self {
        let mut rng = stream(settings.seed, Purpose::LumiBlocks, 0, 0);
        let blocks = settings.lumi_blocks;
        let mut weights: Vec<f64> = (0..blocks)
            .map(|_| {
                let normal: f64 = StandardNormal.sample(&mut rng);
                (1.0 + SPREAD * normal).max(0.2)
            })
            .collect();
        let mut gaps = Vec::new();
        for _ in 0..settings.defects.gaps {
            let length = rng.random_range(1..=(blocks / 60).clamp(1, 15));
            let first = rng.random_range(0..blocks);
            let last = (first + length).min(blocks) - 1;
            // A run without events is none.
            if weights.iter().enumerate().any(|(i, &w)| w > 0.0 && !(first..=last).contains(&i)) {
                weights[first..=last].fill(0.0);
                gaps.push(LumiRange::from_indices(first, last));
            }
        }
        gaps.sort_by_key(|gap| (gap.first, gap.last));
        Self { events: share(settings.events, &weights, &mut rng), gaps }
    }

    /// The part of file `file` out of `files`: an unbroken range of lumi blocks.
    pub(crate) fn part(&self, file: usize, files: usize) -> Self {
        let blocks = self.events.len();
        let own = blocks * file / files..blocks * (file + 1) / files;
        let keep = |(index, &events)| if own.contains(&index) { events } else { 0 };
        Self { events: self.events.iter().enumerate().map(keep).collect(), gaps: self.gaps.clone() }
    }

    pub(crate) fn total(&self) -> u64 {
        self.events.iter().sum()
    }

    pub(crate) fn processed(&self) -> usize {
        self.events.iter().filter(|&&events| events > 0).count()
    }

    /// Part of the events that lie in a range.
    pub(crate) fn fraction(&self, range: LumiRange) -> f64 {
        let inside: u64 = self.events.get(range.indices()).unwrap_or(&[]).iter().sum();
        if inside == 0 { 0.0 } else { inside as f64 / self.total() as f64 }
    }
}

/// Spreads `events` over lumi blocks in proportion to their weights.
fn share(events: u64, weights: &[f64], rng: &mut impl Rng) -> Vec<u64> {
    let (mut left, mut weight_left) = (events, weights.iter().sum::<f64>());
    let last = weights.iter().rposition(|&weight| weight > 0.0);
    let one = |(index, &weight): (usize, &f64)| {
        let drawn = match Binomial::new(left, (weight / weight_left).clamp(0.0, 1.0)) {
            Ok(binomial) if weight > 0.0 && Some(index) != last => binomial.sample(rng),
            _ if Some(index) == last => left,
            _ => 0,
        };
        left -= drawn;
        weight_left -= weight;
        drawn
    };
    weights.iter().enumerate().map(one).collect()
}

/// Draws lumi blocks in proportion to their events, in constant time: each of as many equal shares as there are lumi blocks
/// belongs to at most two of them.
#[derive(Clone, Debug)]
pub(crate) struct LumiSampler {
    /// Part of the share that is the lumi block's own, of 2^32, and whose the rest is.
    shares: Vec<(u64, u32)>,
}

impl LumiSampler {
    const WHOLE: u64 = 1 << 32;

    /// The sampler of a profile with at least one event.
    pub(crate) fn new(events: &[u64]) -> Self {
        let (blocks, total) = (events.len() as u64, events.iter().sum::<u64>().max(1));
        // In units of 1 / total every share holds `total` and every lumi block `events * blocks`: whole numbers, so that
        // a lumi block without events gets exactly nothing.
        let mut left: Vec<u64> = events.iter().map(|&events| events * blocks).collect();
        let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        let mut shares: Vec<(u64, u32)> =
            (0..events.len()).map(|index| (Self::WHOLE, number(index))).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) =
            (0..left.len()).partition(|&index| left[index] < total);
        while let (Some(poor), Some(rich)) = (small.pop(), large.pop()) {
            let own = u128::from(left[poor]) * u128::from(Self::WHOLE) / u128::from(total);
            shares[poor] = (u64::try_from(own).unwrap_or(Self::WHOLE), number(rich));
            left[rich] -= total - left[poor];
            if left[rich] < total { small.push(rich) } else { large.push(rich) }
        }
        Self { shares }
    }

    /// Index of a lumi block.
    #[inline]
    pub(crate) fn sample(&self, rng: &mut impl Rng) -> usize {
        let bits = rng.next_u64();
        let (high, low) = (bits >> 32, bits & (Self::WHOLE - 1));
        let index = ((high * self.shares.len() as u64) >> 32) as usize;
        let (own, other) = self.shares[index];
        if low < own { index } else { other as usize }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_events_are_given_out_and_gaps_stay_empty() {
        for seed in 0..20 {
            let settings = Settings { seed, ..Settings::full_size() };
            let run = LumiProfile::run(&settings);
            assert_eq!(run.total(), settings.events);
            for gap in &run.gaps {
                assert!(run.events[gap.indices()].iter().all(|&events| events == 0));
            }
            assert!(run.processed() < settings.lumi_blocks);
        }
    }

    #[test]
    fn parts_add_up_to_the_run() {
        let run = LumiProfile::run(&Settings::full_size());
        for files in [1, 2, 7] {
            let mut sum = vec![0; run.events.len()];
            for file in 0..files {
                for (sum, events) in sum.iter_mut().zip(run.part(file, files).events) {
                    *sum += events;
                }
            }
            assert_eq!(sum, run.events);
        }
    }

    #[test]
    fn a_single_lumi_block_takes_all() {
        let settings = Settings { lumi_blocks: 1, window: 1, ..Settings::small() };
        assert_eq!(LumiProfile::run(&settings).events, [settings.events]);
    }

    #[test]
    fn hits_follow_the_events() {
        let events = [0, 10, 0, 30, 60, 0];
        let sampler = LumiSampler::new(&events);
        let mut rng = stream(1, Purpose::Hits, 0, 0);
        let mut counts = [0_u32; 6];
        for _ in 0..100_000 {
            counts[sampler.sample(&mut rng)] += 1;
        }
        assert_eq!((counts[0], counts[2], counts[5]), (0, 0, 0));
        for (index, expected) in [(1, 10_000.0), (3, 30_000.0), (4, 60_000.0)] {
            assert!((f64::from(counts[index]) - expected).abs() < 6.0 * f64::sqrt(expected));
        }
    }
}
