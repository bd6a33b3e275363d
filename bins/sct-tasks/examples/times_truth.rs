//! Noisy lumi blocks and HV trips against their truth, on the full detector: three seeds by three numbers of events.
//!
//! `cargo run --release -p sct-tasks --example times_truth -- FOLDER [SEEDS] [EVENTS...]` simulates each run into FOLDER,
//! writes the lists as the programs do, reads them back and prints what was found. Each run is removed afterwards.

use std::{collections::BTreeSet, env, fs, path::Path};

use anyhow::Context as _;
use sct_id::LumiBlockSet;
use sct_job::Properties;
use sct_sim::{
    Conditions, DefectNumbers, HvTruth, Match, NoisyTriple, Settings, serial_numbers, simulate_run,
    write_conditions,
};
use sct_tasks::{cli, hv_trip, noisy_lb, noisy_strip::RunTimes};
use sct_xml::{BadModulesFile, NoisyLbFile};

const EVENTS: [u64; 3] = [5_000, 200_000, 4_000_000];
const BURSTS: usize = 2;
const NANOSECONDS: u64 = 1_000_000_000;

fn cell<T>(found: &Match<T>) -> String {
    let there = found.common + found.missing.len();
    format!("{} of {there}, {} beside", found.common, found.extra.len())
}

fn times(settings: &Settings) -> anyhow::Result<RunTimes> {
    Ok(RunTimes {
        start: i64::try_from(settings.start)?,
        end: i64::try_from(settings.end())?,
        lumi_blocks: Some(u32::try_from(settings.lumi_blocks)?),
    })
}

/// Chips by lumi block and bursts; an error when the numbers of the file are not those of its lists.
fn noisy_lumi_blocks(settings: &Settings, folder: &Path) -> anyhow::Result<[String; 2]> {
    let truth = simulate_run(settings, folder)?.truth;
    let (properties, serials) = (Properties::default(), serial_numbers());
    let job = noisy_lb::Job {
        run: settings.run,
        lumi_blocks: &folder.join("SCTLB.root"),
        times: times(settings)?,
        properties: &properties,
        serials: &serials,
    };
    let done = noisy_lb::search(&job)?;
    noisy_lb::write(&job, &done, |name| folder.join(name))?;
    let list = NoisyLbFile::read(&folder.join("NoisyLBFile.xml"))?;
    let counts = &done.outcome.counts;
    let chips: usize = list.modules.iter().map(|module| module.chips.len()).sum();
    let links: usize = list.modules.iter().map(|module| module.links.len()).sum();
    anyhow::ensure!(
        (counts.modules, counts.links, counts.chips) == (list.modules.len(), links, chips),
        "counts {counts:?} are not those of the list"
    );
    for block in &list.lumi_blocks {
        let noisy = list.modules.iter().filter(|m| m.times.lumi_blocks.contains(block.lumi_block));
        anyhow::ensure!(noisy.count() as u64 == block.modules, "count of {block:?}");
    }
    let flagged = list.lumi_blocks.iter().filter(|block| block.burst);
    let flagged: LumiBlockSet = flagged.map(|block| block.lumi_block).collect();
    anyhow::ensure!(flagged == list.bursts, "bursts {flagged} and {}", list.bursts);
    let found: BTreeSet<NoisyTriple> = (list.modules.iter())
        .flat_map(|module| module.chips.iter().map(move |chip| (module.module, chip)))
        .flat_map(|(module, (chip, times))| {
            let wafer = module.wafer(chip.side());
            times.lumi_blocks.iter().map(move |number| (wafer, *chip, number))
        })
        .collect();
    let (chips, bursts) = truth.compare_lumi_blocks(&found, &list.bursts);
    Ok([cell(&chips), cell(&bursts)])
}

/// Trips, in whole seconds that cover them.
fn trips(settings: &Settings, conditions: &Conditions, folder: &Path) -> anyhow::Result<String> {
    let (properties, serials) = (Properties::default(), serial_numbers());
    let job = hv_trip::Job {
        run: settings.run,
        conditions: &conditions.database,
        times: times(settings)?,
        properties: &properties,
        serials: &serials,
    };
    let done = hv_trip::search(&job)?;
    hv_trip::write(&job, &done, |name| folder.join(name))?;
    let list = BadModulesFile::read(&folder.join("BadModulesFile.xml"))?;
    anyhow::ensure!(list.modules.len() == done.outcome.trips.len(), "trips are not those listed");
    let found: BTreeSet<_> = list.modules.iter().map(|bad| (bad.module, bad.seconds)).collect();
    let mut truth = BTreeSet::new();
    for trip in HvTruth::read(&conditions.hv_truth)?.trips {
        let whole = |key| i64::try_from(key);
        let (since, until) = (trip.since / NANOSECONDS, trip.until.div_ceil(NANOSECONDS));
        truth.insert((trip.module, (whole(since)?, whole(until)?)));
    }
    let common = found.intersection(&truth).count();
    Ok(format!("{common} of {}, {} beside", truth.len(), list.modules.len() - common))
}

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().context("usage: times_truth FOLDER [SEEDS] [EVENTS...]")?;
    let seeds: u64 = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let chosen: Vec<u64> = arguments.map(|text| text.parse()).collect::<Result<_, _>>()?;
    let chosen = if chosen.is_empty() { EVENTS.to_vec() } else { chosen };
    cli::print(
        "| events | seed | chips in lumi blocks | bursts | HV trips |\n|---|---|---|---|---|\n",
    )?;
    for events in chosen {
        for seed in 1..=seeds {
            let folder = Path::new(&folder).join(format!("{events}-{seed}"));
            fs::create_dir_all(&folder)?;
            let full = Settings::full_size();
            let defects = DefectNumbers { bursts: BURSTS, ..full.defects.clone() };
            let settings = Settings { events, seed, defect_seed: seed + 23, defects, ..full };
            let conditions = write_conditions(&settings, &folder.join("conditions.db"))?;
            let [chips, bursts] = noisy_lumi_blocks(&settings, &folder)?;
            let trips = trips(&settings, &conditions, &folder)?;
            cli::print(&format!("| {events} | {seed} | {chips} | {bursts} | {trips} |\n"))?;
            fs::remove_dir_all(&folder)?;
        }
    }
    Ok(())
}
