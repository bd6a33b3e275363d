//! Fits of the Lorentz angle.

use std::path::Path;

use axum::{
    extract::{self, State},
    response::Response,
};
use sct_conditions::LorentzAngle;
use sct_id::Sensors;
use sct_lorentz_angle::{Config, Parameters};
use sct_plot::{FitPlot, fit_plot};
use sct_result::RunResult;
use sct_xml::{LorentzAngleFile, LorentzAngleSummary};

use super::{
    super::super::{
        App, Failure, number, result,
        table::{Cell, Table},
    },
    map, newest, run_of,
};

/// Name of the list.
const LIST: &str = "LorentzAngleFile.xml";

/// A fit that can be drawn.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub(super) title: String,
    pub(super) image: String,
}

/// Numbers of the sixteen fits, and pictures of those that exist.
pub(super) fn read(result: &RunResult, path: &Path) -> anyhow::Result<(Table, Vec<Fit>)> {
    let list = LorentzAngleFile::read(path)?;
    let good = good(result)?;
    let row = |(sensors, fit): &(Sensors, LorentzAngle)| {
        let exist = sensors.exist();
        let word = match (exist, good.get(sensors.index()).copied().flatten()) {
            (false, _) => "no such sensors",
            (true, Some(true)) => "good",
            (true, Some(false)) => "failed",
            (true, None) => "unknown",
        };
        let numbers = [fit.angle, fit.min_cluster_width, fit.a, fit.b, fit.sigma].concat();
        let numbers = numbers.into_iter().chain([fit.chi_square]);
        let cells = numbers.map(|value| Cell::number(exist.then_some(f64::from(value))));
        [sensors.layer.to_string(), sensors.side.to_string(), sensors.crystal.to_string()]
            .map(Cell::from)
            .into_iter()
            .chain([word.into()])
            .chain(cells)
            .collect()
    };
    let columns = [
        "Layer",
        "Side",
        "Sensors",
        "Fit",
        "#Angle (degrees)",
        "#Error",
        "#Smallest width (strips)",
        "#Error",
        "#a",
        "#Error",
        "#b",
        "#Error",
        "#Sigma (degrees)",
        "#Error",
        "#Chi-square",
    ];
    let table = Table::new("Lorentz angle by layer, side and crystal orientation", &columns)
        .with_rows(list.fits.iter().map(row));
    let picture = |(sensors, _): &(Sensors, LorentzAngle)| Fit {
        title: sensors.to_string(),
        image: format!("/runs/{}/{}/fit/{}.svg", result.run, result.kind, sensors.index()),
    };
    let drawn = list.fits.iter().filter(|(sensors, fit)| sensors.exist() && fit.sigma[0] > 0.0);
    Ok((table, drawn.map(picture).collect()))
}

/// Whether the fits are good, by index of the sensors.
fn good(result: &RunResult) -> anyhow::Result<Vec<Option<bool>>> {
    let mut good = vec![None; Sensors::COUNT];
    if let Some(path) = result::path(result, "LorentzAngleSummaryFile.xml") {
        for part in LorentzAngleSummary::read(&path)?.parts {
            good[part.sensors.index()] = Some(part.good);
        }
    }
    Ok(good)
}

/// The curve of a fit.
pub(super) async fn picture(
    State(app): State<App>,
    extract::Path((run, kind, what)): extract::Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let run = run_of(&run)?;
    let missing = || Failure::Missing("There is no such fit.".to_owned());
    let index = what.strip_suffix(".svg").and_then(|index| index.parse::<usize>().ok());
    let sensors = Sensors::all().nth(index.ok_or_else(missing)?).ok_or_else(missing)?;
    let work = move |reader: &mut super::Reader, _: &_| {
        let result = newest(reader, run, &kind)?;
        let path = result::path(&result, LIST).ok_or_else(missing)?;
        let read = || anyhow::Ok((LorentzAngleFile::read(&path)?, good(&result)?));
        let (list, good) =
            read().map_err(|error| Failure::Refused(result::fault(&result, &error)))?;
        let fit = list.fits.iter().find(|(of, _)| *of == sensors).ok_or_else(missing)?.1;
        Ok((fit, good[sensors.index()]))
    };
    let (fit, good) = app.read(work).await?;
    let title = format!("Run {run}: cluster width, {sensors}");
    Ok(map::picture(draw(&title, &fit, good == Some(true))?))
}

/// Points of a curve.
const POINTS: u32 = 220;

/// The curve alone: results have its parameters, not the points it was fitted to.
fn draw(title: &str, fit: &LorentzAngle, good: bool) -> Result<String, sct_plot::Error> {
    let [a, angle, b, sigma] = [fit.a, fit.angle, fit.b, fit.sigma].map(|[value, _]| value.into());
    let parameters = Parameters { a, angle, b, sigma };
    let Config { low, high, .. } = Config::PRODUCTION;
    let step = (high - low) / f64::from(POINTS);
    let curve: Vec<(f64, f64)> = (0..=POINTS)
        .map(|number| low + step * f64::from(number))
        .map(|angle| (angle, parameters.cluster_width(angle)))
        .collect();
    let word = if good { "" } else { "failed: " };
    let [angle, error] = fit.angle.map(|value| number::short(value.into()));
    let (width, chi_square) =
        (number::short(fit.min_cluster_width[0].into()), number::short(fit.chi_square.into()));
    fit_plot(&FitPlot {
        title,
        result: &format!(
            "{word}angle {angle} ± {error} degrees, chi-square {chi_square}, smallest width {width}"
        ),
        x_label: "angle of the track to the normal, degrees",
        y_label: "strips",
        x_range: (low, high),
        points: &[],
        curve: &curve,
    })
}
