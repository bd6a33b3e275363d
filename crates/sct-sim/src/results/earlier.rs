//! Results of the runs before one whose results are known: the same detector, some runs younger.

use std::path::Path;

use rand::RngExt as _;
use rayon::prelude::*;
use sct_conditions::StripSets;
use sct_id::{ModuleHash, ModuleStrip, RunNumber};
use sct_xml::{DeadSummaryModule, LorentzAnglePart, PartValue, RunHead};

use super::{
    KINDS,
    drawn::{Drawn, generator, strips, strips_of},
    write_kind,
};
use crate::Error;

/// A run that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlierRun {
    /// The run.
    pub run: RunNumber,
    /// Start, seconds since 1970.
    pub start: i64,
    /// End.
    pub end: i64,
    /// Lumi blocks.
    pub lumi_blocks: u64,
    /// Events of the calibration stream, which noisy and dead components are searched in.
    pub noise_events: u64,
    /// Events that were monitored.
    pub monitored_events: u64,
}

/// What a search and the monitoring found in the run after them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Like {
    /// Noisy strips.
    pub noisy: StripSets,
    /// Dead components.
    pub dead: Vec<DeadSummaryModule>,
    /// Values of layers and rings.
    pub levels: Vec<PartValue>,
    /// Lorentz angles.
    pub angles: Vec<LorentzAnglePart>,
}

/// Chance that what is noisy in a run was not in the run before, and that something else was.
const CHANGE_PERCENT: u8 = 5;
const CHANGE: f64 = CHANGE_PERCENT as f64 / 100.0;
/// The same for dead components, which do not recover.
const DEATH: f64 = 0.01;
/// One run in so many has a part of the detector noisy for once, and that many modules then.
const NOISY_RUNS: u32 = 8;
const NOISY_MODULES: usize = 60;

/// Writes results of all kinds of task for runs before one whose results are known, with lists by module and databases.
/// `runs` are the oldest first; what changes from run to run follows from the seed.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write_earlier_results(
    seed: u64,
    runs: &[EarlierRun],
    like: &Like,
    data: &Path,
) -> Result<(), Error> {
    runs.par_iter().enumerate().try_for_each(|(place, run)| {
        let age = u32::try_from(runs.len() - place).unwrap_or(u32::MAX);
        let drawn = Drawn::earlier(seed, run, like, age);
        KINDS.iter().try_for_each(|(kind, task)| {
            let drawn = drawn.with_events(match *kind {
                "sctns" | "sctds" | "sctdc" => run.noise_events,
                _ => run.monitored_events,
            });
            write_kind(&drawn, kind, task, true, data)
        })
    })
}

impl Drawn {
    fn earlier(seed: u64, run: &EarlierRun, like: &Like, age: u32) -> Self {
        let EarlierRun { run, start, end, lumi_blocks, noise_events, .. } = *run;
        let dead: Vec<DeadSummaryModule> = like
            .dead
            .iter()
            .filter(|one| for_so_long(seed ^ 0xDEAD, one.module, DEATH) >= age)
            .cloned()
            .collect();
        let chips = dead.iter().filter(|one| !one.chips.is_empty());
        let noisy_run = |age| generator(seed, 1 << 43 | u64::from(age)).random_ratio(1, NOISY_RUNS);
        let mut noisy = noisy(seed, like, age);
        if noisy_run(age) {
            whole_chips(seed, age, &mut noisy);
        }
        let (flag, reason) = if noisy_run(age) {
            ('Y', "FAILED in the number of noisy strips vs recent uploads; ")
        } else {
            ('G', "")
        };
        let mut age_before = age + 1;
        // What is not uploaded is not compared with.
        while noisy_run(age_before) {
            age_before += 1;
        }
        Self {
            head: RunHead::new(run, start, end, lumi_blocks, noise_events),
            noisy,
            reference: self::noisy(seed, like, age_before),
            dead_strips: dead.iter().map(|one| (one.module, one.strips)).collect(),
            dead_chips: chips.map(|one| (one.module, one.chips.clone())).collect(),
            flag,
            reason,
            dead: Some(dead),
            levels: like.levels.clone(),
            angles: like.angles.clone(),
            age,
            seed,
        }
    }

    fn with_events(&self, events: u64) -> Self {
        let mut other = self.clone();
        other.head.events = events;
        other
    }
}

/// Runs for which something has been wrong with a module.
fn for_so_long(seed: u64, module: ModuleHash, change: f64) -> u32 {
    let mut rng = generator(seed ^ module.index() as u64, 1 << 44);
    let mut runs = 0;
    while runs < 1_000 && !rng.random_bool(change) {
        runs += 1;
    }
    runs
}

