//! The detector with its defects, as one run finds it.

mod maker;

use std::collections::{BTreeMap, HashMap, HashSet};

use rand_distr::{Distribution as _, StandardNormal};
use sct_conditions::StripSets;
use sct_id::{Chip, Region, Strip, WaferHash};

use self::maker::Maker;
use crate::{
    Burst, DeadChip, DeadLink, DeadStrips, Error, ErrorRate, Known, KnownBadPart, KnownComponent,
    LumiRange, NoisyChip, NoisyStrip, NoisyWafer, QuietChip, QuietStrips, Settings,
    lumi::LumiProfile,
    stream::{Purpose, stream},
};

/// Logarithmic spread of rates within a noisy chip or wafer.
const NOISY_SPREAD: f64 = 0.3;
/// Logarithmic spread of noise from wafer to wafer.
const WAFER_SPREAD: f64 = 0.15;

/// The defects of a detector, in wafer order within each list. Every wafer has defects of one kind at most.
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    /// Strips noisy during the whole run, marginal ones among them.
    pub noisy_strips: Vec<NoisyStrip>,
    /// Chips noisy at times.
    pub noisy_chips: Vec<NoisyChip>,
    /// Bursts of noise in a large part of the detector, whatever else is wrong with the modules.
    pub bursts: Vec<Burst>,
    /// Noisy wafers.
    pub noisy_wafers: Vec<NoisyWafer>,
    /// Wafers with raised noise below the threshold.
    pub warm_wafers: Vec<NoisyWafer>,
    /// Dead strips.
    pub dead_strips: Vec<DeadStrips>,
    /// Dead chips.
    pub dead_chips: Vec<DeadChip>,
    /// Dead links; both of a dead module.
    pub dead_links: Vec<DeadLink>,
    /// Quiet strips.
    pub quiet_strips: Vec<QuietStrips>,
    /// Quiet chips.
    pub quiet_chips: Vec<QuietChip>,
    /// Byte-stream errors.
    pub errors: Vec<ErrorRate>,
    /// What is known to be bad before the run: switched off (no hits), or called bad by calibration data. The known ones
    /// among [`Self::noisy_strips`] are not repeated here.
    pub known_bad: Vec<KnownComponent>,
}

impl Detector {
    /// The detector of a run.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] for settings out of range, [`Error::NoWaferLeft`] for too many defects.
    pub fn new(settings: &Settings) -> Result<Self, Error> {
        settings.check()?;
        let mut maker = Maker::new(settings);
        maker.initial()?;
        for epoch in 1..=settings.epoch {
            maker.age(epoch)?;
        }
        Ok(maker.finish())
    }

    /// Mean rate of every strip of a wafer over the run, hits per event, tracks left out.
    pub(crate) fn noise(settings: &Settings, wafer: WaferHash) -> Vec<f64> {
        let mut rng = stream(settings.defect_seed, Purpose::Strips, wafer.index(), 0);
        let mut factor = |spread: f64| {
            let normal: f64 = StandardNormal.sample(&mut rng);
            // The mean of a log-normal factor is 1 with this shift.
            (spread * normal - spread * spread / 2.0).exp()
        };
        let mean = settings.occupancy * factor(WAFER_SPREAD);
        Strip::all().map(|_| mean * factor(settings.spread)).collect()
    }

    /// Relative rates of the strips of a noisy chip or wafer; 1 in the mean.
    pub(crate) fn noisy_factors(settings: &Settings, wafer: WaferHash) -> Vec<f64> {
        let mut rng = stream(settings.defect_seed, Purpose::Strips, wafer.index(), 1);
        let factor = |_| {
            let normal: f64 = StandardNormal.sample(&mut rng);
            (NOISY_SPREAD * normal - NOISY_SPREAD * NOISY_SPREAD / 2.0).exp()
        };
        Strip::all().map(factor).collect()
    }

