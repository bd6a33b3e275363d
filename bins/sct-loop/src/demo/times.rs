//! What happened when: noisy lumi blocks and HV trips, each in a job of its own, compared with their truth.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sct_id::LumiBlock;
use sct_job::ExitCode;
use sct_sim::{Conditions, HvTrip, HvTruth, Match, NoisyTriple, Settings, Truth};
use sct_tasks::{failure::Coded, simulation::PROJECT};
use sct_xml::{BadModulesFile, NoisyLbFile};
use serde_json::json;

use super::{job, plots};
use crate::page::Block;

/// Rows shown in tables.
const ROWS: usize = 100;

/// Noisy lumi blocks and trips of one run.
#[derive(Debug)]
pub struct TimesResult {
    /// The list of noisy lumi blocks, read back from its file.
    pub noisy: NoisyLbFile,
    /// Chips and lumi blocks found and true.
    pub chips: Match<NoisyTriple>,
    /// Bursts found and true.
    pub bursts: Match<LumiBlock>,
    /// The list of trips, read back from its file.
    pub trips: BadModulesFile,
    /// How many of them are true, to the second, and how many true ones there are.
    pub true_trips: (usize, usize),
    /// Plots by name.
    pub plots: Vec<(String, String)>,
}

impl TimesResult {
    /// Whether everything found agrees with the truth.
    pub fn is_exact(&self) -> bool {
        let (found, there) = self.true_trips;
        self.chips.is_exact()
            && self.bursts.is_exact()
            && found == there
            && there == self.trips.modules.len()
    }
}

/// Runs both jobs in folders below that of the run, and compares.
pub(super) fn work(
    settings: &Settings,
    folder: &Path,
    lumi_blocks: &[PathBuf],
    conditions: &Conditions,
    truth: &Truth,
) -> anyhow::Result<TimesResult> {
    let set =
        format!("{PROJECT}.{:08}.calibration_SCTNoise.sctcal.HITMAP.c0_c0", settings.run.to_u32());
    let run = |part: &str, name: &str, inputs: &[PathBuf]| -> anyhow::Result<PathBuf> {
        let own = folder.join(name);
        fs::create_dir_all(&own)
            .with_context(|| Coded::new(ExitCode::OutputFileError, own.display().to_string()))?;
        let dictionary = json!({
            "part": [part],
            "splitNoisyStrip": 2,
            "input": inputs.iter().map(|path| json!({ "lfn": path, "dsn": set })).collect::<Vec<_>>(),
            "runInfo": folder.join("runInfo.txt"),
            "modules": conditions.modules,
            "conditions": conditions.database,
            "plots": "plots",
        });
        job::start(&own, &dictionary)?;
        Ok(own)
    };
    let by_lumi_block = run("doNoisyLB", "noisy-lb", lumi_blocks)?;
    let by_time = run("doHV", "hv", &lumi_blocks[..1])?;
    let noisy = NoisyLbFile::read(&by_lumi_block.join("NoisyLBFile.xml"))?;
    let trips = BadModulesFile::read(&by_time.join("BadModulesFile.xml"))?;
    let found = noisy.modules.iter().flat_map(|module| {
        module.chips.iter().flat_map(move |(chip, times)| {
            let wafer = module.module.wafer(chip.side());
            times.lumi_blocks.iter().map(move |number| (wafer, *chip, number))
        })
    });
    let (chips, bursts) = truth.compare_lumi_blocks(&found.collect(), &noisy.bursts);
    let true_trips = true_trips(&trips, &HvTruth::read(&conditions.hv_truth)?);
    let mut drawn = plots(&by_lumi_block.join("plots"))?;
    drawn.extend(plots(&by_time.join("plots"))?);
    Ok(TimesResult { noisy, chips, bursts, trips, true_trips, plots: drawn })
}

