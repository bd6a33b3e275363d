//! What is drawn of a run.

use std::collections::BTreeMap;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sct_conditions::{StripSet, StripSets};
use sct_id::{Chip, ModuleHash, ModuleStrip, Part, RunNumber, Sensors, Strip};
use sct_xml::{DeadSummaryModule, LorentzAnglePart, Measure, PartValue, RunHead};

/// Start of run 0, seconds since 1970, and the time from run to run: run 440 199 is in December 2022.
const EPOCH: i64 = 1_010_000_000;
const STEP: i64 = 1_500;

/// One module in so many has noisy strips.
const NOISY: f64 = 0.06;
/// One in so many has dead ones.
const DEAD: f64 = 0.004;

/// A run as its results show it.
#[derive(Clone)]
pub(crate) struct Drawn {
    pub(crate) head: RunHead,
    pub(crate) noisy: StripSets,
    /// Strips of the upload before.
    pub(crate) reference: StripSets,
    pub(crate) dead_strips: StripSets,
    pub(crate) dead_chips: BTreeMap<ModuleHash, Vec<Chip>>,
    pub(crate) flag: char,
    pub(crate) reason: &'static str,
    /// Dead components as a search found them; none when they are drawn.
    pub(super) dead: Option<Vec<DeadSummaryModule>>,
    /// Values of layers and rings around which others are drawn; empty for the usual ones.
    pub(super) levels: Vec<PartValue>,
    pub(super) angles: Vec<LorentzAnglePart>,
    /// Runs until the one that levels and angles are of.
    pub(super) age: u32,
    pub(super) seed: u64,
}

/// Flags with their reasons and how often they come, percent.
const FLAGS: [(char, &str, u32); 5] = [
    ('G', "", 88),
    ('Y', "FAILED in the number of noisy strips vs recent uploads; ", 5),
    ('R', "FAILED in the number of events; ", 3),
    ('R', "FAILED in the number of noisy modules; FAILED in the number of events; ", 2),
    ('U', "", 2),
];

impl Drawn {
    pub(crate) fn new(seed: u64, run: RunNumber) -> Self {
        let mut rng = generator(seed, u64::from(run.to_u32()));
        let start = EPOCH + i64::from(run.to_u32()) * STEP + rng.random_range(0..300);
        let lumi_blocks = rng.random_range(80..1_200_u64);
        let events = lumi_blocks * rng.random_range(80..160);
        let end = start + rng.random_range(600..1_100);
        let (flag, reason) = flag(rng.random_range(0..100));
        Self {
            head: RunHead::new(run, start, end, lumi_blocks, events),
            noisy: noisy(seed, run.to_u32()),
            reference: noisy(seed, run.to_u32().saturating_sub(1)),
            dead_strips: dead_strips(seed, run.to_u32()),
            dead_chips: dead_chips(seed, run.to_u32()),
            flag,
            reason,
            dead: None,
            levels: Vec::new(),
            angles: Vec::new(),
            age: 0,
            seed,
        }
    }

    /// A generator for a part of the results of this run.
    pub(crate) fn generator(&self, part: u64) -> ChaCha8Rng {
        generator(
            self.seed ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15),
            self.head.run.to_u32().into(),
        )
    }

    /// A value that drifts over thousands of runs, around 1; `phase` makes those of different parts different.
    pub(crate) fn drift(&self, phase: usize) -> f64 {
        let turns = f64::from(self.head.run.to_u32()) / 2_500.0 + phase as f64 * 0.61;
        1.0 + 0.25 * turns.sin() + 0.1 * (3.7 * turns).sin()
    }

    /// A value of a layer or ring as it is in this run: near the known one, or drifting around the usual one. Of
    /// efficiencies it is what is missing.
    pub(super) fn level(&self, part: Part, measure: Measure, usual: f64) -> f64 {
        let known = self.levels.iter().find(|known| known.part == part && known.measure == measure);
        let Some(known) = known else { return usual * self.drift(part.index()) };
        let missing = matches!(measure, Measure::Efficiency | Measure::EfficiencyFirstBunch);
        let known = if missing { 1.0 - known.value } else { known.value };
        known * self.since(part.index())
    }

    /// The angle of sensors in the same way, degrees; 0 for sensors whose fit is no good.
    pub(super) fn angle(&self, sensors: Sensors) -> f32 {
        match self.angles.iter().find(|known| known.sensors == sensors) {
            Some(known) => known.angle * single(self.since(sensors.index())),
            None => -4.0 * single(self.drift(sensors.index())),
        }
    }

    /// How far a value was from where it is some runs later.
    fn since(&self, phase: usize) -> f64 {
        1.0 + 0.04 * (0.61 * phase as f64).cos() * (0.35 * f64::from(self.age)).sin()
    }
}

