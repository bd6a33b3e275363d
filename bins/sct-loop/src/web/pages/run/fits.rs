//! Fits of the Lorentz angle.

use axum::{
    extract::{self, State},
    response::Response,
};
use sct_conditions::LorentzAngle;
use sct_id::{RunNumber, Sensors};
use sct_lorentz_angle::{Config, Parameters};
use sct_plot::{FitPlot, fit_plot};
use sct_result::RunResult;
use sct_xml::{LorentzAngleFile, LorentzAngleSummary};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    super::super::{
        App, Failure, Reader, number, result,
        table::{Cell, Table},
    },
    map, newest, run_of,
};

/// Name of the list.
pub(super) const LIST: &str = "LorentzAngleFile.xml";

/// What is known of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::web) enum Verdict {
    /// The task was content with it.
    Good,
    /// It failed.
    Failed,
    /// Nothing says how it ended.
    Unknown,
    /// The detector has no such sensors.
    NoSuchSensors,
}

impl Verdict {
    fn words(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::NoSuchSensors => "no such sensors",
        }
    }
}

/// The fit of a layer, side and crystal orientation.
#[derive(Clone, Copy, Debug)]
pub(in crate::web) struct Fit {
    /// Which sensors.
    pub(in crate::web) sensors: Sensors,
    /// Its numbers; of no meaning without sensors.
    pub(in crate::web) numbers: LorentzAngle,
    /// How it ended.
    pub(in crate::web) verdict: Verdict,
}

impl Fit {
    /// Whether it has a curve.
    pub(in crate::web) fn is_drawn(&self) -> bool {
        self.sensors.exist() && self.numbers.sigma[0] > 0.0
    }

    /// The curve alone: results have its parameters, not the points it was fitted to. Degrees and strips.
    pub(in crate::web) fn curve(&self) -> Vec<(f64, f64)> {
        let LorentzAngle { a, angle, b, sigma, .. } = self.numbers;
        let [a, angle, b, sigma] = [a, angle, b, sigma].map(|[value, _]| value.into());
        let parameters = Parameters { a, angle, b, sigma };
        let Config { low, high, .. } = Config::PRODUCTION;
        let step = (high - low) / f64::from(POINTS);
        let angles = (0..=POINTS).map(|number| low + step * f64::from(number));
        angles.map(|angle| (angle, parameters.cluster_width(angle))).collect()
    }

    fn draw(&self, title: &str) -> Result<String, sct_plot::Error> {
        let word = if self.verdict == Verdict::Good { "" } else { "failed: " };
        let [angle, error] = self.numbers.angle.map(|value| number::short(value.into()));
        let [width, chi_square] = [self.numbers.min_cluster_width[0], self.numbers.chi_square]
            .map(|value| number::short(value.into()));
        fit_plot(&FitPlot {
            title,
            result: &format!(
                "{word}angle {angle} ± {error} degrees, chi-square {chi_square}, smallest width {width}"
            ),
            x_label: "angle of the track to the normal, degrees",
            y_label: "strips",
            x_range: (Config::PRODUCTION.low, Config::PRODUCTION.high),
            points: &[],
            curve: &self.curve(),
        })
    }
}

/// Points of a curve.
const POINTS: u32 = 220;

/// All fits of a result, in the order of [`Sensors::all`]; none without the list.
fn read(result: &RunResult) -> anyhow::Result<Option<Vec<Fit>>> {
    let Some(path) = result::path(result, LIST) else { return Ok(None) };
    let list = LorentzAngleFile::read(&path)?;
    let mut good = [None; Sensors::COUNT];
    if let Some(path) = result::path(result, "LorentzAngleSummaryFile.xml") {
        for part in LorentzAngleSummary::read(&path)?.parts {
            good[part.sensors.index()] = Some(part.good);
        }
    }
    let fit = |(sensors, numbers): (Sensors, LorentzAngle)| {
        let verdict = match (sensors.exist(), good.get(sensors.index()).copied().flatten()) {
            (false, _) => Verdict::NoSuchSensors,
            (true, Some(true)) => Verdict::Good,
            (true, Some(false)) => Verdict::Failed,
            (true, None) => Verdict::Unknown,
        };
        Fit { sensors, numbers, verdict }
    };
    Ok(Some(list.fits.into_iter().map(fit).collect()))
}

/// All fits of the newest attempt.
///
/// # Errors
///
/// [`Failure::Missing`] without them, [`Failure::Refused`] when a list is damaged.
pub(in crate::web) fn find(
    reader: &Reader,
    run: RunNumber,
    kind: &str,
) -> Result<Vec<Fit>, Failure> {
    let result = newest(reader, run, kind)?;
    let fits = read(&result).map_err(|error| Failure::Refused(result::fault(&result, &error)))?;
    fits.ok_or_else(|| Failure::Missing(format!("Run {run} has no {LIST} of {kind}.")))
}

/// One of them, by its place in [`Sensors::all`].
///
/// # Errors
///
/// As [`find`].
pub(in crate::web) fn one(
    reader: &Reader,
    run: RunNumber,
    kind: &str,
    index: usize,
) -> Result<Fit, Failure> {
    let sensors = Sensors::all().nth(index).ok_or_else(missing)?;
    let fits = find(reader, run, kind)?;
    fits.into_iter().find(|fit| fit.sensors == sensors).ok_or_else(missing)
}

fn missing() -> Failure {
    Failure::Missing("There is no such fit.".to_owned())
}

/// The picture of a fit.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) title: String,
    pub(super) image: String,
}

/// Numbers of the sixteen fits, and pictures of those that exist; none without the list.
pub(super) fn table(result: &RunResult) -> anyhow::Result<Option<(Table, Vec<Picture>)>> {
    let Some(fits) = read(result)? else { return Ok(None) };
    let row = |Fit { sensors, numbers, verdict }: &Fit| {
        let LorentzAngle { angle, min_cluster_width, a, b, sigma, chi_square } = *numbers;
        let numbers = [angle, min_cluster_width, a, b, sigma].concat();
        let cells = numbers.into_iter().chain([chi_square]);
        let cells = cells.map(|value| Cell::single(sensors.exist().then_some(value)));
        [sensors.layer.to_string(), sensors.side.to_string(), sensors.crystal.to_string()]
            .map(Cell::from)
            .into_iter()
            .chain([verdict.words().into()])
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
        .with_rows(fits.iter().map(row));
    let picture = |Fit { sensors, .. }: &Fit| Picture {
        title: sensors.to_string(),
        image: format!("/runs/{}/{}/fit/{}.svg", result.run, result.kind, sensors.index()),
    };
    let drawn = fits.iter().filter(|fit| fit.is_drawn());
    Ok(Some((table, drawn.map(picture).collect())))
}

/// The curve of a fit.
pub(super) async fn picture(
    State(app): State<App>,
    extract::Path((run, kind, what)): extract::Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let run = run_of(&run)?;
    let index = what.strip_suffix(".svg").and_then(|index| index.parse::<usize>().ok());
    let index = index.ok_or_else(missing)?;
    let fit = app.read(move |reader, _| one(reader, run, &kind, index)).await?;
    let title = format!("Run {run}: cluster width, {}", fit.sensors);
    Ok(map::picture(fit.draw(&title)?))
}
