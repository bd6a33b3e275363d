//! The part `doNoisyLB`.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use sct_conditions::SerialNumbers;
use sct_histfile::LumiBlockFile;
use sct_job::{ExitCode, Input};
use sct_roothist::MergeOptions;
use serde_json::Value;

use super::{
    Ending, State,
    results::{self, Made},
    setup::Setup,
};
use crate::{
    detector,
    failure::Coded,
    files::Stored,
    merge,
    noisy_lb::{self, Job},
    noisy_strip::RunTimes,
};

/// A job with nothing but this part needs `SCTLB.root` only; hit maps among its inputs are left alone.
pub(super) fn alone(setup: &Setup<'_>, state: &Mutex<State>) -> anyhow::Result<Ending> {
    let paths: Vec<PathBuf> = setup.inputs.iter().map(Input::path).collect::<Result<_, _>>()?;
    let is_ours = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().contains("SCTLB"))
    };
    let files: Vec<PathBuf> = paths.into_iter().filter(is_ours).collect();
    if files.is_empty() {
        let what = "no input has SCTLB in its name, which part doNoisyLB reads";
        return Err(Coded::new(ExitCode::ArgError, what).into());
    }
    let output = setup.output("SCTLB.root");
    let times = setup.times()?;
    let serials = detector::serials(setup.extra("modules"))?;
    merge::merge(&files, &output, &MergeOptions::default(), true)?;
    let events = LumiBlockFile::open(&output)?.total_events();
    if events == 0 {
        let message = "the input has no events: nothing was done".to_owned();
        return Ok(Ending { message, early: true });
    }
    let made = search(setup, &times, &serials, Some(&output))?;
    results::finish(setup, state, vec![made], &[("SCTLB.root", events)])
}

/// Searches and writes the list.
pub(super) fn search(
    setup: &Setup<'_>,
    times: &RunTimes,
    serials: &SerialNumbers,
    lumi_blocks: Option<&Path>,
) -> anyhow::Result<Made> {
    let Some(lumi_blocks) = lumi_blocks else {
        let what = "part doNoisyLB reads SCTLB.root, and there is none among the inputs";
        return Err(Coded::new(ExitCode::ArgMissing, what).into());
    };
    let job = Job {
        run: setup.name.run,
        lumi_blocks,
        times: *times,
        properties: setup.properties,
        serials,
    };
    let done = noisy_lb::search(&job)?;
    let files = noisy_lb::write(&job, &done, |name| setup.output(name))?;
    let ntuple = setup.ntuple("noisy_lb");
    noisy_lb::write_extras(job.run, &done, setup.extra("plots"), ntuple.as_deref())?;
    Ok(Made {
        entry: ("noisyLB", Value::Object(noisy_lb::summary_json(&done.outcome))),
        files,
        stored: Stored::Nothing("noisy lumi blocks are not stored".to_owned()),
        warnings: done.warnings,
    })
}
