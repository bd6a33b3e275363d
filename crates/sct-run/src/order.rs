//! The order in which the noisy strips of runs are taken: which run waits for which, since when and why.
//!
//! The list of a run is compared with the last upload, so runs are taken one after the other: a run waits for every earlier
//! one, later than the last upload, that is still to be processed or uploaded. A run keeps nobody waiting once it is
//! uploaded, marked bad, skipped (not selected, or without events), truncated, or released by a person. Taking an upload back
//! does not move the last upload back: nobody waits for such a run again, whose list may be uploaded anew or marked bad.
//!
//! This is the whole logic, without clock, files or databases; [`Queue`] remembers it in the ledger.
//!
//! ```
//! use sct_id::RunNumber;
//! use sct_run::order::{Event, Note, Order, Verdict};
//!
//! let run = |number| RunNumber::new(number).unwrap();
//! let mut order = Order::default();
//! order.apply(run(7), Event::Expect, &Note::at(100))?;
//! order.apply(run(8), Event::Expect, &Note::at(200))?;
//! let Verdict::Wait(blockers) = order.ask(run(8)) else { panic!("run 8 waits") };
//! assert_eq!((blockers[0].run, blockers[0].since), (run(7), 100));
//! order.apply(run(7), Event::Bad, &Note::at(300))?;
//! assert_eq!(order.ask(run(8)), Verdict::Go);
//! # Ok::<(), sct_run::order::Refused>(())
//! ```

use std::{collections::BTreeMap, fmt};

use sct_id::RunNumber;
use serde::{Deserialize, Serialize};

mod queue;

pub use self::queue::{Queue, Waiting};

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// To be processed.
    Expected,
    /// Processed, and waits for its upload.
    Finished,
    /// Its job failed.
    Failed,
    /// In the conditions database.
    Uploaded,
    /// Marked as unusable.
    Bad,
    /// Not selected, or without events.
    Skipped,
    /// Given up by a person.
    Truncated,
    /// Others go on without it; it may still be processed and uploaded.
    Released,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Expected,
        Self::Finished,
        Self::Failed,
        Self::Uploaded,
        Self::Bad,
        Self::Skipped,
        Self::Truncated,
        Self::Released,
    ];

    /// Whether later runs wait for a run in this state.
    pub const fn blocks(self) -> bool {
        matches!(self, Self::Expected | Self::Finished | Self::Failed)
    }

    /// The word in files and on pages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Uploaded => "uploaded",
            Self::Bad => "bad",
            Self::Skipped => "skipped",
            Self::Truncated => "truncated",
            Self::Released => "released",
        }
    }

    /// Why later runs wait, for people.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Expected => "is to be processed",
            Self::Finished => "is processed and to be uploaded",
            Self::Failed => "has failed: run it again, truncate or release it",
            _ => "keeps nobody waiting",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// It is known to be wanted.
    Expect,
    /// Its job ended well, with a result.
    Finish,
    /// Its job failed.
    Fail,
    /// It is not selected, or has no events.
    Skip,
    /// Its result is in the conditions database.
    Upload,
    /// The upload is taken out of the conditions database again.
    Undo,
    /// A shifter marks it as unusable.
    Bad,
    /// The mark is taken back.
    Unmark,
    /// An operator gives it up.
    Truncate,
    /// An operator lets the others go on.
    Release,
}

impl Event {
    /// Every event.
    pub const ALL: [Self; 10] = [
        Self::Expect,
        Self::Finish,
        Self::Fail,
        Self::Skip,
        Self::Upload,
        Self::Undo,
        Self::Bad,
        Self::Unmark,
        Self::Truncate,
        Self::Release,
    ];

    /// The word on command lines and in the ledger.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expect => "expect",
            Self::Finish => "finish",
            Self::Fail => "fail",
            Self::Skip => "skip",
            Self::Upload => "upload",
            Self::Undo => "undo",
            Self::Bad => "bad",
            Self::Unmark => "unmark",
            Self::Truncate => "truncate",
            Self::Release => "release",
        }
    }
}

/// Who, when and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Note {
    /// Seconds since 1970.
    pub time: i64,
    /// Who; empty for the loop itself.
    pub who: String,
    /// Why.
    pub reason: String,
}

impl Note {
    /// A note of the loop itself, without a reason.
    pub fn at(time: i64) -> Self {
        Self { time, ..Self::default() }
    }
}

/// A run in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// How far it has come.
    pub state: State,
    /// The event that brought it there.
    pub note: Note,
}

/// A run that others wait for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Blocker {
    /// The run.
    pub run: RunNumber,
    /// Its state.
    pub state: State,
    /// Since when it is in it, seconds since 1970.
    pub since: i64,
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {} {}", self.run, self.state.why())
    }
}

/// Whether a run may be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Go,
    /// These come first.
    Wait(Vec<Blocker>),
    /// A later run has been uploaded.
    Overtaken(RunNumber),
}

