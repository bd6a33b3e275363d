//! What visitors do to runs and uploads, by the page or by the API: done in their name, and written down however it ends.

use std::path::PathBuf;

use sct_id::RunNumber;
use sct_upload::{Checked, NewUpload, State, Task, check, check_flag};

use super::{
    Failure, Reader,
    audit::{recorded, refused},
    tab::Tab,
    visitor::Visitor,
};
use crate::{schedule::Settings, uploader::Uploader};

/// A visitor at work.
#[derive(Debug)]
pub(super) struct Act<'a> {
    /// The stores.
    pub(super) reader: &'a mut Reader,
    /// Settings of the data folder.
    pub(super) settings: &'a Settings,
    /// Who acts; the role was asked for before.
    pub(super) visitor: &'a Visitor,
    /// Why.
    pub(super) reason: &'a str,
}

/// What a shifter has looked at and allows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Permits {
    /// A flag that is not green.
    pub(super) flag: bool,
    /// Other content of the run in the master.
    pub(super) replace: bool,
}

/// What is said when a file is no longer what the shifter saw.
const GONE: &str = "The file that you looked at is no longer there, or has changed: load the page again and look once more.";

/// Looks at the COOL file of a run: the one of the attempt whose digest was seen.
///
/// # Errors
///
/// [`Failure::Refused`] when there is none, or it does not fit.
pub(super) fn look(
    reader: &Reader,
    tab: &Tab,
    run: RunNumber,
    sha256: &str,
) -> Result<(PathBuf, Checked), Failure> {
    let attempts = reader.results.attempts(run, tab.kind)?;
    let seen = attempts.iter().find(|result| result.sha256.as_deref() == Some(sha256));
    let file = seen.and_then(|result| Some(result.folder.join(&result.database.as_ref()?.name)));
    let file = file.ok_or_else(|| Failure::Refused(GONE.to_owned()))?;
    let checked =
        check(&file, run, tab.task, tab.task.folder().tag, Some(sha256)).map_err(refused)?;
    Ok((file, checked))
}

impl Act<'_> {
    /// Asks for an upload; gives its number.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] with the reason.
    pub(super) fn request(
        &mut self,
        tab: &Tab,
        run: RunNumber,
        sha256: &str,
        permits: Permits,
    ) -> Result<i64, Failure> {
        let subject = place(tab.task, run);
        let (visitor, comment) = (self.visitor, self.reason.to_owned());
        recorded(self.reader, visitor, ("upload request", &subject, self.reason), |reader| {
            let (file, checked) = look(reader, tab, run, sha256)?;
            check_flag(&checked, permits.flag).map_err(refused)?;
            let new = NewUpload {
                replace: permits.replace,
                comment,
                ..NewUpload::of(&checked, file, run, tab.task, visitor.name())
            };
            let id = reader.uploader.queue().request(&new).map_err(refused)?;
            Ok((id, format!("upload {id}")))
        })
    }

    /// Marks a run bad for a task.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] with the reason.
    pub(super) fn mark_bad(&mut self, task: Task, run: RunNumber) -> Result<(), Failure> {
        let reason = self.reason;
        self.change("mark bad", &place(task, run), |uploader| {
            uploader.mark_bad(run, task, reason)?;
            Ok(((), "marked".to_owned()))
        })
    }

    /// Takes a bad mark away; gives whether there was one.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub(super) fn unmark(&mut self, task: Task, run: RunNumber) -> Result<bool, Failure> {
        self.change("take bad mark away", &place(task, run), |uploader| {
            let there = uploader.unmark_bad(run, task)?;
            Ok((there, if there { "taken away" } else { "was not marked" }.to_owned()))
        })
    }

    /// Takes an upload out of the master; gives the number of objects.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when it is not there.
    pub(super) fn undo(&mut self, id: i64) -> Result<usize, Failure> {
        let (subject, reason) = (self.upload(id)?, self.reason);
        self.change("undo upload", &subject, |uploader| {
            let done = uploader.undo(id, reason)?;
            Ok((done.objects, format!("{} objects removed", done.objects)))
        })
    }

    /// Puts an upload back into the queue.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when it is open or done.
    pub(super) fn retry(&mut self, id: i64) -> Result<(), Failure> {
        let (subject, reason) = (self.upload(id)?, self.reason);
        self.change("retry upload", &subject, |uploader| {
            let who = uploader.settings().who.clone();
            uploader.queue().retry(id, &who, reason)?;
            Ok(((), "requested again".to_owned()))
        })
    }

    /// Takes a request back.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when it is no longer waiting.
    pub(super) fn cancel(&mut self, id: i64) -> Result<(), Failure> {
        let (subject, reason) = (self.upload(id)?, self.reason);
        self.change("cancel upload", &subject, |uploader| {
            let who = uploader.settings().who.clone();
            uploader.queue().set(id, &[State::Requested], State::Cancelled, &who, reason)?;
            Ok(((), "cancelled".to_owned()))
        })
    }

    /// Words for an upload.
    fn upload(&mut self, id: i64) -> Result<String, Failure> {
        let upload = find(self.reader, id)?;
        Ok(format!("upload {id}, {}", place(upload.task, upload.run)))
    }

    fn change<T>(
        &mut self,
        what: &str,
        subject: &str,
        act: impl FnOnce(&mut Uploader) -> anyhow::Result<(T, String)>,
    ) -> Result<T, Failure> {
        let (settings, visitor) = (self.settings, self.visitor);
        recorded(self.reader, visitor, (what, subject, self.reason), |_| {
            let uploader = Uploader::open(settings.uploads(visitor.name()));
            uploader.and_then(|mut uploader| act(&mut uploader)).map_err(refused)
        })
    }
}

/// An upload of the queue.
///
/// # Errors
///
/// [`Failure::Missing`] when there is none.
pub(super) fn find(reader: &mut Reader, id: i64) -> Result<sct_upload::Upload, Failure> {
    reader.uploader.queue().upload(id).map_err(|error| match error {
        sct_upload::Error::Request(what) => Failure::Missing(what),
        other => other.into(),
    })
}

fn place(task: Task, run: RunNumber) -> String {
    format!("{task} of run {run}")
}
