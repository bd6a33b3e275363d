//! A shift in one page: what came, what was done, what is open. The words are those of `sct-loop why` and `status`.

use std::path::PathBuf;

use jiff::{civil::DateTime, tz::TimeZone};
use sct_conditions::time_text as cool_time;
use sct_job::ExitCode;
use sct_tasks::{cli, failure::Coded};
use serde::Serialize;

use crate::{
    schedule::{Settings, now},
    tasks::time_text,
};

mod gather;
mod render;

/// Length of a shift, seconds.
const SHIFT: i64 = 8 * 3600;

/// Options of `sct-loop shift-report`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Data folder, with the ledger, sct-loop.toml and the results.
    #[arg(long, value_name = "DIR", default_value = ".")]
    data: PathBuf,
    /// Begin, UTC: 2022-11-20T15:00, or seconds since 1970; 8 hours before the end when absent.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// End; now when absent.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// HTML.
    #[arg(long, conflicts_with_all = ["markdown", "json"])]
    html: bool,
    /// Markdown; the default.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    /// JSON.
    #[arg(long)]
    json: bool,
    /// File to write, whole or not at all; standard output when absent.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// A shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Begin, seconds since 1970.
    pub from: i64,
    /// End; what happens then belongs to the next shift.
    pub to: i64,
    /// What there is to say.
    pub sections: Vec<Section>,
    /// What people did from the page and by its API, for programs.
    pub actions: Vec<Action>,
}

/// Something somebody did, or tried, from the page or by its API: an entry of the audit log without the address it came from,
/// which is for the administrator alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Action {
    /// Seconds since 1970.
    pub time: i64,
    /// Account.
    pub who: String,
    /// What was done, as `upload request`.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// How it ended.
    pub outcome: String,
}

impl Action {
    /// One line for people.
    fn line(&self) -> String {
        let Self { time, who, action, subject, reason, outcome } = self;
        let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        format!("{} {who}: {action}, {subject}{reason} ({outcome})", time_text(*time))
    }
}

/// One thing about a shift.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Name for programs.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// One line for each.
    pub lines: Vec<String>,
}

impl Args {
    /// Writes the report.
    ///
    /// # Errors
    ///
    /// When a time is none, the ledger cannot be read, or the file cannot be written.
    pub fn run(&self) -> anyhow::Result<()> {
        let settings = Settings::read(&self.data)?;
        let now = now();
        // What happens in this second is in it.
        let to = self.to.as_deref().map_or(Ok(now + 1), time)?;
        let from = self.from.as_deref().map_or(Ok(to - SHIFT), time)?;
        if from >= to {
            let what = format!("the shift ends {} and begins {}", time_text(to), time_text(from));
            return Err(Coded::new(ExitCode::ArgError, what).into());
        }
        let report = Report::of(&settings, from, to, now)?;
        let text = if self.json {
            format!("{}\n", serde_json::to_string_pretty(&report)?)
        } else if self.html {
            report.to_html()
        } else {
            report.to_markdown()
        };
        match &self.out {
            Some(path) => Ok(sct_wholefile::write(path, text.as_bytes())?),
            None => cli::print(&text),
        }
    }
}

/// Seconds since 1970 of a time that somebody writes.
fn time(text: &str) -> anyhow::Result<i64> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let time = text.trim().trim_end_matches('Z').replace(' ', "T").parse::<DateTime>();
    let time = time.ok().and_then(|time| TimeZone::UTC.to_timestamp(time).ok());
    let wrong = || {
        let what = format!("'{text}' is no time, expected 2022-11-20T15:00 or seconds since 1970");
        Coded::new(ExitCode::ArgError, what).into()
    };
    time.map(jiff::Timestamp::as_second).ok_or_else(wrong)
}

impl Report {
    /// Everything there is to say about a shift that ends at `to`; `now` says which time is left.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn of(settings: &Settings, from: i64, to: i64, now: i64) -> anyhow::Result<Self> {
        let actions = gather::actions(settings, from, to)?;
        let sections = gather::sections(settings, from, to, now, &actions)?;
        Ok(Self { from, to, sections, actions })
    }

    /// Lines of a section; none when it is not there.
    pub fn lines(&self, name: &str) -> &[String] {
        self.sections.iter().find(|section| section.name == name).map_or(&[], |found| &found.lines)
    }
}

/// Whether a time of the upload queue, which is text, is in a shift.
fn is_within(text: &str, from: i64, to: i64) -> bool {
    text >= cool_time(from, 0).as_str() && text < cool_time(to, 0).as_str()
}
