//! The tasks that read monitoring histograms, from files to files. They share everything but what they measure.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sct_bs_error::ErrorCounts;
use sct_conditions::SerialNumbers;
use sct_hitmap::{TooFewEvents, WaferMap};
use sct_id::{Iov, Plane, Region, RunNumber, WaferHash};
use sct_job::{ExitCode, Properties};
use sct_plot::Scale;
use sct_xml::{MonitoringSummary, PartValue, RunHead, XmlFile};
use serde_json::{Map, Value, json};

use crate::{
    failure::Coded,
    files::{Prepared, Stored},
    noisy_strip::RunTimes,
};

mod bs_error;
mod command;
mod efficiency;
mod extras;
mod lorentz_angle;
mod monitoring;
mod noise_occupancy;
mod raw_occupancy;
mod spectrum;
mod standby;

pub use self::{
    command::{HistOptions, run, summary_json},
    extras::write_extras,
    lorentz_angle::Fits,
    monitoring::Monitoring,
    standby::standby,
};

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Run.
    pub run: RunNumber,
    /// Monitoring histograms.
    pub hist: &'a Path,
    /// Times of the run.
    pub times: RunTimes,
    /// Thresholds, switches, tags.
    pub properties: &'a Properties,
    /// Serial numbers of all modules.
    pub serials: &'a SerialNumbers,
    /// How maps of byte-stream errors are counted.
    pub error_counts: ErrorCounts,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Noise occupancy.
    NoiseOccupancy,
    /// Raw occupancy.
    RawOccupancy,
    /// Efficiency.
    Efficiency,
    /// Byte-stream errors.
    BsErrors,
    /// Lorentz angle.
    LorentzAngle,
}

/// What a task measured, ready to be written.
#[derive(Debug)]
pub struct Measured {
    /// Events monitored.
    pub events: u64,
    /// All XML files: name of the report argument, name, content.
    pub lists: Vec<(&'static str, &'static str, Box<dyn XmlFile>)>,
    /// What is stored, unless that is switched off.
    pub stored: Stored,
    /// The numbers, for scripts and reports.
    pub numbers: Map<String, Value>,
    /// What can be drawn, and written as an ntuple.
    pub extras: Extras,
    /// What was odd.
    pub warnings: Vec<String>,
}

/// What can be drawn, and written as an ntuple.
#[derive(Debug)]
pub enum Extras {
    /// Values of wafers. The first column is plotted.
    Wafers {
        /// Columns of the ntuple: name, and a number for every wafer.
        columns: Vec<(&'static str, WaferMap<f64>)>,
        /// How the first column is plotted.
        plot: Plot,
    },
    /// Fits with what they were made to.
    Fits(Box<Fits>),
}

/// How the values of wafers are plotted.
#[derive(Clone, Copy, Debug)]
pub struct Plot {
    /// Title, without the side.
    pub title: &'static str,
    /// Scale of the colours.
    pub scale: Scale,
}

impl Task {
    /// Name of files and trees.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoiseOccupancy => "noise_occupancy",
            Self::RawOccupancy => "raw_occupancy",
            Self::Efficiency => "efficiency",
            Self::BsErrors => "bs_errors",
            Self::LorentzAngle => "lorentz_angle",
        }
    }

    /// Name of its entry in the report of a job.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NoiseOccupancy => "noiseOccupancy",
            Self::RawOccupancy => "rawOccupancy",
            Self::Efficiency => "efficiency",
            Self::BsErrors => "bsErrors",
            Self::LorentzAngle => "lorentzAngle",
        }
    }

    const fn min_stat(self, properties: &Properties) -> i64 {
        match self {
            Self::NoiseOccupancy => properties.noise_occupancy_min_stat,
            Self::RawOccupancy => properties.raw_occupancy_min_stat,
            Self::Efficiency => properties.efficiency_min_stat,
            Self::BsErrors => properties.bs_error_db_min_stat,
            Self::LorentzAngle => properties.lorentz_angle_min_stat,
        }
    }
}

/// Of several files the last, with a warning. Source: `sct_calib_tf`.
pub fn last_of(files: &[PathBuf]) -> Option<&Path> {
    let last = files.last()?;
    if files.len() > 1 {
        tracing::warn!("of {} HIST files the last is used: {}", files.len(), last.display());
    }
    Some(last)
}

/// The least number of events a task asks for.
fn min_events(task: Task, properties: &Properties) -> u64 {
    u64::try_from(task.min_stat(properties)).unwrap_or(0)
}

/// Reads the histograms and measures. The number of events is checked before any map is looked at.
///
/// # Errors
///
/// Missing or damaged histograms (exit code `TRF_INPUT_FILE_VALIDATION_FAIL`); too few events (`NEEDCHECK`).
pub fn measure(job: &Job<'_>, monitoring: &Monitoring, task: Task) -> anyhow::Result<Measured> {
    let events = monitoring.file.events()?;
    let minimum = min_events(task, job.properties);
    TooFewEvents::check(events, minimum)?;
    let mut measured = match task {
        Task::NoiseOccupancy => noise_occupancy::measure(job, monitoring, events),
        Task::RawOccupancy => raw_occupancy::measure(job, monitoring, events),
        Task::Efficiency => efficiency::measure(job, monitoring, events),
        Task::BsErrors => bs_error::measure(job, monitoring, events),
        Task::LorentzAngle => lorentz_angle::measure(job, monitoring, events),
    }?;
    if !job.properties.write_to_cool {
        measured.stored = Stored::Nothing("writing is switched off (WriteToCool)".to_owned());
    }
    for warning in &measured.warnings {
        tracing::warn!("{warning}");
    }
    Ok(measured)
}

/// Writes lists and summary, up to their names; `path` gives the path of each by its name.
///
/// # Errors
///
/// When a file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn prepare(
    job: &Job<'_>,
    measured: &Measured,
    path: impl Fn(&str) -> PathBuf,
) -> anyhow::Result<Prepared> {
    let mut files = Prepared::default();
    let failed = || Coded::new(ExitCode::OutputFileError, format!("results of run {}", job.run));
    for (argument, name, content) in &measured.lists {
        files.add_text(argument, path(name), &content.text()).with_context(failed)?;
    }
    if let Extras::Fits(fits) = &measured.extras {
        fits.prepare_debug_file(&path, &mut files)?;
    }
    Ok(files)
}

impl Job<'_> {
    fn head(&self, events: u64) -> RunHead {
        let RunTimes { start, end, lumi_blocks } = self.times;
        RunHead::new(self.run, start, end, lumi_blocks.unwrap_or(0).into(), events)
    }

    /// Results belong to their run.
    fn iov(&self) -> Iov {
        Iov::run(self.run)
    }
}

/// Values by layer and ring, for scripts and reports.
fn part_numbers(summary: &MonitoringSummary) -> Map<String, Value> {
    let part = |value: &PartValue| {
        json!({
            "region": value.part.region().to_string(),
            "layer": value.part.layer_disk(),
            "ring": value.part.ring(),
            value.measure.name(): value.value,
        })
    };
    let parts: Vec<Value> = summary.values.iter().map(part).collect();
    Map::from_iter([("parts".to_owned(), Value::Array(parts))])
}

/// Wafers of some regions in the order of the monitoring lists.
fn listed(regions: [Region; 3]) -> impl Iterator<Item = WaferHash> {
    regions.into_iter().flat_map(Plane::of).flat_map(Plane::wafers).copied()
}