/// The list has whole seconds that cover a trip.
fn true_trips(found: &BadModulesFile, truth: &HvTruth) -> (usize, usize) {
    const NANOSECONDS: u64 = 1_000_000_000;
    let seconds = |trip: &HvTrip| {
        let whole = |key: u64| i64::try_from(key).unwrap_or(i64::MAX);
        let (since, until) = (trip.since / NANOSECONDS, trip.until.div_ceil(NANOSECONDS));
        (trip.module, (whole(since), whole(until)))
    };
    let truth: BTreeSet<_> = truth.trips.iter().map(seconds).collect();
    let found = found.modules.iter().filter(|bad| truth.contains(&(bad.module, bad.seconds)));
    (found.count(), truth.len())
}

/// What the page says about both.
pub(super) fn blocks(times: &TimesResult) -> Vec<(String, Block)> {
    let mut blocks =
        vec![("Noisy lumi blocks and HV trips: found and true".to_owned(), comparison(times))];
    let title = |name: &str| match name {
        "noisy-lb.svg" => Some("Noisy modules by lumi block"),
        "noisy-lb-modules.svg" => Some("How many modules were noisy"),
        "hv-trips.svg" => Some("Modules without high voltage"),
        _ => None,
    };
    for (name, svg) in &times.plots {
        if let Some(title) = title(name) {
            blocks.push((title.to_owned(), Block::Picture(svg.clone())));
        }
    }
    blocks.push(("Modules that were noisy at times".to_owned(), noisy(&times.noisy)));
    blocks.push(("Times without high voltage".to_owned(), trips(&times.trips)));
    blocks
}

fn comparison(times: &TimesResult) -> Block {
    fn row<T>(name: &str, found: &Match<T>) -> Vec<String> {
        let numbers = [found.common, found.missing.len(), found.extra.len()];
        let verdict = if found.is_exact() { "exact" } else { "differs" };
        let numbers = numbers.map(|number| number.to_string());
        [vec![name.to_owned()], numbers.to_vec(), vec![verdict.to_owned()]].concat()
    }
    let (good, there) = times.true_trips;
    let extra = times.trips.modules.len() - good;
    let verdict = if good == there && extra == 0 { "exact" } else { "differs" };
    let trips = [
        "HV trips".to_owned(),
        good.to_string(),
        (there - good).to_string(),
        extra.to_string(),
        verdict.to_owned(),
    ];
    Block::Table {
        header: ["", "found and true", "missed", "not true", ""].map(str::to_owned).to_vec(),
        rows: vec![
            row("chips in lumi blocks", &times.chips),
            row("bursts (lumi blocks)", &times.bursts),
            trips.to_vec(),
        ],
    }
}

fn noisy(list: &NoisyLbFile) -> Block {
    let row = |module: &sct_xml::NoisyLbModule| {
        let chips: Vec<String> = module.chips.iter().map(|(chip, _)| chip.to_string()).collect();
        vec![
            module.serial.to_string(),
            module.module.position().to_string(),
            chips.join(" "),
            module.times.lumi_blocks.to_string(),
            format!("{:.1} %", 100.0 * module.times.fraction),
        ]
    };
    Block::Table {
        header: ["serial number", "module", "chips", "noisy lumi blocks (from 1)", "of all"]
            .map(str::to_owned)
            .to_vec(),
        rows: list.modules.iter().take(ROWS).map(row).collect(),
    }
}

fn trips(list: &BadModulesFile) -> Block {
    let row = |bad: &sct_xml::BadModule| {
        let (start, end) = bad.seconds;
        vec![
            bad.serial.to_string(),
            bad.module.position().to_string(),
            sct_conditions::time_text(start, 0),
            format!("{} s", end - start),
            format!("{} to {}", bad.lumi_blocks.0, bad.lumi_blocks.1),
        ]
    };
    Block::Table {
        header: ["serial number", "module", "off from", "for", "lumi blocks"]
            .map(str::to_owned)
            .to_vec(),
        rows: list.modules.iter().take(ROWS).map(row).collect(),
    }
}
