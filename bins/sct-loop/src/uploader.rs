//! The queue of uploads and the order of noisy strips, changed together: command line, service and page act through this.
//!
//! What becomes of an upload decides whether later runs wait. The queue is changed first, the order is told then. A program
//! that is stopped in between leaves the rest to the next pass, which compares the two.

use std::collections::BTreeMap;

use sct_conditions::time_text;
use sct_cool::Alteration;
use sct_id::RunNumber;
use sct_run::order::{self, Event, Note};
use sct_upload::{Done, Queue, Settings, State, Task, Upload, pass, undo};

/// An open queue with the order beside it, both in the ledger of the data folder.
#[derive(Debug)]
pub struct Uploader {
    settings: Settings,
    queue: Queue,
    order: order::Queue,
}

impl Uploader {
    /// Opens the ledger, and makes it when there is none.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be opened.
    pub fn open(settings: Settings) -> anyhow::Result<Self> {
        let queue = Queue::open(&settings.ledger())?;
        let order = order::Queue::open(&settings.ledger())?;
        Ok(Self { settings, queue, order })
    }

    /// Where everything is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The queue, for what concerns uploads alone.
    pub fn queue(&mut self) -> &mut Queue {
        &mut self.queue
    }

    /// The order of noisy strips.
    pub fn order(&self) -> &order::Queue {
        &self.order
    }

    /// Uploads everything that is requested, and tells the order what is there now.
    ///
    /// # Errors
    ///
    /// As [`pass`], and when the ledger cannot be written.
    pub fn pass(&mut self) -> anyhow::Result<Done> {
        let done = pass(&self.settings, &mut self.queue);
        // What was uploaded before a pass broke off is there as well.
        self.catch_up()?;
        Ok(done?)
    }

    /// Marks a run as unusable for a task.
    ///
    /// # Errors
    ///
    /// As [`Queue::mark_bad`], and when the ledger cannot be written.
    pub fn mark_bad(&mut self, run: RunNumber, task: Task, reason: &str) -> anyhow::Result<()> {
        self.queue.mark_bad(run, task, &self.settings.who, reason)?;
        self.tell(run, task, Event::Bad, reason)
    }

    /// Takes a bad mark away; gives whether there was one.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be written.
    pub fn unmark_bad(&mut self, run: RunNumber, task: Task) -> anyhow::Result<bool> {
        let marked = self.queue.unmark_bad(run, task)?;
        if marked {
            self.tell(run, task, Event::Unmark, "")?;
        }
        Ok(marked)
    }

    /// Takes an upload out of the master again. The last run does not move back: no later run waits for this one anew.
    ///
    /// # Errors
    ///
    /// As [`undo`], and when the ledger cannot be written.
    pub fn undo(&mut self, id: i64, reason: &str) -> anyhow::Result<Alteration> {
        let who = self.settings.who.clone();
        let alteration = undo(&self.settings, &mut self.queue, id, &who, reason)?;
        let upload = self.queue.upload(id)?;
        self.tell(upload.run, upload.task, Event::Undo, reason)?;
        Ok(alteration)
    }

    fn tell(
        &mut self,
        run: RunNumber,
        task: Task,
        event: Event,
        reason: &str,
    ) -> anyhow::Result<()> {
        // Only noisy strips are compared with the run before.
        if task != Task::NoisyStrip {
            return Ok(());
        }
        let time = jiff::Timestamp::now().as_second();
        let who = self.settings.who.clone();
        match self.order.apply(run, event, &Note { time, who, reason: reason.to_owned() }) {
            // What the queue did is done, whatever somebody has told the order by hand.
            Err(error @ sct_run::Error::Refused(_)) => tracing::warn!("order of runs: {error}"),
            result => {
                result?;
            }
        }
        Ok(())
    }

    /// Tells the order what it does not know of the queue yet.
    fn catch_up(&mut self) -> anyhow::Result<()> {
        let order = self.order.order()?;
        let place = |run: RunNumber| order.places().get(&run);
        for (run, bad) in self.queue.bad_runs(Task::NoisyStrip)? {
            if place(run).is_none_or(|place| place.state != order::State::Bad) {
                self.tell(run, Task::NoisyStrip, Event::Bad, &bad.reason)?;
            }
        }
        for upload in latest(self.queue.uploads(None)?).into_values() {
            let known = place(upload.run).filter(|place| place.state == order::State::Uploaded);
            let event = match (upload.state, known) {
                (state, None) if state.is_there() => Event::Upload,
                // Whoever said later that it is uploaded knows better.
                (State::Undone, Some(place)) if time_text(place.note.time, 0) <= upload.changed => {
                    Event::Undo
                }
                _ => continue,
            };
            let reason = match upload.reason.as_str() {
                "" => format!("upload {}", upload.id),
                reason => format!("upload {}: {reason}", upload.id),
            };
            self.tell(upload.run, upload.task, event, &reason)?;
        }
        Ok(())
    }
}

/// The upload of noisy strips that decides about each run: the newest one that is there, else the newest one taken back.
fn latest(uploads: Vec<Upload>) -> BTreeMap<RunNumber, Upload> {
    let mut latest: BTreeMap<RunNumber, Upload> = BTreeMap::new();
    let decides = |upload: &Upload| upload.state.is_there() || upload.state == State::Undone;
    for upload in uploads.into_iter().filter(|upload| upload.task == Task::NoisyStrip) {
        let there = latest.get(&upload.run).is_some_and(|earlier| earlier.state.is_there());
        if decides(&upload) && (upload.state.is_there() || !there) {
            latest.insert(upload.run, upload);
        }
    }
    latest
}
