//! What is done again and again, and whether it is alive.

use std::fs;

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::get};

use super::super::{
    App, Failure, Reader,
    frame::{Frame, framed, html},
    number,
    visitor::Visitor,
};
use crate::{
    passes::{self, Pass, Passes, Word},
    schedule::{Settings, now},
    tasks::why::scheduler_works,
};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/passes", get(page))
}

/// How one of them stands.
#[derive(Clone, Debug)]
struct Standing {
    name: String,
    /// What it does.
    what: String,
    /// Seconds between two; none when nothing makes it by itself.
    every: Option<i64>,
    /// When the last one ended, seconds since 1970.
    last: Option<i64>,
    /// How it ended, in one line.
    result: String,
    /// When the next one is due.
    next: Option<i64>,
    /// Whether all is well with it.
    is_good: bool,
    /// When the page warns.
    rule: &'static str,
}

impl Standing {
    fn every(&self) -> String {
        self.every.map_or_else(|| "by hand".to_owned(), number::span)
    }

    fn last(&self) -> String {
        self.last.map_or_else(|| "never".to_owned(), number::time)
    }

    fn next(&self) -> String {
        self.next.map(number::time).unwrap_or_default()
    }

    fn class(&self) -> &'static str {
        if self.is_good { "green" } else { "red" }
    }

    fn word(&self) -> &'static str {
        if self.is_good { "alive" } else { "look" }
    }
}

#[derive(Template)]
#[template(path = "passes.html")]
struct Page {
    frame: Frame,
    standings: Vec<Standing>,
    now: String,
}

async fn page(State(app): State<App>, visitor: Visitor) -> Result<Html<String>, Failure> {
    let work = move |_: &mut Reader, settings: &Settings| {
        let mut all = standings(settings, now());
        all.extend(heartbeats(settings, now())?);
        Ok(all)
    };
    let (frame, standings) = framed(&app, visitor, "passes", "Passes", work).await?;
    html(&Page { frame, standings, now: number::time(now()) })
}

/// An upload pass is late after so many seconds.
const HOUR: i64 = 3_600;

fn standings(settings: &Settings, now: i64) -> Vec<Standing> {
    let works = scheduler_works(settings);
    #[expect(clippy::cast_possible_truncation, reason = "seconds between two looks")]
    let poll = settings.poll.ceil() as i64;
    let scheduler = Standing {
        name: "scheduler".to_owned(),
        what: "finds files, defines tasks, runs jobs, stores results".to_owned(),
        every: Some(poll),
        last: None,
        result: if works { "at work" } else { "not at work: start sct-loop serve" }.to_owned(),
        next: None,
        is_good: works,
        rule: "warns when nobody holds its lock",
    };
    // Every pass writes its log, also when there is nothing to do.
    let log = settings.uploads("").uploads_log();
    let last = modified(&log);
    let is_good = last.is_some_and(|last| now - last <= HOUR);
    let upload = Standing {
        name: "upload".to_owned(),
        what: "uploads what is requested, in the order of runs".to_owned(),
        every: Some(HOUR),
        last,
        result: last_line(&log),
        next: last.map(|last| last + HOUR),
        is_good,
        rule: "warns when the last one is more than 1 hour ago",
    };
    vec![scheduler, upload]
}

/// The other passes, by their heartbeats.
fn heartbeats(settings: &Settings, now: i64) -> anyhow::Result<Vec<Standing>> {
    let all = Passes::open(settings.clone())?.standings(now)?;
    let others = all.into_iter().filter(|one| one.pass != Pass::Upload);
    let what = |pass| match pass {
        Pass::Upload => "uploads what is requested, in the order of runs",
        Pass::Mail => "reminds people before deadlines, and writes about what went wrong",
        Pass::LastRun => "writes the last uploaded run for those who select runs",
        Pass::Copy => "copies results that are made elsewhere",
        Pass::Credentials => "looks at passwords and keys: when they run out, who may read them",
    };
    let standing = |one: passes::Standing| Standing {
        name: one.pass.name().to_owned(),
        what: what(one.pass).to_owned(),
        every: one.pass.interval(settings),
        last: one.last.as_ref().map(|beat| beat.end.unwrap_or(beat.begin)),
        result: one.last.as_ref().map_or_else(String::new, |beat| match beat.text.as_str() {
            "" => beat.word().to_owned(),
            text => text.to_owned(),
        }),
        next: one.next,
        is_good: !one.late
            && one.last.is_none_or(|beat| beat.result.is_none_or(|word| word == Word::Ok)),
        rule: "warns when it is late, failed, or wants attention",
    };
    Ok(others.map(standing).collect())
}

fn modified(path: &std::path::Path) -> Option<i64> {
    let time = fs::metadata(path).and_then(|data| data.modified()).ok()?;
    jiff::Timestamp::try_from(time).ok().map(jiff::Timestamp::as_second)
}

fn last_line(log: &std::path::Path) -> String {
    let tail = crate::tasks::logs::tail(log, 4_096).unwrap_or_default().0;
    tail.lines().last().unwrap_or_default().to_owned()
}
