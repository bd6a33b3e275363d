//! The detector with its defects, as one run finds it.

use std::collections::{BTreeMap, HashMap, HashSet};

use rand::{Rng, RngExt as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use sct_conditions::StripSets;
use sct_hitmap::BsErrorMap;
use sct_id::{Chip, Region, Strip, WaferHash};

use crate::{
    DeadChip, DeadStrips, DefectNumbers, Error, ErrorRate, Known, KnownBadPart, KnownComponent,
    LumiRange, NoisyChip, NoisyStrip, NoisyWafer, Settings,
    lumi::LumiProfile,
    stream::{Purpose, stream},
};

/// Rates of noisy strips, hits per event, spread evenly over their logarithm.
const STRIP_RATES: (f64, f64) = (3e-3, 0.3);
/// Rates of noisy chips while they are noisy, and the part of the run that lasts.
const CHIP_RATES: (f64, f64) = (0.05, 0.4);
const CHIP_TIMES: (f64, f64) = (0.02, 0.6);
/// Rates of noisy wafers in units of the threshold: with a spread of 0.3 nearly all strips are above it.
const WAFER_RATES: (f64, f64) = (2.0, 6.0);
/// Rates of warm wafers in units of the threshold.
const WARM_RATES: (f64, f64) = (0.01, 0.1);
/// Relative distance of marginal strips from the threshold.
const MARGIN: f64 = 0.05;
/// Logarithmic spread of rates within a noisy chip or wafer.
const NOISY_SPREAD: f64 = 0.3;
/// Logarithmic spread of noise from wafer to wafer.
const WAFER_SPREAD: f64 = 0.15;
/// Probabilities that a noisy strip is known from calibration data or in the configuration.
const IN_CALIBRATION: f64 = 0.10;
const IN_CONFIGURATION: f64 = 0.03;
/// Chips and wafers recover this much faster than strips.
const FAST_RECOVERY: f64 = 4.0;

/// The defects of a detector, in wafer order within each list. Every wafer has defects of one kind at most.
#[derive(Clone, Debug, PartialEq)]
pub struct Detector {
    /// Strips noisy during the whole run, marginal ones among them.
    pub noisy_strips: Vec<NoisyStrip>,
    /// Chips noisy at times.
    pub noisy_chips: Vec<NoisyChip>,
    /// Noisy wafers.
    pub noisy_wafers: Vec<NoisyWafer>,
    /// Wafers with raised noise below the threshold.
    pub warm_wafers: Vec<NoisyWafer>,
    /// Dead strips.
    pub dead_strips: Vec<DeadStrips>,
    /// Dead chips.
    pub dead_chips: Vec<DeadChip>,
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
    /// Rate of all strips.
    pub(crate) rate: f64,
    /// Strips without hits; empty for none.
    pub(crate) silent: HashSet<Strip>,
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
        for noisy in self.noisy_wafers.iter().chain(&self.warm_wafers) {
            map.entry(noisy.wafer).or_default().rate = noisy.rate;
        }
        for dead in &self.dead_strips {
            map.entry(dead.wafer).or_default().silent.extend(&dead.strips);
        }
        for error in &self.errors {
            map.entry(error.wafer).or_default().errors.push((error.kind, error.rate));
        }
        let off = self.known_bad.iter().filter(|bad| bad.known == Known::Configuration);
        let dead = self.dead_chips.iter().map(|dead| KnownBadPart::Chip(dead.wafer, dead.chip));
        for part in off.map(|bad| bad.part).chain(dead) {
            for wafer in part.wafers() {
                let strips = Strip::all().filter(|&strip| part.contains(wafer, strip, &swap));
                map.entry(wafer).or_default().silent.extend(strips);
            }
        }
        map
    }
}

/// Makes the detector of epoch 0 and lets it age.
struct Maker<'a> {
    settings: &'a Settings,
    rng: ChaCha8Rng,
    /// Healthy wafers, in the order in which they fail.
    free: Vec<WaferHash>,
    failed: HashSet<WaferHash>,
    detector: Detector,
}

impl<'a> Maker<'a> {
    fn new(settings: &'a Settings) -> Self {
        let mut rng = stream(settings.defect_seed, Purpose::Defects, 0, 0);
        let mut free: Vec<WaferHash> = WaferHash::all().collect();
        free.shuffle(&mut rng);
        let detector = Detector {
            noisy_strips: Vec::new(),
            noisy_chips: Vec::new(),
            noisy_wafers: Vec::new(),
            warm_wafers: Vec::new(),
            dead_strips: Vec::new(),
            dead_chips: Vec::new(),
            errors: Vec::new(),
            known_bad: Vec::new(),
        };
        Self { settings, rng, free, failed: HashSet::new(), detector }
    }

