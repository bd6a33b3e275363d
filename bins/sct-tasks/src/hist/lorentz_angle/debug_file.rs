//! `FittingDebugFile.root`: the profiles with the curves that were fitted to them.
//!
//! As in the original there is a folder for each profile, with the profile under its name and the attempt that the numbers
//! come from. The original attaches a function to the profile; here the curve is a histogram beside it, so that it can be
//! read without the code of the function.

use std::path::Path;

use anyhow::Context as _;
use sct_histfile::lorentz_profile;
use sct_id::Sensors;
use sct_job::ExitCode;
use sct_lorentz_angle::{Config, Estimate, Fit, Outcome, Strategy};
use sct_roothist::{Axis, Class, Contents, FileWriter, Histogram, WriteError, WriteOptions};
use sct_wholefile::Pending;

use crate::failure::Coded;

/// Name of the file. Source: `SCTCalib::getLorentzAngle`.
pub(super) const NAME: &str = "FittingDebugFile.root";

/// Bins of a curve: twenty for each bin of the profile in the range of the fit.
const CURVE_BINS: u32 = 440;

/// Writes the file up to its name.
pub(super) fn write(
    path: &Path,
    outcome: &Outcome,
    histograms: &[(Sensors, Histogram)],
) -> anyhow::Result<Pending> {
    write_file(path, outcome, histograms).with_context(|| {
        Coded::new(ExitCode::OutputFileError, format!("fitted curves in {}", path.display()))
    })
}

fn write_file(
    path: &Path,
    outcome: &Outcome,
    histograms: &[(Sensors, Histogram)],
) -> Result<Pending, WriteError> {
    let mut writer = FileWriter::create(path, WriteOptions::default())?;
    for (sensors, histogram) in histograms.iter().filter(|(sensors, _)| sensors.exist()) {
        let Some(fit) = outcome.fits.get(sensors.index()) else { continue };
        let directory = lorentz_profile(*sensors);
        let name = format!("{directory}{}", attempt(fit.strategy));
        writer.directory(&directory)?;
        writer.write(&Histogram { name: name.clone(), ..histogram.clone() })?;
        if let Some(estimate) = &fit.estimate {
            writer.write(&curve(&format!("{name}_curve"), fit, estimate))?;
        }
    }
    Ok(writer.complete()?.0)
}

/// End of the name by attempt: the original's, in which two lack an underscore.
fn attempt(strategy: Option<Strategy>) -> &'static str {
    match strategy {
        None | Some(Strategy::Start) => "_First_Fit",
        Some(Strategy::Parabola) => "Second_Fit",
        Some(Strategy::HeldSigma) => "Third_Fit",
    }
}

/// The fitted cluster width in the range of the fit, at the centres of fine bins.
fn curve(name: &str, fit: &Fit, estimate: &Estimate) -> Histogram {
    let Config { low, high, .. } = Config::PRODUCTION;
    let mut axis = Axis::uniform(0, CURVE_BINS, low, high);
    "angle to the normal, degrees".clone_into(&mut axis.title);
    let title = format!("Fitted cluster width, {}: {}", fit.sensors, fit.status);
    let mut curve = Histogram::new(Class::Th1D, name, &title, axis, None);
    let parameters = estimate.parameters;
    let width = |bin: usize| parameters.cluster_width(curve.x.center(bin));
    let mut widths = vec![0.0];
    widths.extend((1..=CURVE_BINS as usize).map(width));
    widths.push(0.0);
    curve.contents = Contents::F64(widths);
    curve.entries = f64::from(CURVE_BINS);
    curve
}