pub(super) fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

fn flag(percent: u32) -> (char, &'static str) {
    let mut sum = 0;
    for (flag, reason, share) in FLAGS {
        sum += share;
        if percent < sum {
            return (flag, reason);
        }
    }
    ('G', "")
}

/// Modules that have something wrong over a while, with a generator that is the same in all those runs: a part of them
/// changes with every few hundred runs.
fn afflicted(seed: u64, run: u32, part: f64) -> impl Iterator<Item = (ModuleHash, ChaCha8Rng)> {
    let mut choose = generator(seed, 1 << 40);
    ModuleHash::all().filter_map(move |module| {
        let age = choose.random_range(0..800_u32);
        let period = u64::from(run.saturating_add(age) / 800);
        let mut rng = generator(seed ^ module.index() as u64, 1 << 41 | period);
        rng.random_bool(part).then_some((module, rng))
    })
}

pub(super) fn strips(rng: &mut ChaCha8Rng, most: usize) -> StripSet {
    let mut set = StripSet::default();
    for _ in 0..rng.random_range(1..=most) {
        let first = rng.random_range(0..ModuleStrip::COUNT);
        let last = first + if rng.random_bool(0.1) { rng.random_range(0..30) } else { 0 };
        (first..=last)
            .filter_map(|strip| ModuleStrip::new(strip).ok())
            .for_each(|strip| set.insert(strip));
    }
    set
}

fn noisy(seed: u64, run: u32) -> StripSets {
    let mut found: StripSets = afflicted(seed, run, NOISY)
        .map(|(module, mut rng)| (module, strips(&mut rng, 12)))
        .collect();
    // Some are noisy in one run.
    let mut rng = generator(seed, 1 << 42 | u64::from(run));
    for _ in 0..rng.random_range(5..40) {
        let Ok(module) = ModuleHash::new(rng.random_range(0..ModuleHash::COUNT)) else { continue };
        let set = found.entry(module).or_default();
        strips(&mut rng, 4).iter().for_each(|strip| set.insert(strip));
    }
    found
}

fn dead_strips(seed: u64, run: u32) -> StripSets {
    let seed = seed ^ 0xDEAD;
    afflicted(seed, run, 4.0 * DEAD)
        .map(|(module, mut rng)| (module, strips(&mut rng, 5)))
        .collect()
}

fn dead_chips(seed: u64, run: u32) -> BTreeMap<ModuleHash, Vec<Chip>> {
    let chips = |(module, mut rng): (ModuleHash, ChaCha8Rng)| {
        let chip = Chip::new(rng.random_range(0..Chip::COUNT)).ok()?;
        Some((module, vec![chip]))
    };
    afflicted(seed ^ 0xC41B, run, DEAD).filter_map(chips).collect()
}

/// A value as lists and databases have it.
#[expect(clippy::cast_possible_truncation, reason = "single precision is that of the files")]
pub(crate) fn single(value: f64) -> f32 {
    value as f32
}

/// Strips of a chip in read-out order.
pub(crate) fn strips_of(chip: Chip) -> impl Iterator<Item = usize> {
    let per_chip = 2 * Strip::PER_WAFER / Chip::COUNT;
    (0..per_chip).map(move |strip| chip.index() * per_chip + strip)
}
