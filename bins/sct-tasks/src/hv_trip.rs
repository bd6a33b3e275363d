//! HV trips from a conditions database to a list; used by its program, the job transformation and the demo alike.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sct_conditions::SerialNumbers;
use sct_hv_trip::{Config, Error, Inputs, Outcome, Trip, find};
use sct_id::{Iov, RunNumber};
use sct_job::{ExitCode, Properties};
use sct_xml::{BadModule, BadModulesFile};
use serde_json::{Map, Value, json};

use crate::{conditions, failure::Coded, files::Files, noisy_strip::RunTimes};

mod extras;

pub use self::extras::write_extras;

const NANOSECONDS: u64 = 1_000_000_000;

/// One search.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Run.
    pub run: RunNumber,
    /// Conditions database with voltages, states and times of lumi blocks.
    pub conditions: &'a Path,
    /// Times of the run.
    pub times: RunTimes,
    /// Limits.
    pub properties: &'a Properties,
    /// Serial numbers of all modules.
    pub serials: &'a SerialNumbers,
}

/// What a search found.
#[derive(Debug)]
pub struct Done {
    /// The result.
    pub outcome: Outcome,
    /// What was odd.
    pub warnings: Vec<String>,
}

/// Limits of the search from the properties.
pub fn config(properties: &Properties) -> Config {
    Config {
        max_gap_seconds: u64::try_from(properties.hv_bin_width).unwrap_or(0),
        min_voltage: properties.hv_min_voltage,
        max_voltage: properties.hv_max_voltage,
    }
}

/// The run in nanoseconds since 1970.
fn run_time(times: &RunTimes) -> Option<Iov> {
    let key = |seconds: i64| u64::try_from(seconds).ok()?.checked_mul(NANOSECONDS);
    Iov::new(key(times.start)?, key(times.end)?).ok()
}

/// Reads the database and searches.
///
/// # Errors
///
/// Without times of the run or of its lumi blocks: exit code `TRF_RUNTIME_ERROR`. Without any of the folders, and for
/// rows that cannot be: `TRF_INPUT_FILE_VALIDATION_FAIL`.
pub fn search(job: &Job<'_>) -> anyhow::Result<Done> {
    let unknown = |what: String| anyhow::Error::new(Coded::new(ExitCode::RuntimeError, what));
    let Some(run) = run_time(&job.times) else {
        let (start, end) = (job.times.start, job.times.end);
        return Err(unknown(format!(
            "the times of run {} are not known (start {start}, end {end}): give its run information",
            job.run
        )));
    };
    let (voltages, states, lumi_blocks) = conditions::high_voltage(job.conditions, job.run, run)?;
    let warnings: Vec<String> = [
        (voltages.is_none(), sct_conditions::HV_FOLDER),
        (states.is_none(), sct_conditions::CHANNEL_STATE_FOLDER),
    ]
    .into_iter()
    .filter(|(missing, _)| *missing)
    .map(|(_, folder)| format!("{}: there is no folder {folder}", job.conditions.display()))
    .collect();
    let inputs = Inputs {
        run,
        voltages: voltages.as_deref().unwrap_or_default(),
        states: states.as_deref().unwrap_or_default(),
        lumi_blocks: &lumi_blocks,
    };
    let outcome = find(&inputs, &config(job.properties)).map_err(|error| {
        let code = match &error {
            Error::NoLumiBlocks => ExitCode::RuntimeError,
            Error::Limits(..) => ExitCode::ArgOutOfRange,
            _ => ExitCode::InputFileValidationFail,
        };
        let what = format!("HV trips of run {} in {}", job.run, job.conditions.display());
        anyhow::Error::new(error).context(Coded::new(code, what))
    })?;
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    Ok(Done { outcome, warnings })
}

/// Whole seconds that cover a trip.
fn seconds(trip: &Trip) -> (i64, i64) {
    let second = |key: u64| i64::try_from(key).unwrap_or(i64::MAX);
    (second(trip.iov.since() / NANOSECONDS), second(trip.iov.until().div_ceil(NANOSECONDS)))
}

/// Writes the list; `path` gives its path by its name.
///
/// # Errors
///
/// When the file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write(job: &Job<'_>, done: &Done, path: impl Fn(&str) -> PathBuf) -> anyhow::Result<Files> {
    let bad = |trip: &Trip| BadModule {
        serial: job.serials.get(trip.module),
        module: trip.module,
        seconds: seconds(trip),
        lumi_blocks: (trip.first, trip.last),
    };
    let path = path("BadModulesFile.xml");
    let list = BadModulesFile { modules: done.outcome.trips.iter().map(bad).collect() };
    list.write(&path).with_context(|| {
        Coded::new(ExitCode::OutputFileError, format!("results of run {}", job.run))
    })?;
    Ok(Files { written: vec![("BadModulesFile", path)], ..Files::default() })
}

/// Numbers and trips, for scripts and reports.
pub fn summary_json(outcome: &Outcome) -> Map<String, Value> {
    let trip = |trip: &Trip| {
        json!({
            "module": trip.module.position().to_string(),
            "since": trip.iov.since(),
            "until": trip.iov.until(),
            "firstLumiBlock": trip.first,
            "lastLumiBlock": trip.last,
            "states": trip.states.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "lowestVoltage": trip.lowest_voltage,
        })
    };
    let most = outcome.off_by_lumi_block.iter().map(|(_, off)| *off).max();
    let value = json!({
        "modulesKnown": outcome.modules_known,
        "modules": outcome.modules,
        "modulesAlwaysOff": outcome.modules_always_off,
        "trips": outcome.trips.len(),
        "offSeconds": outcome.off_time as f64 / NANOSECONDS as f64,
        "mostModulesOff": most,
        "list": outcome.trips.iter().map(trip).collect::<Vec<_>>(),
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
