//! Noisy strips from hit maps: merge, search, write, rename.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::Context as _;
use sct_id::BarrelSwap;
use sct_job::{
    DatasetName, ExitCode, Groups, Input, JobArguments, OutputFile, Prefix, Properties, outputs,
};
use sct_roothist::MergeOptions;
use serde_json::{Value, json};

use super::{Ending, State, groups, note};
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
    fn extra(&self, key: &str) -> Option<&Path> {
        self.arguments.extra.get(key).map(Path::new)
    }

    /// Path of an output under the prefix.
    fn output(&self, name: &str) -> PathBuf {
        PathBuf::from(self.prefix.file(name))
    }
}

pub(super) fn noisy_strips(setup: &Setup<'_>, state: &Mutex<State>) -> anyhow::Result<Ending> {
    let groups = groups(setup.inputs)?;
    if let Some(ending) = empty_input(setup, &groups.hit_maps)? {
        return Ok(ending);
    }
    let properties = setup.properties;
    let reference = Reference::choose(
        setup.extra("reference").map(|path| (path, properties.tag_noisy_upload_test.as_str())),
        setup.extra("conditions"),
        setup.name.run,
        properties,
    )?;
    let times = times(setup)?;
    let detector = detector(setup, &times)?;
    let hitmaps = setup.output("SCTHitMaps.root");
    let merged = merge_group(&groups.hit_maps, &hitmaps)?;
    let lumi_blocks = setup.output("SCTLB.root");
    let has_lumi_blocks = !groups.lumi_blocks.is_empty();
    if has_lumi_blocks {
        merge_group(&groups.lumi_blocks, &lumi_blocks)?;
    }
    if !groups.bs_errors.is_empty() {
        merge_group(&groups.bs_errors, &setup.output("SCTBSErrors.root"))?;
    }
    tracing::info!("merged {} hit map files with {merged} events", groups.hit_maps.len());
    let job = Job {
        run: setup.name.run,
        hitmaps: &hitmaps,
        lumi_blocks: has_lumi_blocks.then_some(lumi_blocks.as_path()),
        times,
        properties,
        detector: &detector,
        reference: &reference,
    };
    let done = noisy_strip::search(&job)?;
    let files = noisy_strip::write(&job, &done.outcome, |name| setup.output(name))?;
    let (plots, ntuple) = (setup.extra("plots"), setup.extra("ntuple"));
    noisy_strip::write_extras(setup.name.run, &done, &detector, plots, ntuple)?;
    let summary = noisy_strip::summary_json(setup.name.run, &done.outcome);
    let counts = &done.outcome.counts;
    let message = format!(
        "{} noisy strips on {} modules, flag {}",
        counts.strips, counts.modules, done.outcome.upload.flag
    );
    tracing::info!("{message}");
    note(state, |state| {
        state.outputs = output_files(setup, &files, &groups, merged);
        state.calibration.insert("noisyStrip".to_owned(), Value::Object(summary));
        state.calibration.insert("warnings".to_owned(), json!(done.warnings));
        let absent: serde_json::Map<_, _> =
            files.absent.iter().map(|(name, reason)| ((*name).to_owned(), json!(reason))).collect();
        state.calibration.insert("absentOutputs".to_owned(), Value::Object(absent));
    });
    validate(setup, &files, has_lumi_blocks)?;
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
    let barrel = match setup.arguments.extra.get("swapBarrel") {
        Some(text) => {
            text.parse().with_context(|| Coded::new(ExitCode::ArgError, "key swapBarrel"))?
        }
        None => BarrelSwap::default(),
    };
    let sources = Sources {
        modules: setup.extra("modules"),
        conditions: setup.extra("conditions"),
        known_bad: setup.extra("knownBad"),
        swap: None,
        barrel,
    };
    Detector::from_files(&sources, Moment::new(setup.name.run, times))
}

fn times(setup: &Setup<'_>) -> anyhow::Result<RunTimes> {
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
fn output_files(setup: &Setup<'_>, files: &Files, groups: &Groups, events: u64) -> Vec<OutputFile> {
    let made = |name: &str| match name {
        "SCTHitMaps.root" => true,
        "SCTLB.root" => !groups.lumi_blocks.is_empty(),
        "SCTBSErrors.root" => !groups.bs_errors.is_empty(),
        other => files.written.iter().any(|(_, path)| *path == setup.output(other)),
    };
    let file = |output: sct_job::Output| {
        let path = setup.output(output.name);
        let size = fs::metadata(&path).ok()?.len();
        Some(OutputFile {
            argument: output.argument.to_owned(),
            dataset: setup.prefix.dataset.clone(),
            name: path.display().to_string(),
            size,
            entries: path
                .extension()
                .is_some_and(|extension| extension == "root")
                .then_some(events),
        })
    };
    let declared = outputs(&setup.arguments.parts, setup.arguments.split);
    declared.into_iter().filter(|output| made(output.name)).filter_map(file).collect()
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
