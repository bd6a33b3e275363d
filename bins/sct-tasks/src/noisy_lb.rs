//! Noisy lumi blocks from files to files; used by its program, the job transformation and the demo alike.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sct_conditions::SerialNumbers;
use sct_histfile::LumiBlockFile;
use sct_hitmap::ChipHits as _;
use sct_id::{LumiBlock, LumiBlockSet, ModuleHash, RunNumber};
use sct_job::{ExitCode, Properties};
use sct_noisy_lb::{Config, Error, Inputs, NoisyModule, Outcome, find};
use sct_xml::{NoisyLbFile, NoisyLbModule, NoisyLumiBlock, NoisyTimes, RunHead};
use serde_json::{Map, Value, json};

use crate::{failure::Coded, files::Files, noisy_strip::RunTimes};

mod extras;

pub use self::extras::write_extras;

/// One search.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Run.
    pub run: RunNumber,
    /// Hits by lumi block.
    pub lumi_blocks: &'a Path,
    /// Times of the run.
    pub times: RunTimes,
    /// Thresholds.
    pub properties: &'a Properties,
    /// Serial numbers of all modules.
    pub serials: &'a SerialNumbers,
}

/// What a search read and found.
#[derive(Debug)]
pub struct Done {
    /// Events of each lumi block of the file.
    pub events: Vec<u64>,
    /// Noisy modules above which a lumi block is a burst.
    pub burst_limit: f64,
    /// The result.
    pub outcome: Outcome,
    /// What was odd.
    pub warnings: Vec<String>,
}

/// Thresholds of the search from the properties.
pub fn config(properties: &Properties) -> Config {
    Config {
        max_occupancy: properties.noisy_lb_thr_chip,
        min_events: u64::try_from(properties.noisy_lb_min_stat).unwrap_or(0),
        link_fraction: properties.noisy_lb_link_fraction,
        burst_fraction: properties.noisy_lb_burst_fraction,
    }
}

/// Searches a file that is open already; `lumi_blocks` is the number of lumi blocks of the run.
///
/// # Errors
///
/// As [`search`].
pub fn search_file(
    file: &LumiBlockFile,
    lumi_blocks: Option<u32>,
    properties: &Properties,
) -> anyhow::Result<Outcome> {
    let inputs = Inputs { chip_hits: file, lumi_blocks };
    find(&inputs, &config(properties)).map_err(|error| {
        let code = match &error {
            Error::NoEvents => ExitCode::NoEvents,
            Error::NoChips | Error::ChipHits { .. } => ExitCode::InputFileValidationFail,
            _ => ExitCode::ExecFail,
        };
        anyhow::Error::new(error).context(Coded::new(code, "noisy lumi blocks"))
    })
}

/// Reads the file and searches.
///
/// # Errors
///
/// A damaged or missing file, no events, no chips, thresholds out of range.
pub fn search(job: &Job<'_>) -> anyhow::Result<Done> {
    let file = LumiBlockFile::open(job.lumi_blocks)?;
    let outcome = search_file(&file, job.times.lumi_blocks, job.properties)
        .with_context(|| format!("run {} in {}", job.run, job.lumi_blocks.display()))?;
    let mut warnings = Vec::new();
    if outcome.missing_chips > 0 {
        let what =
            format!("{} chips have no histogram and were not looked at", outcome.missing_chips);
        warnings.push(what);
    }
    if outcome.tested.is_empty() {
        let least = job.properties.noisy_lb_min_stat;
        warnings
            .push(format!("no lumi block has {least} events (NoisyLBMinStat): none was looked at"));
    }
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    let burst_limit =
        f64::from(job.properties.noisy_lb_burst_fraction) * outcome.modules_with_hits as f64;
    let events = file.events().to_vec();
    Ok(Done { events, burst_limit, outcome, warnings })
}

/// Writes the list; `path` gives its path by its name.
///
/// # Errors
///
/// When the file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write(job: &Job<'_>, done: &Done, path: impl Fn(&str) -> PathBuf) -> anyhow::Result<Files> {
    let path = path("NoisyLBFile.xml");
    list(job, done).write(&path).with_context(|| {
        Coded::new(ExitCode::OutputFileError, format!("results of run {}", job.run))
    })?;
    Ok(Files { written: vec![("NoisyLBFile", path)], ..Files::default() })
}

fn list(job: &Job<'_>, Done { events, outcome, .. }: &Done) -> NoisyLbFile {
    let RunTimes { start, end, .. } = job.times;
    let with_events = outcome.lumi_blocks_with_events as u64;
    let affected = outcome.affected.iter().zip(events).zip(1..);
    let affected = affected.filter(|((modules, _), _)| **modules > 0);
    NoisyLbFile {
        head: RunHead::new(job.run, start, end, with_events, outcome.events),
        tested: outcome.tested.clone(),
        min_events: config(job.properties).min_events,
        threshold: job.properties.noisy_lb_thr_chip,
        burst_fraction: job.properties.noisy_lb_burst_fraction,
        modules_with_hits: outcome.modules_with_hits as u64,
        bursts: outcome.bursts.clone(),
        lumi_blocks: affected
            .map(|((&modules, &events), number)| NoisyLumiBlock {
                lumi_block: LumiBlock::new(number),
                events,
                modules: modules as u64,
                burst: outcome.bursts.contains(LumiBlock::new(number)),
            })
            .collect(),
        modules: outcome.modules.iter().map(|module| listed(job, outcome, module)).collect(),
    }
}

fn listed(job: &Job<'_>, outcome: &Outcome, module: &NoisyModule) -> NoisyLbModule {
    let times = |lumi_blocks: &LumiBlockSet| NoisyTimes {
        lumi_blocks: lumi_blocks.clone(),
        fraction: outcome.fraction(lumi_blocks),
    };
    NoisyLbModule {
        serial: job.serials.get(module.module),
        module: module.module,
        times: times(&module.lumi_blocks),
        links: module.links.iter().map(|link| (link.side, times(&link.lumi_blocks))).collect(),
        chips: module.chips.iter().map(|chip| (chip.chip, times(&chip.lumi_blocks))).collect(),
    }
}

/// Numbers, for scripts and reports.
pub fn summary_json(outcome: &Outcome) -> Map<String, Value> {
    let counts = outcome.counts;
    let most = outcome.affected.iter().copied().zip(1..).max_by_key(|&(modules, number)| {
        // Of several the first.
        (modules, std::cmp::Reverse::<u32>(number))
    });
    let affected: Map<String, Value> = outcome
        .affected
        .iter()
        .zip(1..)
        .filter(|(modules, _)| **modules > 0)
        .map(|(modules, number): (_, u32)| (number.to_string(), json!(modules)))
        .collect();
    let value = json!({
        "events": outcome.events,
        "lumiBlocks": outcome.lumi_blocks_with_events,
        "lumiBlocksTested": outcome.tested.len(),
        "chipThreshold": outcome.threshold,
        "modules": counts.modules,
        "links": counts.links,
        "chips": counts.chips,
        "modulesWithHits": outcome.modules_with_hits,
        "bursts": outcome.bursts,
        "burstLumiBlocks": counts.bursts,
        "worst": most.filter(|(modules, _)| *modules > 0).map(|(modules, number)| json!({ "lumiBlock": number, "modules": modules })),
        "affectedModules": affected,
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Position of a module as people write it.
fn name(module: ModuleHash) -> String {
    module.position().to_string()
}
