//! Noisy strips, wafers and chips of a module.

use sct_conditions::{KnownBad, Source, StripSet};
use sct_id::{Chip, ModuleHash, Region, Strip, WaferHash};

use crate::{Config, Inputs};

/// The search with everything that is the same for all wafers worked out.
pub(crate) struct Search<'a> {
    inputs: &'a Inputs<'a>,
    config: &'a Config,
    /// Hits from which on a strip is noisy; none when no number of hits suffices.
    fewest_hits: Option<u32>,
    none_known_bad: KnownBad,
}

/// The smallest number of hits whose occupancy is above `threshold`, in single precision: `(f32)hits / (f32)events >
/// threshold`. The loop over strips can then compare whole numbers. `None` when even `u32::MAX` hits are not above.
pub fn fewest_noisy_hits(events: u64, threshold: f32) -> Option<u32> {
    let noisy = |hits: u32| hits as f32 / events as f32 > threshold;
    // Both conversion and division are monotonic, so the noisy counts are all from some count on.
    let (mut quiet, mut above) = (0, u32::MAX);
    if !noisy(above) {
        return None;
    }
    if noisy(quiet) {
        return Some(quiet);
    }
    while above - quiet > 1 {
        let middle = quiet + (above - quiet) / 2;
        if noisy(middle) { above = middle } else { quiet = middle }
    }
    Some(above)
}

impl<'a> Search<'a> {
    pub(crate) fn new(inputs: &'a Inputs<'a>, config: &'a Config) -> Self {
        let fewest_hits = fewest_noisy_hits(inputs.hitmap.events(), config.threshold());
        Self { inputs, config, fewest_hits, none_known_bad: KnownBad::default() }
    }

    /// All noisy strips, the newly bad ones among them, and whether the wafer is noisy.
    pub(crate) fn wafer(&self, wafer: WaferHash) -> (StripSet, StripSet, bool) {
        let nothing = (StripSet::default(), StripSet::default(), false);
        let Some(fewest) = self.fewest_hits else { return nothing };
        let hits = self.inputs.hitmap.wafer(wafer);
        let count = hits.iter().filter(|&&hits| hits >= fewest).count();
        if count == 0 {
            return nothing;
        }
        let noisy_wafer = self.is_noisy_wafer(wafer, count);
        if noisy_wafer && self.config.wafer_finder {
            if !self.config.wafer_write {
                return (StripSet::default(), StripSet::default(), true);
            }
            if self.config.wafer_all_strips {
                let every: StripSet =
                    Strip::all().map(|strip| strip.in_module(wafer.side())).collect();
                return (every, every, true);
            }
        }
        let (mut all, mut newly_bad) = (StripSet::default(), StripSet::default());
        for (strip, _) in Strip::all().zip(hits).filter(|&(_, &hits)| hits >= fewest) {
            all.insert(strip.in_module(wafer.side()));
            if self.was_good(wafer, strip) {
                newly_bad.insert(strip.in_module(wafer.side()));
            }
        }
        (all, newly_bad, noisy_wafer)
    }

    /// More than a fraction of the strips is noisy, and the average over all strips is above the region's threshold. The
    /// average is made from the histogram's entry count, in double precision.
    fn is_noisy_wafer(&self, wafer: WaferHash, noisy_strips: usize) -> bool {
        let config = self.config;
        let average = self.inputs.hitmap.entries(wafer) as f64
            / Strip::PER_WAFER as f64
            / self.inputs.hitmap.events() as f64;
        let threshold = match wafer.position().module().region() {
            Region::EndCapC => config.max_wafer_occupancy_end_cap_c,
            Region::Barrel => config.max_wafer_occupancy_barrel,
            Region::EndCapA => config.max_wafer_occupancy_end_cap_a,
        };
        noisy_strips as f32 > config.wafer_fraction * Strip::PER_WAFER as f32
            && average > f64::from(threshold)
    }

    /// Whether a strip is good in the sources in use; without a source nothing counts as good before.
    fn was_good(&self, wafer: WaferHash, strip: Strip) -> bool {
        let Config { use_configuration, use_calibration, .. } = *self.config;
        let known = self.inputs.known_bad.unwrap_or(&self.none_known_bad);
        let good =
            |used: bool, source| !used || known.is_good(source, wafer, strip, self.inputs.swap);
        (use_configuration || use_calibration)
            && good(use_configuration, Source::Configuration)
            && good(use_calibration, Source::Calibration)
    }

    pub(crate) fn reference(&self, module: ModuleHash) -> StripSet {
        self.inputs
            .reference
            .and_then(|reference| reference.get(&module))
            .copied()
            .unwrap_or_default()
    }

    /// Chips with more than a fraction of their strips in the set, in read-out numbering.
    pub(crate) fn noisy_chips(&self, module: ModuleHash, strips: &StripSet) -> Vec<Chip> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the original truncates as well"
        )]
        let limit = (self.config.chip_fraction * Strip::PER_CHIP as f32) as usize;
        if strips.len() <= limit {
            return Vec::new();
        }
        let mut per_chip = [0_usize; Chip::COUNT];
        for strip in strips.iter() {
            let wafer = module.wafer(strip.side());
            per_chip[self.inputs.swap.chip(wafer, strip.strip()).index()] += 1;
        }
        Chip::all().filter(|chip| per_chip[chip.index()] > limit).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_strip_exactly_at_the_threshold_is_quiet() {
        assert_eq!(fewest_noisy_hits(200_000, 0.015), Some(3001));
        assert_eq!(fewest_noisy_hits(1000, 0.015), Some(16));
        assert_eq!(fewest_noisy_hits(10, 0.0), Some(1));
        assert_eq!(fewest_noisy_hits(u64::MAX, 1.0), None);
    }

    proptest! {
        #[test]
        fn whole_numbers_decide_as_single_precision_does(events in 1..10_000_000_u64, threshold in 1e-6..0.5_f32, hits: u32) {
            let fewest = fewest_noisy_hits(events, threshold);
            for hits in [hits, hits % 10_000_000, fewest.unwrap_or(1), fewest.unwrap_or(1).saturating_sub(1)] {
                let noisy = hits as f32 / events as f32 > threshold;
                prop_assert_eq!(noisy, fewest.is_some_and(|fewest| hits >= fewest));
            }
        }
    }
}
