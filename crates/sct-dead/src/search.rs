//! The search on one side of a module.

use sct_conditions::StripSet;
use sct_id::{Chip, Side, Strip, WaferHash};

use crate::{
    Config, Defect, Inputs, LayerMeans, Mismatch,
    disabled::{Disabled, LeftOut, Mask},
    outcome::whole_side,
    tail::{ln_gaussian_tail, ln_no_hit},
};

/// Fewer hits than this in the mean tell nothing about a quiet component: 20 +- 4.5 is as far from 10 as 2.2 standard
/// deviations.
const QUIET_HITS: f64 = 20.0;

/// What came of one side.
#[derive(Debug, Default)]
pub(crate) struct SideResult {
    pub(crate) left_out: Option<LeftOut>,
    pub(crate) mismatch: Option<Mismatch>,
    /// Every chip or every strip was found.
    pub(crate) whole: bool,
    pub(crate) chips: Vec<Chip>,
    pub(crate) strips: StripSet,
    pub(crate) untestable_chips: bool,
    pub(crate) untestable_strips: bool,
}

/// The search with everything that is the same for all sides worked out.
pub(crate) struct Search<'a> {
    inputs: &'a Inputs<'a>,
    config: &'a Config,
    pub(crate) disabled: Disabled<'a>,
    pub(crate) layers: LayerMeans,
    pub(crate) busy: bool,
    /// Hits from which on a strip is left out of means.
    fewest_noisy: u32,
    /// Logarithms of the Gaussian tails at the two significances.
    ln_strip: f64,
    ln_chip: f64,
}

/// Hits of the strips of a side in read-out order, and which of them are switched off.
struct Strips<'m> {
    hits: [u32; Strip::PER_WAFER],
    off: Option<&'m Mask>,
}

/// What is known of the strips of one chip.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    /// Hits of all strips that are switched on.
    hits: u64,
    /// Hits without those of noisy strips, and how many strips that are.
    steady_hits: u64,
    steady: u64,
    /// How many strips have no hits, and how many are switched off.
    silent: u64,
    off: u64,
}

impl Tally {
    fn enabled(&self) -> u64 {
        Strip::PER_CHIP as u64 - self.off
    }
}

