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
    frame::{Frame, framed, html},
    number::capital,
    standby::{self, Standby},
    tab::TABS,
    table::Table,
    visitor::Visitor,
};

pub(in crate::web) mod details;
pub(in crate::web) mod download;
pub(in crate::web) mod fits;
pub(in crate::web) mod lumi_blocks;
pub(in crate::web) mod map;
mod section;
pub(in crate::web) mod uploads;

use self::section::Section;
use crate::{schedule::Settings, tasks::standby::mask};

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
///
/// # Errors
///
/// [`Failure::Missing`] when there are none.
pub(in crate::web) fn attempts(
    reader: &Reader,
    run: RunNumber,
    kind: &str,
) -> Result<Vec<RunResult>, Failure> {
    let found = reader.results.attempts(run, kind)?;
    if found.is_empty() {
        let kind: String = kind.chars().take(20).collect();
        return Err(Failure::Missing(format!("Run {run} has no results of {kind}.")));
    }
    Ok(found)
}

/// The newest attempt of a task.
///
/// # Errors
///
/// [`Failure::Missing`] when there is none.
pub(in crate::web) fn newest(
    reader: &Reader,
    run: RunNumber,
    kind: &str,
) -> Result<RunResult, Failure> {
    let found = reader.results.run(run)?.into_iter().find(|result| result.kind == kind);
    let kind: String = kind.chars().take(20).collect();
    found.ok_or_else(|| Failure::Missing(format!("Run {run} has no results of {kind}.")))
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
    let (previous, next) = reader.results.beside(run)?;
    let uploads = uploads::table(reader, run)?;
    let mask = mask(run, &reader.masks.parts(settings, run)).map(|mask| capital(&mask));
    Ok(Content { standby: standby::said(&results), mask, sections, uploads, previous, next })
}
