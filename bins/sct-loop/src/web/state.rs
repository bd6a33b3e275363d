//! How the loop stands, for the lines at the top of every page and for scripts.

use sct_id::RunNumber;
use sct_upload::State as UploadState;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Failure, Reader, number,
    standby::{self, Standby},
    tab::TABS,
};
use crate::{
    passes::{Pass, Standing, upload},
    schedule::Settings,
    tasks::{
        standby::mask,
        status::{scheduler_works, trouble},
    },
};

/// How loud a banner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tone {
    /// All is well.
    Good,
    /// Somebody should look.
    Warning,
}

/// A line about the state of the loop.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Banner {
    /// Loudness.
    pub tone: Tone,
    /// Text.
    pub text: String,
    /// Address of the page that says more; may be empty.
    pub link: String,
}

impl Banner {
    /// Class in the style sheet.
    pub(crate) fn class(&self) -> &'static str {
        match self.tone {
            Tone::Good => "good",
            Tone::Warning => "warning",
        }
    }

    fn good(text: String, link: impl Into<String>) -> Self {
        Self { tone: Tone::Good, text, link: link.into() }
    }

    fn warning(text: String, link: impl Into<String>) -> Self {
        Self { tone: Tone::Warning, text, link: link.into() }
    }
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fate {
    /// It is in the master.
    Uploaded,
    /// It is marked bad.
    Bad,
    /// It was processed, and nobody uploaded it.
    NotUploaded,
}

/// The newest run with noisy strips.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LastRun {
    /// Run.
    #[schema(value_type = u32)]
    pub run: RunNumber,
    /// What became of it.
    pub fate: Fate,
    /// What its tasks say of STANDBY.
    pub standby: Vec<Standby>,
    /// Parts of the SCT that were not in the read-out, by the detector mask.
    pub out_of_read_out: Vec<&'static str>,
}

/// Whether uploads are alive.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct UploadPass {
    /// When there was the last one, seconds since 1970.
    pub last: Option<i64>,
    /// Whether that was in the last hour.
    pub alive: bool,
    /// Requests that wait for the next one.
    pub waiting: usize,
    /// Why nothing may be uploaded at the moment.
    pub rejected: Option<String>,
}

/// A pass that somebody should look at.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Trouble {
    /// Its name.
    pub pass: &'static str,
    /// What is wrong with it.
    pub what: String,
}

/// The copy of results, where they are made elsewhere.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Copied {
    /// When the last one ended that did its work, seconds since 1970.
    pub last: Option<i64>,
    /// Seconds since then.
    pub age: Option<i64>,
    /// When the next one is due.
    pub next: Option<i64>,
}

/// How the loop stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct LoopState {
    /// Now, seconds since 1970.
    pub time: i64,
    /// The newest run; none when there is no result yet.
    pub last_run: Option<LastRun>,
    /// Whether uploads are alive.
    pub upload_pass: UploadPass,
    /// Passes that are late or went wrong.
    pub trouble: Vec<Trouble>,
    /// The copy of results; none where nothing is copied.
    pub copied: Option<Copied>,
    /// Whether a scheduler is at work.
    pub scheduler: bool,
}

impl LoopState {
    /// As stores and files have it.
    ///
    /// # Errors
    ///
    /// When ledger or index cannot be read.
    pub(crate) fn find(
        reader: &mut Reader,
        settings: &Settings,
        now: i64,
    ) -> Result<Self, Failure> {
        let standings = reader.passes.standings(now)?;
        let last = upload::last(settings);
        Ok(Self {
            time: now,
            last_run: last_run(reader, settings)?,
            upload_pass: UploadPass {
                last,
                alive: upload::is_alive(last, now),
                waiting: reader.uploader.queue().uploads(Some(UploadState::Requested))?.len(),
                rejected: upload::rejected(settings),
            },
            trouble: standings.iter().filter_map(troubled).collect(),
            copied: settings
                .copy
                .from
                .as_ref()
                .and_then(|_| standings.iter().find(|standing| standing.pass == Pass::Copy))
                .map(|standing| Copied {
                    last: standing.last_success,
                    age: standing.last_success.map(|last| now.saturating_sub(last).max(0)),
                    next: standing.next,
                }),
            scheduler: scheduler_works(settings),
        })
    }

