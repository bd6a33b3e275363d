//! Tasks, and why runs are where they are.

#![expect(unused_qualifications, reason = "what the macro makes of parameters")]

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    routing::{get, post},
};
use sct_account::Role;
use sct_id::RunNumber;
use sct_sched::{Kind, Note, Rule, TaskState, store::Filter};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App, Failure, Reader,
        audit::{acting, refused},
        pages::tasks::show::waits,
    },
    Answer, Caller, DONE, Refusal,
    results::number,
    routes::Routes,
    uploads::ReasonIn,
};
use crate::{
    schedule::{Settings, now},
    tasks::{list::Details, operate, shown::Copies, task_json, why::Reasons},
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/tasks", get(list))
        .route("/kinds", get(kinds))
        .route("/tasks/{id}", get(show))
        .route("/tasks/{id}/retry", post(retry))
        .route("/tasks/{id}/truncate", post(truncate))
        .route("/why/{run}", get(why))
        .route("/release/{run}", post(release))
}

#[derive(Debug, Deserialize, IntoParams)]
struct Which {
    /// Only this kind, as sctns.
    kind: Option<String>,
    /// Only this state, as FAILED.
    state: Option<String>,
    /// Only runs from this one on.
    first: Option<u32>,
    /// Only runs up to this one.
    last: Option<u32>,
    /// Only this stream.
    stream: Option<String>,
    /// Only tasks that have changed in so many days; 3 when absent, 0 for all.
    days: Option<u32>,
    /// As many as this, 1000 at most.
    rows: Option<usize>,
}

impl Which {
    fn filter(self) -> Result<Filter, Refusal> {
        let wrong = |what: String| Refusal(Failure::Refused(what));
        let kind = self.kind.map(|text| {
            Kind::new(&text).ok_or_else(|| wrong(format!("'{text}' is no kind of task, as sctns")))
        });
        let state = self.state.map(|text| {
            TaskState::from_word(&text)
                .ok_or_else(|| wrong(format!("'{text}' is no state of a task")))
        });
        let run = |run: Option<u32>| run.map(number).transpose();
        let runs = match (run(self.first)?, run(self.last)?) {
            (None, None) => None,
            (first, last) => {
                let least = RunNumber::new(0).map_err(|error| wrong(error.to_string()));
                let most = RunNumber::new(i32::MAX.unsigned_abs());
                let most = most.map_err(|error| wrong(error.to_string()));
                Some((first.map_or(least, Ok)?, last.map_or(most, Ok)?))
            }
        };
        let days = i64::from(self.days.unwrap_or(3));
        Ok(Filter {
            kind: kind.transpose()?,
            states: state.transpose()?.into_iter().collect(),
            changed_since: (days > 0 && runs.is_none()).then(|| now() - 86_400 * days),
            runs,
            stream: self.stream,
            most: Some(self.rows.unwrap_or(500).clamp(1, 1000)),
        })
    }
}

/// Tasks as `sct-loop tasks --json` lists them.
#[utoipa::path(
    get, path = "/tasks", tag = "tasks", params(Which),
    responses((status = 200, body = [Value]), (status = 422, body = super::Problem))
)]
async fn list(State(app): State<App>, Query(which): Query<Which>) -> Answer<Vec<Value>> {
    let filter = which.filter()?;
    let tasks = app.read(move |reader, _| Ok(reader.tasks.tasks(&filter)?)).await?;
    Ok(Json(tasks.iter().map(task_json).collect()))
}

/// A kind of task.
#[derive(Debug, Serialize, ToSchema)]
struct KindOut {
    /// Short name, as `sctns`.
    kind: String,
    /// Name for people.
    name: String,
    /// Whether its runs are taken in order, and wait for earlier ones.
    in_order: bool,
}

/// Kinds of tasks, in the order of the table.
#[utoipa::path(get, path = "/kinds", tag = "tasks", responses((status = 200, body = [KindOut])))]
async fn kinds(State(app): State<App>) -> Answer<Vec<KindOut>> {
    let table = app.read(|_, settings| Ok(settings.table()?)).await?;
    let out = |rule: &Rule| KindOut {
        kind: rule.kind.to_string(),
        name: rule.name.clone(),
        in_order: rule.in_order,
    };
    Ok(Json(table.rules().iter().map(out).collect()))
}

/// One task with its jobs, attempts and history, and the runs that its run waits for while it is held.
#[utoipa::path(
    get, path = "/tasks/{id}", tag = "tasks", params(("id" = i64, Path)),
    responses((status = 200, body = Value), (status = 404, body = super::Problem))
)]
async fn show(State(app): State<App>, Path(id): Path<i64>) -> Answer<Value> {
    let work = move |reader: &mut Reader, _: &Settings| {
        let details = Details::read(&reader.tasks, find(reader, id)?)?;
        let waits = waits(reader, &details.task)?;
        let mut value = serde_json::to_value(details)?;
        value["waits"] = serde_json::to_value(waits)?;
        Ok(value)
    };
    Ok(Json(app.read(work).await?))
}

fn find(reader: &Reader, id: i64) -> Result<sct_sched::store::Task, Failure> {
    let found = reader.tasks.task(id)?;
    found.ok_or_else(|| Failure::Missing(format!("there is no task {id}")))
}

