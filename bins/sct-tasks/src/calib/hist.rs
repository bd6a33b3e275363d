//! Parts that read monitoring histograms.

use std::{path::PathBuf, sync::Mutex};

use sct_bs_error::ErrorCounts;
use sct_job::{ExitCode, Input, Part};
use serde_json::{Value, json};

use super::{
    Ending, State, note, parts,
    results::{self, Made},
    setup::Setup,
};
use crate::{
    detector::serials,
    failure::Coded,
    hist::{self, Job, Measured, Monitoring, Task},
};

/// Measures everything the job asks for, then writes: a part that fails leaves nothing of the others.
pub(super) fn run(setup: &Setup<'_>, state: &Mutex<State>) -> anyhow::Result<Ending> {
    let paths: Vec<PathBuf> = setup.inputs.iter().map(Input::path).collect::<Result<_, _>>()?;
    let Some(hist) = hist::last_of(&paths) else {
        return Err(Coded::new(ExitCode::ArgMissing, "no input").into());
    };
    if setup.arguments.max_events_given && setup.arguments.max_events != 1 {
        let events = setup.arguments.max_events;
        tracing::warn!("maxEvents is {events}, taken as 1: histograms are read, not events");
    }
    let times = setup.times()?;
    let serials = serials(setup.extra("modules"))?;
    let job = Job {
        run: setup.name.run,
        hist,
        times,
        properties: setup.properties,
        serials: &serials,
        error_counts: ErrorCounts::default(),
    };
    let monitoring = Monitoring::open(&job)?;
    // Noted before anything can fail: a run in STANDBY may have too few events as well.
    let standby = hist::standby(&job, &monitoring).map(|standby| standby.to_string());
    note(state, |state| {
        state.calibration.insert("standby".to_owned(), json!(standby));
    });
    let measure = |part: &Part| {
        let task = task(*part).ok_or_else(|| parts::other_inputs(*part))?;
        Ok((task, hist::measure(&job, &monitoring, task)?))
    };
    let measured = setup.arguments.parts.iter().map(measure).collect::<anyhow::Result<Vec<_>>>()?;
    let made = measured.into_iter().map(|(task, measured)| write(setup, &job, task, measured));
    results::finish(setup, state, made.collect::<Result<_, _>>()?, &[])
}

/// What a part measures.
pub(super) const fn task(part: Part) -> Option<Task> {
    match part {
        Part::NoiseOccupancy => Some(Task::NoiseOccupancy),
        Part::RawOccupancy => Some(Task::RawOccupancy),
        Part::Efficiency => Some(Task::Efficiency),
        Part::BsErrorDb => Some(Task::BsErrors),
        Part::LorentzAngle => Some(Task::LorentzAngle),
        _ => None,
    }
}

fn write(setup: &Setup<'_>, job: &Job<'_>, task: Task, measured: Measured) -> anyhow::Result<Made> {
    let files = hist::prepare(job, &measured, |name| setup.output(name))?.name()?;
    let ntuple = setup.ntuple(task.name());
    hist::write_extras(job.run, task, &measured, setup.extra("plots"), ntuple.as_deref())?;
    Ok(Made {
        entry: (task.key(), Value::Object(hist::summary_json(task, &measured))),
        files,
        stored: vec![measured.stored],
        warnings: measured.warnings,
    })
}