/// Noisy strips some runs ago: those that have been noisy for so long, and others that have recovered since.
fn noisy(seed: u64, like: &Like, age: u32) -> StripSets {
    let long = |module| for_so_long(seed, module, CHANGE) >= age;
    let mut found: StripSets = like
        .noisy
        .iter()
        .filter(|(module, _)| long(**module))
        .map(|(module, strips)| (*module, *strips))
        .collect();
    // As many have recovered in each run as have become noisy.
    let each = like.noisy.len() * usize::from(CHANGE_PERCENT) / 100;
    for recovered in 1..age {
        let mut rng = generator(seed, 1 << 45 | u64::from(recovered));
        for _ in 0..each {
            let Ok(module) = ModuleHash::new(rng.random_range(0..ModuleHash::COUNT)) else {
                continue;
            };
            let set = strips(&mut rng, 8);
            // Before that it was noisy for a while, as the others.
            if age - recovered <= for_so_long(seed.wrapping_add(1), module, CHANGE) + 1
                && !like.noisy.contains_key(&module)
            {
                found.insert(module, set);
            }
        }
    }
    found
}

/// A chip each of some modules, noisy in one run.
fn whole_chips(seed: u64, age: u32, noisy: &mut StripSets) {
    let mut rng = generator(seed, 1 << 46 | u64::from(age));
    for _ in 0..NOISY_MODULES {
        let Ok(module) = ModuleHash::new(rng.random_range(0..ModuleHash::COUNT)) else { continue };
        let Ok(chip) = sct_id::Chip::new(rng.random_range(0..sct_id::Chip::COUNT)) else {
            continue;
        };
        let set = noisy.entry(module).or_default();
        strips_of(chip)
            .filter_map(|strip| ModuleStrip::new(strip).ok())
            .for_each(|strip| set.insert(strip));
    }
}

#[cfg(test)]
mod tests {
    use sct_conditions::StripSet;
    use sct_id::Part;
    use sct_xml::{BadStripsSummary, Measure, MonitoringSummary};

    use super::*;

    fn like() -> Like {
        let module = |number| ModuleHash::new(number).unwrap();
        let mut one = StripSet::default();
        one.insert(ModuleStrip::new(17).unwrap());
        let levels = Part::all().map(|part| PartValue {
            part,
            measure: Measure::RawOccupancy,
            value: 2e-3 * (1 + part.index()) as f64,
        });
        Like {
            noisy: (0..200).map(|number| (module(number * 20), one)).collect(),
            levels: levels.collect(),
            ..Like::default()
        }
    }

    #[test]
    fn earlier_runs_lead_up_to_the_known_one() {
        let data = tempfile::tempdir().unwrap();
        let run = |number: u32| EarlierRun {
            run: RunNumber::new(number).unwrap(),
            start: 1_666_000_000 + i64::from(number),
            end: 1_666_003_600 + i64::from(number),
            lumi_blocks: 60,
            noise_events: 20_000,
            monitored_events: 200_000,
        };
        let runs: Vec<EarlierRun> = (1..=6).map(|number| run(10 * number)).collect();
        let like = like();
        write_earlier_results(1, &runs, &like, data.path()).unwrap();
        let path = |number: u32, kind: &str, stream: &str, name: &str| {
            let folder = data.path().join(format!("results/{number:08}/{kind}"));
            folder.join(format!("data22_13p6TeV.{number:08}.{stream}.c0_c0._0001.{name}"))
        };
        let noisy = |number| {
            let stream = "calibration_SCTNoise.sctcal.NOISYSTRIP";
            let path = path(number, "sctns", stream, "BadStripsSummaryFile.xml");
            BadStripsSummary::read(&path).unwrap()
        };
        let newest = noisy(60);
        assert_eq!((newest.events, newest.lumi_blocks, newest.duration), (20_000, 60, 3600));
        let kept = |number| {
            let modules = noisy(number).modules;
            modules.iter().filter(|one| like.noisy.contains_key(&one.module)).count()
        };
        // Most of what is noisy was a run ago, and less of it earlier.
        assert!(kept(60) > 170 && kept(10) < kept(60) && kept(10) > 100, "{}", kept(10));
        let stream = "express_express.sctcal.RAWOCC";
        let raw = path(10, "sctro", stream, "RawOccupancySummaryFile.xml");
        let raw = MonitoringSummary::read(&raw).unwrap();
        assert_eq!(raw.head.events, 200_000);
        for (found, known) in raw.values.iter().zip(&like.levels) {
            let ratio = found.value / known.value;
            assert!((0.8..1.2).contains(&ratio), "{}: {ratio}", found.part.name());
        }
    }
}
