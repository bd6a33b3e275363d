//! One module over many runs, and how it is found.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::Context as _;
use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use sct_cabling::Cabling;
use sct_id::{ModuleHash, RunNumber};
use sct_plot::{Trend, TrendPoint, trend};
use serde::Deserialize;

use super::super::{
    App, Failure, Reader,
    frame::{Frame, framed, html},
    maps::MAPS,
    place,
    table::{Cell, Table},
    visitor::Visitor,
};
use crate::schedule::Settings;

pub(in crate::web) mod facts;
mod find;
pub(in crate::web) mod values;

use self::{facts::Facts, values::Entry};

/// Runs of a history, unless more are asked for. The lists of each run are read, which takes a while.
const RUNS: usize = 100;
const MOST_RUNS: usize = 1000;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/modules", get(search)).route("/modules/{id}", get(page))
}

/// What the visitor looks for.
#[derive(Debug, Deserialize)]
struct Wanted {
    /// Name of a module in any form.
    find: Option<String>,
}

#[derive(Template)]
#[template(path = "modules.html")]
struct Search {
    frame: Frame,
    wanted: String,
    said: String,
    forms: &'static str,
}

async fn search(
    State(app): State<App>,
    Query(Wanted { find: wanted }): Query<Wanted>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let wanted = wanted.unwrap_or_default();
    let mut said = String::new();
    if !wanted.trim().is_empty() {
        match look_up(&app, &wanted).await? {
            Ok(module) => return Ok(Redirect::to(&place::address(module)).into_response()),
            Err(why) => said = why,
        }
    }
    let (frame, ()) = framed(&app, visitor, "modules", "Modules", |_, _| Ok(())).await?;
    Ok(html(&Search { frame, wanted, said, forms: find::FORMS })?.into_response())
}

/// The module of a name, or what to tell the visitor.
pub(in crate::web) async fn look_up(
    app: &App,
    text: &str,
) -> Result<Result<ModuleHash, String>, Failure> {
    let named = match find::parse(text) {
        Ok(named) => named,
        Err(why) => return Ok(Err(why)),
    };
    let found =
        app.read(move |_, settings| Ok(find::module(named, cabling(settings).as_ref()))).await?;
    Ok(found.ok_or_else(|| {
        "No module with this serial number is known here. Serial numbers are those of the cabling that jobs are given.".to_owned()
    }))
}

/// The cabling that jobs are given; none without one, or when it cannot be read.
pub(in crate::web) fn cabling(settings: &Settings) -> Option<Cabling> {
    let path = settings.data.join(settings.job.get("cabling")?.as_str()?);
    let read = || {
        let text = fs::read_to_string(&path)?;
        anyhow::Ok(sct_cabling::text::read(&text)?.cabling)
    };
    let read = read().with_context(|| path.display().to_string());
    read.inspect_err(|error| tracing::warn!("cabling: {error:#}")).ok()
}

/// How much of the history is shown.
#[derive(Debug, Deserialize)]
struct Extent {
    runs: Option<usize>,
}

/// A quantity over runs.
#[derive(Debug)]
struct Chart {
    title: String,
    svg: String,
}

#[derive(Template)]
#[template(path = "module.html")]
struct Page {
    frame: Frame,
    facts: Vec<(&'static str, String)>,
    neighbours: Vec<(&'static str, Cell)>,
    charts: Vec<Chart>,
    history: Table,
    count: usize,
}

async fn page(
    State(app): State<App>,
    Path(id): Path<String>,
    Query(extent): Query<Extent>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let module = look_up(&app, &id).await?.map_err(Failure::Missing)?;
    // Every module has one address.
    if id != module.to_string() {
        return Ok(Redirect::to(&place::address(module)).into_response());
    }
    let count = extent.runs.unwrap_or(RUNS).clamp(1, MOST_RUNS);
    let title = format!("Module {}", place::words(module));
    let work = move |reader: &mut Reader, settings: &Settings| {
        let entries = values::history(reader, module, count)?;
        Ok((Facts::find(module, cabling(settings).as_ref()), entries))
    };
    let (frame, (facts, entries)) = framed(&app, visitor, "modules", title, work).await?;
    let page = Page {
        frame,
        facts: facts.lines(),
        neighbours: facts.neighbours.iter().map(|(name, of)| (*name, place::cell(*of))).collect(),
        charts: charts(module, &entries),
        history: history(&entries),
        count,
    };
    Ok(html(&page)?.into_response())
}

/// One chart for each quantity.
fn charts(module: ModuleHash, entries: &[Entry]) -> Vec<Chart> {
    let mut quantities: BTreeMap<usize, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        quantities.entry(entry.map).or_default().push(entry);
    }
    let chart = |(map, mut entries): (usize, Vec<&Entry>)| {
        let map = &MAPS[map];
        entries.sort_by_key(|entry| entry.run);
        let points: Vec<TrendPoint> = entries
            .iter()
            .map(|entry| TrendPoint { run: entry.run.to_u32(), value: entry.value })
            .collect();
        let label = format!("{}, {}", map.title, place::words(module));
        let series: [(&str, &[TrendPoint]); 1] = [(map.title, &points)];
        let plot = Trend { title: &label, y_label: map.title, series: &series, thresholds: &[] };
        let link = |_, last: u32| format!("/runs/{last}/{}/map/{}", map.kind, map.slug);
        Chart { svg: trend(&plot, link), title: label }
    };
    quantities.into_iter().map(chart).collect()
}

/// Runs as rows, quantities as columns.
fn history(entries: &[Entry]) -> Table {
    let maps: BTreeSet<usize> = entries.iter().map(|entry| entry.map).collect();
    let maps: Vec<usize> = maps.into_iter().collect();
    let columns = maps.iter().map(|map| format!("#{}", MAPS[*map].title)).collect::<Vec<_>>();
    let mut rows: BTreeMap<RunNumber, Vec<Option<f64>>> = BTreeMap::new();
    for entry in entries {
        let row = rows.entry(entry.run).or_insert_with(|| vec![None; maps.len()]);
        if let Ok(at) = maps.binary_search(&entry.map) {
            row[at] = Some(entry.value);
        }
    }
    let row = |(run, values): (RunNumber, Vec<Option<f64>>)| {
        let run = Cell::link(run.to_string(), format!("/runs/{run}"));
        std::iter::once(run).chain(values.into_iter().map(Cell::number)).collect()
    };
    let headings: Vec<&str> =
        std::iter::once("Run").chain(columns.iter().map(String::as_str)).collect();
    let rows: Vec<Vec<Cell>> = rows.into_iter().rev().map(row).collect();
    Table::new("Values by run, the newest first", &headings).with_rows(rows.into_iter())
}
