//! Numbers over runs.

#![expect(unused_qualifications, reason = "what the macro makes of parameters")]

use axum::{
    Json,
    extract::{Query, State},
    routing::get,
};
use sct_result::{Measure, Point};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App, Failure, Reader,
        pages::history::limits::{self, Limit},
    },
    Answer,
    routes::Routes,
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/history/measures", get(measures))
        .route("/history", get(trend))
        .route("/history/thresholds", get(thresholds))
}

/// Something that summaries have a number of. What is empty does not apply.
#[derive(Debug, Deserialize, Serialize, IntoParams, ToSchema)]
struct MeasureOut {
    /// Kind of task, as sctns.
    kind: String,
    /// Name in the summary.
    name: String,
    /// Part of the detector.
    #[serde(default)]
    part: String,
    /// Layer or disk.
    #[serde(default)]
    layer: String,
    /// Ring.
    #[serde(default)]
    eta: String,
    /// Side.
    #[serde(default)]
    side: String,
    /// Orientation of the sensors.
    #[serde(default)]
    module: String,
}

impl From<MeasureOut> for Measure {
    fn from(measure: MeasureOut) -> Self {
        let MeasureOut { kind, name, part, layer, eta, side, module } = measure;
        Self { kind, name, part, layer, eta, side, module }
    }
}

/// All measures that some run has.
#[utoipa::path(get, path = "/history/measures", tag = "history", responses((status = 200, body = [MeasureOut])))]
async fn measures(State(app): State<App>) -> Answer<Vec<MeasureOut>> {
    let found = app.read(|reader, _| Ok(reader.results.measures()?)).await?;
    let out = |measure: Measure| {
        let Measure { kind, name, part, layer, eta, side, module } = measure;
        MeasureOut { kind, name, part, layer, eta, side, module }
    };
    Ok(Json(found.into_iter().map(out).collect()))
}

/// A number of a run.
#[derive(Debug, Serialize, ToSchema)]
struct PointOut {
    /// Run.
    run: u32,
    /// Start of the run, seconds since 1970.
    start: Option<i64>,
    /// The number.
    value: f64,
}

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
struct Between {
    /// Only runs from this one on.
    first: Option<u32>,
    /// Only runs up to this one.
    last: Option<u32>,
}

impl Between {
    fn points(self, reader: &Reader, measure: &Measure) -> Result<Vec<Point>, Failure> {
        let mut points = reader.results.trend(measure)?;
        let Self { first, last } = self;
        points.retain(|point| {
            let run = point.run.to_u32();
            first.is_none_or(|first| run >= first) && last.is_none_or(|last| run <= last)
        });
        Ok(points)
    }
}

/// A measure of every run that has it, the oldest first.
#[utoipa::path(
    get, path = "/history", tag = "history", params(MeasureOut, Between), responses((status = 200, body = [PointOut]))
)]
async fn trend(
    State(app): State<App>,
    Query(wanted): Query<MeasureOut>,
    Query(between): Query<Between>,
) -> Answer<Vec<PointOut>> {
    let measure = Measure::from(wanted);
    let points = app.read(move |reader, _| between.points(reader, &measure)).await?;
    let out = |point: &Point| PointOut {
        run: point.run.to_u32(),
        start: point.start,
        value: point.value,
    };
    Ok(Json(points.iter().map(out).collect()))
}

/// Numbers that the upload flag compares a measure with.
#[derive(Debug, Serialize, ToSchema)]
struct ThresholdOut {
    /// The number.
    value: f64,
    /// What happens there, as `red at`.
    label: String,
}

/// The thresholds that belong to a measure.
#[utoipa::path(
    get, path = "/history/thresholds", tag = "history", params(MeasureOut, Between),
    responses((status = 200, body = [ThresholdOut]))
)]
async fn thresholds(
    State(app): State<App>,
    Query(wanted): Query<MeasureOut>,
    Query(between): Query<Between>,
) -> Answer<Vec<ThresholdOut>> {
    let measure = Measure::from(wanted);
    let work = move |reader: &mut Reader, _: &_| {
        let points = between.points(reader, &measure)?;
        limits::of(reader, &measure, &points)
    };
    let out = |Limit { value, label }| ThresholdOut { value, label };
    Ok(Json(app.read(work).await?.into_iter().map(out).collect()))
}
