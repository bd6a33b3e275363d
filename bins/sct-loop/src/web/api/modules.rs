//! Modules: where they are, and their values over runs.

#![expect(unused_qualifications, reason = "what the macro makes of parameters")]

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, Query, State},
    routing::get,
};
use sct_cabling::{Cabling, OnlineId};
use sct_id::{ModuleHash, Region};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App, Failure,
        maps::MAPS,
        pages::module::{cabling, facts::Facts, look_up, values},
    },
    Answer,
    routes::Routes,
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/modules/{module}", get(module))
        .route("/modules/{module}/facts", get(facts))
}

/// Where a module is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlaceOut {
    /// Its hash, 0 to 4087.
    module: usize,
    /// Serial number; null without the cabling that jobs are given.
    serial: Option<String>,
    /// Barrel or end-cap, layer, phi and eta as one text: `0.3.3.-1`.
    position: String,
    /// `EndCapC`, `Barrel` or `EndCapA`.
    part: &'static str,
    /// Layer or disk.
    layer: usize,
    /// Place around the beam.
    phi: usize,
    /// Place along the beam in the barrel, ring in the end-caps.
    eta: i8,
}

impl PlaceOut {
    pub(super) fn of(module: ModuleHash, cabling: Option<&Cabling>) -> Self {
        let position = module.position();
        let serial = cabling.and_then(|cabling| cabling.serial_number(module));
        Self {
            module: module.index(),
            serial: serial.map(|serial| serial.to_string()),
            position: position.to_string(),
            part: match position.region() {
                Region::EndCapC => "EndCapC",
                Region::Barrel => "Barrel",
                Region::EndCapA => "EndCapA",
            },
            layer: position.layer_disk(),
            phi: position.phi(),
            eta: position.eta(),
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
struct Extent {
    /// Newest runs of each task; 100 when absent, 1000 at most.
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
    get, path = "/modules/{module}", tag = "modules",
    params(("module" = String, Path, description = "serial number, position, or number"), Extent),
    responses((status = 200, body = [ValueOut]), (status = 422, body = super::Problem))
)]
async fn module(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(Extent { runs }): Query<Extent>,
) -> Answer<Vec<ValueOut>> {
    let module = look_up(&app, &name).await?.map_err(Failure::Refused)?;
    let runs = runs.unwrap_or(100).clamp(1, 1000);
    let entries = app.read(move |reader, _| values::history(reader, module, runs)).await?;
    let out = |entry: &values::Entry| ValueOut {
        run: entry.run.to_u32(),
        kind: MAPS[entry.map].kind,
        what: MAPS[entry.map].slug,
        value: entry.value,
    };
    Ok(Json(entries.iter().map(out).collect()))
}

/// What is known of a module whatever the runs.
#[derive(Debug, Serialize, ToSchema)]
struct FactsOut {
    #[serde(flatten)]
    place: PlaceOut,
    /// Compact identifier.
    compact_id: u32,
    /// 64-bit identifier, as text: not all readers of JSON keep so many digits.
    id: String,
    /// Fibres of its sides; null where one is not connected, and without the cabling.
    fibres: [Option<FibreOut>; 2],
    /// Whether its links are exchanged; null without the cabling.
    is_crossed: Option<bool>,
    /// Modules beside it: `phi before`, `phi after`, `eta before`, `eta after`.
    neighbours: BTreeMap<&'static str, usize>,
}

/// The read-out of a side.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
struct FibreOut {
    /// Read-out driver.
    rod: u32,
    /// Its fibre.
    fibre: usize,
}

impl From<OnlineId> for FibreOut {
    fn from(id: OnlineId) -> Self {
        Self { rod: id.rod().to_u32(), fibre: id.fibre().index() }
    }
}

/// What is known of a module whatever the runs.
#[utoipa::path(
    get, path = "/modules/{module}/facts", tag = "modules",
    params(("module" = String, Path, description = "serial number, position, or number")),
    responses((status = 200, body = FactsOut), (status = 422, body = super::Problem))
)]
async fn facts(State(app): State<App>, Path(name): Path<String>) -> Answer<FactsOut> {
    let module = look_up(&app, &name).await?.map_err(Failure::Refused)?;
    let cabling = app.read(|_, settings| Ok(cabling(settings))).await?;
    let Facts { cabled, neighbours, .. } = Facts::find(module, cabling.as_ref());
    let id = module.position().id();
    Ok(Json(FactsOut {
        place: PlaceOut::of(module, cabling.as_ref()),
        compact_id: id.to_u32(),
        id: id.to_u64().to_string(),
        fibres: cabled.map_or([None, None], |cabled| cabled.fibres.map(|of| of.map(Into::into))),
        is_crossed: cabled.map(|cabled| cabled.is_crossed),
        neighbours: neighbours.into_iter().map(|(name, of)| (name, of.index())).collect(),
    }))
}
