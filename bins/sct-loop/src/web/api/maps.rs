//! Detector maps in numbers, fits of the Lorentz angle, noisy chips by lumi block.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Path, State},
    routing::get,
};
use sct_conditions::LorentzAngle;
use sct_id::ModuleHash;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    super::{
        App, Failure, Reader,
        maps::Map,
        pages::{
            module::cabling,
            run::{
                fits::{self, Fit, Verdict},
                lumi_blocks, map as page, newest,
            },
        },
    },
    Answer,
    modules::PlaceOut,
    results::{kind, number},
    routes::Routes,
    tables::TableOut,
};
use crate::schedule::Settings;

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/runs/{run}/{tab}/maps", get(list))
        .route("/runs/{run}/{tab}/maps/{map}", get(map))
        .route("/runs/{run}/{tab}/fits", get(fits_of))
        .route("/runs/{run}/{tab}/fits/{fit}", get(fit))
        .route("/runs/{run}/{tab}/lumi-blocks", get(times))
}

/// A detector map.
#[derive(Debug, Serialize, ToSchema)]
struct MapOut {
    /// Name in addresses, as `noisy`.
    map: &'static str,
    /// What it shows.
    title: &'static str,
    /// The value and its unit.
    legend: &'static str,
    /// Whether values of sides and layers are averaged; they are added up otherwise.
    is_mean: bool,
    /// End of the name of the file it comes from.
    file: &'static str,
}

impl From<&Map> for MapOut {
    fn from(map: &Map) -> Self {
        let Map { slug, title, legend, file, .. } = *map;
        Self { map: slug, title, legend, is_mean: map.is_mean(), file }
    }
}

/// The maps that a task of a run has.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}/maps", tag = "maps",
    params(("run" = u32, Path), ("tab" = String, Path, description = "as noisy-strips")),
    responses((status = 200, body = [MapOut]), (status = 404, body = super::Problem))
)]
async fn list(
    State(app): State<App>,
    Path((run, tab)): Path<(u32, String)>,
) -> Answer<Vec<MapOut>> {
    let (run, kind) = (number(run)?, kind(&tab)?);
    let result = app.read(move |reader, _| newest(reader, run, &kind)).await?;
    Ok(Json(Map::of(&result).map(Into::into).collect()))
}

/// A map in numbers.
#[derive(Debug, Serialize, ToSchema)]
struct ValuesOut {
    /// Run.
    run: u32,
    #[serde(flatten)]
    map: MapOut,
    /// Name of the file the values come from.
    source: String,
    /// The same by layer and ring.
    layers: TableOut,
    /// All modules in the order of their hashes.
    modules: Vec<ModuleValueOut>,
}

/// The value of a module.
#[derive(Debug, Serialize, ToSchema)]
struct ModuleValueOut {
    #[serde(flatten)]
    place: PlaceOut,
    /// Its value, of both sides together; null where it has none.
    value: Option<f64>,
}

/// The values of a map by module.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}/maps/{map}", tag = "maps",
    params(
        ("run" = u32, Path), ("tab" = String, Path, description = "as noisy-strips"),
        ("map" = String, Path, description = "as noisy")
    ),
    responses((status = 200, body = ValuesOut), (status = 404, body = super::Problem), (status = 422, body = super::Problem))
)]
async fn map(
    State(app): State<App>,
    Path((run, tab, map)): Path<(u32, String, String)>,
) -> Answer<ValuesOut> {
    let (run, kind) = (number(run)?, kind(&tab)?);
    let missing = || {
        Failure::Missing(format!("{kind} has no map '{map}'; see /api/v1/runs/{run}/{tab}/maps"))
    };
    let map = Map::find(&kind, &map).ok_or_else(missing)?;
    let work = move |reader: &mut Reader, settings: &Settings| {
        let page::Found { values, file, .. } = page::values(reader, run, map)?;
        let cabling = cabling(settings);
        let module = |module: ModuleHash| ModuleValueOut {
            place: PlaceOut::of(module, cabling.as_ref()),
            value: values[module.index()],
        };
        Ok(ValuesOut {
            run: run.to_u32(),
            map: map.into(),
            source: file,
            layers: map.layers(&values).into(),
            modules: ModuleHash::all().map(module).collect(),
        })
    };
    Ok(Json(app.read(work).await?))
}

/// The fit of a layer, side and crystal orientation. Numbers with their errors; null without sensors.
#[derive(Debug, Serialize, ToSchema)]
struct FitOut {
    /// Number in addresses.
    fit: usize,
    /// Barrel layer.
    layer: u8,
    /// Side of the modules.
    side: usize,
    /// Crystal orientation: 100 or 111.
    sensors: u8,
    /// How it ended.
    verdict: Verdict,
    /// Lorentz angle, degrees.
    angle: Option<[f32; 2]>,
    /// Cluster width at the angle, strips.
    min_cluster_width: Option<[f32; 2]>,
    /// Slope, strips per unit of the tangent.
    a: Option<[f32; 2]>,
    /// Width at the angle without smearing, strips.
    b: Option<[f32; 2]>,
    /// Width of the smearing, degrees.
    sigma: Option<[f32; 2]>,
    /// Sum of squared residuals.
    chi_square: Option<f32>,
}