    /// Hits per strip and event from tracks: they fall with the distance from the beam.
    pub(crate) fn tracks(settings: &Settings, wafer: WaferHash) -> f64 {
        // Rounded squares of inverse mean radii (300 to 520 mm in the barrel; rings outside in), layer 0 being 1.
        let module = wafer.position().module();
        let share = match (module.region(), module.layer_disk(), module.eta()) {
            (Region::Barrel, 0, _) => 1.0,
            (Region::Barrel, 1, _) => 0.65,
            (Region::Barrel, 2, _) => 0.45,
            (Region::Barrel, ..) => 0.33,
            (_, _, 0) => 0.35,
            (_, _, 1) => 0.55,
            _ => 0.85,
        };
        settings.physics * share
    }

    /// The strips whose mean rate over the run is above the threshold: what an earlier search found, but for chance.
    pub(crate) fn expected_noisy(&self, settings: &Settings) -> StripSets {
        let (threshold, swap) = (f64::from(settings.threshold), settings.readout_swap());
        let profile = LumiProfile::run(settings);
        let mut sets: BTreeMap<_, sct_conditions::StripSet> = BTreeMap::new();
        let mut add = |wafer: WaferHash, strip: Strip| {
            sets.entry(wafer.module()).or_default().insert(strip.in_module(wafer.side()));
        };
        for noisy in self.noisy_strips.iter().filter(|noisy| noisy.rate > threshold) {
            add(noisy.wafer, noisy.strip);
        }
        for noisy in &self.noisy_chips {
            let mean = noisy.rate * profile.fraction(noisy.lumi_blocks);
            for (strip, factor) in Strip::all().zip(Self::noisy_factors(settings, noisy.wafer)) {
                if swap.chip(noisy.wafer, strip) == noisy.chip && mean * factor > threshold {
                    add(noisy.wafer, strip);
                }
            }
        }
        for noisy in &self.noisy_wafers {
            for (strip, factor) in Strip::all().zip(Self::noisy_factors(settings, noisy.wafer)) {
                if noisy.rate * factor > threshold {
                    add(noisy.wafer, strip);
                }
            }
        }
        sets
    }
}

/// The defects of one wafer, for the generator of hits.
#[derive(Clone, Debug, Default)]
pub(crate) struct WaferDefects {
    /// Noisy strips and their rates.
    pub(crate) strips: Vec<(Strip, f64)>,
    /// Noisy chips.
    pub(crate) chips: Vec<(Chip, LumiRange, f64)>,
    /// Bursts that hit the wafer.
    pub(crate) bursts: Vec<(LumiRange, f64)>,
    /// Rate of all strips.
    pub(crate) rate: f64,
    /// Strips without hits; empty for none.
    pub(crate) silent: HashSet<Strip>,
    /// Strips that keep only a part of their hits, and which part.
    pub(crate) thinned: Vec<(Strip, f64)>,
    /// Byte-stream errors: type and rate.
    pub(crate) errors: Vec<(usize, f64)>,
}

