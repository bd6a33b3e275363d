//! What is done again and again, and whether it is alive.

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::get};

use super::super::{
    App, Failure, Reader,
    frame::{Frame, framed, html},
    number,
    visitor::Visitor,
};
use crate::{
    passes::{self, Pass, Passes, Word, upload},
    schedule::{Settings, now},
    tasks::status::scheduler_works,
};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/passes", get(page))
}

/// How one of them stands.
#[derive(Clone, Debug)]
struct Standing {
    name: String,
    /// What it does.
    what: &'static str,
    /// Seconds between two; none when nothing makes it by itself.
    every: Option<i64>,
    /// When the last one ended.
    last: String,
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
    let work = move |reader: &mut Reader, settings: &Settings| {
        let mut all = vec![scheduler(settings)];
        all.extend(heartbeats(&reader.passes, settings, now())?);
        Ok(all)
    };
    let (frame, standings) = framed(&app, visitor, "passes", "Passes", work).await?;
    html(&Page { frame, standings, now: number::time(now()) })
}

fn scheduler(settings: &Settings) -> Standing {
    let works = scheduler_works(settings);
    #[expect(clippy::cast_possible_truncation, reason = "seconds between two looks")]
    let poll = settings.poll.ceil() as i64;
    Standing {
        name: "scheduler".to_owned(),
        what: "finds files, defines tasks, runs jobs, stores results",
        every: Some(poll),
        last: String::new(),
        result: if works { "at work" } else { "not at work: start sct-loop serve" }.to_owned(),
        next: None,
        is_good: works,
        rule: "warns when nobody holds its lock",
    }
}

/// The passes, by their heartbeats.
fn heartbeats(passes: &Passes, settings: &Settings, now: i64) -> anyhow::Result<Vec<Standing>> {
    let all = passes.standings(now)?.into_iter();
    Ok(all.map(|one| standing(one, settings, now)).collect())
}

fn standing(one: passes::Standing, settings: &Settings, now: i64) -> Standing {
    let is_upload = one.pass == Pass::Upload;
    let logged = upload::last(settings).filter(|_| is_upload);
    let is_late = if is_upload { !upload::is_alive(logged, now) } else { one.late };
    let last = one.last.as_ref().map(|beat| beat.end.unwrap_or(beat.begin));
    let result = match &one.last {
        Some(beat) if beat.text.is_empty() => beat.word().to_owned(),
        Some(beat) => format!("{}: {}", beat.word(), beat.text),
        None if is_upload => last_line(&settings.uploads("").uploads_log()),
        None => String::new(),
    };
    let is_well = one.last.is_none_or(|beat| beat.result.is_none_or(|word| word == Word::Ok));
    let rejected = upload::rejected(settings).filter(|_| is_upload);
    Standing {
        name: one.pass.name().to_owned(),
        what: what(one.pass),
        every: one.pass.interval(settings),
        last: last.max(logged).map_or_else(|| "never".to_owned(), number::time),
        next: one.next,
        is_good: !is_late && is_well && rejected.is_none(),
        result: rejected.unwrap_or(result),
        rule: if is_upload {
            "warns when its log is older than 1 hour, or it failed"
        } else {
            "warns when it is late, failed, or wants attention"
        },
    }
}

fn what(pass: Pass) -> &'static str {
    match pass {
        Pass::Upload => "uploads what is requested, in the order of runs",
        Pass::Mail => "reminds people before deadlines, and writes about what went wrong",
        Pass::LastRun => "writes the last uploaded run for those who select runs",
        Pass::Copy => "copies results that are made elsewhere",
        Pass::Credentials => "looks at passwords and keys: when they run out, who may read them",
    }
}

fn last_line(log: &std::path::Path) -> String {
    let tail = crate::tasks::logs::tail(log, 4_096).unwrap_or_default().0;
    tail.lines().last().unwrap_or_default().to_owned()
}
