//! Send: marked runs are looked at once more, shown with what would change, and requested when the shifter confirms.

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::post};
use sct_account::Role;
use sct_id::RunNumber;
use sct_upload::{LayerChange, Masked, ModuleChange, NewUpload, WhatIf, check_flag, what_if};

use super::super::{
    App, Failure, Reader,
    act::{self, Act, Permits},
    flag::{self, Look},
    form::SignedForm,
    frame::{Frame, framed, html},
    tab::{TABS, Tab},
};
use crate::schedule::Settings;

/// Most runs that are sent at once.
const MOST: usize = 100;

pub(super) fn routes() -> Router<App> {
    TABS.iter().fold(Router::new(), |router, tab| {
        router
            .route(
                &format!("/{}/send", tab.slug),
                post(move |state, form| review(tab, state, form)),
            )
            .route(
                &format!("/{}/send/confirm", tab.slug),
                post(move |state, form| confirm(tab, state, form)),
            )
    })
}

/// What a form asks for.
#[derive(Clone, Debug, Default)]
struct Marks {
    /// Runs to upload with the digest that was seen.
    upload: Vec<(RunNumber, String)>,
    /// Runs to mark bad.
    bad: Vec<RunNumber>,
    /// Runs whose bad mark is taken away.
    unmark: Vec<RunNumber>,
}

impl Marks {
    fn read(form: &SignedForm) -> Result<Self, Failure> {
        let wrong = |text: &str| Failure::Refused(format!("'{text}' is no mark of this page."));
        let run = |text: &str| text.parse::<RunNumber>().map_err(|_| wrong(text));
        let mut marks = Self::default();
        for text in form.all("upload") {
            let (number, sha256) = text.split_once(' ').ok_or_else(|| wrong(text))?;
            if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(wrong(text));
            }
            marks.upload.push((run(number)?, sha256.to_owned()));
        }
        marks.bad = form.all("bad").map(run).collect::<Result<_, _>>()?;
        marks.unmark = form.all("unmark").map(run).collect::<Result<_, _>>()?;
        if let Some((both, _)) = marks.upload.iter().find(|(run, _)| marks.bad.contains(run)) {
            let what = format!("Run {both} is marked for upload and as bad: please choose one.");
            return Err(Failure::Refused(what));
        }
        match marks.upload.len() + marks.bad.len() + marks.unmark.len() {
            0 => Err(Failure::Refused("No run is marked.".to_owned())),
            many if many > MOST => {
                Err(Failure::Refused(format!("{many} runs are marked, {MOST} at most.")))
            }
            _ => Ok(marks),
        }
    }
}

/// A run before its request: everything the shifter should have seen.
#[derive(Debug)]
struct Review {
    run: RunNumber,
    sha256: String,
    file: String,
    objects: usize,
    look: Look,
    reason: String,
    /// Whether the flag must be confirmed.
    is_doubtful: bool,
    /// Whether the master has other content of this run.
    replaces: bool,
    /// What would change, strip by strip.
    what_if: WhatIf,
    /// The log of a merge that writes nothing.
    changes: Vec<String>,
    /// Why it cannot be requested; empty when it can.
    refused: String,
}

#[derive(Template)]
#[template(path = "send.html")]
struct ReviewPage {
    frame: Frame,
    tab: &'static Tab,
    reviews: Vec<Review>,
    bad: Vec<RunNumber>,
    unmark: Vec<RunNumber>,
}

/// A layer or disk in words.
fn named(change: &LayerChange) -> String {
    let word = if change.region.is_barrel() { "layer" } else { "disk" };
    format!("{} {word} {}", change.region, change.layer_disk)
}

impl ReviewPage {
    fn is_possible(&self) -> bool {
        self.reviews.iter().any(|review| review.refused.is_empty())
            || !self.bad.is_empty()
            || !self.unmark.is_empty()
    }
}

async fn review(
    tab: &'static Tab,
    State(app): State<App>,
    form: SignedForm,
) -> Result<Html<String>, Failure> {
    form.visitor.require(Role::Shifter)?;
    let marks = Marks::read(&form)?;
    let (wanted, visitor) = (marks.upload, form.visitor);
    let who = visitor.name().to_owned();
    let work = move |reader: &mut Reader, settings: &Settings| {
        wanted.iter().map(|mark| look(reader, settings, tab, mark, &who)).collect()
    };
    let title = format!("Send: {}", tab.title);
    let (frame, reviews): (_, Result<Vec<Review>, Failure>) =
        framed(&app, visitor, tab.slug, title, move |reader, settings| Ok(work(reader, settings)))
            .await?;
    html(&ReviewPage { frame, tab, reviews: reviews?, bad: marks.bad, unmark: marks.unmark })
}

