//! The tabs: the newest runs of each task.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Html,
    routing::get,
};
use sct_id::RunNumber;
use sct_result::RunResult;
use sct_upload::{BadRun, Upload};
use serde::Deserialize;

use super::{
    super::{
        App, Failure, Reader,
        flag::{self, Look},
        frame::{Frame, framed, html},
        number,
        tab::Tab,
        visitor::Visitor,
    },
    columns::{Column, columns},
};

pub(super) fn routes() -> Router<App> {
    // One address for each tab: a general one would take the addresses of other pages.
    let tabs = super::super::tab::TABS.iter();
    tabs.fold(Router::new(), |router, tab| {
        router.route(
            &format!("/{}", tab.slug),
            get(move |state, query, visitor| page(tab, state, query, visitor)),
        )
    })
}

/// Which runs are shown.
#[derive(Debug, Deserialize)]
struct Which {
    /// Only runs before this one.
    before: Option<RunNumber>,
    /// As many as this.
    rows: Option<usize>,
}

/// Most runs on a page.
const MOST_ROWS: usize = 500;

async fn page(
    tab: &'static Tab,
    State(app): State<App>,
    Query(which): Query<Which>,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    let count = which.rows.unwrap_or(app.settings().web.rows).clamp(1, MOST_ROWS);
    let before = which.before;
    let work = move |reader: &mut Reader, _: &_| {
        let results = reader.results.newest(tab.kind, before, count)?;
        Ok((rows(reader, tab, &results)?, reader.results.runs_in_all(tab.kind)?))
    };
    let (frame, (rows, total)) = framed(&app, visitor, tab.slug, tab.title, work).await?;
    let (columns, groups) = columns(tab);
    let next = rows.last().filter(|_| rows.len() == count).map(|row| row.run);
    html(&Page {
        frame,
        tab,
        columns,
        groups,
        next,
        newer: before.is_some(),
        before: before.map_or_else(String::new, |run| run.to_string()),
        count,
        total,
        rows,
        looks: ['G', 'Y', 'R', 'U'].map(|letter| flag::look(Some(letter))),
    })
}

#[derive(Template)]
#[template(path = "tab.html")]
struct Page {
    frame: Frame,
    tab: &'static Tab,
    columns: Vec<Column>,
    groups: Vec<(String, usize)>,
    rows: Vec<Row>,
    before: String,
    newer: bool,
    next: Option<RunNumber>,
    count: usize,
    total: usize,
    looks: [Look; 4],
}

/// One run on a tab.
#[derive(Debug)]
struct Row {
    run: RunNumber,
    start: String,
    end: String,
    duration: String,
    events: String,
    cells: Vec<String>,
    look: Look,
    reasons: String,
    /// What is wrong with its files; empty when nothing is.
    complaint: String,
    attempts: usize,
    /// Digest of the COOL file that was looked at.
    sha256: String,
    can_send: bool,
    can_mark: bool,
    is_bad: bool,
    uploaded: String,
    upload_link: String,
}

/// What the queue knows of a result.
#[derive(Clone, Debug, Default)]
pub(in crate::web) struct Fate {
    /// The newest upload of its run: that one counts.
    pub(in crate::web) upload: Option<Upload>,
    /// Whether that is of the same file.
    pub(in crate::web) is_same: bool,
    /// The bad mark of its run.
    pub(in crate::web) bad: Option<BadRun>,
}

/// What became of results, the newest of which come first.
///
/// # Errors
///
/// When the ledger cannot be read.
pub(in crate::web) fn fates(
    reader: &mut Reader,
    tab: &Tab,
    results: &[RunResult],
) -> Result<Vec<Fate>, Failure> {
    let (Some(newest), Some(oldest)) = (results.first(), results.last()) else {
        return Ok(Vec::new());
    };
    let queue = reader.uploader.queue();
    let uploads = queue.uploads_of(tab.task, (oldest.run, newest.run))?;
    let bad: BTreeMap<_, _> = queue.bad_runs(tab.task)?.into_iter().collect();
    let fate = |result: &RunResult| {
        let upload = uploads.iter().rev().find(|one| one.run == result.run).cloned();
        let digest = upload.as_ref().map(|upload| &upload.sha256);
        let is_same = digest.is_some() && digest == result.sha256.as_ref();
        Fate { upload, is_same, bad: bad.get(&result.run).cloned() }
    };
    Ok(results.iter().map(fate).collect())
}