/// An event that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("run {run} is {state}: {event} is not possible, {expected}")]
pub struct Refused {
    /// The run.
    pub run: RunNumber,
    /// Its state.
    pub state: State,
    /// The event.
    pub event: &'static str,
    /// What it is possible for.
    pub expected: &'static str,
}

/// All runs, and the last upload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    places: BTreeMap<RunNumber, Place>,
    last: Option<RunNumber>,
}

impl Order {
    /// Runs with their places, ascending.
    pub fn places(&self) -> &BTreeMap<RunNumber, Place> {
        &self.places
    }

    /// The latest run that was taken: uploaded, or without events.
    pub fn last(&self) -> Option<RunNumber> {
        self.last
    }

    /// Moves the last run; it never goes back. Gives whether it moved.
    pub fn advance(&mut self, run: RunNumber) -> bool {
        let moves = self.last.is_none_or(|last| run > last);
        if moves {
            self.last = Some(run);
        }
        moves
    }

    /// Puts back what the ledger remembers.
    pub fn restore(&mut self, run: RunNumber, place: Place) {
        self.places.insert(run, place);
    }

    /// Takes an event. A run that is not known yet is expected first. Gives the new state.
    ///
    /// An event that changes nothing is accepted and leaves the note as it is, so that repeating one does no harm.
    ///
    /// # Errors
    ///
    /// [`Refused`]; nothing is changed.
    #[expect(
        clippy::match_same_arms,
        reason = "a line for each rule, in the order in which they are tried"
    )]
    pub fn apply(&mut self, run: RunNumber, event: Event, note: &Note) -> Result<State, Refused> {
        let state = self.places.get(&run).map_or(State::Expected, |place| place.state);
        let refused = |expected| Refused { run, state, event: event.word(), expected };
        let next = match (event, state) {
            // It was too short by itself, and is taken together with others.
            (Event::Expect, State::Skipped) => State::Expected,
            // Whatever else is known of a run, knowing that it is wanted adds nothing.
            (Event::Expect, state) => state,
            (Event::Upload, State::Bad) => return Err(refused("take the mark back first")),
            (Event::Upload, _) => State::Uploaded,
            // The result is there as before its upload. The last run stays: whoever went on since keeps its place.
            (Event::Undo, State::Uploaded) => State::Finished,
            (Event::Undo, _) => return Err(refused("only what is uploaded can be taken back")),
            // What is in the database stays there until it is taken back.
            (
                Event::Bad
                | Event::Unmark
                | Event::Truncate
                | Event::Release
                | Event::Skip
                | Event::Fail,
                State::Uploaded,
            ) => {
                return Err(refused("it is uploaded"));
            }
            (Event::Finish, State::Uploaded) => State::Uploaded,
            (Event::Bad, _) => State::Bad,
            (Event::Unmark, State::Bad) => State::Expected,
            (Event::Unmark, _) => return Err(refused("only runs that are bad have a mark")),
            // A mark is the word of a person; jobs do not change it.
            (Event::Finish | Event::Fail | Event::Skip, State::Bad) => State::Bad,
            (Event::Truncate | Event::Release, State::Bad) => {
                return Err(refused("it keeps nobody waiting"));
            }
            // Others went on without it: what its job does later keeps nobody waiting again.
            (Event::Finish | Event::Fail, State::Released) => State::Released,
            (Event::Finish, _) => State::Finished,
            (Event::Fail, State::Truncated) => State::Truncated,
            (Event::Fail, _) => State::Failed,
            (Event::Skip, _) => State::Skipped,
            (Event::Truncate, _) => State::Truncated,
            (Event::Release, _) => State::Released,
        };
        let changes = self.places.get(&run).is_none_or(|place| place.state != next);
        if changes {
            self.places.insert(run, Place { state: next, note: note.clone() });
        }
        if next == State::Uploaded {
            self.advance(run);
        }
        Ok(next)
    }

    /// Whether a run may be taken now.
    pub fn ask(&self, run: RunNumber) -> Verdict {
        self.ask_among(run, |_| true)
    }

    /// The same when only some of the earlier runs are to be waited for: those that are wanted as this one is.
    pub fn ask_among(&self, run: RunNumber, wanted: impl Fn(RunNumber) -> bool) -> Verdict {
        if let Some(last) = self.last.filter(|last| *last > run) {
            return Verdict::Overtaken(last);
        }
        let blocks = |earlier: RunNumber, place: &Place| {
            place.state.blocks() && self.last.is_none_or(|last| earlier > last) && wanted(earlier)
        };
        let earlier = self.places.range(..run).filter(|(earlier, place)| blocks(**earlier, place));
        let blockers: Vec<Blocker> = earlier
            .map(|(run, place)| Blocker { run: *run, state: place.state, since: place.note.time })
            .collect();
        if blockers.is_empty() { Verdict::Go } else { Verdict::Wait(blockers) }
    }
}

#[cfg(test)]
mod tests;
