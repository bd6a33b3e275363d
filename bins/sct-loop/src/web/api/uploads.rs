//! Uploads and bad marks.

#![expect(unused_qualifications, reason = "what the macro makes of parameters")]

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{get, post, put},
};
use sct_account::Role;
use sct_upload::{NewUpload, Upload};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App, Failure, Reader,
        act::{self, Act, Permits},
    },
    Answer, Caller, DONE, Refusal,
    results::{find, number},
};
use crate::schedule::Settings;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/uploads", get(list).post(request))
        .route("/uploads/preview", post(preview))
        .route("/uploads/{id}", get(one))
        .route("/uploads/{id}/undo", post(undo))
        .route("/uploads/{id}/retry", post(retry))
        .route("/uploads/{id}/cancel", post(cancel))
        .route("/bad/{task}", get(bad))
        .route("/bad/{task}/{run}", put(mark_bad).delete(unmark))
}

/// An upload of the queue.
#[derive(Debug, Serialize, ToSchema)]
struct UploadOut {
    /// Number.
    id: i64,
    /// Run.
    run: u32,
    /// Task, as `noisy-strip`.
    task: &'static str,
    /// Tag.
    tag: String,
    /// Master it goes to.
    destination: String,
    /// SHA-256 of the file.
    sha256: String,
    /// Flag of the summary.
    flag: Option<String>,
    /// `requested`, `running`, `done`, `unchanged`, `refused`, `failed`, `cancelled` or `undone`.
    state: &'static str,
    /// Why it was refused or failed.
    reason: String,
    /// Who asked.
    who: String,
    /// Comment.
    comment: String,
    /// Time of the request.
    requested: String,
    /// Time of the last change.
    changed: String,
}

impl From<Upload> for UploadOut {
    fn from(upload: Upload) -> Self {
        Self {
            id: upload.id,
            run: upload.run.to_u32(),
            task: upload.task.name(),
            tag: upload.tag,
            destination: upload.destination,
            sha256: upload.sha256,
            flag: upload.flag.map(String::from),
            state: upload.state.name(),
            reason: upload.reason,
            who: upload.who,
            comment: upload.comment,
            requested: upload.requested,
            changed: upload.changed,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
struct Which {
    /// Only uploads with a number below this.
    before: Option<i64>,
    /// As many as this, 500 at most.
    rows: Option<usize>,
}

/// The queue of uploads, newest first.
#[utoipa::path(get, path = "/uploads", tag = "uploads", params(Which), responses((status = 200, body = [UploadOut])))]
async fn list(State(app): State<App>, Query(which): Query<Which>) -> Answer<Vec<UploadOut>> {
    let rows = which.rows.unwrap_or(50).clamp(1, 500);
    let newest = move |reader: &mut Reader, _: &Settings| {
        Ok(reader.uploader.queue().newest(which.before, rows)?)
    };
    Ok(Json(app.read(newest).await?.into_iter().map(Into::into).collect()))
}

/// One upload.
#[utoipa::path(
    get, path = "/uploads/{id}", tag = "uploads", params(("id" = i64, Path)),
    responses((status = 200, body = UploadOut), (status = 404, body = super::Problem))
)]
async fn one(State(app): State<App>, Path(id): Path<i64>) -> Answer<UploadOut> {
    Ok(Json(app.read(move |reader, _| act::find(reader, id)).await?.into()))
}

/// What is to be uploaded.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RequestIn {
    /// Run.
    run: u32,
    /// Task, as `noisy-strip`.
    task: String,
    /// SHA-256 of the COOL file that was looked at.
    sha256: String,
    /// A flag that is not green was looked at, and the run is to be uploaded all the same.
    #[serde(default)]
    confirm_flag: bool,
    /// Other content of the run in the master is to be replaced.
    #[serde(default)]
    replace: bool,
    /// Comment for log and receipt.
    #[serde(default)]
    comment: String,
}

/// What a request would change.
#[derive(Debug, Serialize, ToSchema)]
struct PreviewOut {
    /// Objects in the file.
    objects: usize,
    /// Flag of the summary.
    flag: Option<String>,
    /// Why the flag is what it is.
    reason: String,
    /// What would change by layer and disk, in the ten modules that change most, and in columns of numbers.
    what_if: serde_json::Value,
    /// The log of a merge that writes nothing.
    log: Vec<String>,
}

/// Says what an upload would change. Nothing is written.
#[utoipa::path(
    post, path = "/uploads/preview", tag = "uploads", request_body = RequestIn,
    responses((status = 200, body = PreviewOut), (status = 422, body = super::Problem))
)]
async fn preview(State(app): State<App>, Json(wanted): Json<RequestIn>) -> Answer<PreviewOut> {
    let (run, tab) = (number(wanted.run)?, find(&wanted.task)?);
    let work = move |reader: &mut Reader, settings: &Settings| {
        let (file, checked) = act::look(reader, tab, run, &wanted.sha256)?;
        let new = NewUpload {
            replace: wanted.replace,
            ..NewUpload::of(&checked, file, run, tab.task, "")
        };
        let transferred = settings.uploads("").preview(&new);
        let transferred = transferred.map_err(|error| Failure::Refused(error.to_string()))?;
        let what_if = serde_json::to_value(sct_upload::what_if(&transferred.plan))?;
        let log = transferred.log;
        let (objects, flag) = (checked.objects, checked.flag.map(String::from));
        Ok(PreviewOut { objects, flag, reason: checked.reason, what_if, log })
    };
    Ok(Json(app.read(work).await?))
}

