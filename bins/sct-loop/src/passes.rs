//! What is done again and again: uploads, mails, the last run, copies of results, a look at credentials.
//!
//! [`Passes::due`] says which pass it is time for, [`Passes::run`] makes one and leaves a heartbeat. The service drives them
//! ([`service`]); each is a command as well, for a crontab. Both see the same heartbeats, so that nothing is done twice. A pass
//! may be killed anywhere: the next one goes on from there.

use std::{
    fmt,
    fs::{self, File, TryLockError},
    str::FromStr,
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_tasks::failure::{self, Coded};
use serde::Serialize;
use serde_json::{Value, json};

use crate::schedule::Settings;

pub mod beats;
pub mod command;
pub mod copy;
pub mod credentials;
pub mod last_run;
pub mod mail;
pub mod runs;
pub mod service;
pub mod upload;

pub use self::beats::{Beat, Beats, Word};

/// A pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pass {
    /// Uploads what is requested.
    Upload,
    /// Reminds people, and writes about what went wrong.
    Mail,
    /// Publishes the last uploaded run.
    LastRun,
    /// Copies results that are made elsewhere.
    Copy,
    /// Looks at credentials.
    Credentials,
}

impl Pass {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Upload, Self::Mail, Self::LastRun, Self::Copy, Self::Credentials];

    /// Name in commands and in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Mail => "mail",
            Self::LastRun => "last-run",
            Self::Copy => "copy",
            Self::Credentials => "credentials",
        }
    }

    /// Seconds between two passes; none when the service does not make it.
    pub fn interval(self, settings: &Settings) -> Option<i64> {
        let passes = &settings.passes;
        let minutes = match self {
            Self::Upload => passes.upload,
            Self::Mail => passes.mail,
            Self::LastRun => passes.last_run,
            Self::Copy => passes.copy,
            Self::Credentials => passes.credentials,
        };
        minutes.seconds()
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Pass {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|pass| pass.name() == text)
            .ok_or_else(|| format!("'{text}' is no pass"))
    }
}

/// How a pass ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// In one word.
    pub result: Word,
    /// In one line.
    pub text: String,
    /// In full.
    pub detail: Value,
}

impl Outcome {
    /// Everything is well.
    pub fn ok(text: impl Into<String>, detail: Value) -> Self {
        Self { result: Word::Ok, text: text.into(), detail }
    }

    /// Done, and somebody should look.
    pub fn attention(text: impl Into<String>, detail: Value) -> Self {
        Self { result: Word::Attention, text: text.into(), detail }
    }

    /// Well, or worth a look.
    pub fn of(is_well: bool, text: impl Into<String>, detail: Value) -> Self {
        if is_well { Self::ok(text, detail) } else { Self::attention(text, detail) }
    }

    /// Not done.
    pub fn failed(text: impl Into<String>, detail: Value) -> Self {
        Self { result: Word::Failed, text: text.into(), detail }
    }
}

/// How a pass stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// The pass.
    pub pass: Pass,
    /// Minutes between two; none when the service does not make it.
    pub interval_minutes: Option<f64>,
    /// The latest heartbeat.
    pub last: Option<Beat>,
    /// When the latest one that did its work ended.
    pub last_success: Option<i64>,
    /// When the next one is due.
    pub next: Option<i64>,
    /// It should have been made and was not.
    pub late: bool,
}

/// A pass that is due may be so late, seconds, before it is said: the one before may have begun a little later.
pub const GRACE: i64 = 300;

/// The passes of a data folder.
#[derive(Debug)]
pub struct Passes {
    settings: Settings,
    beats: Beats,
}

impl Passes {
    /// Opens the ledger of a data folder.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub fn open(settings: Settings) -> anyhow::Result<Self> {
        let beats = Beats::open(&settings.ledger())?;
        Ok(Self { settings, beats })
    }

    /// The passes it is time for.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn due(&self, now: i64) -> anyhow::Result<Vec<Pass>> {
        let mut due = Vec::new();
        for pass in Pass::ALL {
            let Some(interval) = pass.interval(&self.settings) else { continue };
            let last = self.beats.last(pass)?;
            // A heartbeat of the future is from a clock that was wrong.
            let is_due = last.is_none_or(|beat| beat.begin + interval <= now || beat.begin > now);
            if is_due {
                due.push(pass);
            }
        }
        Ok(due)
    }

    /// How all passes stand.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn standings(&self, now: i64) -> anyhow::Result<Vec<Standing>> {
        Pass::ALL.into_iter().map(|pass| self.standing(pass, now)).collect()
    }

    /// How one pass stands.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn standing(&self, pass: Pass, now: i64) -> anyhow::Result<Standing> {
        let interval = pass.interval(&self.settings);
        let last = self.beats.last(pass)?;
        let begin = last.as_ref().map(|beat| beat.begin);
        let next = interval.map(|interval| begin.map_or(now, |begin| begin + interval));
        Ok(Standing {
            pass,
            interval_minutes: interval.map(|seconds| seconds as f64 / 60.0),
            last_success: self.beats.last_success(pass)?,
            late: begin.is_some() && next.is_some_and(|next| next + GRACE < now),
            last,
            next,
        })
    }

    /// Heartbeats.
    pub fn beats(&self) -> &Beats {
        &self.beats
    }

    /// Makes a pass and leaves a heartbeat; with `dry_run` it changes nothing and leaves none. `clock` gives seconds since
    /// 1970. What goes wrong is in the outcome.
    ///
    /// # Errors
    ///
    /// When another program makes the same pass (exit code 40), or the ledger cannot be written.
    pub fn run(
        &mut self,
        pass: Pass,
        who: &str,
        clock: &dyn Fn() -> i64,
        dry_run: bool,
    ) -> anyhow::Result<Outcome> {
        if dry_run {
            return Ok(self.make(pass, who, clock(), true));
        }
        let _lock = lock(&self.settings, pass)?;
        let begin = clock();
        let next = pass.interval(&self.settings).map(|interval| begin + interval);
        let beat = self.beats.begin(pass, begin, who, next)?;
        let outcome = self.make(pass, who, begin, false);
        self.beats.end(beat, clock(), &outcome)?;
        Ok(outcome)
    }

    fn make(&self, pass: Pass, who: &str, now: i64, dry_run: bool) -> Outcome {
        let settings = &self.settings;
        let made = match pass {
            Pass::Upload => upload::run(settings, who, dry_run),
            Pass::Mail => mail::run(settings, now, dry_run),
            Pass::LastRun => last_run::run(settings, dry_run),
            Pass::Copy => copy::run(settings, now, dry_run),
            Pass::Credentials => credentials::run(settings, now),
        };
        made.unwrap_or_else(|error| {
            Outcome::failed(
                failure::message(&error),
                json!({ "exit_code": failure::exit_code(&error).number() }),
            )
        })
    }
}

/// Only one program at a time makes a pass.
fn lock(settings: &Settings, pass: Pass) -> anyhow::Result<File> {
    let folder = settings.data.join("passes");
    let path = folder.join(format!("{pass}.lock"));
    let failed = || Coded::new(ExitCode::OutputFileError, path.display().to_string());
    fs::create_dir_all(&folder).with_context(failed)?;
    let mut options = fs::OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(&path).with_context(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let what = format!("another program makes the pass {pass}");
            Err(Coded::new(ExitCode::CoolBusy, what).into())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(failed),
    }
}

#[cfg(test)]
mod tests;
