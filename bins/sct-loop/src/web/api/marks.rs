//! Bad marks.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, put},
};
use sct_account::Role;
use sct_id::RunNumber;
use sct_upload::BadRun;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    super::{App, Failure, act::Act},
    Answer, Caller, Refusal,
    results::{BadOut, find, number},
    routes::Routes,
    uploads::{ReasonIn, change, given},
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/bad/{task}", get(list))
        .route("/bad/{task}/{run}", put(mark_bad).delete(unmark))
}

/// A run that is marked bad.
#[derive(Debug, Serialize, ToSchema)]
struct MarkOut {
    /// Run.
    run: u32,
    #[serde(flatten)]
    mark: BadOut,
}

/// All runs that are marked bad for a task, ascending.
#[utoipa::path(
    get, path = "/bad/{task}", tag = "uploads", params(("task" = String, Path, description = "as noisy-strip")),
    responses((status = 200, body = [MarkOut]), (status = 404, body = super::Problem))
)]
async fn list(State(app): State<App>, Path(task): Path<String>) -> Answer<Vec<MarkOut>> {
    let task = find(&task)?.task;
    let marks = app.read(move |reader, _| Ok(reader.uploader.queue().bad_runs(task)?)).await?;
    let out = |(run, mark): (RunNumber, BadRun)| MarkOut { run: run.to_u32(), mark: mark.into() };
    Ok(Json(marks.into_iter().map(out).collect()))
}

/// Marks a run as unusable for a task.
#[utoipa::path(
    put, path = "/bad/{task}/{run}", tag = "uploads",
    params(("task" = String, Path, description = "as noisy-strip"), ("run" = u32, Path)), request_body = ReasonIn,
    security(("token" = [])), responses((status = 204), (status = 422, body = super::Problem))
)]
async fn mark_bad(
    State(app): State<App>,
    Path((task, run)): Path<(String, u32)>,
    caller: Caller,
    Json(ReasonIn { reason }): Json<ReasonIn>,
) -> Result<StatusCode, Refusal> {
    given(&reason)?;
    let (task, run) = (find(&task)?.task, number(run)?);
    change(app, caller, Role::Shifter, reason, move |mut act| act.mark_bad(task, run)).await
}

/// Takes a bad mark away.
#[utoipa::path(
    delete, path = "/bad/{task}/{run}", tag = "uploads",
    params(("task" = String, Path, description = "as noisy-strip"), ("run" = u32, Path)), security(("token" = [])),
    responses((status = 204), (status = 404, body = super::Problem))
)]
async fn unmark(
    State(app): State<App>,
    Path((task, run)): Path<(String, u32)>,
    caller: Caller,
) -> Result<StatusCode, Refusal> {
    let (task, run) = (find(&task)?.task, number(run)?);
    let work = move |mut act: Act<'_>| {
        let missing = || Failure::Missing(format!("run {run} is not marked bad for {task}"));
        act.unmark(task, run)?.then_some(()).ok_or_else(missing)
    };
    change(app, caller, Role::Shifter, String::new(), work).await
}
