//! A run as a whole.

use axum::{
    Json,
    extract::{Path, State},
    routing::get,
};
use sct_id::RunNumber;
use sct_sched::store::Filter;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    super::{
        App, Failure, Reader,
        pages::run::{
            details, newest,
            uploads::{self, OfTask},
        },
        result,
        standby::{self, Standby},
    },
    Answer,
    results::{BadOut, ResultOut, kind, number},
    routes::Routes,
    tables::TableOut,
    uploads::UploadOut,
};
use crate::{schedule::Settings, tasks::task_json};

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/runs/{run}", get(run))
        .route("/runs/{run}/state", get(state))
        .route("/runs/{run}/{tab}", get(attempts))
        .route("/runs/{run}/{tab}/tables", get(tables))
}

/// The newest attempt at every task of a run.
#[utoipa::path(
    get, path = "/runs/{run}", tag = "runs", params(("run" = u32, Path)),
    responses((status = 200, body = [ResultOut]), (status = 404, body = super::Problem))
)]
async fn run(State(app): State<App>, Path(run): Path<u32>) -> Answer<Vec<ResultOut>> {
    let run = number(run)?;
    let found = app.read(move |reader, _| Ok(reader.results.run(run)?)).await?;
    all_of(run, found)
}

/// All attempts at a task of a run, newest first.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}", tag = "runs",
    params(("run" = u32, Path), ("tab" = String, Path, description = "as noisy-strips")),
    responses((status = 200, body = [ResultOut]), (status = 404, body = super::Problem))
)]
async fn attempts(
    State(app): State<App>,
    Path((run, tab)): Path<(u32, String)>,
) -> Answer<Vec<ResultOut>> {
    let (run, kind) = (number(run)?, kind(&tab)?);
    let found = app.read(move |reader, _| Ok(reader.results.attempts(run, &kind)?)).await?;
    all_of(run, found)
}

fn all_of(run: RunNumber, found: Vec<sct_result::RunResult>) -> Answer<Vec<ResultOut>> {
    if found.is_empty() {
        return Err(Failure::Missing(format!("there is no such result of run {run}")).into());
    }
    Ok(Json(found.into_iter().map(Into::into).collect()))
}

/// What there is to be said of a run besides its results.
#[derive(Debug, Serialize, ToSchema)]
struct StateOut {
    /// Run.
    run: u32,
    /// The run with results before it.
    previous: Option<u32>,
    /// The run with results after it.
    next: Option<u32>,
    /// What its tasks say of STANDBY.
    standby: Vec<Standby>,
    /// Parts of the SCT that were not in the read-out, by the detector mask.
    out_of_read_out: Vec<&'static str>,
    /// Its tasks, as `sct-loop tasks --json` lists them.
    tasks: Vec<Value>,
    /// Uploads and bad marks by task.
    uploads: Vec<TaskUploadsOut>,
}

/// What became of one task of a run.
#[derive(Debug, Serialize, ToSchema)]
struct TaskUploadsOut {
    /// Name in addresses, as `noisy-strips`.
    tab: &'static str,
    /// Its bad mark.
    bad: Option<BadOut>,
    /// Its uploads, newest first.
    uploads: Vec<UploadOut>,
}

impl From<OfTask> for TaskUploadsOut {
    fn from(OfTask { tab, bad, uploads }: OfTask) -> Self {
        let uploads = uploads.into_iter().map(Into::into).collect();
        Self { tab: tab.slug, bad: bad.map(Into::into), uploads }
    }
}

/// Tasks and uploads of a run, STANDBY, and the runs beside it.
#[utoipa::path(
    get, path = "/runs/{run}/state", tag = "runs", params(("run" = u32, Path)),
    responses((status = 200, body = StateOut), (status = 404, body = super::Problem))
)]
async fn state(State(app): State<App>, Path(run): Path<u32>) -> Answer<StateOut> {
    let run = number(run)?;
    let work = move |reader: &mut Reader, settings: &Settings| {
        let results = reader.results.run(run)?;
        let filter = Filter { runs: Some((run, run)), ..Filter::default() };
        let tasks = reader.tasks.tasks(&filter)?;
        if results.is_empty() && tasks.is_empty() {
            return Err(Failure::Missing(format!("nothing is known of run {run}")));
        }
        let (previous, next) = reader.results.beside(run)?;
        Ok(StateOut {
            run: run.to_u32(),
            previous: previous.map(RunNumber::to_u32),
            next: next.map(RunNumber::to_u32),
            standby: standby::said(&results),
            out_of_read_out: reader.masks.parts(settings, run),
            tasks: tasks.iter().map(task_json).collect(),
            uploads: uploads::find(reader, run)?.into_iter().map(Into::into).collect(),
        })
    };
    Ok(Json(app.read(work).await?))
}

/// Lists of the newest attempt at a task of a run, as its page shows them.
#[utoipa::path(
    get, path = "/runs/{run}/{tab}/tables", tag = "runs",
    params(("run" = u32, Path), ("tab" = String, Path, description = "as noisy-strips")),
    responses((status = 200, body = [TableOut]), (status = 404, body = super::Problem), (status = 422, body = super::Problem))
)]
async fn tables(
    State(app): State<App>,
    Path((run, tab)): Path<(u32, String)>,
) -> Answer<Vec<TableOut>> {
    let (run, kind) = (number(run)?, kind(&tab)?);
    let work = move |reader: &mut Reader, _: &_| {
        let found = newest(reader, run, &kind)?;
        let details = details::tables(&found);
        details.map_err(|error| Failure::Refused(result::fault(&found, &error)))
    };
    Ok(Json(app.read(work).await?.tables.into_iter().map(Into::into).collect()))
}
