//! Noisy strips from hit maps: merge, search, write, rename.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::Context as _;
use sct_id::{BarrelSwap, ReadoutSwap};
use sct_job::{
    DatasetName, ExitCode, Input, JobArguments, OutputFile, Prefix, Properties, outputs,
};
use sct_roothist::MergeOptions;
use serde_json::{Value, json};

use super::{Ending, State, filling, groups, note};
use crate::{
    conditions::Moment,
    detector::{Detector, Sources},
    failure::Coded,
    merge,
    noisy_strip::{self, Files, Job, Reference, RunTimes},
};

/// A job, resolved.
pub(super) struct Setup<'a> {
    pub(super) arguments: &'a JobArguments,
    pub(super) properties: &'a Properties,
    pub(super) inputs: &'a [Input],
    pub(super) name: &'a DatasetName,
    pub(super) prefix: &'a Prefix,
}

impl Setup<'_> {
    pub(super) fn extra(&self, key: &str) -> Option<&Path> {
        self.arguments.extra.get(key).map(Path::new)
    }

    /// Path of an output under the prefix.
    pub(super) fn output(&self, name: &str) -> PathBuf {
        PathBuf::from(self.prefix.file(name))
    }
}

/// What a search needs besides the hit maps; read before anything is merged or filled.
struct Prepared {
    times: RunTimes,
    detector: Detector,
    reference: Reference,
}

/// Which hit map files there are, with the events of the hit maps.
struct HitMaps {
    events: u64,
    lumi_blocks: bool,
    bs_errors: bool,
}

/// Merges hit maps and searches.
pub(super) fn noisy_strips(setup: &Setup<'_>, state: &Mutex<State>) -> anyhow::Result<Ending> {
    let groups = groups(setup.inputs)?;
    if let Some(ending) = empty_input(setup, &groups.hit_maps)? {
        return Ok(ending);
    }
    let prepared = prepare(setup)?;
    let events = merge_group(&groups.hit_maps, &setup.output("SCTHitMaps.root"))?;
    let others = [(&groups.lumi_blocks, "SCTLB.root"), (&groups.bs_errors, "SCTBSErrors.root")];
    for (files, name) in others.into_iter().filter(|(files, _)| !files.is_empty()) {
        merge_group(files, &setup.output(name))?;
    }
    tracing::info!("merged {} hit map files with {events} events", groups.hit_maps.len());
    let maps = HitMaps {
        events,
        lumi_blocks: !groups.lumi_blocks.is_empty(),
        bs_errors: !groups.bs_errors.is_empty(),
    };
    search(setup, &prepared, &maps, state)
}

/// Fills hit maps from RAW files and searches.
pub(super) fn whole(setup: &Setup<'_>, state: &Mutex<State>) -> anyhow::Result<Ending> {
    let prepared = prepare(setup)?;
    let written = filling::fill_and_write(setup, &prepared.times, state)?;
    let events = written.first().map_or(0, |(_, events)| *events);
    let maps = HitMaps { events, lumi_blocks: true, bs_errors: false };
    search(setup, &prepared, &maps, state)
}

fn prepare(setup: &Setup<'_>) -> anyhow::Result<Prepared> {
    let properties = setup.properties;
    let reference = Reference::choose(
        setup.extra("reference").map(|path| (path, properties.tag_noisy_upload_test.as_str())),
        setup.extra("conditions"),
        setup.name.run,
        properties,
    )?;
    let times = times(setup)?;
    let detector = detector(setup, &times)?;
    Ok(Prepared { times, detector, reference })
}

fn search(
    setup: &Setup<'_>,
    prepared: &Prepared,
    maps: &HitMaps,
    state: &Mutex<State>,
) -> anyhow::Result<Ending> {
    let (hitmaps, lumi_blocks) = (setup.output("SCTHitMaps.root"), setup.output("SCTLB.root"));
    let job = Job {
        run: setup.name.run,
        hitmaps: &hitmaps,
        lumi_blocks: maps.lumi_blocks.then_some(lumi_blocks.as_path()),
        times: prepared.times,
        properties: setup.properties,
        detector: &prepared.detector,
        reference: &prepared.reference,
    };
    let done = noisy_strip::search(&job)?;
    let files = noisy_strip::write(&job, &done.outcome, |name| setup.output(name))?;
    let (plots, ntuple) = (setup.extra("plots"), setup.extra("ntuple"));
    noisy_strip::write_extras(setup.name.run, &done, &prepared.detector, plots, ntuple)?;
    let summary = noisy_strip::summary_json(setup.name.run, &done.outcome);
    let counts = &done.outcome.counts;
    let message = format!(
        "{} noisy strips on {} modules, flag {}",
        counts.strips, counts.modules, done.outcome.upload.flag
    );
    tracing::info!("{message}");
    note(state, |state| {
        state.outputs = output_files(setup, &files, maps);
        state.calibration.insert("noisyStrip".to_owned(), Value::Object(summary));
        state.calibration.insert("warnings".to_owned(), json!(done.warnings));
        let absent: serde_json::Map<_, _> =
            files.absent.iter().map(|(name, reason)| ((*name).to_owned(), json!(reason))).collect();
        state.calibration.insert("absentOutputs".to_owned(), Value::Object(absent));
    });
    validate(setup, &files, maps.lumi_blocks)?;
    Ok(Ending { message: "OK".to_owned(), early: false })
}