    /// The same in lines.
    pub(crate) fn banners(&self) -> Vec<Banner> {
        let mut banners = vec![self.last_run(), self.upload_pass()];
        // A key that may not be used: nothing is uploaded, whatever is requested.
        let rejected = self.upload_pass.rejected.as_ref();
        banners.extend(
            rejected
                .map(|what| Banner::warning(format!("Nothing is uploaded: {what}."), "/passes")),
        );
        for Trouble { what, .. } in &self.trouble {
            banners.push(Banner::warning(number::capital(what), "/passes"));
        }
        // What went wrong with the copy has been said.
        let said = self.trouble.iter().any(|trouble| trouble.pass == Pass::Copy.name());
        banners.extend(self.copied.filter(|_| !said).map(copied));
        if !self.scheduler {
            let text = "No scheduler is at work: new files are not looked at.".to_owned();
            banners.push(Banner::warning(text, "/passes"));
        }
        banners.extend(self.standby());
        banners
    }

    fn last_run(&self) -> Banner {
        let Some(LastRun { run, fate, .. }) = &self.last_run else {
            return Banner::warning("No run has a noisy strip result yet.".to_owned(), "");
        };
        let link = format!("/runs/{run}");
        match fate {
            Fate::Uploaded => Banner::good(format!("Last run {run} has been uploaded."), link),
            Fate::Bad => Banner::good(format!("Last run {run} is marked bad."), link),
            Fate::NotUploaded => Banner::warning(
                format!("Last run {run} has been processed but not uploaded."),
                link,
            ),
        }
    }

    fn upload_pass(&self) -> Banner {
        let UploadPass { last, alive, waiting, .. } = &self.upload_pass;
        let waiting = match waiting {
            0 => "no request waits".to_owned(),
            1 => "1 request waits".to_owned(),
            many => format!("{many} requests wait"),
        };
        let Some(last) = *last else {
            return Banner::warning(
                format!("There was no upload pass yet; {waiting}."),
                "/uploads",
            );
        };
        let age = number::span((self.time - last).max(0));
        if *alive {
            return Banner::good(format!("Last upload pass {age} ago; {waiting}."), "/uploads");
        }
        let since = number::time(last);
        Banner::warning(format!("No upload pass since {since} UTC, {age}; {waiting}."), "/uploads")
    }

    /// STANDBY of the newest run, once, whatever number of tasks said it; and parts of the SCT that were not in the read-out.
    fn standby(&self) -> Vec<Banner> {
        let Some(LastRun { run, standby, out_of_read_out, .. }) = &self.last_run else {
            return Vec::new();
        };
        let said = (!standby.is_empty()).then(|| format!("SCT probably in STANDBY in run {run}."));
        let said =
            said.into_iter().chain(mask(*run, out_of_read_out).map(|mask| number::capital(&mask)));
        said.map(|text| Banner::warning(text, format!("/runs/{run}"))).collect()
    }
}

/// The newest run with noisy strips, and whether it is uploaded.
fn last_run(reader: &mut Reader, settings: &Settings) -> Result<Option<LastRun>, Failure> {
    let tab = &TABS[0];
    let Some(run) = reader.results.last_run(tab.kind)? else { return Ok(None) };
    let uploads = reader.uploader.queue().uploads_of(tab.task, (run, run))?;
    let there = uploads.iter().any(|upload| upload.state.is_there());
    let bad = reader.uploader.queue().bad(run, tab.task)?.is_some();
    let fate = match (there, bad) {
        (true, _) => Fate::Uploaded,
        (false, true) => Fate::Bad,
        (false, false) => Fate::NotUploaded,
    };
    let standby = standby::said(&reader.results.run(run)?);
    let out_of_read_out = reader.masks.parts(settings, run);
    Ok(Some(LastRun { run, fate, standby, out_of_read_out }))
}

/// What is wrong with a pass, if anything is.
fn troubled(standing: &Standing) -> Option<Trouble> {
    // The log of the upload pass says whether it is alive, whoever makes it.
    let said = standing.pass == Pass::Upload && standing.late;
    let what = trouble(standing).filter(|_| !said)?;
    Some(Trouble { pass: standing.pass.name(), what })
}

fn copied(Copied { age, next, .. }: Copied) -> Banner {
    let next = next.map_or_else(String::new, |time| {
        format!(", the next one is due at {} UTC", number::time(time))
    });
    match age {
        Some(age) => {
            Banner::good(format!("Results were copied {} ago{next}.", number::span(age)), "/passes")
        }
        None => Banner::warning(format!("No results were copied yet{next}."), "/passes"),
    }
}
