//! Send: marked runs are looked at once more, shown with what would change, and requested when the shifter confirms.

use std::path::PathBuf;

use askama::Template;
use axum::{Router, extract::State, response::Html, routing::post};
use sct_account::Role;
use sct_id::RunNumber;
use sct_result::RunResult;
use sct_upload::{NewUpload, check, check_flag};

use super::super::{
    App, Failure, Reader,
    audit::{self, Action},
    flag::{self, Look},
    form::SignedForm,
    frame::{Frame, framed, html},
    tab::{TABS, Tab},
    visitor::Visitor,
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
    /// What would change, line by line.
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

/// The COOL file of a run: of the attempt with the digest that was seen.
fn file(
    reader: &Reader,
    tab: &Tab,
    run: RunNumber,
    sha256: &str,
) -> Result<Option<PathBuf>, Failure> {
    let attempts = reader.results.attempts(run, tab.kind)?;
    let seen = |result: &&RunResult| result.sha256.as_deref() == Some(sha256);
    let found = attempts.iter().find(seen);
    Ok(found.and_then(|result| Some(result.folder.join(&result.database.as_ref()?.name))))
}

const GONE: &str = "The file that you looked at is no longer there, or has changed: load the page again and look once more.";

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
        changes: Vec::new(),
        refused: String::new(),
    };
    let Some(file) = file(reader, tab, *run, sha256)? else {
        GONE.clone_into(&mut review.refused);
        return Ok(review);
    };
    review.file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let checked = match check(&file, *run, tab.task, tab.task.folder().tag, Some(sha256)) {
        Ok(checked) => checked,
        Err(error) => {
            review.refused = error.to_string();
            return Ok(review);
        }
    };
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
        Ok(transferred) => review.changes = transferred.log,
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
        let sender = Sender { tab, settings, visitor, reason };
        let mut endings = Vec::new();
        for (run, sha256) in &marks.upload {
            let is_in = |list: &[String]| list.contains(&run.to_string());
            let permits = (is_in(&looked), is_in(&replace));
            endings.push(sender.request(reader, *run, sha256, permits)?);
        }
        for run in marks.bad {
            endings.push(sender.mark(reader, run, true)?);
        }
        for run in marks.unmark {
            endings.push(sender.mark(reader, run, false)?);
        }
        Ok(endings)
    };
    let title = format!("Sent: {}", tab.title);
    let (frame, endings) = framed(&app, form.visitor, tab.slug, title, work).await?;
    html(&SentPage { frame, tab, endings })
}

struct Sender<'a> {
    tab: &'static Tab,
    settings: &'a Settings,
    visitor: Visitor,
    reason: String,
}

impl Sender<'_> {
    fn request(
        &self,
        reader: &mut Reader,
        run: RunNumber,
        sha256: &str,
        (looked, replace): (bool, bool),
    ) -> Result<Ending, Failure> {
        let (tab, who) = (self.tab, self.visitor.name());
        let Some(file) = file(reader, tab, run, sha256)? else {
            return self.end(reader, "upload request", run, Err(GONE.to_owned()));
        };
        let tag = tab.task.folder().tag;
        let requested = check(&file, run, tab.task, tag, Some(sha256)).and_then(|checked| {
            check_flag(&checked, looked)?;
            reader.uploader.queue().request(&NewUpload {
                replace,
                comment: self.reason.clone(),
                ..NewUpload::of(&checked, file, run, tab.task, who)
            })
        });
        let done = match requested {
            Ok(id) => Ok((
                format!("requested as upload {id}; the next upload pass does it"),
                format!("/uploads/{id}"),
            )),
            Err(error) => Err(error.to_string()),
        };
        self.end(reader, "upload request", run, done)
    }

    fn mark(&self, reader: &mut Reader, run: RunNumber, bad: bool) -> Result<Ending, Failure> {
        let task = self.tab.task;
        let mut uploader =
            crate::uploader::Uploader::open(self.settings.uploads(self.visitor.name()))?;
        let (action, done) = if bad {
            let marked = uploader.mark_bad(run, task, &self.reason);
            ("mark bad", marked.map(|()| "marked bad").map_err(|error| format!("{error:#}")))
        } else {
            let there = uploader.unmark_bad(run, task).map_err(|error| format!("{error:#}"));
            (
                "take bad mark away",
                there
                    .map(|there| if there { "no longer marked bad" } else { "was not marked bad" }),
            )
        };
        self.end(reader, action, run, done.map(|text| (text.to_owned(), String::new())))
    }

    fn end(
        &self,
        reader: &mut Reader,
        what: &str,
        run: RunNumber,
        done: Result<(String, String), String>,
    ) -> Result<Ending, Failure> {
        let ending = match done {
            Ok((text, link)) => Ending { run, is_good: true, text, link },
            Err(text) => Ending { run, is_good: false, text, link: String::new() },
        };
        let subject = format!("{} of run {run}", self.tab.task);
        let action =
            Action { what, subject: &subject, reason: &self.reason, outcome: &ending.text };
        audit::write(reader, &self.visitor, &action)?;
        Ok(ending)
    }
}
