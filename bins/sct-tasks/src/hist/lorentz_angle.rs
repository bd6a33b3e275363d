//! Lorentz angle: profiles in, fits, list, summary and rows out.

use std::path::{Path, PathBuf};

use sct_conditions::{LORENTZ_ANGLE, LorentzAngle, lorentz_angle_row};
use sct_cool::FolderContent;
use sct_histfile::LorentzProfile;
use sct_id::{RunNumber, Sensors};
use sct_lorentz_angle::{Bin, Config, Estimate, Fit, Inputs, Outcome, Profile, Status, fit};
use sct_roothist::Histogram;
use sct_xml::{LorentzAngleFile, LorentzAnglePart, LorentzAngleSummary};
use serde_json::{Map, Value, json};

use super::{Extras, Job, Measured, Monitoring};
use crate::files::{Prepared, Stored};

mod debug_file;
mod extras;

/// Fits with what they were made to.
#[derive(Debug)]
pub struct Fits {
    /// The fits.
    pub outcome: Outcome,
    /// The profiles, by [`Sensors::index`].
    profiles: [Option<Profile>; Sensors::COUNT],
    /// The profiles as the monitoring has them, when they are to be copied (`LorentzAngleDebugMode`).
    histograms: Option<Vec<(Sensors, Histogram)>>,
}

pub(super) fn measure(
    job: &Job<'_>,
    monitoring: &Monitoring,
    events: u64,
) -> anyhow::Result<Measured> {
    let debug = job.properties.lorentz_angle_debug_mode;
    let histograms = debug.then(|| monitoring.file.lorentz_histograms()).transpose()?;
    let mut profiles = [const { None }; Sensors::COUNT];
    for found in monitoring.profiles()? {
        let index = found.sensors.index();
        profiles[index] = Some(profile(found)?);
    }
    let outcome = fit(&Inputs { profiles: &profiles }, &Config::PRODUCTION)?;
    let list = LorentzAngleFile {
        fits: outcome.fits.iter().map(|fit| (fit.sensors, published(fit))).collect(),
    };
    let part = |fit: &Fit| LorentzAnglePart {
        sensors: fit.sensors,
        angle: published(fit).angle[0],
        min_cluster_width: published(fit).min_cluster_width[0],
        good: fit.is_good(),
    };
    let summary = LorentzAngleSummary {
        head: job.head(events),
        flag: outcome.flag.letter(),
        parts: outcome.fits.iter().map(part).collect(),
    };
    Ok(Measured {
        events,
        lists: vec![
            ("LAFile", "LorentzAngleFile.xml", Box::new(list)),
            ("LASummaryFile", "LorentzAngleSummaryFile.xml", Box::new(summary)),
        ],
        stored: stored(job, &outcome)?,
        numbers: numbers(&outcome),
        warnings: outcome.fits.iter().filter_map(warning).collect(),
        extras: Extras::Fits(Box::new(Fits { outcome, profiles, histograms })),
    })
}

fn profile(found: &LorentzProfile) -> anyhow::Result<Profile> {
    let bin = |bin: &sct_histfile::LorentzBin| Bin {
        sum: bin.sum,
        sum_of_squares: bin.sum_of_squares,
        entries: bin.entries,
        squared_weights: bin.squared_weights,
    };
    Ok(Profile::with_edges(&found.edges, found.bins.iter().map(bin).collect())?)
}

/// The numbers of a fit in single precision, as lists and database have them; zeros without any.
#[expect(clippy::cast_possible_truncation, reason = "rounded where the original rounds")]
fn published(fit: &Fit) -> LorentzAngle {
    let Some(estimate) = &fit.estimate else { return LorentzAngle::default() };
    let Estimate { parameters, errors, .. } = estimate;
    let both = |value: f64, error: f64| [value as f32, error as f32];
    LorentzAngle {
        angle: both(parameters.angle, errors.angle.mean()),
        chi_square: estimate.chi_square as f32,
        a: both(parameters.a, errors.a.mean()),
        b: both(parameters.b, errors.b.mean()),
        sigma: both(parameters.sigma, errors.sigma.mean()),
        min_cluster_width: both(estimate.min_cluster_width, estimate.min_cluster_width_error),
    }
}

/// Good fits alone: other tasks take these numbers without looking.
fn stored(job: &Job<'_>, outcome: &Outcome) -> anyhow::Result<Stored> {
    let rows =
        outcome.good().map(|(fit, _)| lorentz_angle_row(fit.sensors, job.iov(), published(fit)));
    let mut rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    if rows.is_empty() {
        return Ok(Stored::Nothing("no fit of the Lorentz angle is good".to_owned()));
    }
    rows.sort_by_key(|row| row.channel);
    Ok(Stored::Rows(FolderContent {
        folder: LORENTZ_ANGLE.folder(),
        tag: job.properties.tag_lorentz_angle.clone(),
        rows,
    }))
}

/// What went wrong in a fit that failed, strategy by strategy.
fn warning(fit: &Fit) -> Option<String> {
    let Status::Failed(failure) = &fit.status else { return None };
    let before: Vec<String> = fit.retries.iter().map(ToString::to_string).collect();
    let before = match before.as_slice() {
        [] => String::new(),
        before => format!(" (before: {})", before.join("; ")),
    };
    let strategy = fit.strategy.map_or_else(String::new, |strategy| format!(" {strategy}"));
    Some(format!("fit of {}{strategy} failed: {failure}{before}", fit.sensors))
}

fn numbers(outcome: &Outcome) -> Map<String, Value> {
    let fits: Vec<Value> = outcome.fits.iter().map(fit_json).collect();
    Map::from_iter([
        ("flag".to_owned(), json!(outcome.flag.letter().to_string())),
        ("good".to_owned(), json!(outcome.good().count())),
        ("fits".to_owned(), Value::Array(fits)),
    ])
}

fn fit_json(fit: &Fit) -> Value {
    let Sensors { layer, side, crystal } = fit.sensors;
    let retries: Vec<String> = fit.retries.iter().map(ToString::to_string).collect();
    let mut json = json!({
        "layer": layer,
        "side": side.index(),
        "type": crystal.number(),
        "good": fit.is_good(),
        "status": fit.status.to_string(),
        "strategy": fit.strategy.map(|strategy| strategy.to_string()),
        "retries": retries,
    });
    if let Some(estimate) = &fit.estimate {
        json["parameters"] = json!(estimate.parameters);
        json["errors"] = json!(estimate.errors);
        json["chiSquare"] = json!(estimate.chi_square);
        json["degreesOfFreedom"] = json!(estimate.degrees_of_freedom());
        json["minClusterWidth"] = json!(estimate.min_cluster_width);
        json["minClusterWidthError"] = json!(estimate.min_cluster_width_error);
    }
    json
}

impl Fits {
    /// Writes the plots and the ntuple, each if it is asked for.
    pub(super) fn write_extras(
        &self,
        run: RunNumber,
        events: u64,
        plot_folder: Option<&Path>,
        ntuple_file: Option<&Path>,
    ) -> anyhow::Result<()> {
        extras::write(self, (run, events), plot_folder, ntuple_file)
    }

    /// Writes `FittingDebugFile.root`, up to its name, when that is switched on.
    pub(super) fn prepare_debug_file(
        &self,
        path: impl Fn(&str) -> PathBuf,
        files: &mut Prepared,
    ) -> anyhow::Result<()> {
        let Some(histograms) = &self.histograms else { return Ok(()) };
        let path = path(debug_file::NAME);
        let complete = debug_file::write(&path, &self.outcome, histograms)?;
        files.add("LADebugFile", path, complete);
        Ok(())
    }
}
