//! How a detector comes by its defects.

use std::collections::HashSet;

use rand::{Rng, RngExt as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use sct_hitmap::BsErrorMap;
use sct_id::{Chip, ModuleHash, Strip, WaferHash};

use crate::{
    Burst, DeadChip, DeadLink, DeadStrips, DefectNumbers, Detector, Error, ErrorRate, Known,
    KnownBadPart, KnownComponent, LumiRange, NoisyChip, NoisyStrip, NoisyWafer, QuietChip,
    QuietStrips, Settings,
    stream::{Purpose, stream},
};

/// Rates of noisy strips, hits per event, spread evenly over their logarithm.
const STRIP_RATES: (f64, f64) = (3e-3, 0.3);
/// Rates of noisy chips while they are noisy, and the part of the run that lasts.
const CHIP_RATES: (f64, f64) = (0.05, 0.4);
const CHIP_TIMES: (f64, f64) = (0.02, 0.6);
/// Rates in bursts, their length in lumi blocks, and the part of the modules that they hit.
const BURST_RATES: (f64, f64) = (0.03, 0.1);
const LONGEST_BURST: usize = 3;
const BURST_MODULES: (f64, f64) = (0.2, 0.4);
/// Rates of noisy wafers in units of the threshold: with a spread of 0.3 nearly all strips are above it.
const WAFER_RATES: (f64, f64) = (2.0, 6.0);
/// Rates of warm wafers in units of the threshold.
const WARM_RATES: (f64, f64) = (0.01, 0.1);
/// Part of the hits that quiet strips and chips keep.
const QUIET_FACTORS: (f64, f64) = (0.05, 0.3);
/// Relative distance of marginal strips from the threshold.
const MARGIN: f64 = 0.05;
/// Probabilities that a noisy strip is known from calibration data or in the configuration.
const IN_CALIBRATION: f64 = 0.10;
const IN_CONFIGURATION: f64 = 0.03;
/// Chips and wafers recover this much faster than strips.
const FAST_RECOVERY: f64 = 4.0;

/// Makes the detector of epoch 0 and lets it age.
pub(super) struct Maker<'a> {
    settings: &'a Settings,
    rng: ChaCha8Rng,
    /// Healthy wafers, in the order in which they fail.
    free: Vec<WaferHash>,
    failed: HashSet<WaferHash>,
    detector: Detector,
}

impl<'a> Maker<'a> {
    pub(super) fn new(settings: &'a Settings) -> Self {
        let mut rng = stream(settings.defect_seed, Purpose::Defects, 0, 0);
        let mut free: Vec<WaferHash> = WaferHash::all().collect();
        free.shuffle(&mut rng);
        let detector = Detector {
            noisy_strips: Vec::new(),
            noisy_chips: Vec::new(),
            bursts: Vec::new(),
            noisy_wafers: Vec::new(),
            warm_wafers: Vec::new(),
            dead_strips: Vec::new(),
            dead_chips: Vec::new(),
            dead_links: Vec::new(),
            quiet_strips: Vec::new(),
            quiet_chips: Vec::new(),
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

    pub(super) fn initial(&mut self) -> Result<(), Error> {
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
        self.quiet()
    }

    /// Dead links and quiet components, from the other end of the list of healthy wafers and with random numbers of their
    /// own: all other defects are the same with and without them.
    fn quiet(&mut self) -> Result<(), Error> {
        self.free.reverse();
        let rng = stream(self.settings.defect_seed, Purpose::Quiet, 0, 0);
        let rng = std::mem::replace(&mut self.rng, rng);
        for _ in 0..self.numbers().dead_modules {
            let wafer = loop {
                let wafer = self.pick()?;
                if self.failed.insert(wafer.other_side()) {
                    break wafer;
                }
            };
            self.dead_link(wafer);
            self.dead_link(wafer.other_side());
        }
        for _ in 0..self.numbers().dead_links {
            let wafer = self.pick()?;
            self.dead_link(wafer);
        }
        for _ in 0..self.numbers().quiet_strip_wafers {
            let (wafer, count) = (self.pick()?, self.rng.random_range(1..=5));
            let (strips, factor) = (self.strips(count), log_uniform(&mut self.rng, QUIET_FACTORS));
            let position = wafer.position();
            self.detector.quiet_strips.push(QuietStrips { wafer, position, strips, factor });
        }
        for _ in 0..self.numbers().quiet_chips {
            let wafer = self.pick()?;
            let (chip, factor) = (self.chip(wafer), log_uniform(&mut self.rng, QUIET_FACTORS));
            let position = wafer.position();
            self.detector.quiet_chips.push(QuietChip { wafer, position, chip, factor });
        }
        self.rng = rng;
        self.free.reverse();
        Ok(())
    }

    fn dead_link(&mut self, wafer: WaferHash) {
        self.detector.dead_links.push(DeadLink { wafer, position: wafer.position() });
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
            // A module keeps one link: it would have no fibre without.
            let wafer = loop {
                let wafer = self.pick()?;
                let other = off(KnownBadPart::Link(wafer.other_side()));
                if !self.detector.known_bad.contains(&other) {
                    break wafer;
                }
            };
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
    pub(super) fn age(&mut self, epoch: u32) -> Result<(), Error> {
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
    pub(super) fn finish(mut self) -> Detector {
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
        self.detector.bursts = self.bursts();
        let Detector { noisy_strips, noisy_chips, noisy_wafers, warm_wafers, .. } =
            &mut self.detector;
        noisy_strips.sort_by_key(|noisy| (noisy.wafer, noisy.strip));
        noisy_chips.sort_by_key(|noisy| (noisy.wafer, noisy.chip));
        noisy_wafers.sort_by_key(|noisy| noisy.wafer);
        warm_wafers.sort_by_key(|noisy| noisy.wafer);
        self.detector.dead_strips.sort_by_key(|dead| dead.wafer);
        self.detector.dead_chips.sort_by_key(|dead| dead.wafer);
        self.detector.dead_links.sort_by_key(|dead| dead.wafer);
        self.detector.quiet_strips.sort_by_key(|quiet| quiet.wafer);
        self.detector.quiet_chips.sort_by_key(|quiet| quiet.wafer);
        self.detector.errors.sort_by_key(|error| error.wafer);
        self.detector
    }
}

impl Maker<'_> {
    /// Draws the bursts of this run: each has modules of its own.
    fn bursts(&self) -> Vec<Burst> {
        let (blocks, epoch) = (self.settings.lumi_blocks, self.settings.epoch as usize);
        let mut rng = stream(self.settings.defect_seed, Purpose::DetectorBursts, epoch, 0);
        let mut bursts: Vec<Burst> = (0..self.numbers().bursts)
            .map(|_| {
                let length = rng.random_range(1..=LONGEST_BURST.min(blocks));
                let first = rng.random_range(0..=blocks - length);
                let rate = log_uniform(&mut rng, BURST_RATES);
                let part = rng.random_range(BURST_MODULES.0..BURST_MODULES.1);
                let modules = ModuleHash::all().filter(|_| rng.random_bool(part)).collect();
                let lumi_blocks = LumiRange::from_indices(first, first + length - 1);
                Burst { lumi_blocks, rate, modules }
            })
            .collect();
        bursts.sort_by_key(|burst| burst.lumi_blocks.first);
        bursts
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