/// What is run again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetryIn {
    /// Why.
    reason: String,
    /// Only this job.
    job: Option<u32>,
    /// Keys of the job dictionary with corrected values.
    #[serde(default)]
    set: Map<String, Value>,
}

/// Runs failed jobs again; needs the role expert.
#[utoipa::path(
    post, path = "/tasks/{id}/retry", tag = "tasks", params(("id" = i64, Path)), request_body = RetryIn,
    security(("token" = [])), responses((status = 204), (status = 422, body = super::Problem))
)]
async fn retry(
    State(app): State<App>,
    Path(id): Path<i64>,
    caller: Caller,
    Json(wanted): Json<RetryIn>,
) -> Result<StatusCode, Refusal> {
    let work = move |reader: &mut Reader, _: &Settings, note: Note| {
        let task = find(reader, id)?;
        let subject = format!("task {id}, {} of run {}", task.kind, task.run);
        Ok((subject, move |reader: &mut Reader| {
            wanted.set.keys().try_for_each(|key| operate::check_key(key))?;
            let store = &mut reader.tasks;
            let (jobs, state) = operate::retry(store, &task, wanted.job, &wanted.set, &note)?;
            Ok(format!("{jobs} jobs again, {state}"))
        }))
    };
    change(app, caller, "retry", wanted.reason.clone(), work).await
}

/// Gives a task up: later runs do not wait for it; needs the role expert.
#[utoipa::path(
    post, path = "/tasks/{id}/truncate", tag = "tasks", params(("id" = i64, Path)), request_body = ReasonIn,
    security(("token" = [])), responses((status = 204), (status = 422, body = super::Problem))
)]
async fn truncate(
    State(app): State<App>,
    Path(id): Path<i64>,
    caller: Caller,
    Json(ReasonIn { reason }): Json<ReasonIn>,
) -> Result<StatusCode, Refusal> {
    let work = move |reader: &mut Reader, settings: &Settings, note: Note| {
        let task = find(reader, id)?;
        let subject = format!("task {id}, {} of run {}", task.kind, task.run);
        let settings = settings.clone();
        Ok((subject, move |reader: &mut Reader| {
            operate::truncate(&settings, &mut reader.tasks, &task, &note)?;
            Ok(format!("given up with {} of {} jobs done", task.done, task.jobs))
        }))
    };
    change(app, caller, "truncate", reason, work).await
}

/// Lets later runs go on without this one; needs the role expert.
#[utoipa::path(
    post, path = "/release/{run}", tag = "tasks", params(("run" = u32, Path)), request_body = ReasonIn,
    security(("token" = [])), responses((status = 204), (status = 422, body = super::Problem))
)]
async fn release(
    State(app): State<App>,
    Path(run): Path<u32>,
    caller: Caller,
    Json(ReasonIn { reason }): Json<ReasonIn>,
) -> Result<StatusCode, Refusal> {
    let run = number(run)?;
    let work = move |_: &mut Reader, settings: &Settings, note: Note| {
        let settings = settings.clone();
        Ok((format!("run {run}"), move |_: &mut Reader| {
            operate::release(&settings, run, &note)?;
            Ok("released".to_owned())
        }))
    };
    change(app, caller, "release", reason, work).await
}

/// Does something in the name of the caller: `prepare` gives what it is done to, and the doing.
async fn change<P, W>(
    app: App,
    caller: Caller,
    what: &'static str,
    reason: String,
    prepare: P,
) -> Result<StatusCode, Refusal>
where
    P: FnOnce(&mut Reader, &Settings, Note) -> Result<(String, W), Failure> + Send + 'static,
    W: FnOnce(&mut Reader) -> anyhow::Result<String>,
{
    caller.require(Role::Expert)?;
    if reason.trim().is_empty() {
        return Err(Failure::Refused("give a reason".to_owned()).into());
    }
    app.read(move |reader, settings| {
        let note = Note { time: now(), who: caller.0.name().to_owned(), why: reason.clone() };
        let (subject, work) = prepare(reader, settings, note)?;
        acting(reader, &caller.0, (what, &subject, reason.trim()), work)
    })
    .await?;
    Ok(DONE)
}

#[derive(Debug, Deserialize, IntoParams)]
struct WhichTask {
    /// Only this kind of task, as sctns.
    task: Option<String>,
}

/// Why a run, or a task of it, is where it is; as `sct-loop why --json`.
#[utoipa::path(
    get, path = "/why/{run}", tag = "tasks", params(("run" = u32, Path), WhichTask),
    responses((status = 200, body = Value), (status = 422, body = super::Problem))
)]
async fn why(
    State(app): State<App>,
    Path(run): Path<u32>,
    Query(WhichTask { task }): Query<WhichTask>,
) -> Answer<Value> {
    let run = number(run)?;
    let work = move |reader: &mut Reader, settings: &Settings| {
        let found = Reasons::find(settings, &reader.tasks, run, task.as_deref());
        let mut reasons = found.map_err(refused)?;
        let copies = Copies::find(&reader.passes, now())?;
        reasons.look_at_page(settings, &reader.results, copies)?;
        Ok(reasons.to_json())
    };
    Ok(Json(app.read(work).await?))
}
