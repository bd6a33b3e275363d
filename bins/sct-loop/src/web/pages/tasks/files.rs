//! Files in the folder of an attempt: log, report, dictionary. Which file it is stands here, never in an address.

use std::{fs, io, path::PathBuf};

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use sct_sched::{
    attempt::{DICTIONARY, REPORT},
    store::Attempt,
};

use super::{
    super::super::{
        App, Failure, Reader,
        frame::{Frame, html},
        visitor::Visitor,
    },
    Fields, field,
    show::find,
};
use crate::tasks::logs;

/// Longest end of a log, bytes.
const END: u64 = 512 * 1024;

/// Longest end of a log that is followed: what fits on a page, and goes over the network every few seconds.
const FOLLOWED: u64 = 16 * 1024;

/// Lines of it.
const LINES: usize = 60;

/// Longest report or dictionary, bytes.
const LONGEST: u64 = 4 << 20;

/// The attempt that an address means.
fn attempt(
    reader: &Reader,
    (id, job): (i64, u32),
    attempt: Option<u32>,
) -> Result<Attempt, Failure> {
    let task = find(reader, id)?;
    logs::choose(&reader.tasks, &task, Some(job), attempt)
        .map_err(|_| Failure::Missing(format!("Task {id} has no such attempt at job {job}.")))
}

fn number(fields: &Fields) -> Option<u32> {
    field(fields, "attempt")?.parse().ok()
}

/// The end of a log as text; with `follow` a page that loads itself again until the attempt is over.
pub(super) async fn log(
    State(app): State<App>,
    Path(place): Path<(i64, u32)>,
    Query(fields): Query<Fields>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let wanted = number(&fields);
    let follow = fields.iter().any(|(name, _)| name == "follow");
    let most = if follow { FOLLOWED } else { END };
    let work = move |reader: &mut Reader, _: &_| {
        let attempt = attempt(reader, place, wanted)?;
        // The state first: what is written after it is shown by the next look.
        let is_over = logs::is_over(&attempt)?;
        let path = logs::path(&attempt);
        let end = logs::tail(&path, most).map_err(|error| missing(error, "log"));
        // A job that has just begun has no log yet.
        let end = if is_over { end? } else { end.unwrap_or_default() };
        Ok((attempt, is_over, end))
    };
    let (attempt, is_over, (mut text, mut skipped)) = app.read(work).await?;
    if !follow {
        if skipped > 0 {
            text.insert_str(0, &format!("[{skipped} bytes before this are left out]\n"));
        }
        return Ok(plain(text));
    }
    if let Some((start, _)) = text.rmatch_indices('\n').nth(LINES) {
        skipped += start as u64 + 1;
        text.drain(..=start);
    }
    let (id, job) = place;
    let title = format!("Log of task {id}, job {job}, attempt {}", attempt.number);
    let frame = Frame::bare(visitor, "tasks", title);
    let page = Followed { frame, id, job, attempt: attempt.number, is_over, skipped, text };
    Ok(html(&page)?.into_response())
}

#[derive(Template)]
#[template(path = "task_log.html")]
struct Followed {
    frame: Frame,
    id: i64,
    job: u32,
    attempt: u32,
    is_over: bool,
    skipped: u64,
    text: String,
}

/// The report of an attempt.
pub(super) async fn report(
    State(app): State<App>,
    Path(place): Path<(i64, u32)>,
    Query(fields): Query<Fields>,
) -> Result<Response, Failure> {
    file(app, place, number(&fields), REPORT).await
}

/// The dictionary of an attempt.
pub(super) async fn dictionary(
    State(app): State<App>,
    Path(place): Path<(i64, u32)>,
    Query(fields): Query<Fields>,
) -> Result<Response, Failure> {
    file(app, place, number(&fields), DICTIONARY).await
}

async fn file(
    app: App,
    place: (i64, u32),
    wanted: Option<u32>,
    name: &'static str,
) -> Result<Response, Failure> {
    let work = move |reader: &mut Reader, _: &_| {
        read(attempt(reader, place, wanted)?.folder.join(name))
            .map_err(|error| missing(error, name))
    };
    Ok(plain(app.read(work).await?))
}

fn read(path: PathBuf) -> io::Result<String> {
    if fs::metadata(&path)?.len() > LONGEST {
        return Ok(format!("longer than {LONGEST} bytes: look at it in its folder\n"));
    }
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}

fn missing(error: io::Error, what: &str) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => Failure::Missing(format!("There is no {what} here yet.")),
        _ => error.into(),
    }
}

/// Text, whatever is in it.
fn plain(text: String) -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