    fn numbers(&self) -> &'a DefectNumbers {
        &self.settings.defects
    }

    fn pick(&mut self) -> Result<WaferHash, Error> {
        loop {
            let wafer = self.free.pop().ok_or(Error::NoWaferLeft)?;
            if self.failed.insert(wafer) {
                return Ok(wafer);
            }
        }
    }

    fn strips(&mut self, count: usize) -> Vec<Strip> {
        let mut strips = HashSet::new();
        while strips.len() < count {
            let number = self.rng.random_range(0..Strip::COUNT);
            strips.insert(Strip::new(number).expect("below the strip count"));
        }
        let mut strips: Vec<Strip> = strips.into_iter().collect();
        strips.sort_unstable();
        strips
    }

    fn chip(&mut self, wafer: WaferHash) -> Chip {
        let in_side = self.rng.random_range(0..Chip::PER_SIDE);
        Chip::on_side(wafer.side(), in_side).expect("below the chips of a side")
    }

    fn initial(&mut self) -> Result<(), Error> {
        self.masked()?;
        for _ in 0..self.numbers().noisy_strip_wafers {
            self.noisy_strip_wafer(0)?;
        }
        for _ in 0..self.numbers().marginal_strip_wafers {
            let (wafer, distance) = (self.pick()?, self.rng.random_range(-MARGIN..MARGIN));
            let rate = rounded(f64::from(self.settings.threshold) * (1.0 + distance));
            let strip = self.strips(1)[0];
            self.noisy_strip(wafer, strip, rate, 0);
        }
        for _ in 0..self.numbers().noisy_chips {
            self.noisy_chip()?;
        }
        for _ in 0..self.numbers().noisy_wafers {
            let noisy = self.noisy_wafer(WAFER_RATES)?;
            self.detector.noisy_wafers.push(noisy);
        }
        for _ in 0..self.numbers().warm_wafers {
            let warm = self.noisy_wafer(WARM_RATES)?;
            self.detector.warm_wafers.push(warm);
        }
        self.dead()?;
        for _ in 0..self.numbers().error_wafers {
            let wafer = self.pick()?;
            let kind = self.rng.random_range(0..BsErrorMap::TYPES);
            let rate = log_uniform(&mut self.rng, (1e-4, 1.0));
            self.detector.errors.push(ErrorRate { wafer, position: wafer.position(), kind, rate });
        }
        Ok(())
    }

    /// Components switched off in the configuration, and healthy strips with a bad name.
    fn masked(&mut self) -> Result<(), Error> {
        let numbers = self.numbers();
        let off = |part| KnownComponent { known: Known::Configuration, part };
        for _ in 0..numbers.masked_modules {
            // Modules come first, when few wafers have failed; a module needs both.
            let wafer = loop {
                let wafer = self.pick()?;
                if self.failed.insert(wafer.other_side()) {
                    break wafer;
                }
            };
            self.detector.known_bad.push(off(KnownBadPart::Module(wafer.module())));
        }
        for _ in 0..numbers.masked_links {
            let wafer = self.pick()?;
            self.detector.known_bad.push(off(KnownBadPart::Link(wafer)));
        }
        for _ in 0..numbers.masked_chips {
            let wafer = self.pick()?;
            let chip = self.chip(wafer);
            self.detector.known_bad.push(off(KnownBadPart::Chip(wafer, chip)));
        }
        for _ in 0..numbers.masked_strip_wafers {
            let (wafer, count) = (self.pick()?, self.rng.random_range(1..=8));
            for strip in self.strips(count) {
                self.detector.known_bad.push(off(KnownBadPart::Strip(wafer, strip)));
            }
        }
        for _ in 0..numbers.calibration_strips {
            let (wafer, strip) = (self.pick()?, self.strips(1)[0]);
            let part = KnownBadPart::Strip(wafer, strip);
            self.detector.known_bad.push(KnownComponent { known: Known::Calibration, part });
        }
        Ok(())
    }

    fn dead(&mut self) -> Result<(), Error> {
        for _ in 0..self.numbers().dead_strip_wafers {
            let (wafer, count) = (self.pick()?, self.rng.random_range(1..=5));
            let strips = self.strips(count);
            let position = wafer.position();
            self.detector.dead_strips.push(DeadStrips { wafer, position, strips });
        }
        for _ in 0..self.numbers().dead_chips {
            let wafer = self.pick()?;
            let chip = self.chip(wafer);
            self.detector.dead_chips.push(DeadChip { wafer, position: wafer.position(), chip });
        }
        Ok(())
    }

    fn noisy_strip_wafer(&mut self, epoch: u32) -> Result<(), Error> {
        let (wafer, count) = (self.pick()?, self.rng.random_range(1..=4));
        for strip in self.strips(count) {
            let rate = log_uniform(&mut self.rng, STRIP_RATES);
            self.noisy_strip(wafer, strip, rate, epoch);
        }
        Ok(())
    }

    fn noisy_strip(&mut self, wafer: WaferHash, strip: Strip, rate: f64, since_epoch: u32) {
        let chance: f64 = self.rng.random();
        let known = if chance < IN_CALIBRATION {
            Some(Known::Calibration)
        } else if chance < IN_CALIBRATION + IN_CONFIGURATION {
            Some(Known::Configuration)
        } else {
            None
        };
        let position = wafer.position();
        let noisy = NoisyStrip { wafer, position, strip, rate, known, since_epoch };
        self.detector.noisy_strips.push(noisy);
    }

    fn noisy_chip(&mut self) -> Result<(), Error> {
        let wafer = self.pick()?;
        let (chip, rate) = (self.chip(wafer), log_uniform(&mut self.rng, CHIP_RATES));
        // When it is noisy is drawn for each run at the end.
        let lumi_blocks = LumiRange::from_indices(0, 0);
        let position = wafer.position();
        self.detector.noisy_chips.push(NoisyChip { wafer, position, chip, lumi_blocks, rate });
        Ok(())
    }

    fn noisy_wafer(&mut self, rates: (f64, f64)) -> Result<NoisyWafer, Error> {
        let wafer = self.pick()?;
        let rate = rounded(f64::from(self.settings.threshold) * log_uniform(&mut self.rng, rates));
        Ok(NoisyWafer { wafer, position: wafer.position(), rate })
    }

    /// One run later: some components have recovered, others have become noisy.
    fn age(&mut self, epoch: u32) -> Result<(), Error> {
        let number = epoch as usize;
        self.rng = stream(self.settings.defect_seed, Purpose::Ageing, number, 0);
        let (slow, rng) = (self.settings.defects.recovery, &mut self.rng);
        let fast = (slow * FAST_RECOVERY).min(1.0);
        self.detector.noisy_strips.retain(|_| !rng.random_bool(slow));
        let (chips, wafers) = (self.detector.noisy_chips.len(), self.detector.noisy_wafers.len());
        self.detector.noisy_chips.retain(|_| !rng.random_bool(fast));
        self.detector.noisy_wafers.retain(|_| !rng.random_bool(fast));
        while self.detector.noisy_chips.len() < chips {
            self.noisy_chip()?;
        }
        while self.detector.noisy_wafers.len() < wafers {
            let noisy = self.noisy_wafer(WAFER_RATES)?;
            self.detector.noisy_wafers.push(noisy);
        }
        for _ in 0..self.numbers().new_noisy_strip_wafers {
            self.noisy_strip_wafer(epoch)?;
        }
        Ok(())
    }

    /// Draws the times of noisy chips and sorts all lists.
    fn finish(mut self) -> Detector {
        let epoch = self.settings.epoch as usize;
        let mut rng = stream(self.settings.defect_seed, Purpose::Bursts, epoch, 0);
        let blocks = self.settings.lumi_blocks;
        for noisy in &mut self.detector.noisy_chips {
            let time = log_uniform(&mut rng, CHIP_TIMES) * blocks as f64;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and the number of lumi blocks"
            )]
            let length = (time.round() as usize).clamp(1, blocks);
            let first = rng.random_range(0..=blocks - length);
            noisy.lumi_blocks = LumiRange::from_indices(first, first + length - 1);
        }
        let Detector { noisy_strips, noisy_chips, noisy_wafers, warm_wafers, .. } =
            &mut self.detector;
        noisy_strips.sort_by_key(|noisy| (noisy.wafer, noisy.strip));
        noisy_chips.sort_by_key(|noisy| (noisy.wafer, noisy.chip));
        noisy_wafers.sort_by_key(|noisy| noisy.wafer);
        warm_wafers.sort_by_key(|noisy| noisy.wafer);
        self.detector.dead_strips.sort_by_key(|dead| dead.wafer);
        self.detector.dead_chips.sort_by_key(|dead| dead.wafer);
        self.detector.errors.sort_by_key(|error| error.wafer);
        self.detector
    }
}

/// A number whose logarithm is spread evenly.
fn log_uniform(rng: &mut impl Rng, (low, high): (f64, f64)) -> f64 {
    rounded(low * (high / low).powf(rng.random::<f64>()))
}

/// Six significant digits: enough, and the same number again when read from text by any reader.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            .chain(detector.dead_strips.iter().map(|dead| dead.wafer));
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
