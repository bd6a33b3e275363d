//! One pass over the queue. Source: section (v) 7 of the operations guide, with what the loop adds to it.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
};

use sct_cool::{Alteration, Clock, Database, Receipt, Writer};
use sct_job::write_last_run;
use serde::Serialize;

use crate::{
    Class, Error, Lock, NewUpload, Queue, RequestName, Settings, State, Task, Upload, check,
    content, now, transfer::digest,
};

/// Attempts after which an upload that finds the master closed is given up until somebody retries it: the first and three more.
const ATTEMPTS: u32 = 4;

/// How the uploads of a pass ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Now in the master.
    pub done: Vec<i64>,
    /// There already.
    pub unchanged: Vec<i64>,
    /// Not wanted as they are.
    pub refused: Vec<i64>,
    /// Tried again at the next pass.
    pub waiting: Vec<i64>,
    /// Something broke.
    pub failed: Vec<i64>,
    /// Request files that are no requests, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// What is worth telling: locks taken over, uploads found half done.
    pub notes: Vec<String>,
}

/// Uploads everything that is requested.
///
/// # Errors
///
/// [`Error::Locked`] when another uploader is at work; [`Error`] when ledger or folders cannot be written. What is wrong with
/// one upload is in the result, and stops no other.
pub fn pass(settings: &Settings, queue: &mut Queue) -> Result<Done, Error> {
    settings.make_folders()?;
    let lock = Lock::take(&Lock::path(&settings.data))?;
    let mut pass = Pass { settings, queue, done: Done::default() };
    let number = pass.queue.begin_pass()?;
    // The file is written at every pass, also when there is nothing to do: its age tells whether uploads are alive.
    pass.say("pass begins")?;
    if let Some(owner) = &lock.taken_over {
        let note = format!("lock taken over: {owner} ended without giving it back");
        pass.note(note)?;
    }
    pass.recover()?;
    pass.take_request_files()?;
    pass.upload()?;
    let Done { done, unchanged, refused, waiting, failed, unreadable, .. } = &pass.done;
    let result = format!(
        "{} done, {} unchanged, {} refused, {} waiting, {} failed, {} unreadable",
        done.len(),
        unchanged.len(),
        refused.len(),
        waiting.len(),
        failed.len(),
        unreadable.len()
    );
    pass.say(&format!("pass ends: {result}"))?;
    pass.queue.end_pass(number, &result)?;
    Ok(pass.done)
}

/// Takes an upload that is done out of the master again.
///
/// # Errors
///
/// [`Error::Request`] when it is not done, [`Error::Merge`] when the master is not as its receipt says.
pub fn undo(
    settings: &Settings,
    queue: &mut Queue,
    id: i64,
    who: &str,
    reason: &str,
) -> Result<Alteration, Error> {
    settings.make_folders()?;
    let _lock = Lock::take(&Lock::path(&settings.data))?;
    let upload = queue.upload(id)?;
    if upload.state != State::Done {
        return Err(Error::Request(format!("upload {id} is {}, expected done", upload.state)));
    }
    let receipt = read_receipt(&settings.receipt(id))?;
    let master = settings.master(&upload.destination)?;
    let mut writer = Writer::open(&master, Some(&upload.destination), Clock::system())?;
    // A kill between the two steps below leaves an upload that is done for the ledger alone; undoing it once more ends it.
    let alteration = if writer.database().holds(&receipt)? {
        writer.undo(&receipt)?
    } else {
        Alteration::default()
    };
    queue.set(id, &[State::Done], State::Undone, who, reason)?;
    append(&settings.log(&upload), &format!("{} undone by {who}: {reason}\n", now()))?;
    Ok(alteration)
}

struct Pass<'a> {
    settings: &'a Settings,
    queue: &'a mut Queue,
    done: Done,
}