impl From<&Fit> for FitOut {
    fn from(fit: &Fit) -> Self {
        let Fit { sensors, numbers, verdict } = fit;
        let numbers = sensors.exist().then_some(numbers);
        let pair = |of: fn(&LorentzAngle) -> [f32; 2]| numbers.map(of);
        Self {
            fit: sensors.index(),
            layer: sensors.layer,
            side: sensors.side.index(),
            sensors: sensors.crystal.number(),
            verdict: *verdict,
            angle: pair(|fit| fit.angle),
            min_cluster_width: pair(|fit| fit.min_cluster_width),
            a: pair(|fit| fit.a),
            b: pair(|fit| fit.b),
            sigma: pair(|fit| fit.sigma),
            chi_square: numbers.map(|fit| fit.chi_square),
        }
    }
}

/// A fit with its curve.
#[derive(Debug, Serialize, ToSchema)]
struct CurveOut {
    #[serde(flatten)]
    fit: FitOut,
    /// Angle in degrees and cluster width in strips, by the parameters; empty without a fit.
    curve: Vec<[f64; 2]>,
}

/// All fits of the Lorentz angle.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}/fits", tag = "maps",
    params(("run" = u32, Path), ("tab" = String, Path, description = "lorentz-angle")),
    responses((status = 200, body = [FitOut]), (status = 404, body = super::Problem))
)]
async fn fits_of(
    State(app): State<App>,
    Path((run, tab)): Path<(u32, String)>,
) -> Answer<Vec<FitOut>> {
    let (run, kind) = (number(run)?, kind(&tab)?);
    let found = app.read(move |reader, _| fits::find(reader, run, &kind)).await?;
    Ok(Json(found.iter().map(Into::into).collect()))
}

/// One of them with its curve.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}/fits/{fit}", tag = "maps",
    params(("run" = u32, Path), ("tab" = String, Path, description = "lorentz-angle"), ("fit" = usize, Path)),
    responses((status = 200, body = CurveOut), (status = 404, body = super::Problem))
)]
async fn fit(
    State(app): State<App>,
    Path((run, tab, fit)): Path<(u32, String, usize)>,
) -> Answer<CurveOut> {
    let (run, kind) = (number(run)?, kind(&tab)?);
    let fit = app.read(move |reader, _| fits::one(reader, run, &kind, fit)).await?;
    let curve = if fit.is_drawn() { fit.curve() } else { Vec::new() };
    let curve = curve.into_iter().map(|(angle, width)| [angle, width]).collect();
    Ok(Json(CurveOut { fit: (&fit).into(), curve }))
}

/// When a module was noisy.
#[derive(Debug, Serialize, ToSchema)]
struct TimesOut {
    #[serde(flatten)]
    place: PlaceOut,
    /// Lumi blocks, ascending.
    lumi_blocks: Vec<NoisyOut>,
}

/// A lumi block in which chips of a module were noisy.
#[derive(Debug, Serialize, ToSchema)]
struct NoisyOut {
    /// The lumi block; the first one of the run is 0.
    lumi_block: usize,
    /// Number of noisy chips.
    chips: usize,
}

/// Noisy chips by lumi block, of all modules that had any.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}/lumi-blocks", tag = "maps",
    params(("run" = u32, Path), ("tab" = String, Path, description = "as noisy-strips")),
    responses((status = 200, body = [TimesOut]), (status = 404, body = super::Problem))
)]
async fn times(
    State(app): State<App>,
    Path((run, tab)): Path<(u32, String)>,
) -> Answer<Vec<TimesOut>> {
    let (run, kind) = (number(run)?, kind(&tab)?);
    let work = move |reader: &mut Reader, settings: &Settings| {
        Ok((lumi_blocks::find(reader, run, &kind)?, cabling(settings)))
    };
    let (times, cabling) = app.read(work).await?;
    let out = |(module, times): (ModuleHash, Vec<usize>)| {
        let mut chips: BTreeMap<usize, usize> = BTreeMap::new();
        for lumi_block in times {
            *chips.entry(lumi_block).or_default() += 1;
        }
        let noisy = |(lumi_block, chips)| NoisyOut { lumi_block, chips };
        TimesOut {
            place: PlaceOut::of(module, cabling.as_ref()),
            lumi_blocks: chips.into_iter().map(noisy).collect(),
        }
    };
    Ok(Json(times.into_iter().map(out).collect()))
}