/// The smallest number of hits whose occupancy is above `threshold`; the largest number there is when none is.
fn fewest_above(events: u64, threshold: f32) -> u32 {
    let above = |hits: u32| f64::from(hits) / events as f64 > f64::from(threshold);
    // Division is monotonic, so that the counts above are all from some count on.
    let (mut low, mut high) = (0, u32::MAX);
    while low < high {
        let middle = low + (high - low) / 2;
        if above(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

impl<'a> Search<'a> {
    pub(crate) fn new(inputs: &'a Inputs<'a>, config: &'a Config) -> Self {
        let fewest_noisy = fewest_above(inputs.hitmap.events(), config.noisy_occupancy);
        let disabled = Disabled::new(inputs, config);
        let layers = LayerMeans::new(inputs.hitmap, &disabled, fewest_noisy);
        Self {
            inputs,
            config,
            disabled,
            busy: layers.outer_barrel() > f64::from(config.busy_occupancy),
            layers,
            fewest_noisy,
            ln_strip: ln_gaussian_tail(config.strip_significance),
            ln_chip: ln_gaussian_tail(config.chip_significance),
        }
    }

    fn events(&self) -> u64 {
        self.inputs.hitmap.events()
    }

    /// Searches one side.
    pub(crate) fn side(&self, wafer: WaferHash) -> SideResult {
        if let Some(reason) = self.disabled.left_out(wafer) {
            let mismatch =
                if reason == LeftOut::Disabled { self.mismatch(wafer, None) } else { None };
            return SideResult { left_out: Some(reason), mismatch, ..SideResult::default() };
        }
        let off = self.disabled.strips(wafer);
        let mismatch = off.as_ref().and_then(|off| self.mismatch(wafer, Some(off)));
        let strips = self.strips(wafer, off.as_ref());
        let tallies = self.tallies(&strips);
        let sum = |number: fn(&Tally) -> u64| tallies.iter().map(number).sum::<u64>();
        let (without_hits, switched_off) = (sum(|chip| chip.silent), sum(|chip| chip.off));
        let side = wafer.side();
        let found = if switched_off == Strip::PER_WAFER as u64 {
            SideResult { left_out: Some(LeftOut::Disabled), ..SideResult::default() }
        } else if without_hits + switched_off == Strip::PER_WAFER as u64 {
            if self.is_dead_link(wafer) { self.whole(side) } else { self.untestable() }
        } else {
            self.parts(wafer, &strips, &tallies)
        };
        SideResult { mismatch, ..found }
    }

    /// Strips that are switched off and have hits; without a mask all are.
    fn mismatch(&self, wafer: WaferHash, off: Option<&Mask>) -> Option<Mismatch> {
        let strips = self.strips(wafer, None);
        let with_hits = (strips.hits.iter().enumerate())
            .filter(|&(online, &hits)| hits > 0 && off.is_none_or(|off| off[online]));
        let (count, hits) =
            with_hits.fold((0, 0), |(count, sum), (_, &hits)| (count + 1, sum + u64::from(hits)));
        (count > 0).then_some(Mismatch { wafer, strips: count, hits })
    }

    fn strips<'m>(&self, wafer: WaferHash, off: Option<&'m Mask>) -> Strips<'m> {
        let mut hits = [0; Strip::PER_WAFER];
        hits.copy_from_slice(self.inputs.hitmap.wafer(wafer));
        if self.inputs.swap.is_swapped(wafer) {
            hits.reverse();
        }
        Strips { hits, off }
    }

    fn tallies(&self, strips: &Strips<'_>) -> [Tally; Chip::PER_SIDE] {
        let mut tallies = [Tally::default(); Chip::PER_SIDE];
        for (chip, tally) in tallies.iter_mut().enumerate() {
            let range = chip * Strip::PER_CHIP..(chip + 1) * Strip::PER_CHIP;
            let off = |place: usize| strips.off.is_some_and(|off| off[place]);
            for (place, &hits) in range.clone().zip(&strips.hits[range]) {
                if off(place) {
                    tally.off += 1;
                    continue;
                }
                let steady = hits < self.fewest_noisy;
                tally.hits += u64::from(hits);
                tally.silent += u64::from(hits == 0);
                tally.steady += u64::from(steady);
                tally.steady_hits += if steady { u64::from(hits) } else { 0 };
            }
        }
        tallies
    }

    /// No hits on a whole side, where the mean of the layer makes that improbable. All its strips count as trials, also
    /// those that are switched off, as in the original.
    fn is_dead_link(&self, wafer: WaferHash) -> bool {
        let trials = self.events().saturating_mul(Strip::PER_WAFER as u64);
        ln_no_hit(trials, self.layers.of(wafer)) < self.ln_chip
    }

    fn whole(&self, side: Side) -> SideResult {
        let chips = Chip::all().filter(|chip| self.config.chips && chip.side() == side).collect();
        let strips = if self.config.strips { whole_side(side) } else { StripSet::default() };
        SideResult { whole: true, chips, strips, ..SideResult::default() }
    }

    /// A side without hits in a layer that has few.
    fn untestable(&self) -> SideResult {
        SideResult {
            untestable_chips: self.config.chips,
            untestable_strips: self.config.strips,
            ..SideResult::default()
        }
    }

    /// Mean occupancy over the chips of a side that are wanted, without noisy strips, in a busy stream also without strips
    /// that have no hits. No number when nothing is left.
    ///
    /// A stream with few events can look busy too, after a burst of noise: then most strips have no hits by chance, and those
    /// that have some tell too high a mean. The search for quiet components leaves strips without hits out only where the
    /// others predict enough.
    fn mean(
        &self,
        tallies: &[Tally; Chip::PER_SIDE],
        wanted: impl Fn(usize) -> bool,
    ) -> Option<f64> {
        let (mut hits, mut strips, mut silent) = (0, 0, 0);
        for (_, tally) in tallies.iter().enumerate().filter(|&(chip, _)| wanted(chip)) {
            hits += tally.steady_hits;
            strips += tally.steady;
            silent += tally.silent;
        }
        let over = |strips: u64| {
            let trials = self.events().saturating_mul(strips);
            (trials > 0).then(|| hits as f64 / trials as f64)
        };
        if !self.busy {
            return over(strips);
        }
        let of_others = over(strips - silent);
        let predicted = of_others.unwrap_or(0.0) * self.events() as f64;
        let by_chance = self.config.defect == Defect::Quiet && predicted < QUIET_HITS;
        if by_chance { over(strips) } else { of_others }
    }

    /// Chips and strips of a side that has hits.
    fn parts(
        &self,
        wafer: WaferHash,
        strips: &Strips<'_>,
        tallies: &[Tally; Chip::PER_SIDE],
    ) -> SideResult {
        let (side, quiet) = (wafer.side(), self.config.defect == Defect::Quiet);
        let mean = self.mean(tallies, |_| true).unwrap_or(0.0);
        let mut found = [false; Chip::PER_SIDE];
        for (place, tally) in tallies.iter().enumerate() {
            let chip = Chip::on_side(side, place).expect("a side has as many chips as tallies");
            found[place] = !self.disabled.chip(wafer, chip) && self.is_found_chip(tally, mean);
        }
        let per_event = self.events() as f64;
        let chip_testable = if quiet {
            mean * per_event * Strip::PER_CHIP as f64 >= QUIET_HITS
        } else {
            ln_no_hit(self.events().saturating_mul(Strip::PER_CHIP as u64), mean) < self.ln_chip
        };
        // Chips that are found say nothing about what a good strip does.
        let mean = self.mean(tallies, |chip| !found[chip]).unwrap_or(0.0);
        let strip_testable = if quiet {
            mean * per_event >= QUIET_HITS
        } else {
            ln_no_hit(self.events(), mean) < self.ln_strip
        };
        let mut result = SideResult {
            untestable_chips: self.config.chips && !chip_testable,
            untestable_strips: self.config.strips && !strip_testable,
            ..SideResult::default()
        };
        if self.config.chips {
            let found = Chip::all().filter(|chip| chip.side() == side && found[chip.in_side()]);
            result.chips = found.collect();
        }
        if self.config.strips && strip_testable {
            let limit = mean * f64::from(self.config.quiet_strip);
            let few = |hits: u32| {
                if quiet { f64::from(hits) / per_event < limit } else { hits == 0 }
            };
            let off = |online: usize| strips.off.is_some_and(|off| off[online]);
            let found = Strip::all().zip(strips.hits).filter(|&(_, hits)| few(hits));
            let found = found.filter(|(online, _)| !off(online.index()));
            result.strips = found.map(|(online, _)| online.in_module(side)).collect();
        }
        result
    }

    /// Whether a chip is dead or quiet, given the mean of its side.
    fn is_found_chip(&self, tally: &Tally, mean: f64) -> bool {
        let trials = self.events().saturating_mul(tally.enabled());
        match self.config.defect {
            Defect::Dead => tally.hits == 0 && ln_no_hit(trials, mean) < self.ln_chip,
            Defect::Quiet => {
                let testable = trials > 0 && mean * trials as f64 >= QUIET_HITS;
                let limit = mean * f64::from(self.config.quiet_chip);
                testable && tally.hits as f64 / (trials as f64) < limit
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_strip_at_the_noisy_threshold_is_steady() {
        assert_eq!(fewest_above(1000, 0.5), 501);
        assert_eq!(fewest_above(1, 0.0), 1);
        assert_eq!(fewest_above(1 << 40, 0.05), u32::MAX);
    }

    proptest! {
        #[test]
        fn whole_numbers_decide_as_the_division_does(events in 1..10_000_000_u64, threshold in 1e-6..0.9_f32, hits in 0..10_000_000_u32) {
            let fewest = fewest_above(events, threshold);
            for hits in [hits, fewest, fewest - 1] {
                let above = f64::from(hits) / events as f64 > f64::from(threshold);
                prop_assert_eq!(above, hits >= fewest);
            }
        }
    }
}
