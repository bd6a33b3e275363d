//! Numbers over runs, and modules over runs.

#![expect(unused_qualifications, reason = "what the macro makes of parameters")]

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::get,
};
use sct_result::Measure;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App, Failure,
        maps::MAPS,
        pages::module::{look_up, values},
    },
    Answer,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/history/measures", get(measures))
        .route("/history", get(trend))
        .route("/modules/{module}", get(module))
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

/// A measure of every run that has it, the oldest first.
#[utoipa::path(get, path = "/history", tag = "history", params(MeasureOut), responses((status = 200, body = [PointOut])))]
async fn trend(State(app): State<App>, Query(wanted): Query<MeasureOut>) -> Answer<Vec<PointOut>> {
    let MeasureOut { kind, name, part, layer, eta, side, module } = wanted;
    let measure = Measure { kind, name, part, layer, eta, side, module };
    let points = app.read(move |reader, _| Ok(reader.results.trend(&measure)?)).await?;
    let out = |point: &sct_result::Point| PointOut {
        run: point.run.to_u32(),
        start: point.start,
        value: point.value,
    };
    Ok(Json(points.iter().map(out).collect()))
}

#[derive(Debug, Deserialize, IntoParams)]
struct Extent {
    /// Newest runs of each task; 10 when absent, 100 at most.
    runs: Option<usize>,
}

/// A value of a module in a run.
#[derive(Debug, Serialize, ToSchema)]
struct ValueOut {
    /// Run.
    run: u32,
    /// Kind of task.
    kind: &'static str,
    /// What it is a value of.
    what: &'static str,
    /// The value, of both sides together.
    value: f64,
}

/// A module over the newest runs, named as on the page.
#[utoipa::path(
    get, path = "/modules/{module}", tag = "history",
    params(("module" = String, Path, description = "serial number, position, or number"), Extent),
    responses((status = 200, body = [ValueOut]), (status = 422, body = super::Problem))
)]
async fn module(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(Extent { runs }): Query<Extent>,
) -> Answer<Vec<ValueOut>> {
    let module = look_up(&app, &name).await?.map_err(Failure::Refused)?;
    let runs = runs.unwrap_or(10).clamp(1, 100);
    let entries = app.read(move |reader, _| values::history(reader, module, runs)).await?;
    let out = |entry: &values::Entry| ValueOut {
        run: entry.run.to_u32(),
        kind: MAPS[entry.map].kind,
        what: MAPS[entry.map].slug,
        value: entry.value,
    };
    Ok(Json(entries.iter().map(out).collect()))
}
