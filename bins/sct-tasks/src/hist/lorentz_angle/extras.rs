//! Fits for people: plots of the profiles with their curves, and the ntuple.

use std::path::Path;

use oxyroot::{Marshaler, WriterTree};
use sct_id::{RunNumber, Sensors};
use sct_lorentz_angle::{Config, Estimate, Fit, Profile, ProfileError, Status};
use sct_plot::{FitPlot, FitPoint, fit_plot};

use super::{Fits, published};
use crate::{ntuple, plots};

/// What is drawn: the range of the fit and a few degrees around it.
const SHOWN: (f64, f64) = (-15.0, 8.0);
/// Points of a curve.
const CURVE_POINTS: u32 = 220;

pub(super) fn write(
    fits: &Fits,
    (run, events): (RunNumber, u64),
    plot_folder: Option<&Path>,
    ntuple_file: Option<&Path>,
) -> anyhow::Result<()> {
    if let Some(folder) = plot_folder {
        let exist = fits.outcome.fits.iter().filter(|fit| fit.sensors.exist());
        let plot =
            |fit| Ok((file_name(fit), draw(fit, fits.profiles[fit.sensors.index()].as_ref())?));
        let drawn = exist.map(plot).collect::<Result<Vec<_>, sct_plot::Error>>()?;
        plots::write(folder, drawn)?;
    }
    if let Some(path) = ntuple_file {
        ntuple::write_tree(path, "lorentz_angle", |tree| columns(tree, run, events, fits))?;
    }
    Ok(())
}

fn file_name(fit: &Fit) -> String {
    let Sensors { layer, side, crystal } = fit.sensors;
    format!("lorentz-angle-layer-{layer}-side-{side}-type-{crystal}.svg")
}

fn draw(fit: &Fit, profile: Option<&Profile>) -> Result<String, sct_plot::Error> {
    let Config { low, high, .. } = Config::PRODUCTION;
    let curve = |angle: f64| fit.estimate.map(|found| found.parameters.cluster_width(angle));
    let point = |(x, bin): (f64, &sct_lorentz_angle::Bin)| {
        let (y, error) = (bin.mean(), bin.error());
        // Bins without an error take no part in the fit.
        let in_fit = (low..=high).contains(&x) && error > 0.0;
        let fitted = if in_fit { curve(x) } else { None };
        (bin.entries > 0.0).then_some(FitPoint { x, y, error, fitted })
    };
    let shown = |(x, _): &(f64, &sct_lorentz_angle::Bin)| (SHOWN.0..=SHOWN.1).contains(x);
    let points: Vec<FitPoint> =
        profile.into_iter().flat_map(Profile::iter).filter(shown).filter_map(point).collect();
    let step = (high - low) / f64::from(CURVE_POINTS);
    let angles = (0..=CURVE_POINTS).map(|number| low + step * f64::from(number));
    let curve: Vec<(f64, f64)> = angles.filter_map(|angle| Some((angle, curve(angle)?))).collect();
    let Sensors { layer, side, crystal } = fit.sensors;
    fit_plot(&FitPlot {
        title: &format!("Cluster width, barrel layer {layer}, side {side}, <{crystal}> sensors"),
        result: &result(fit),
        x_label: "angle of the track to the normal, degrees",
        y_label: "strips",
        x_range: SHOWN,
        points: &points,
        curve: &curve,
    })
}

fn result(fit: &Fit) -> String {
    let numbers = fit.estimate.as_ref().map_or_else(String::new, |estimate: &Estimate| {
        let (angle, error) = (estimate.parameters.angle, estimate.errors.angle);
        let freedom = estimate.degrees_of_freedom();
        format!(
            "L = {angle:.3} -{:.3} +{:.3} degrees, chi-square {:.1} / {freedom}, smallest width {:.4}",
            error.lower, error.upper, estimate.chi_square, estimate.min_cluster_width
        )
    });
    match fit.status {
        Status::Good => numbers,
        failed if numbers.is_empty() => failed.to_string(),
        failed => format!("failed: {failed}; {numbers}"),
    }
}

/// One row for each group of sensors, those that do not exist included. Numbers in single precision are those of the lists;
/// errors come from the profile of chi-square, downwards and upwards.
fn columns(tree: &mut WriterTree, run: RunNumber, events: u64, fits: &Fits) {
    type ErrorOf = fn(&Estimate) -> ProfileError;
    fn column<T: Marshaler + 'static>(
        tree: &mut WriterTree,
        name: &str,
        fits: &Fits,
        value: impl Fn(&Fit) -> T,
    ) {
        let values: Vec<T> = fits.outcome.fits.iter().map(value).collect();
        tree.new_branch(name, values.into_iter());
    }
    let run = i32::try_from(run.to_u32()).unwrap_or(i32::MAX);
    let events = i64::try_from(events).unwrap_or(i64::MAX);
    let side = |fit: &Fit| i32::try_from(fit.sensors.side.index()).unwrap_or(i32::MAX);
    let of =
        |value: fn(&Estimate) -> f64| move |fit: &Fit| fit.estimate.as_ref().map_or(0.0, value);
    column(tree, "run", fits, |_| run);
    column(tree, "events", fits, |_| events);
    column(tree, "layer", fits, |fit| i32::from(fit.sensors.layer));
    column(tree, "side", fits, side);
    column(tree, "module_type", fits, |fit| i32::from(fit.sensors.crystal.number()));
    column(tree, "fit", fits, |fit| i32::from(fit.is_good()));
    for (name, number) in sct_conditions::LorentzAngle::NAMES.into_iter().zip(0..) {
        let number: usize = number;
        column(tree, name, fits, |fit| published(fit).to_array()[number]);
    }
    let errors: [(&str, ErrorOf); 4] = [
        ("lorentzAngle", |found| found.errors.angle),
        ("a", |found| found.errors.a),
        ("b", |found| found.errors.b),
        ("sigma", |found| found.errors.sigma),
    ];
    for (name, error) in errors {
        let ends = |fit: &Fit| fit.estimate.as_ref().map(error).unwrap_or_default();
        column(tree, &format!("{name}_lower"), fits, |fit| ends(fit).lower);
        column(tree, &format!("{name}_upper"), fits, |fit| ends(fit).upper);
    }
    column(tree, "points", fits, of(|found| found.points as f64));
}
