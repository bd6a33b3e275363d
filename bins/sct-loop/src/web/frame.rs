//! What stands around every page: navigation, banners, who is signed in.

use askama::Template;
use axum::response::Html;
use sct_upload::State;

use super::{
    App, Failure, Reader, number,
    tab::{TABS, Tab},
    visitor::Visitor,
};
use crate::{
    passes::{Pass, upload},
    schedule::{Settings, now},
    tasks::why::{scheduler_works, trouble},
};

/// How loud a banner is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// All is well.
    Good,
    /// Somebody should look.
    Warning,
}

/// A line about the state of the loop.
#[derive(Clone, Debug)]
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
}

/// The frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Title of the page.
    pub title: String,
    /// Address of the entry of the navigation that is open.
    pub active: &'static str,
    /// Who looks.
    pub visitor: Visitor,
    /// Entries of the navigation for tasks.
    pub tabs: &'static [Tab],
    /// State of the loop.
    pub banners: Vec<Banner>,
}

impl Frame {
    /// The frame with the present state of the loop.
    ///
    /// # Errors
    ///
    /// When ledger or index cannot be read.
    pub(crate) fn new(
        reader: &mut Reader,
        settings: &Settings,
        visitor: Visitor,
        active: &'static str,
        title: impl Into<String>,
    ) -> Result<Self, Failure> {
        let mut banners = vec![last_run(reader)?, upload_pass(reader, settings)?];
        banners.extend(key(settings));
        banners.extend(passes(reader, settings, now())?);
        banners.extend(scheduler(settings));
        banners.extend(standby(reader, settings)?);
        Ok(Self { title: title.into(), active, visitor, tabs: &TABS, banners })
    }

    /// A frame without state, for pages that need nothing from the stores.
    pub(crate) fn bare(visitor: Visitor, active: &'static str, title: impl Into<String>) -> Self {
        Self { title: title.into(), active, visitor, tabs: &TABS, banners: Vec::new() }
    }

    /// Other entries of the navigation: address and name.
    pub(crate) fn tools(&self) -> Vec<(&'static str, &'static str)> {
        let mut tools = vec![
            ("tasks", "Tasks"),
            ("uploads", "Uploads"),
            ("query", "Query"),
            ("history", "History"),
            ("modules", "Modules"),
            ("passes", "Passes"),
        ];
        if self.visitor.is_admin() {
            tools.push(("audit", "Audit"));
        }
        tools.push(("help", "Help"));
        tools
    }

    /// Whether an entry of the navigation is open.
    pub(crate) fn is_active(&self, slug: &str) -> bool {
        self.active == slug
    }
}

/// The newest run with noisy strips, and whether it is uploaded.
fn last_run(reader: &mut Reader) -> Result<Banner, Failure> {
    let tab = &TABS[0];
    let Some(run) = reader.results.last_run(tab.kind)? else {
        let text = "No run has a noisy strip result yet.".to_owned();
        return Ok(Banner { tone: Tone::Warning, text, link: String::new() });
    };
    let uploads = reader.uploader.queue().uploads_of(tab.task, (run, run))?;
    let there = uploads.iter().any(|upload| upload.state.is_there());
    let bad = reader.uploader.queue().bad(run, tab.task)?.is_some();
    let (tone, what) = match (there, bad) {
        (true, _) => (Tone::Good, "has been uploaded"),
        (false, true) => (Tone::Good, "is marked bad"),
        (false, false) => (Tone::Warning, "has been processed but not uploaded"),
    };
    let text = format!("Last run {run} {what}.");
    Ok(Banner { tone, text, link: format!("/runs/{run}") })
}

/// Whether uploads are alive: a pass writes its log even when there is nothing to do.
fn upload_pass(reader: &mut Reader, settings: &Settings) -> Result<Banner, Failure> {
    let log = settings.uploads("").uploads_log();
    let modified = std::fs::metadata(&log).and_then(|data| data.modified()).ok();
    let seconds = modified.and_then(|time| Some(time.elapsed().ok()?.as_secs()));
    let waiting = reader.uploader.queue().uploads(Some(State::Requested))?.len();
    let waiting = match waiting {
        0 => "no request waits".to_owned(),
        1 => "1 request waits".to_owned(),
        many => format!("{many} requests wait"),
    };
    let (tone, text) = match seconds.map(|seconds| i64::try_from(seconds).unwrap_or(i64::MAX)) {
        None => (Tone::Warning, format!("There was no upload pass yet; {waiting}.")),
        Some(age) if age <= 3_600 => {
            (Tone::Good, format!("Last upload pass {} ago; {waiting}.", number::span(age)))
        }
        Some(age) => {
            let since = number::time(now() - age);
            (
                Tone::Warning,
                format!("No upload pass since {since} UTC, {}; {waiting}.", number::span(age)),
            )
        }
    };
    Ok(Banner { tone, text, link: "/uploads".to_owned() })
}