impl Detector {
    /// The defects by wafer.
    pub(crate) fn by_wafer(&self, settings: &Settings) -> HashMap<WaferHash, WaferDefects> {
        let swap = settings.readout_swap();
        let mut map: HashMap<WaferHash, WaferDefects> = HashMap::new();
        for noisy in &self.noisy_strips {
            map.entry(noisy.wafer).or_default().strips.push((noisy.strip, noisy.rate));
        }
        for noisy in &self.noisy_chips {
            let chip = (noisy.chip, noisy.lumi_blocks, noisy.rate);
            map.entry(noisy.wafer).or_default().chips.push(chip);
        }
        for burst in &self.bursts {
            for wafer in burst.modules.iter().flat_map(|module| module.wafers()) {
                map.entry(wafer).or_default().bursts.push((burst.lumi_blocks, burst.rate));
            }
        }
        for noisy in self.noisy_wafers.iter().chain(&self.warm_wafers) {
            map.entry(noisy.wafer).or_default().rate = noisy.rate;
        }
        for dead in &self.dead_strips {
            map.entry(dead.wafer).or_default().silent.extend(&dead.strips);
        }
        for quiet in &self.quiet_strips {
            let thinned = quiet.strips.iter().map(|&strip| (strip, quiet.factor));
            map.entry(quiet.wafer).or_default().thinned.extend(thinned);
        }
        for quiet in &self.quiet_chips {
            let own = Strip::all().filter(|&strip| swap.chip(quiet.wafer, strip) == quiet.chip);
            let thinned = own.map(|strip| (strip, quiet.factor));
            map.entry(quiet.wafer).or_default().thinned.extend(thinned);
        }
        for error in &self.errors {
            map.entry(error.wafer).or_default().errors.push((error.kind, error.rate));
        }
        let off = self.known_bad.iter().filter(|bad| bad.known == Known::Configuration);
        let dead = self.dead_chips.iter().map(|dead| KnownBadPart::Chip(dead.wafer, dead.chip));
        let links = self.dead_links.iter().map(|dead| KnownBadPart::Link(dead.wafer));
        for part in off.map(|bad| bad.part).chain(dead).chain(links) {
            for wafer in part.wafers() {
                let strips = Strip::all().filter(|&strip| part.contains(wafer, strip, &swap));
                map.entry(wafer).or_default().silent.extend(strips);
            }
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DefectNumbers;

    fn strips(settings: &Settings) -> HashSet<(WaferHash, Strip)> {
        let detector = Detector::new(settings).unwrap();
        detector.noisy_strips.iter().map(|noisy| (noisy.wafer, noisy.strip)).collect()
    }

    #[test]
    fn the_next_run_has_new_noisy_strips_and_lost_some() {
        let run = Settings::full_size();
        let (first, second) = (strips(&run), strips(&run.next_run()));
        let (new, lost) = (second.difference(&first).count(), first.difference(&second).count());
        assert!((13..=52).contains(&new), "{new} new");
        assert!((5..=70).contains(&lost), "{lost} lost");
        assert!(first.intersection(&second).count() > 400);
    }

    #[test]
    fn the_detector_does_not_depend_on_the_seed_of_hits() {
        let run = Settings::small();
        let other = Settings { seed: 99, files: 4, ..run.clone() };
        assert_eq!(Detector::new(&run).unwrap(), Detector::new(&other).unwrap());
        let another = Settings { defect_seed: 25, ..run.clone() };
        assert_ne!(Detector::new(&run).unwrap(), Detector::new(&another).unwrap());
    }

    #[test]
    fn no_component_is_defective_twice() {
        let settings = Settings::full_size();
        let detector = Detector::new(&settings).unwrap();
        let strips: HashSet<_> = detector.noisy_strips.iter().map(|noisy| noisy.wafer).collect();
        let others = detector
            .noisy_chips
            .iter()
            .map(|noisy| noisy.wafer)
            .chain(detector.noisy_wafers.iter().map(|noisy| noisy.wafer))
            .chain(detector.dead_chips.iter().map(|dead| dead.wafer))
            .chain(detector.dead_strips.iter().map(|dead| dead.wafer))
            .chain(detector.dead_links.iter().map(|dead| dead.wafer))
            .chain(detector.quiet_strips.iter().map(|quiet| quiet.wafer))
            .chain(detector.quiet_chips.iter().map(|quiet| quiet.wafer));
        let mut seen = HashSet::new();
        for wafer in others {
            assert!(seen.insert(wafer) && !strips.contains(&wafer));
        }
        for bad in &detector.known_bad {
            assert!(bad.part.wafers().iter().all(|wafer| !strips.contains(wafer)));
        }
    }

    #[test]
    fn too_many_defects_are_an_error() {
        let defects = DefectNumbers { masked_modules: 5000, ..DefectNumbers::default() };
        let settings = Settings { defects, ..Settings::small() };
        assert!(matches!(Detector::new(&settings), Err(Error::NoWaferLeft)));
    }

    #[test]
    fn noise_has_the_mean_asked_for() {
        let settings = Settings::small();
        let wafers = WaferHash::all().step_by(40);
        let count = wafers.len() * Strip::COUNT;
        let sum: f64 = wafers.flat_map(|wafer| Detector::noise(&settings, wafer)).sum();
        assert!((sum / count as f64 / settings.occupancy - 1.0).abs() < 0.05);
    }
}
