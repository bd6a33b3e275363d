//! Which parts there are, and what they read: parts of one job share their inputs.

use std::sync::Mutex;

use sct_job::{ExitCode, JobArguments, Part, Split};

use super::{Ending, State, hist, hit_maps, hv_trip, setup::Setup};
use crate::failure::Coded;

/// What a part reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// Hit maps, or RAW files to fill them from.
    HitMaps,
    /// Monitoring histograms.
    Hist,
    /// Folders of the conditions database.
    Conditions,
}

impl Reads {
    const fn of(part: Part) -> Self {
        match part {
            _ if part.reads_hist() => Self::Hist,
            Part::Hv => Self::Conditions,
            _ => Self::HitMaps,
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::HitMaps => "hit maps",
            Self::Hist => "monitoring histograms",
            Self::Conditions => "conditions",
        }
    }
}

/// Everything that is not built says so, and parts of one job must read the same.
pub(super) fn check(arguments: &JobArguments) -> anyhow::Result<()> {
    let split = arguments.split;
    if let Some(part) = arguments.parts.iter().find(|part| !is_available(**part, split)) {
        return Err(not_available(*part, split));
    }
    let mut parts = arguments.parts.iter().map(|&part| (part, Reads::of(part)));
    let Some((first, reads)) = parts.next() else { return Ok(()) };
    let Some((other, others)) = parts.find(|(_, other)| *other != reads) else { return Ok(()) };
    let what = format!(
        "part {first} reads {}, part {other} reads {}: they belong in separate jobs",
        reads.what(),
        others.what()
    );
    Err(Coded::new(ExitCode::ArgError, what).into())
}

/// Runs the parts of a job.
pub(super) fn run(setup: &Setup<'_>, state: &Mutex<State>) -> anyhow::Result<Ending> {
    let Some(&part) = setup.arguments.parts.first() else {
        return Err(Coded::new(ExitCode::ArgError, "no part").into());
    };
    match Reads::of(part) {
        Reads::HitMaps => hit_maps::run(setup, state),
        Reads::Hist => hist::run(setup, state),
        Reads::Conditions => hv_trip::run(setup, state),
    }
}

/// Hit maps are filled for all parts that read them.
fn is_available(part: Part, split: Split) -> bool {
    match part {
        Part::NoisyStrip | Part::NoisyLb | Part::Hv => true,
        _ if part.reads_hist() => true,
        _ => split == Split::Fill,
    }
}

pub(super) fn not_available(part: Part, split: Split) -> anyhow::Error {
    let split = split.number();
    let what = format!("part {part} with splitNoisyStrip {split} is not available in this version");
    Coded::new(ExitCode::ExecutionPathError, what).into()
}
