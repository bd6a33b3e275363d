//! Files of a run. A name of an address is compared with names the index knows; no path is ever made of it.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::PathBuf,
};

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE},
    response::{Html, IntoResponse as _, Response},
};
use sct_id::RunNumber;
use sct_result::{ResultFile, RunResult};
use tokio_util::io::ReaderStream;

use super::{
    super::super::{
        App, Failure, Reader,
        frame::{Frame, framed, html},
        number, result,
        visitor::Visitor,
    },
    attempts, run_of,
};
use crate::schedule::Settings;

/// Pieces in which files are sent.
const PIECE: usize = 1 << 16;

/// Endings of files that are shown as they are, as plain text whatever they hold.
const SHOWN: [&str; 4] = [".xml", ".json", ".log", ".txt"];

/// As much of the end of a log is shown.
const MOST_OF_LOG: u64 = 256 << 10;

/// Files of all attempts by name, each with an attempt it belongs to.
pub(in crate::web) fn all(attempts: &[RunResult]) -> Vec<(&RunResult, &ResultFile)> {
    let mut all = Vec::new();
    for result in attempts {
        all.extend(result.files.iter().map(|file| (result, file)));
    }
    // Attempts share a folder: a file belongs to the list once.
    all.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    all.dedup_by(|a, b| a.1.name == b.1.name);
    all
}

/// Sends a file.
pub(super) async fn file(
    State(app): State<App>,
    Path((run, kind, name)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    send(&app, run_of(&run)?, kind, name).await
}

/// A file of a run, piece by piece.
///
/// # Errors
///
/// [`Failure::Missing`] when the run has no such file.
pub(in crate::web) async fn send(
    app: &App,
    run: RunNumber,
    kind: String,
    name: String,
) -> Result<Response, Failure> {
    let (kind_of_content, shown) = content_type(&name);
    let disposition = if shown {
        "inline".to_owned()
    } else {
        format!("attachment; filename*=UTF-8''{}", result::encoded(&name))
    };
    let work = move |reader: &mut Reader, settings: &_| open(reader, settings, run, &kind, &name);
    let (file, size) = app.read(work).await?;
    let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(file), PIECE);
    let headers = [
        (CONTENT_TYPE, kind_of_content.to_owned()),
        (CONTENT_LENGTH, size.to_string()),
        (CONTENT_DISPOSITION, disposition),
    ];
    // What a job appends meanwhile is left out: the length was said before.
    Ok((headers, Body::from_stream(stream)).into_response())
}

fn content_type(name: &str) -> (&'static str, bool) {
    if SHOWN.iter().any(|ending| name.ends_with(ending)) {
        return ("text/plain; charset=utf-8", true);
    }
    let kind = match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("db") => "application/vnd.sqlite3",
        Some("svg") => "image/svg+xml",
        Some("gz") => "application/gzip",
        _ => "application/octet-stream",
    };
    (kind, false)
}

fn missing() -> Failure {
    Failure::Missing("There is no such file.".to_owned())
}

/// Opens a file that the index has among those of a run and task; gives its size as well.
fn open(
    reader: &Reader,
    settings: &Settings,
    run: RunNumber,
    kind: &str,
    name: &str,
) -> Result<(File, u64), Failure> {
    let path = find(reader, settings, run, kind, name)?;
    let file = File::open(&path).map_err(|_| missing())?;
    let data = file.metadata()?;
    if !data.is_file() {
        return Err(missing());
    }
    Ok((file, data.len()))
}

/// Where a file lies that the index has among those of a run and task.
///
/// # Errors
///
/// [`Failure::Missing`] when it has none of this name.
pub(in crate::web) fn find(
    reader: &Reader,
    settings: &Settings,
    run: RunNumber,
    kind: &str,
    name: &str,
) -> Result<PathBuf, Failure> {
    let attempts = attempts(reader, run, kind)?;
    let holds = |result: &&RunResult| result.files.iter().any(|file| file.name == name);
    let result = attempts.iter().find(holds).ok_or_else(missing)?;
    // The index names what lies in the folder; a link that somebody put there may lead anywhere.
    let path = result.folder.join(name).canonicalize().map_err(|_| missing())?;
    let home = settings.results().canonicalize()?;
    if !path.starts_with(&home) {
        tracing::warn!("{} leads out of the results", result.folder.join(name).display());
        return Err(missing());
    }
    Ok(path)
}

#[derive(Template)]
#[template(path = "log.html")]
struct Log {
    frame: Frame,
    run: RunNumber,
    kind: String,
    name: String,
    file: String,
    size: String,
    is_cut: bool,
    text: String,
}

/// Shows a log, or its end when it is long.
pub(super) async fn log(
    State(app): State<App>,
    Path((run, kind, name)): Path<(String, String, String)>,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    let run = run_of(&run)?;
    let (of_kind, of_name) = (kind.clone(), name.clone());
    let work = move |reader: &mut Reader, settings: &Settings| {
        read_log(reader, settings, run, &of_kind, &of_name)
    };
    let title = format!("Run {run}: log");
    let (frame, LogText { text, is_cut, size }) = framed(&app, visitor, "", title, work).await?;
    let file = format!("/runs/{run}/{kind}/files/{}", result::encoded(&name));
    html(&Log { frame, run, kind, name, file, size: number::size(size), is_cut, text })
}

/// The end of a log.
#[derive(Debug)]
pub(in crate::web) struct LogText {
    /// Its lines.
    pub(in crate::web) text: String,
    /// Whether there is more before them.
    pub(in crate::web) is_cut: bool,
    /// Size of the file, bytes.
    pub(in crate::web) size: u64,
}

/// Reads the end of a log of a run.
///
/// # Errors
///
/// [`Failure::Missing`] when the run has no such log.
pub(in crate::web) fn read_log(
    reader: &Reader,
    settings: &Settings,
    run: RunNumber,
    kind: &str,
    name: &str,
) -> Result<LogText, Failure> {
    if !result::is_log(name) {
        return Err(Failure::Missing("This is no log.".to_owned()));
    }
    let (mut file, size) = open(reader, settings, run, kind, name)?;
    let (text, is_cut) = end(&mut file, size)?;
    Ok(LogText { text, is_cut, size })
}

/// The end of a file from the beginning of a line, and whether anything is left out.
fn end(file: &mut File, size: u64) -> std::io::Result<(String, bool)> {
    let start = size.saturating_sub(MOST_OF_LOG);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(MOST_OF_LOG).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = match text.split_once('\n') {
        Some((_, rest)) if start > 0 => rest,
        _ => &text,
    };
    Ok((whole.to_owned(), start > 0))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn only_text_is_shown_and_never_as_a_page() {
        for (name, shown) in [
            ("a.xml", true),
            ("a.json", true),
            ("a.log", true),
            ("a.html", false),
            ("a.svg", false),
            ("a.xml.html", false),
            ("mycool.db", false),
        ] {
            assert_eq!(content_type(name).1, shown, "{name}");
            assert!(!content_type(name).0.contains("html"));
        }
    }

    #[test]
    fn long_logs_begin_at_a_line() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"short\nlog\n").unwrap();
        assert_eq!(end(&mut file, 10).unwrap(), ("short\nlog\n".to_owned(), false));
        let line = [b'x'; 99];
        for _ in 0..4_000 {
            file.write_all(&line).unwrap();
            file.write_all(b"\n").unwrap();
        }
        let size = file.metadata().unwrap().len();
        let (text, is_cut) = end(&mut file, size).unwrap();
        assert!(is_cut && text.len() > 260_000 && text.lines().all(|line| line.len() == 99));
    }
}