/// A scheduler that is not at work; nothing is said of one that is.
fn scheduler(settings: &Settings) -> Option<Banner> {
    let text = "No scheduler is at work: new files are not looked at.".to_owned();
    let warning = Banner { tone: Tone::Warning, text, link: "/passes".to_owned() };
    (!scheduler_works(settings)).then_some(warning)
}

/// A key that may not be used: nothing is uploaded, whatever is requested.
fn key(settings: &Settings) -> Option<Banner> {
    let what = upload::rejected(settings)?;
    Some(Banner {
        tone: Tone::Warning,
        text: format!("Nothing is uploaded: {what}."),
        link: "/passes".to_owned(),
    })
}

/// The age of the copy of results where they are made elsewhere, and passes that are late or went wrong.
fn passes(reader: &Reader, settings: &Settings, now: i64) -> Result<Vec<Banner>, Failure> {
    let link = || "/passes".to_owned();
    let mut banners = Vec::new();
    for standing in reader.passes.standings(now)? {
        // The log of the upload pass says whether it is alive, whoever makes it.
        let said = standing.pass == Pass::Upload && standing.late;
        if let Some(text) = trouble(&standing).filter(|_| !said) {
            banners.push(Banner { tone: Tone::Warning, text: capital(&text), link: link() });
        } else if standing.pass == Pass::Copy && settings.copy.from.is_some() {
            let next = standing.next.map_or_else(String::new, |time| {
                format!(", the next one is due at {} UTC", number::time(time))
            });
            let (tone, text) = match standing.last_success {
                Some(last) => {
                    let age = number::span(now.saturating_sub(last).max(0));
                    (Tone::Good, format!("Results were copied {age} ago{next}."))
                }
                None => (Tone::Warning, format!("No results were copied yet{next}.")),
            };
            banners.push(Banner { tone, text, link: link() });
        }
    }
    Ok(banners)
}

/// What the command line says, as a sentence.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}

/// STANDBY of the newest run, once, whatever number of tasks said it; and parts of the SCT that were not in the read-out.
fn standby(reader: &mut Reader, settings: &Settings) -> Result<Vec<Banner>, Failure> {
    let Some(run) = reader.results.last_run(TABS[0].kind)? else { return Ok(Vec::new()) };
    let of_run = reader.results.run(run)?;
    let said = of_run
        .iter()
        .any(|result| result.summary.as_ref().is_some_and(|summary| summary.standby.is_some()));
    let mask = reader.masks.sentence(settings, run);
    let said = said.then(|| format!("SCT probably in STANDBY in run {run}."));
    let said = said.into_iter().chain(mask.map(|mask| capital(&mask)));
    let banner = |text| Banner { tone: Tone::Warning, text, link: format!("/runs/{run}") };
    Ok(said.map(banner).collect())
}

/// Turns a template into an answer.
///
/// # Errors
///
/// When the template fails.
pub(crate) fn html(page: &impl Template) -> Result<Html<String>, Failure> {
    Ok(Html(page.render()?))
}

/// A page with one sentence.
#[derive(Template)]
#[template(path = "simple.html")]
pub(super) struct Simple<'a> {
    frame: Frame,
    sentence: &'a str,
    link: Option<(&'a str, &'a str)>,
}

impl Simple<'_> {
    /// A page with one sentence, and a link to go on.
    pub(super) fn page(title: &str, sentence: &str, link: Option<(&str, &str)>) -> Html<String> {
        let frame = Frame::bare(Visitor::anonymous(String::new()), "", title);
        let page = Simple { frame, sentence, link };
        Html(page.render().unwrap_or_else(|_| title.to_owned()))
    }
}

/// What a handler needs for a page with the full frame.
///
/// # Errors
///
/// What `work` says, and when the stores cannot be read.
pub(crate) async fn framed<T, W>(
    app: &App,
    visitor: Visitor,
    active: &'static str,
    title: impl Into<String> + Send + 'static,
    work: W,
) -> Result<(Frame, T), Failure>
where
    T: Send + 'static,
    W: FnOnce(&mut Reader, &Settings) -> Result<T, Failure> + Send + 'static,
{
    app.read(move |reader, settings| {
        let found = work(reader, settings)?;
        Ok((Frame::new(reader, settings, visitor, active, title)?, found))
    })
    .await
}