/// Rows of a tab, with what the queue knows of them.
fn rows(reader: &mut Reader, tab: &Tab, results: &[RunResult]) -> Result<Vec<Row>, Failure> {
    let (columns, _) = columns(tab);
    let row = |(result, fate): (&RunResult, Fate)| {
        let mut row = Row::new(result, &columns);
        row.stand(&fate);
        row
    };
    Ok(results.iter().zip(fates(reader, tab, results)?).map(row).collect())
}

/// The end of a run: without the day when it is that of the start.
fn end(start: Option<i64>, end: Option<i64>) -> String {
    let Some(end) = end.map(number::time) else { return String::new() };
    let day = start.map(number::time);
    let day = day.as_deref().and_then(|start| start.split_once(' ')).map(|(day, _)| day);
    match end.split_once(' ') {
        Some((of_end, time)) if day == Some(of_end) => time.to_owned(),
        _ => end,
    }
}

impl Row {
    fn new(result: &RunResult, columns: &[Column]) -> Self {
        let summary = result.summary.as_ref();
        let time = |of: Option<i64>| of.map(number::time).unwrap_or_default();
        let mut reasons: Vec<String> =
            summary.map(|summary| summary.reasons.clone()).unwrap_or_default();
        reasons.extend(summary.and_then(|summary| summary.standby.clone()));
        Self {
            run: result.run,
            start: time(summary.and_then(|summary| summary.start)),
            end: summary.map(|summary| end(summary.start, summary.end)).unwrap_or_default(),
            duration: summary
                .and_then(|summary| summary.duration)
                .map(number::span)
                .unwrap_or_default(),
            events: summary
                .and_then(|summary| summary.events)
                .map(number::grouped)
                .unwrap_or_default(),
            cells: summary
                .map(|summary| columns.iter().map(|column| column.cell(summary)).collect())
                .unwrap_or_default(),
            look: flag::look(summary.and_then(|summary| summary.flag)),
            reasons: reasons.join("; "),
            complaint: result.complaint.clone().unwrap_or_default(),
            attempts: result.attempts,
            sha256: result.sha256.clone().unwrap_or_default(),
            can_send: result.sha256.is_some(),
            can_mark: true,
            is_bad: false,
            uploaded: String::new(),
            upload_link: String::new(),
        }
    }

    /// What became of its uploads.
    fn stand(&mut self, fate: &Fate) {
        if let Some(mark) = &fate.bad {
            self.is_bad = true;
            (self.can_send, self.can_mark) = (false, false);
            self.uploaded =
                format!("bad: {} ({}, {})", mark.reason, mark.who, number::when(&mark.time));
        }
        let Some(upload) = &fate.upload else { return };
        self.upload_link = format!("/uploads/{}", upload.id);
        if self.is_bad {
            return;
        }
        let same = fate.is_same;
        let open = matches!(upload.state.name(), "requested" | "running");
        self.can_send &= !(open || upload.state.is_there() && same);
        self.can_mark = !(open || upload.state.is_there());
        let other = if upload.state.is_there() && !same { ", another attempt" } else { "" };
        self.uploaded = format!("{}{other}", upload.state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_an_end_is_said_when_it_is_another() {
        let start = Some(1_669_852_800);
        assert_eq!(end(start, Some(1_669_890_000)), "10:20");
        assert_eq!(end(start, Some(1_669_852_800 + 86_400)), "2022-12-02 00:00");
        assert_eq!(end(None, Some(1_669_890_000)), "2022-12-01 10:20");
        assert_eq!(end(start, None), "");
    }
}