/// Looks at a run as the upload will: check, flag, and a merge without writing.
fn look(
    reader: &Reader,
    settings: &Settings,
    tab: &Tab,
    (run, sha256): &(RunNumber, String),
    who: &str,
) -> Result<Review, Failure> {
    let mut review = Review {
        run: *run,
        sha256: sha256.clone(),
        file: String::new(),
        objects: 0,
        look: flag::look(None),
        reason: String::new(),
        is_doubtful: false,
        replaces: false,
        what_if: WhatIf::default(),
        changes: Vec::new(),
        refused: String::new(),
    };
    let (file, checked) = match act::look(reader, tab, *run, sha256) {
        Ok(found) => found,
        Err(Failure::Refused(why)) => {
            review.refused = why;
            return Ok(review);
        }
        Err(other) => return Err(other),
    };
    review.file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    review.objects = checked.objects;
    review.look = flag::look(checked.flag);
    review.is_doubtful = check_flag(&checked, false).is_err();
    review.reason.clone_from(&checked.reason);
    let uploads = settings.uploads(who);
    let mut new = NewUpload::of(&checked, file, *run, tab.task, who);
    let mut preview = uploads.preview(&new);
    if preview.is_err() {
        // Perhaps only because the run has other content there, which may be replaced.
        new.replace = true;
        let replaced = uploads.preview(&new);
        review.replaces = replaced.is_ok();
        preview = replaced.or(preview);
    }
    match preview {
        Ok(transferred) => {
            review.what_if = what_if(&transferred.plan);
            review.changes = transferred.log;
        }
        Err(error) => review.refused = error.to_string(),
    }
    Ok(review)
}

/// How one of the marks ended.
#[derive(Clone, Debug)]
struct Ending {
    run: RunNumber,
    is_good: bool,
    text: String,
    link: String,
}

#[derive(Template)]
#[template(path = "sent.html")]
struct SentPage {
    frame: Frame,
    tab: &'static Tab,
    endings: Vec<Ending>,
}

async fn confirm(
    tab: &'static Tab,
    State(app): State<App>,
    form: SignedForm,
) -> Result<Html<String>, Failure> {
    form.visitor.require(Role::Shifter)?;
    let marks = Marks::read(&form)?;
    // Who marks a run bad says why; an upload may do with the usual comment.
    let reason =
        if marks.bad.is_empty() { form.comment()?.to_owned() } else { form.reason()?.to_owned() };
    let runs = |name: &'static str| form.all(name).map(str::to_owned).collect::<Vec<_>>();
    let (looked, replace) = (runs("looked"), runs("replace"));
    let visitor = form.visitor.clone();
    let work = move |reader: &mut Reader, settings: &Settings| {
        let mut act = Act { reader, settings, visitor: &visitor, reason: &reason };
        let mut endings = Vec::new();
        for (run, sha256) in &marks.upload {
            let is_in = |list: &[String]| list.contains(&run.to_string());
            let permits = Permits { flag: is_in(&looked), replace: is_in(&replace) };
            let done = act.request(tab, *run, sha256, permits).map(|id| {
                let text = format!("requested as upload {id}; the next upload pass does it");
                (text, format!("/uploads/{id}"))
            });
            endings.push(Ending::of(*run, done)?);
        }
        for run in marks.bad {
            let done = act.mark_bad(tab.task, run);
            endings.push(Ending::of(run, done.map(|()| ("marked bad".to_owned(), String::new())))?);
        }
        for run in marks.unmark {
            let word = |there| if there { "no longer marked bad" } else { "was not marked bad" };
            let done = act.unmark(tab.task, run);
            endings
                .push(Ending::of(run, done.map(|there| (word(there).to_owned(), String::new())))?);
        }
        Ok(endings)
    };
    let title = format!("Sent: {}", tab.title);
    let (frame, endings) = framed(&app, form.visitor, tab.slug, title, work).await?;
    html(&SentPage { frame, tab, endings })
}

impl Ending {
    /// What was refused is said beside what was done; what broke ends the request.
    fn of(run: RunNumber, done: Result<(String, String), Failure>) -> Result<Self, Failure> {
        match done {
            Ok((text, link)) => Ok(Self { run, is_good: true, text, link }),
            Err(Failure::Refused(text)) => {
                Ok(Self { run, is_good: false, text, link: String::new() })
            }
            Err(other) => Err(other),
        }
    }
}