impl Pass<'_> {
    fn say(&self, line: &str) -> Result<(), Error> {
        append(&self.settings.uploads_log(), &format!("{} {line}\n", now()))
    }

    fn note(&mut self, note: String) -> Result<(), Error> {
        self.say(&note)?;
        self.done.notes.push(note);
        Ok(())
    }

    /// Uploads that a killed pass left behind: finished when the master has them, else begun anew.
    fn recover(&mut self) -> Result<(), Error> {
        for upload in self.queue.uploads(Some(State::Running))? {
            let id = upload.id;
            let path = self.settings.receipt(id);
            let held = match read_receipt(&path) {
                Ok(receipt) => {
                    let master = self.settings.master(&upload.destination)?;
                    Database::open_instance(&master, &upload.destination)?.holds(&receipt)?
                }
                Err(_) => false,
            };
            if held {
                self.note(format!(
                    "upload {id}: the last pass was stopped after the merge; it is finished now"
                ))?;
                self.finish(
                    &upload,
                    State::Done,
                    &["found in the master by the next pass".to_owned()],
                )?;
            } else {
                self.note(format!(
                    "upload {id}: the last pass was stopped before the merge; it begins anew"
                ))?;
                // A receipt without a merge says nothing.
                let _ = fs::remove_file(&path);
                self.queue.set(
                    id,
                    &[State::Running],
                    State::Requested,
                    &self.settings.who,
                    "stopped before the merge",
                )?;
            }
        }
        Ok(())
    }

    /// Request files become rows of the queue.
    fn take_request_files(&mut self) -> Result<(), Error> {
        let folder = self.settings.requests();
        let failed = |source| Error::Io { path: folder.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if Path::new(&name).extension().is_some_and(|end| end == "up") {
                names.push(name);
            }
        }
        names.sort();
        for name in names {
            if let Err(error) = self.take_request_file(&name) {
                let reason = message(&error);
                self.say(&format!("request {name} is left: {reason}"))?;
                self.done.unreadable.push((name, reason));
            }
        }
        Ok(())
    }

    fn take_request_file(&mut self, name: &str) -> Result<(), Error> {
        let path = self.settings.requests().join(name);
        let request = RequestName::parse(name).map_err(Error::Request)?;
        let text =
            fs::read_to_string(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
        let file = content(&text).map_err(Error::Request)?;
        let file = if file.is_relative() { self.settings.data.join(file) } else { file };
        let (sha256, _) = digest(&file)?;
        match self.queue.of_request_file(name, &sha256)? {
            // The last pass was stopped between the two.
            Some(earlier) if earlier.state.is_there() => return self.remove_request(&earlier),
            // What was refused or failed stays as it is until somebody retries it or the file changes.
            Some(_) => return Ok(()),
            None => {}
        }
        let tag = request.task.folder().tag;
        if let Some(mode) = request.update_mode().filter(|mode| !tag.contains(mode)) {
            return Err(Error::Request(format!(
                "tag {tag} of {} has no update mode {mode}",
                request.task
            )));
        }
        let new = NewUpload {
            run: request.run,
            task: request.task,
            tag: tag.to_owned(),
            file,
            sha256,
            flag: None,
            replace: false,
            who: "request file".to_owned(),
            comment: String::new(),
            request_file: Some(name.to_owned()),
        };
        self.queue.request(&new).map(|_| ())
    }

    fn upload(&mut self) -> Result<(), Error> {
        let mut waiting = self.queue.uploads(Some(State::Requested))?;
        waiting.sort_by_key(|upload| (upload.task, upload.run, upload.id));
        for upload in waiting {
            self.queue.set(
                upload.id,
                &[State::Requested],
                State::Running,
                &self.settings.who,
                "",
            )?;
            match self.merge(&upload) {
                Ok((state, log)) => self.finish(&upload, state, &log)?,
                Err(error) => self.give_up(&upload, &error)?,
            }
        }
        Ok(())
    }

    fn merge(&self, upload: &Upload) -> Result<(State, Vec<String>), Error> {
        // The digest the person saw is the digest of what is merged.
        let checked =
            check(&upload.file, upload.run, upload.task, &upload.tag, Some(&upload.sha256))?;
        let transfer = self.settings.transfer(&upload.as_requested(), Some(upload.id))?;
        let transferred = transfer.run()?;
        let mut log = vec![format!(
            "check: {} objects for run {}, flag {}",
            checked.objects,
            upload.run,
            checked.flag.map_or_else(|| "none".to_owned(), String::from)
        )];
        log.extend(transferred.log);
        Ok((if transferred.receipt.is_some() { State::Done } else { State::Unchanged }, log))
    }

    /// What follows a merge. Every step may be done again: a kill in between leaves the rest to the next pass.
    fn finish(&mut self, upload: &Upload, state: State, log: &[String]) -> Result<(), Error> {
        if upload.task == Task::NoisyStrip {
            write_last_run(&self.settings.last_run, upload.run, false)?;
        }
        self.log(upload, log, "upload OK")?;
        self.queue.set(upload.id, &[State::Running], state, &self.settings.who, "")?;
        self.remove_request(upload)?;
        let list =
            if state == State::Done { &mut self.done.done } else { &mut self.done.unchanged };
        list.push(upload.id);
        self.say(&format!("upload {} ({} of run {}): {state}", upload.id, upload.task, upload.run))
    }

    fn give_up(&mut self, upload: &Upload, error: &Error) -> Result<(), Error> {
        let (id, reason) = (upload.id, message(error));
        let attempts = upload.attempts + 1;
        let (state, list, word) = match error.class() {
            Class::Refused => (State::Refused, &mut self.done.refused, "REFUSED"),
            Class::Unreachable if attempts < ATTEMPTS => {
                (State::Requested, &mut self.done.waiting, "WAITING")
            }
            Class::Unreachable | Class::Failed => (State::Failed, &mut self.done.failed, "FAILED"),
        };
        list.push(id);
        // The log may be what cannot be written; the ledger is told in any case.
        let logged = self.log(upload, &[], &format!("upload {word}: {reason}"));
        self.queue.set(id, &[State::Running], state, &self.settings.who, &reason)?;
        logged?;
        self.say(&format!("upload {id} ({} of run {}): {state}: {reason}", upload.task, upload.run))
    }

    fn log(&self, upload: &Upload, lines: &[String], last: &str) -> Result<(), Error> {
        let Upload { id, run, task, tag, destination, file, .. } = upload;
        let mut text = format!("{} upload {id}: {task} of run {run}\n", now());
        text.push_str(&format!("requested by {} at {}\n", upload.who, upload.requested));
        text.push_str(&format!("command: merge {} {destination} --tag {tag}\n", file.display()));
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str(&format!("{} {last}\n", now()));
        append(&self.settings.log(upload), &text)
    }

    /// Takes the request file away, which says to people that it is uploaded.
    fn remove_request(&self, upload: &Upload) -> Result<(), Error> {
        let Some(name) = &upload.request_file else { return Ok(()) };
        let (from, to) =
            (self.settings.requests().join(name), self.settings.requests().join("done").join(name));
        match fs::rename(&from, &to) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other.map_err(|source| Error::Io { path: from, source }),
        }
    }
}

fn read_receipt(path: &Path) -> Result<Receipt, Error> {
    let text =
        fs::read_to_string(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
    Receipt::parse(&text).map_err(|what| Error::Receipt { path: path.to_owned(), what })
}

fn append(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let mut file = OpenOptions::new().append(true).create(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

/// An error and its causes in one line.
fn message(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.ends_with(&said) {
            text.push_str(&format!(": {said}"));
        }
        cause = next.source();
    }
    text
}