/// A run without events ends well, and no longer keeps later runs waiting.
fn empty_input(setup: &Setup<'_>, hit_maps: &[PathBuf]) -> anyhow::Result<Option<Ending>> {
    // Forms without a number of events are looked up in the files, which the original did not do.
    let mut events = 0_u64;
    for (input, path) in setup.inputs.iter().zip(setup.inputs.iter().map(Input::path)) {
        let path = path?;
        if hit_maps.contains(&path) {
            let counted = input.events.map_or_else(|| sct_histfile::peek_events(&path), Ok)?;
            events = events.saturating_add(counted);
        }
    }
    let least = u64::try_from(setup.properties.min_events_empty_input).unwrap_or(0);
    if events >= least.max(1) {
        return Ok(None);
    }
    let last_run = setup.extra("lastRun").unwrap_or(Path::new("lastRun"));
    let run = setup.name.run;
    // Only a queue that exists is moved on.
    let moved = last_run.exists() && sct_job::write_last_run(last_run, run, false)?;
    let moved = if moved {
        format!("the last-run counter is moved to run {run}")
    } else {
        "the last-run counter is left as it is".to_owned()
    };
    let message =
        format!("the input has {events} events, fewer than {least}: nothing was done, {moved}");
    Ok(Some(Ending { message, early: true }))
}

fn merge_group(files: &[PathBuf], output: &Path) -> anyhow::Result<u64> {
    merge::merge(files, output, &MergeOptions::default(), true)?;
    Ok(sct_histfile::peek_events(output)?)
}

fn detector(setup: &Setup<'_>, times: &RunTimes) -> anyhow::Result<Detector> {
    let sources = Sources {
        modules: setup.extra("modules"),
        conditions: setup.extra("conditions"),
        known_bad: setup.extra("knownBad"),
        swap: None,
        barrel: barrel(setup)?,
    };
    Detector::from_files(&sources, Moment::new(setup.name.run, times))
}

fn barrel(setup: &Setup<'_>) -> anyhow::Result<BarrelSwap> {
    match setup.arguments.extra.get("swapBarrel") {
        Some(text) => {
            text.parse().with_context(|| Coded::new(ExitCode::ArgError, "key swapBarrel"))
        }
        None => Ok(BarrelSwap::default()),
    }
}

/// Read-out direction of the wafers.
pub(super) fn swap(setup: &Setup<'_>) -> anyhow::Result<ReadoutSwap> {
    Ok(ReadoutSwap::new(barrel(setup)?))
}

/// Times of the run, from the file of run information if there is one.
pub(super) fn times(setup: &Setup<'_>) -> anyhow::Result<RunTimes> {
    let path = setup.extra("runInfo").unwrap_or(Path::new("runInfo.txt"));
    let wanted = setup.arguments.do_run_info || setup.extra("runInfo").is_some();
    if !path.exists() {
        if wanted {
            let what = format!(
                "no {}: reading the run control folder (doRunInfo) is not available in this version; write the file",
                path.display()
            );
            return Err(Coded::new(ExitCode::RuntimeError, what).into());
        }
        tracing::warn!("no {}: the summary has no times of the run", path.display());
        return Ok(RunTimes::default());
    }
    RunTimes::read(path, setup.name.run)
}

/// Declared outputs that this job has made.
fn output_files(setup: &Setup<'_>, files: &Files, maps: &HitMaps) -> Vec<OutputFile> {
    let made = |name: &str| match name {
        "SCTHitMaps.root" => true,
        "SCTLB.root" => maps.lumi_blocks,
        "SCTBSErrors.root" => maps.bs_errors,
        other => files.written.iter().any(|(_, path)| *path == setup.output(other)),
    };
    let declared = outputs(&setup.arguments.parts, setup.arguments.split);
    let made = declared.into_iter().filter(|output| made(output.name));
    made.filter_map(|output| {
        let events = Path::new(output.name)
            .extension()
            .is_some_and(|extension| extension == "root")
            .then_some(maps.events);
        output_file(setup, output, events)
    })
    .collect()
}

/// A file that the job has made, for the report.
pub(super) fn output_file(
    setup: &Setup<'_>,
    output: sct_job::Output,
    entries: Option<u64>,
) -> Option<OutputFile> {
    let path = setup.output(output.name);
    let size = fs::metadata(&path).ok()?.len();
    Some(OutputFile {
        argument: output.argument.to_owned(),
        dataset: setup.prefix.dataset.clone(),
        name: path.display().to_string(),
        size,
        entries,
    })
}

/// Every declared output must exist, unless its absence has a reason.
fn validate(setup: &Setup<'_>, files: &Files, has_lumi_blocks: bool) -> anyhow::Result<()> {
    for output in outputs(&setup.arguments.parts, setup.arguments.split) {
        let excused = files.absent.iter().any(|(name, _)| *name == output.name)
            || (output.name == "SCTLB.root" && !has_lumi_blocks);
        if !excused && !setup.output(output.name).exists() {
            let what = format!("output {} is missing", setup.output(output.name).display());
            return Err(Coded::new(ExitCode::OutputFileValidationFail, what).into());
        }
    }
    Ok(())
}
