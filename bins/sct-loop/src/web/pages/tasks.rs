//! The task lister: what there is to do, what is done, and what has failed.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Html,
    routing::{get, post},
};
use sct_sched::{TaskState, store::Task};

use super::super::{
    App, Failure, Reader,
    audit::refused,
    frame::{Frame, framed, html},
    number,
    visitor::Visitor,
};
use crate::{
    schedule::{Settings, now},
    tasks::{DAYS, FilterArgs},
};

mod files;
mod operate;
pub(in crate::web) mod show;

/// Steps back to everything there is.
#[expect(clippy::cast_possible_truncation, reason = "three steps")]
const FURTHEST: u8 = DAYS.len() as u8;

/// Most tasks on a page.
const MOST: usize = 500;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/tasks", get(list))
        .route("/tasks/{id}", get(show::page))
        .route("/tasks/{id}/retry", post(operate::retry))
        .route("/tasks/{id}/truncate", post(operate::truncate))
        .route("/tasks/{id}/jobs/{number}/log", get(files::log))
        .route("/tasks/{id}/jobs/{number}/report", get(files::report))
        .route("/tasks/{id}/jobs/{number}/dictionary", get(files::dictionary))
        .route("/release", post(operate::release))
}

/// Fields of an address, whatever a visitor wrote there.
pub(in crate::web) type Fields = Vec<(String, String)>;

/// Value of a field; none when it is empty.
pub(in crate::web) fn field<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    let found = fields.iter().find(|(found, _)| found == name);
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

/// How a state is shown.
#[derive(Clone, Copy, Debug)]
struct Shown {
    word: &'static str,
    /// Word of the historic lister.
    historic: &'static str,
    class: &'static str,
}

impl From<TaskState> for Shown {
    fn from(state: TaskState) -> Self {
        use sct_sched::state::Colour;
        let class = match state.colour() {
            Colour::Plain => "plain",
            Colour::Yellow => "yellow",
            Colour::Green => "green",
            Colour::Red => "red",
            Colour::Grey => "grey",
        };
        Self { word: state.word(), historic: state.historic(), class }
    }
}

#[derive(Debug)]
struct Row {
    task: Task,
    /// Name of its kind for people.
    name: String,
    state: Shown,
    since: String,
}

#[derive(Template)]
#[template(path = "tasks.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
    /// There are more than are shown.
    is_cut: bool,
    /// Kinds of the table with their names.
    kinds: Vec<(String, String)>,
    states: Vec<Shown>,
    kind: String,
    state: String,
    runs: String,
    stream: String,
    older: u8,
    /// Days that are shown; none for all.
    days: Option<i64>,
    /// Days of the next step back.
    next_days: Option<i64>,
    /// Address of the list further back; empty when everything is shown.
    further: String,
    /// What is wrong with the filter.
    said: String,
}

async fn list(
    State(app): State<App>,
    Query(fields): Query<Fields>,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    let text = |name: &str| field(&fields, name).unwrap_or_default().to_owned();
    let given = |name: &str| field(&fields, name).map(str::to_owned);
    let args = FilterArgs {
        older: text("older").parse().unwrap_or(0).min(FURTHEST),
        task: given("kind"),
        state: given("state").into_iter().collect(),
        run: given("runs"),
        stream: given("stream"),
    };
    let days = DAYS.get(usize::from(args.older)).copied();
    let next_days = DAYS.get(usize::from(args.older) + 1).copied();
    let further = if days.is_some() && args.run.is_none() {
        further(&fields, args.older)
    } else {
        String::new()
    };
    let older = args.older;
    let work = move |reader: &mut Reader, settings: &Settings| {
        let table = settings.table()?;
        let names: BTreeMap<String, String> =
            table.rules().iter().map(|rule| (rule.kind.to_string(), rule.name.clone())).collect();
        let kinds: Vec<(String, String)> =
            table.rules().iter().map(|rule| (rule.kind.to_string(), rule.name.clone())).collect();
        // A filter that cannot be read shows nothing, and what is wrong with it.
        let (mut tasks, said) = match args.read(now()).map_err(refused) {
            Ok(mut filter) => {
                filter.most = Some(MOST + 1);
                (reader.tasks.tasks(&filter)?, String::new())
            }
            Err(Failure::Refused(said)) => (Vec::new(), said),
            Err(other) => return Err(other),
        };
        let is_cut = tasks.len() > MOST;
        tasks.truncate(MOST);
        let row = |task: Task| Row {
            name: names.get(task.kind.as_str()).cloned().unwrap_or_default(),
            state: task.state.into(),
            since: number::time(task.since),
            task,
        };
        Ok((tasks.into_iter().map(row).collect(), is_cut, kinds, said))
    };
    let (frame, (rows, is_cut, kinds, said)) =
        framed(&app, visitor, "tasks", "Tasks", work).await?;
    html(&ListPage {
        frame,
        rows,
        is_cut,
        kinds,
        states: TaskState::ALL.iter().map(|state| Shown::from(*state)).collect(),
        kind: text("kind"),
        state: text("state"),
        runs: text("runs"),
        stream: text("stream"),
        older,
        days,
        next_days,
        further,
        said,
    })
}

/// The address of the same list one step further back.
fn further(fields: &Fields, older: u8) -> String {
    let kept =
        ["kind", "state", "stream"].iter().filter_map(|name| Some((*name, field(fields, name)?)));
    let kept: String = kept.map(|(name, value)| format!("{name}={}&", encoded(value))).collect();
    format!("/tasks?{kept}older={}", older + 1)
}

/// A text as it may stand in an address.
pub(in crate::web) fn encoded(text: &str) -> String {
    let mut address = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                address.push(char::from(byte));
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}
