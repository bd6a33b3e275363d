//! The queue of uploads, and what may be done to one of them.

use std::fs;

use askama::Template;
use axum::{
    Router,
    extract::{Path, Query, State},
    response::{Html, Redirect},
    routing::{get, post},
};
use sct_account::Role;
use sct_upload::{State as UploadState, Upload};
use serde::Deserialize;

use super::super::{
    App, Failure, Reader,
    act::{self, Act},
    flag::{self, Look},
    form::SignedForm,
    frame::{Frame, framed, html},
    tab::Tab,
    visitor::Visitor,
};
use crate::schedule::Settings;

/// Uploads on a page.
const ROWS: usize = 50;

/// Longest log on a page, bytes; the end is what counts.
const LOG: usize = 200_000;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/uploads", get(list))
        .route("/uploads/{id}", get(show))
        .route("/uploads/{id}/undo", post(undo))
        .route("/uploads/{id}/retry", post(retry))
        .route("/uploads/{id}/cancel", post(cancel))
}

#[derive(Debug, Deserialize)]
struct Which {
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "uploads.html")]
struct ListPage {
    frame: Frame,
    uploads: Vec<Line>,
    next: Option<i64>,
}

/// An upload with what the list shows of it.
struct Line {
    upload: Upload,
    tab: &'static Tab,
    look: Look,
    colour: &'static str,
}

impl Line {
    fn of(upload: Upload) -> Self {
        Self {
            tab: Tab::of_task(upload.task),
            look: flag::look(upload.flag),
            colour: colour(upload.state),
            upload,
        }
    }
}

fn colour(state: UploadState) -> &'static str {
    match state {
        UploadState::Requested | UploadState::Running => "yellow",
        UploadState::Done | UploadState::Unchanged => "green",
        UploadState::Refused | UploadState::Failed => "red",
        UploadState::Cancelled | UploadState::Undone => "grey",
    }
}

async fn list(
    State(app): State<App>,
    Query(which): Query<Which>,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    let work = move |reader: &mut Reader, _: &Settings| {
        Ok(reader.uploader.queue().newest(which.before, ROWS)?)
    };
    let (frame, uploads) = framed(&app, visitor, "uploads", "Uploads", work).await?;
    let next = uploads.last().filter(|_| uploads.len() == ROWS).map(|upload| upload.id);
    html(&ListPage { frame, uploads: uploads.into_iter().map(Line::of).collect(), next })
}

/// Everything about an upload.
#[derive(Debug)]
pub(in crate::web) struct Details {
    /// The upload.
    pub(in crate::web) upload: Upload,
    /// Time, person, state and reason of its steps.
    pub(in crate::web) steps: Vec<(String, String, String, String)>,
    /// End of its log; empty without one.
    pub(in crate::web) log: String,
    /// Its receipt; empty without one.
    pub(in crate::web) receipt: String,
}

impl Details {
    /// As ledger and files have it.
    ///
    /// # Errors
    ///
    /// [`Failure::Missing`] when there is no such upload.
    pub(in crate::web) fn read(
        reader: &mut Reader,
        settings: &Settings,
        id: i64,
    ) -> Result<Self, Failure> {
        let upload = act::find(reader, id)?;
        let steps = reader.uploader.queue().steps(id)?;
        let uploads = settings.uploads("");
        let read = |path| fs::read(path).unwrap_or_default();
        let (log, receipt) = (read(uploads.log(&upload)), read(uploads.receipt(id)));
        let end = &log[log.len().saturating_sub(LOG)..];
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Self { upload, steps, log: text(end), receipt: text(&receipt) })
    }
}

#[derive(Template)]
#[template(path = "upload.html")]
struct ShowPage {
    frame: Frame,
    upload: Upload,
    tab: &'static Tab,
    look: Look,
    colour: &'static str,
    steps: Vec<(String, String, String, String)>,
    log: String,
    receipt: String,
}

impl ShowPage {
    fn is_open(&self) -> bool {
        self.upload.state == UploadState::Requested
    }

    fn can_retry(&self) -> bool {
        use UploadState::{Cancelled, Failed, Refused, Undone};
        matches!(self.upload.state, Cancelled | Failed | Refused | Undone)
    }

    fn can_undo(&self) -> bool {
        self.upload.state == UploadState::Done
    }
}

async fn show(
    State(app): State<App>,
    Path(id): Path<i64>,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    let title = format!("Upload {id}");
    let work = move |reader: &mut Reader, settings: &Settings| Details::read(reader, settings, id);
    let (frame, Details { upload, steps, log, receipt }) =
        framed(&app, visitor, "uploads", title, work).await?;
    let (tab, look) = (Tab::of_task(upload.task), flag::look(upload.flag));
    html(&ShowPage { frame, tab, look, colour: colour(upload.state), upload, steps, log, receipt })
}

async fn undo(
    State(app): State<App>,
    Path(id): Path<i64>,
    form: SignedForm,
) -> Result<Redirect, Failure> {
    form.visitor.require(Role::Admin)?;
    form.reason()?;
    change(app, id, form, move |mut act| act.undo(id).map(|_| ())).await
}

async fn retry(
    State(app): State<App>,
    Path(id): Path<i64>,
    form: SignedForm,
) -> Result<Redirect, Failure> {
    form.visitor.require(Role::Shifter)?;
    change(app, id, form, move |mut act| act.retry(id)).await
}

async fn cancel(
    State(app): State<App>,
    Path(id): Path<i64>,
    form: SignedForm,
) -> Result<Redirect, Failure> {
    form.visitor.require(Role::Shifter)?;
    change(app, id, form, move |mut act| act.cancel(id)).await
}

/// Does something to an upload in the name of the visitor, and goes back to it.
async fn change<W>(app: App, id: i64, form: SignedForm, work: W) -> Result<Redirect, Failure>
where
    W: FnOnce(Act<'_>) -> Result<(), Failure> + Send + 'static,
{
    let (reason, visitor) = (form.comment()?.to_owned(), form.visitor);
    app.read(move |reader, settings| {
        work(Act { reader, settings, visitor: &visitor, reason: &reason })
    })
    .await?;
    Ok(Redirect::to(&format!("/uploads/{id}")))
}
