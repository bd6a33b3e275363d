//! Tabs: the newest results of each task.

#![expect(unused_qualifications, reason = "what the macro makes of parameters")]

use axum::{
    Json,
    extract::{Path, Query, State},
    routing::get,
};
use sct_result::RunResult;
use sct_upload::Upload;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App, Reader,
        pages::{
            columns::{Column, columns},
            runs::{Fate, fates},
        },
        tab::{TABS, Tab},
    },
    Answer,
    results::{BadOut, ResultOut, find, number},
    routes::Routes,
};
use crate::schedule::Settings;

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/tabs", get(tabs))
        .route("/tabs/{tab}", get(tab))
        .route("/tabs/{tab}/results", get(newest))
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

impl From<&Tab> for TabOut {
    fn from(tab: &Tab) -> Self {
        Self {
            tab: tab.slug,
            title: tab.title,
            kind: tab.kind,
            task: tab.task.name(),
            destination: tab.task.destination().name(),
        }
    }
}

/// Lists the tasks whose results are shown.
#[utoipa::path(get, path = "/tabs", tag = "results", responses((status = 200, body = [TabOut])))]
async fn tabs() -> Json<Vec<TabOut>> {
    Json(TABS.iter().map(Into::into).collect())
}

/// A tab with its own columns.
#[derive(Debug, Serialize, ToSchema)]
struct ColumnsOut {
    #[serde(flatten)]
    tab: TabOut,
    /// Number of runs that have results.
    runs: usize,
    /// Its own columns: results have their values as `cells`, in this order.
    columns: Vec<ColumnOut>,
}

/// A column of a tab.
#[derive(Debug, Serialize, ToSchema)]
struct ColumnOut {
    /// The group it belongs to; may be empty.
    group: String,
    /// Title.
    name: String,
    /// What it means.
    meaning: String,
}

/// A task whose results are shown, with its own columns.
#[utoipa::path(
    get, path = "/tabs/{tab}", tag = "results", params(("tab" = String, Path, description = "as noisy-strips")),
    responses((status = 200, body = ColumnsOut), (status = 404, body = super::Problem))
)]
async fn tab(State(app): State<App>, Path(tab): Path<String>) -> Answer<ColumnsOut> {
    let tab = find(&tab)?;
    let runs = app.read(move |reader, _| Ok(reader.results.runs_in_all(tab.kind)?)).await?;
    let (columns, groups) = columns(tab);
    let names = groups.into_iter().flat_map(|(name, width)| std::iter::repeat_n(name, width));
    let out = |(Column { name, hint, .. }, group)| ColumnOut { group, name, meaning: hint };
    let columns = columns.into_iter().zip(names.chain(std::iter::repeat(String::new())));
    Ok(Json(ColumnsOut { tab: tab.into(), runs, columns: columns.map(out).collect() }))
}

#[derive(Debug, Deserialize, IntoParams)]
struct Which {
    /// Only runs before this one.
    before: Option<u32>,
    /// As many as this, 500 at most.
    rows: Option<usize>,
}

/// A row of a tab.
#[derive(Debug, Serialize, ToSchema)]
struct RowOut {
    #[serde(flatten)]
    result: ResultOut,
    /// Values of the columns of the tab; null where there is none.
    cells: Vec<Option<f64>>,
    /// The newest upload of the run.
    upload: Option<UploadedOut>,
    /// The bad mark of the run.
    bad: Option<BadOut>,
}

/// The newest upload of a run.
#[derive(Debug, Serialize, ToSchema)]
struct UploadedOut {
    /// Number.
    id: i64,
    /// Where it stands, as `done`.
    state: &'static str,
    /// Whether it is of this attempt's file.
    is_same: bool,
}

impl RowOut {
    fn new(columns: &[Column], result: RunResult, fate: Fate) -> Self {
        let value = |column: &Column| column.value(result.summary.as_ref()?);
        let Fate { upload, is_same, bad } = fate;
        let uploaded =
            |upload: Upload| UploadedOut { id: upload.id, state: upload.state.name(), is_same };
        Self {
            cells: columns.iter().map(value).collect(),
            upload: upload.map(uploaded),
            bad: bad.map(Into::into),
            result: result.into(),
        }
    }
}

/// The newest results of a task, newest run first, with what became of them.
#[utoipa::path(
    get, path = "/tabs/{tab}/results", tag = "results",
    params(("tab" = String, Path, description = "as noisy-strips"), Which),
    responses((status = 200, body = [RowOut]), (status = 404, body = super::Problem))
)]
async fn newest(
    State(app): State<App>,
    Path(tab): Path<String>,
    Query(which): Query<Which>,
) -> Answer<Vec<RowOut>> {
    let tab = find(&tab)?;
    let before = which.before.map(number).transpose()?;
    let rows = which.rows.unwrap_or(app.settings().web.rows).clamp(1, 500);
    let work = move |reader: &mut Reader, _: &Settings| {
        let results = reader.results.newest(tab.kind, before, rows)?;
        let fates = fates(reader, tab, &results)?;
        Ok((results, fates))
    };
    let (results, fates) = app.read(work).await?;
    let (columns, _) = columns(tab);
    let rows = results.into_iter().zip(fates);
    Ok(Json(rows.map(|(result, fate)| RowOut::new(&columns, result, fate)).collect()))
}