/// Asks for an upload: the next pass does it.
#[utoipa::path(
    post, path = "/uploads", tag = "uploads", request_body = RequestIn, security(("token" = [])),
    responses((status = 201, body = UploadOut), (status = 401, body = super::Problem), (status = 403, body = super::Problem),
        (status = 422, body = super::Problem))
)]
async fn request(
    State(app): State<App>,
    caller: Caller,
    Json(wanted): Json<RequestIn>,
) -> Result<(StatusCode, Json<UploadOut>), Refusal> {
    caller.require(Role::Shifter)?;
    let (run, tab) = (number(wanted.run)?, find(&wanted.task)?);
    let permits = Permits { flag: wanted.confirm_flag, replace: wanted.replace };
    let work = move |reader: &mut Reader, settings: &Settings| {
        let mut act = Act { reader, settings, visitor: &caller.0, reason: &wanted.comment };
        let id = act.request(tab, run, &wanted.sha256, permits)?;
        act::find(reader, id)
    };
    Ok((StatusCode::CREATED, Json(app.read(work).await?.into())))
}

/// Why something is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonIn {
    /// A sentence.
    pub(super) reason: String,
}

async fn change<W>(
    app: App,
    caller: Caller,
    role: Role,
    reason: String,
    work: W,
) -> Result<StatusCode, Refusal>
where
    W: FnOnce(Act<'_>) -> Result<(), Failure> + Send + 'static,
{
    caller.require(role)?;
    app.read(move |reader, settings| {
        work(Act { reader, settings, visitor: &caller.0, reason: reason.trim() })
    })
    .await?;
    Ok(DONE)
}

/// The reason, which must be there.
fn given(reason: &str) -> Result<(), Refusal> {
    match reason.trim() {
        "" => Err(Failure::Refused("give a reason".to_owned()).into()),
        _ => Ok(()),
    }
}

/// Takes an upload out of the master again; needs the role admin.
#[utoipa::path(
    post, path = "/uploads/{id}/undo", tag = "uploads", params(("id" = i64, Path)), request_body = ReasonIn,
    security(("token" = [])), responses((status = 204), (status = 422, body = super::Problem))
)]
async fn undo(
    State(app): State<App>,
    Path(id): Path<i64>,
    caller: Caller,
    Json(ReasonIn { reason }): Json<ReasonIn>,
) -> Result<StatusCode, Refusal> {
    given(&reason)?;
    change(app, caller, Role::Admin, reason, move |mut act| act.undo(id).map(|_| ())).await
}

/// Puts a refused, failed, cancelled or undone upload back into the queue.
#[utoipa::path(
    post, path = "/uploads/{id}/retry", tag = "uploads", params(("id" = i64, Path)), request_body = ReasonIn,
    security(("token" = [])), responses((status = 204), (status = 422, body = super::Problem))
)]
async fn retry(
    State(app): State<App>,
    Path(id): Path<i64>,
    caller: Caller,
    Json(ReasonIn { reason }): Json<ReasonIn>,
) -> Result<StatusCode, Refusal> {
    change(app, caller, Role::Shifter, reason, move |mut act| act.retry(id)).await
}

/// Takes a request back before it is done.
#[utoipa::path(
    post, path = "/uploads/{id}/cancel", tag = "uploads", params(("id" = i64, Path)), request_body = ReasonIn,
    security(("token" = [])), responses((status = 204), (status = 422, body = super::Problem))
)]
async fn cancel(
    State(app): State<App>,
    Path(id): Path<i64>,
    caller: Caller,
    Json(ReasonIn { reason }): Json<ReasonIn>,
) -> Result<StatusCode, Refusal> {
    change(app, caller, Role::Shifter, reason, move |mut act| act.cancel(id)).await
}

/// A bad mark.
#[derive(Debug, Serialize, ToSchema)]
struct BadOut {
    /// Run.
    run: u32,
    /// Who said so.
    who: String,
    /// Why.
    reason: String,
    /// When.
    time: String,
}

/// All runs that are marked bad for a task, ascending.
#[utoipa::path(
    get, path = "/bad/{task}", tag = "uploads", params(("task" = String, Path, description = "as noisy-strip")),
    responses((status = 200, body = [BadOut]), (status = 404, body = super::Problem))
)]
async fn bad(State(app): State<App>, Path(task): Path<String>) -> Answer<Vec<BadOut>> {
    let task = find(&task)?.task;
    let marks =
        move |reader: &mut Reader, _: &Settings| Ok(reader.uploader.queue().bad_runs(task)?);
    let out = |(run, mark): (sct_id::RunNumber, sct_upload::BadRun)| BadOut {
        run: run.to_u32(),
        who: mark.who,
        reason: mark.reason,
        time: mark.time,
    };
    Ok(Json(app.read(marks).await?.into_iter().map(out).collect()))
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
