//! Results of tasks.

#![expect(unused_qualifications, reason = "what the macro makes of parameters")]

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::get,
};
use sct_id::RunNumber;
use sct_result::RunResult;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App, Failure,
        tab::{TABS, Tab},
    },
    Answer, Refusal,
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/tabs", get(tabs))
        .route("/tabs/{tab}/results", get(newest))
        .route("/runs/{run}", get(run))
        .route("/runs/{run}/{tab}", get(attempts))
}

/// A task whose results are shown.
#[derive(Debug, Serialize, ToSchema)]
struct TabOut {
    /// Name in addresses, as `noisy-strips`.
    tab: &'static str,
    /// Name for people.
    title: &'static str,
    /// Kind of task, as `sctns`.
    kind: &'static str,
    /// Task of uploads, as `noisy-strip`.
    task: &'static str,
    /// Master its results go to.
    destination: &'static str,
}

/// One attempt at a task of a run.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResultOut {
    /// Run.
    run: u32,
    /// Kind of task.
    kind: String,
    /// Data set of the files.
    dataset: String,
    /// Number of attempts at this task of the run.
    attempts: usize,
    /// SHA-256 of the COOL file; an upload request names it.
    sha256: Option<String>,
    /// What is wrong with the files.
    complaint: Option<String>,
    /// Start of the run, seconds since 1970.
    start: Option<i64>,
    /// End of the run, seconds since 1970.
    end: Option<i64>,
    /// Lumi blocks.
    lumi_blocks: Option<u64>,
    /// Events.
    events: Option<u64>,
    /// Upload flag: `G`, `Y`, `R` or `U`.
    flag: Option<String>,
    /// Why the flag is what it is.
    reasons: Vec<String>,
    /// What the task says of STANDBY.
    standby: Option<String>,
    /// Values of the run by their name in the summary.
    values: BTreeMap<String, String>,
    /// Values of parts of the detector.
    parts: Vec<PartOut>,
    /// Files.
    files: Vec<FileOut>,
}

/// Values of a part of the detector.
#[derive(Debug, Serialize, ToSchema)]
struct PartOut {
    /// `EndCapC`, `Barrel` or `EndCapA`.
    part: String,
    /// Layer or disk.
    layer: String,
    /// Ring; empty or `all` where there is none.
    eta: String,
    /// Side, of Lorentz angles.
    side: String,
    /// Orientation of the sensors, of Lorentz angles.
    module: String,
    /// Values by their name in the summary.
    values: BTreeMap<String, f64>,
}

/// A file of a result.
#[derive(Debug, Serialize, ToSchema)]
struct FileOut {
    /// Name.
    name: String,
    /// Size, bytes.
    size: u64,
}

impl From<RunResult> for ResultOut {
    fn from(result: RunResult) -> Self {
        let mut out = Self {
            run: result.run.to_u32(),
            kind: result.kind,
            dataset: result.dataset,
            attempts: result.attempts,
            sha256: result.sha256,
            complaint: result.complaint,
            start: None,
            end: None,
            lumi_blocks: None,
            events: None,
            flag: None,
            reasons: Vec::new(),
            standby: None,
            values: BTreeMap::new(),
            parts: Vec::new(),
            files: result
                .files
                .into_iter()
                .map(|file| FileOut { name: file.name, size: file.size })
                .collect(),
        };
        let Some(summary) = result.summary else { return out };
        (out.start, out.end) = (summary.start, summary.end);
        (out.lumi_blocks, out.events) = (summary.lumi_blocks, summary.events);
        out.flag = summary.flag.map(String::from);
        (out.reasons, out.standby) = (summary.reasons, summary.standby);
        out.values = summary.values;
        let part = |part: sct_result::Part| PartOut {
            part: part.part,
            layer: part.layer,
            eta: part.eta,
            side: part.side,
            module: part.module,
            values: part.values,
        };
        out.parts = summary.parts.into_iter().map(part).collect();
        out
    }
}

/// Lists the tasks whose results are shown.
#[utoipa::path(get, path = "/tabs", tag = "results", responses((status = 200, body = [TabOut])))]
async fn tabs() -> Json<Vec<TabOut>> {
    let out = |tab: &Tab| TabOut {
        tab: tab.slug,
        title: tab.title,
        kind: tab.kind,
        task: tab.task.name(),
        destination: tab.task.destination().name(),
    };
    Json(TABS.iter().map(out).collect())
}

#[derive(Debug, Deserialize, IntoParams)]
struct Which {
    /// Only runs before this one.
    before: Option<u32>,
    /// As many as this, 500 at most.
    rows: Option<usize>,
}

/// The newest results of a task, newest run first.
#[utoipa::path(
    get, path = "/tabs/{tab}/results", tag = "results",
    params(("tab" = String, Path, description = "as noisy-strips"), Which),
    responses((status = 200, body = [ResultOut]), (status = 404, body = super::Problem))
)]
async fn newest(
    State(app): State<App>,
    Path(tab): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Vec<ResultOut>> {
    let tab = find(&tab)?;
    let before = which.before.map(number).transpose()?;
    let rows = which.rows.unwrap_or(app.settings().web.rows).clamp(1, 500);
    let found =
        app.read(move |reader, _| Ok(reader.results.newest(tab.kind, before, rows)?)).await?;
    Ok(Json(found.into_iter().map(Into::into).collect()))
}

/// The newest attempt at every task of a run.
#[utoipa::path(
    get, path = "/runs/{run}", tag = "results", params(("run" = u32, Path)),
    responses((status = 200, body = [ResultOut]), (status = 404, body = super::Problem))
)]
async fn run(State(app): State<App>, Path(run): Path<u32>) -> Answer<Vec<ResultOut>> {
    let run = number(run)?;
    let found = app.read(move |reader, _| Ok(reader.results.run(run)?)).await?;
    all_of(run, found)
}

/// All attempts at a task of a run, newest first.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}", tag = "results",
    params(("run" = u32, Path), ("tab" = String, Path, description = "as noisy-strips")),
    responses((status = 200, body = [ResultOut]), (status = 404, body = super::Problem))
)]
async fn attempts(
    State(app): State<App>,
    Path((run, tab)): Path<(u32, String)>,
) -> Answer<Vec<ResultOut>> {
    let (run, tab) = (number(run)?, find(&tab)?);
    let found = app.read(move |reader, _| Ok(reader.results.attempts(run, tab.kind)?)).await?;
    all_of(run, found)
}

fn all_of(run: RunNumber, found: Vec<RunResult>) -> Answer<Vec<ResultOut>> {
    if found.is_empty() {
        return Err(Failure::Missing(format!("there is no such result of run {run}")).into());
    }
    Ok(Json(found.into_iter().map(Into::into).collect()))
}

/// A tab by its address, or the name of its task.
pub(super) fn find(name: &str) -> Result<&'static Tab, Refusal> {
    let by_task = || name.parse().ok().map(Tab::of_task);
    let found = Tab::of_slug(name).or_else(|| Tab::of_kind(name)).or_else(by_task);
    found.ok_or_else(|| Failure::Missing(format!("'{name}' is no task; see /api/v1/tabs")).into())
}

/// A run by its number.
pub(super) fn number(run: u32) -> Result<RunNumber, Refusal> {
    RunNumber::new(run).map_err(|error| Failure::Refused(error.to_string()).into())
}
