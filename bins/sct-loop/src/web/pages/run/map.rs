//! Detector maps of a run.

use askama::Template;
use axum::{
    extract::{Path, RawQuery, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse as _, Response},
};
use sct_id::RunNumber;
use sct_result::RunResult;

use super::{
    super::super::{
        App, Failure, Reader,
        frame::{Frame, framed, html},
        maps::{Map, Values},
        result,
        table::Table,
        visitor::Visitor,
    },
    newest, run_of,
};

#[derive(Template)]
#[template(path = "map.html")]
struct Page {
    frame: Frame,
    run: RunNumber,
    kind: String,
    map: &'static Map,
    /// Other maps of the task: title and address.
    others: Vec<(&'static str, String)>,
    svg: String,
    layers: Table,
    modules: Table,
}

/// A map with its numbers, or the picture alone when the address ends in `.svg`.
pub(super) async fn map(
    State(app): State<App>,
    Path((run, kind, what)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let run = run_of(&run)?;
    let slug = what.strip_suffix(".svg").unwrap_or(&what);
    let missing = || Failure::Missing("There is no such map.".to_owned());
    let map = Map::find(&kind, slug).ok_or_else(missing)?;
    let title = format!("Run {run}: {}", map.title.to_lowercase());
    if slug.len() == what.len() {
        let work = move |reader: &mut Reader, _: &_| {
            let Found { result, values, file } = values(reader, run, map)?;
            let others = Map::of(&result).filter(|other| other.slug != map.slug);
            let others: Vec<_> = others.map(|other| (other.title, address(run, other))).collect();
            Ok((values, result::address(&result, &file), others))
        };
        let (frame, (values, file, others)) =
            framed(&app, visitor, "", title.clone(), work).await?;
        let svg = map.linked(&title, &values);
        let layers = map.layers(&values);
        let modules = map.modules(&values).with_file(file);
        let page = Page { frame, run, kind, map, others, svg, layers, modules };
        return Ok(html(&page)?.into_response());
    }
    let values = app.read(move |reader, _| Ok(values(reader, run, map)?.values)).await?;
    let small = query.as_deref() == Some("small");
    let svg = if small { map.small(&title, &values) } else { map.linked(&title, &values) };
    Ok(picture(svg))
}

/// An answer that is a picture.
pub(super) fn picture(svg: String) -> Response {
    ([(CONTENT_TYPE, "image/svg+xml")], svg).into_response()
}

fn address(run: RunNumber, map: &Map) -> String {
    format!("/runs/{run}/{}/map/{}", map.kind, map.slug)
}

/// Values of a map.
#[derive(Debug)]
pub(in crate::web) struct Found {
    /// The attempt they are of.
    pub(in crate::web) result: RunResult,
    /// The values.
    pub(in crate::web) values: Values,
    /// Name of the file they come from.
    pub(in crate::web) file: String,
}

/// Values of a map of the newest attempt.
///
/// # Errors
///
/// [`Failure::Missing`] without its file, [`Failure::Refused`] when that is damaged.
pub(in crate::web) fn values(
    reader: &Reader,
    run: RunNumber,
    map: &'static Map,
) -> Result<Found, Failure> {
    let result = newest(reader, run, map.kind)?;
    let values = map
        .values(&result)
        .map_err(|error| Failure::Refused(format!("{}.", result::fault(&result, &error))))?;
    let missing = || Failure::Missing(format!("Run {run} has no {}.", map.file));
    let file = result::file(&result, map.file).ok_or_else(missing)?.name.clone();
    Ok(Found { values: values.ok_or_else(missing)?, file, result })
}
