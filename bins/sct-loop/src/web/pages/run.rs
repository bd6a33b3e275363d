//! One run: everything that all tasks found.

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    response::Html,
    routing::get,
};
use sct_id::RunNumber;
use sct_result::RunResult;
use sct_sched::store::Filter;

use super::super::{
    App, Failure, Reader,
    frame::{Frame, capital, framed, html},
    tab::TABS,
    table::Table,
    visitor::Visitor,
};

mod details;
mod download;
mod fits;
mod lumi_blocks;
mod map;
mod section;
mod uploads;

use self::section::Section;
use crate::schedule::Settings;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/runs/{run}", get(page))
        .route("/runs/{run}/{kind}/files/{name}", get(download::file))
        .route("/runs/{run}/{kind}/log/{name}", get(download::log))
        .route("/runs/{run}/{kind}/map/{what}", get(map::map))
        .route("/runs/{run}/{kind}/lumi-blocks.svg", get(lumi_blocks::picture))
        .route("/runs/{run}/{kind}/fit/{what}", get(fits::picture))
}

/// The run of an address.
fn run_of(text: &str) -> Result<RunNumber, Failure> {
    let shown = || text.chars().take(20).collect::<String>();
    text.parse().map_err(|_| Failure::Missing(format!("'{}' is no run number.", shown())))
}

/// All attempts of a task, as the index knows them.
fn attempts(reader: &Reader, run: RunNumber, kind: &str) -> Result<Vec<RunResult>, Failure> {
    let found = reader.results.attempts(run, kind)?;
    if found.is_empty() {
        let kind: String = kind.chars().take(20).collect();
        return Err(Failure::Missing(format!("Run {run} has no results of {kind}.")));
    }
    Ok(found)
}

/// The newest attempt of a task.
fn newest(reader: &Reader, run: RunNumber, kind: &str) -> Result<RunResult, Failure> {
    let found = reader.results.run(run)?.into_iter().find(|result| result.kind == kind);
    let kind: String = kind.chars().take(20).collect();
    found.ok_or_else(|| Failure::Missing(format!("Run {run} has no results of {kind}.")))
}

/// STANDBY, as one or more tasks said it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Standby {
    reason: String,
    tasks: String,
}

/// What the page shows.
#[derive(Debug)]
struct Content {
    standby: Vec<Standby>,
    /// Parts of the SCT that were not in the read-out, as a sentence.
    mask: Option<String>,
    sections: Vec<Section>,
    uploads: Option<Table>,
    previous: Option<RunNumber>,
    next: Option<RunNumber>,
}

#[derive(Template)]
#[template(path = "run.html")]
struct Page {
    frame: Frame,
    content: Content,
}

async fn page(
    State(app): State<App>,
    Path(run): Path<String>,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    let run = run_of(&run)?;
    let work = move |reader: &mut Reader, settings: &_| content(reader, settings, run);
    let (frame, content) = framed(&app, visitor, "", format!("Run {run}"), work).await?;
    html(&Page { frame, content })
}

fn content(reader: &mut Reader, settings: &Settings, run: RunNumber) -> Result<Content, Failure> {
    let results = reader.results.run(run)?;
    let filter = Filter { runs: Some((run, run)), ..Filter::default() };
    let tasks = reader.tasks.tasks(&filter)?;
    if results.is_empty() && tasks.is_empty() {
        return Err(Failure::Missing(format!("Nothing is known of run {run}.")));
    }
    let mut kinds: Vec<String> = TABS.iter().map(|tab| tab.kind.to_owned()).collect();
    let others = results.iter().map(|result| result.kind.as_str());
    for kind in others.chain(tasks.iter().map(|task| task.kind.as_str())) {
        if !kinds.iter().any(|known| known == kind) {
            kinds.push(kind.to_owned());
        }
    }
    let mut sections = Vec::new();
    for kind in &kinds {
        let of_kind = tasks.iter().filter(|task| task.kind.as_str() == kind);
        let tasks: Vec<_> = of_kind.cloned().collect();
        let attempts = reader.results.attempts(run, kind)?;
        if !(tasks.is_empty() && attempts.is_empty()) {
            let result = results.iter().find(|result| result.kind == *kind);
            sections.push(Section::new(kind, result, &attempts, &tasks));
        }
    }
    let (previous, next) = neighbours(reader, run)?;
    let uploads = uploads::table(reader, run)?;
    let mask = reader.masks.sentence(settings, run).map(|mask| capital(&mask));
    Ok(Content { standby: standby(&results), mask, sections, uploads, previous, next })
}

/// Each sentence once, with the tasks that said it.
fn standby(results: &[RunResult]) -> Vec<Standby> {
    let mut said: Vec<Standby> = Vec::new();
    for result in results {
        let Some(reason) = result.summary.as_ref().and_then(|summary| summary.standby.clone())
        else {
            continue;
        };
        let title = section::title(&result.kind);
        match said.iter_mut().find(|standby| standby.reason == reason) {
            Some(standby) => standby.tasks = format!("{}, {title}", standby.tasks),
            None => said.push(Standby { reason, tasks: title }),
        }
    }
    said
}

/// The runs before and after, of those with results.
fn neighbours(
    reader: &Reader,
    run: RunNumber,
) -> Result<(Option<RunNumber>, Option<RunNumber>), Failure> {
    Ok(reader.results.beside(run)?)
}
