//! The jobs of one run: their names, dictionaries and processes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use anyhow::{Context as _, bail};
use sct_job::ExitCode;
use sct_sim::{Conditions, Settings};
use sct_tasks::{failure::Coded, simulation::PROJECT};
use serde_json::{Value, json};

/// Hit map files with their events.
pub(super) type HitMaps = Vec<(String, u64)>;

fn dataset(settings: &Settings, kind: &str) -> String {
    format!("{PROJECT}.{:08}.calibration_SCTNoise.sctcal.{kind}.c0_c0", settings.run.to_u32())
}

/// How the names of the outputs of the search begin.
pub(super) fn prefix(settings: &Settings) -> String {
    format!("{}._0001", dataset(settings, "NOISYSTRIP"))
}

/// Name of an output of the search.
pub(super) fn output(settings: &Settings, name: &str) -> String {
    format!("{}.{name}", prefix(settings))
}

/// Name of the database of the search.
pub(super) fn database(settings: &Settings) -> String {
    output(settings, "mycool.db")
}

/// Fills the hit maps of every RAW file in a job of its own, as many at a time as there are processors. Gives their names,
/// as seen from `folder`, with their events.
pub(super) fn fill(
    settings: &Settings,
    raw: &[PathBuf],
    conditions: &Conditions,
    folder: &Path,
) -> anyhow::Result<HitMaps> {
    let next = AtomicUsize::new(0);
    let job = |number: usize| fill_one(settings, &raw[number], conditions, folder, number + 1);
    let worker = || -> anyhow::Result<Vec<(usize, HitMaps)>> {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= raw.len() {
                return Ok(done);
            }
            done.push((number, job(number)?));
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from).min(raw.len());
    let mut outputs = Vec::new();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        for thread in threads {
            let Ok(done) = thread.join() else { bail!("a thread that waits for jobs panicked") };
            outputs.extend(done?);
        }
        Ok(())
    })?;
    outputs.sort_unstable();
    Ok(outputs.into_iter().flat_map(|(_, files)| files).collect())
}

fn fill_one(
    settings: &Settings,
    raw: &Path,
    conditions: &Conditions,
    folder: &Path,
    number: usize,
) -> anyhow::Result<HitMaps> {
    let set = dataset(settings, "HITMAP");
    let name = format!("fill{number:04}");
    let dictionary = json!({
        "part": ["doNoisyStrip", "doDeadStrip", "doDeadChip"],
        "splitNoisyStrip": 1,
        "maxEvents": -1,
        "prefix": format!("{set}#{set}._{number:04}"),
        "input": [raw],
        "runInfo": folder.join("runInfo.txt"),
        "conditions": conditions.database,
    });
    let own = folder.join(&name);
    fs::create_dir_all(&own)
        .with_context(|| Coded::new(ExitCode::OutputFileError, own.display().to_string()))?;
    start(&own, &dictionary)?;
    let report = fs::read_to_string(own.join("jobReport.json")).context("report of the job")?;
    let report: Value = serde_json::from_str(&report).context("report of the job")?;
    let mut files = Vec::new();
    for output in report["files"]["output"].as_array().into_iter().flatten() {
        for file in output["subFiles"].as_array().into_iter().flatten() {
            let path = file["name"].as_str().context("report of the job: a file without name")?;
            let events = file["nentries"].as_u64().context("report of the job: no nentries")?;
            files.push((format!("{name}/{path}"), events));
        }
    }
    Ok(files)
}

/// Hits per event above which a strip is left out of the means of dead and quiet components. The default is made for
/// streams with many hits; in one of noise, strips far below it double the mean of their side.
pub(super) const NOISY: f64 = 1e-3;

/// File with the properties of the search.
const PROPERTIES: &str = "properties.toml";

/// Writes the properties of the search.
pub(super) fn write_properties(folder: &Path) -> anyhow::Result<()> {
    let text = format!("NoisyThr4DeadFinding = {NOISY}\n");
    Ok(sct_wholefile::write(&folder.join(PROPERTIES), text.as_bytes())?)
}

/// The dictionary of the search: hit map files with their events, what is known, and the reference. The run is selected, and
/// waits for earlier ones, as in production.
pub(super) fn dictionary(
    settings: &Settings,
    hit_maps: &[(String, u64)],
    conditions: &Conditions,
    reference: Option<&Path>,
    data: &sct_upload::Settings,
) -> Value {
    let set = dataset(settings, "HITMAP");
    let inputs: Vec<Value> = hit_maps
        .iter()
        .map(|(name, events)| json!({ "lfn": name, "dsn": set, "events": events }))
        .collect();
    let result = dataset(settings, "NOISYSTRIP");
    let mut dictionary = json!({
        "part": ["doNoisyStrip", "doDeadStrip", "doDeadChip", "doQuietStrip", "doQuietChip"],
        "splitNoisyStrip": 2,
        "SCTCalibConfig": [PROPERTIES],
        "maxEvents": 1,
        "doRunInfo": "False",
        "doRunSelector": "True",
        "runControl": data.data,
        "ledger": data.ledger(),
        "lastRun": data.last_run,
        "prefix": format!("{result}#{result}._0001"),
        "input": inputs,
        "modules": conditions.modules,
        "conditions": conditions.database,
        "plots": "plots",
        "ntuple": "found.root",
    });
    if let Some(reference) = reference {
        dictionary["reference"] = json!(reference);
    }
    dictionary
}

/// Runs a job in its folder, as a process of its own like any production job.
pub(super) fn start(folder: &Path, dictionary: &Value) -> anyhow::Result<()> {
    sct_wholefile::write(&folder.join("job.json"), format!("{dictionary:#}\n").as_bytes())?;
    let program = std::env::current_exe().context("the program's own path")?;
    let status = Command::new(program)
        .args(["calib", "--argJSON=job.json", "--quiet"])
        .current_dir(folder)
        .status()
        .context("the job could not be started")?;
    if !status.success() {
        let code = status.code().map_or(ExitCode::Unknown, ExitCode::from_number);
        bail!(Coded::new(code, format!("the job in {} ended with {code}", folder.display())));
    }
    Ok(())
}
