//! Hit maps from RAW files: the first step of two, or the first half of the only one.

use std::{path::PathBuf, sync::Mutex};

use sct_fill::Outcome;
use sct_job::{ExitCode, Input, OutputFile, Part, outputs};
use serde_json::json;

use super::{Ending, State, note, setup::Setup};
use crate::{
    cabling, conditions,
    conditions::Moment,
    failure::Coded,
    fill::{self, FillJob, Wanted},
    noisy_strip::RunTimes,
};

/// Fills and writes the hit maps, and nothing else.
pub(super) fn fill_only(setup: &Setup<'_>, state: &Mutex<State>) -> anyhow::Result<Ending> {
    let times = setup.times()?;
    let written = fill_and_write(setup, &times, state)?;
    let files = outputs(&setup.arguments.parts, setup.arguments.split);
    let files: Vec<OutputFile> = files
        .into_iter()
        .filter_map(|output| {
            let path = setup.output(output.name);
            let (_, events) = written.iter().find(|(made, _)| *made == path)?;
            setup.output_file(output.argument, &path, Some(*events))
        })
        .collect();
    note(state, |state| state.outputs = files);
    Ok(Ending { message: "OK".to_owned(), early: false })
}

/// Fills the hit maps of a job and writes them under its prefix. Gives the files with their numbers of events.
pub(super) fn fill_and_write(
    setup: &Setup<'_>,
    times: &RunTimes,
    state: &Mutex<State>,
) -> anyhow::Result<Vec<(PathBuf, u64)>> {
    let by_lumi_block = |part: &Part| matches!(part, Part::NoisyStrip | Part::NoisyLb);
    let wanted = Wanted {
        lumi_blocks: setup.arguments.parts.iter().any(by_lumi_block),
        bs_errors: !setup.arguments.parts.iter().all(by_lumi_block),
    };
    let outcome = filled(setup, times, wanted)?;
    note(state, |state| {
        state.calibration.insert("events".to_owned(), json!(outcome.summary));
    });
    fill::write(&outcome, wanted, |name| setup.output(name))
}

fn filled(setup: &Setup<'_>, times: &RunTimes, wanted: Wanted) -> anyhow::Result<Outcome> {
    let paths: Vec<PathBuf> = setup.inputs.iter().map(Input::path).collect::<Result<_, _>>()?;
    let (properties, run) = (setup.properties, setup.name.run);
    let moment = Moment::new(run, times);
    let cabling = cabling::read(setup.extra("cabling"), setup.extra("conditions"), moment)?;
    let majority = match setup.extra("conditions") {
        Some(path) if properties.use_majority => conditions::majority(path)?,
        _ => None,
    };
    let swap = setup.swap()?;
    let job = FillJob {
        files: &paths,
        cabling: &cabling,
        swap: &swap,
        majority: majority.as_ref(),
        max_lost_fraction: properties.max_skipped_fraction,
        quiet: true,
    };
    let mut config = fill::config(properties, Some(run), times.lumi_blocks, wanted);
    config.max_events = match setup.arguments.max_events {
        -1 => None,
        events => Some(u64::try_from(events).map_err(|_| {
            let what = format!("maxEvents is {events}, expected -1 for all, or 0 and more");
            Coded::new(ExitCode::ArgOutOfRange, what)
        })?),
    };
    fill::fill(&job, &config)
}
