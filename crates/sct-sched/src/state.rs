//! How far tasks and jobs have come.

use serde::{Deserialize, Serialize};

macro_rules! states {
    ($(#[$doc:meta])* $type:ident { $($(#[$of:meta])* $name:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        pub enum $type {
            $($(#[$of])* #[serde(rename = $word)] $name,)*
        }

        impl $type {
            /// Every state.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The word in the ledger, in lists and on pages.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The state of a word, in any case.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|state| state.word().eq_ignore_ascii_case(word))
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

states! {
    /// How far a task has come.
    TaskState {
        /// Its data set is not complete.
        WaitingInput = "WAITING_INPUT",
        /// Queued behind an earlier run.
        Held = "HELD",
        /// Its run is too short by itself: its hit maps are kept, to be added to those of others.
        Collecting = "COLLECTING",
        /// Its jobs wait for room.
        Queued = "QUEUED",
        /// Some of its jobs run.
        Running = "RUNNING",
        /// Its jobs have ended, their results are being looked at and stored.
        Validating = "VALIDATING",
        /// All jobs are done.
        Finished = "FINISHED",
        /// Jobs have failed and are not tried again.
        Failed = "FAILED",
        /// Somebody gave it up.
        Truncated = "TRUNCATED",
        /// The run is not selected, or has too few events.
        Skipped = "SKIPPED",
    }
}

states! {
    /// How far a job has come.
    JobState {
        /// It waits for room.
        Ready = "READY",
        /// An attempt is with a system that runs it.
        Submitted = "SUBMITTED",
        /// An attempt runs.
        Running = "RUNNING",
        /// An attempt has ended, its results are not stored yet.
        Validating = "VALIDATING",
        /// Its results are stored.
        Done = "DONE",
        /// No attempt has succeeded.
        Failed = "FAILED",
        /// Somebody gave it up.
        Truncated = "TRUNCATED",
    }
}

states! {
    /// How far a file of the spool has come.
    FileState {
        /// It changed a moment ago.
        Writing = "writing",
        /// It rests, but is cut short or damaged: perhaps a copy in progress.
        Broken = "broken",
        /// It can be read.
        Complete = "complete",
    }
}

/// Colour of a state in the lister.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// Nothing stands out.
    Plain,
    /// It runs: the yellow band of the guide.
    Yellow,
    /// Done.
    Green,
    /// Failed.
    Red,
    /// Given up, or not to be done.
    Grey,
}

impl TaskState {
    /// The word of the historic lister. There a task that waited for its data set was `RUNNING` without band.
    pub const fn historic(self) -> &'static str {
        match self {
            Self::WaitingInput
            | Self::Held
            | Self::Collecting
            | Self::Queued
            | Self::Running
            | Self::Validating => "RUNNING",
            Self::Finished | Self::Skipped => "FINISHED",
            Self::Failed => "ABORTED",
            Self::Truncated => "TRUNCATED",
        }
    }

    /// Colour in the lister.
    pub const fn colour(self) -> Colour {
        match self {
            Self::WaitingInput | Self::Held | Self::Collecting | Self::Queued => Colour::Plain,
            Self::Running | Self::Validating => Colour::Yellow,
            Self::Finished => Colour::Green,
            Self::Failed => Colour::Red,
            Self::Truncated | Self::Skipped => Colour::Grey,
        }
    }

    /// Whether nothing more happens by itself.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Truncated | Self::Skipped)
    }

    /// The state of a task with jobs in these states.
    pub fn of_jobs(jobs: impl IntoIterator<Item = JobState>) -> Self {
        let mut states = [false; 7];
        jobs.into_iter().for_each(|job| states[job as usize] = true);
        let any = |state: JobState| states[state as usize];
        if any(JobState::Running) {
            Self::Running
        } else if any(JobState::Ready) || any(JobState::Submitted) {
            Self::Queued
        } else if any(JobState::Validating) {
            Self::Validating
        } else if any(JobState::Failed) {
            Self::Failed
        } else if any(JobState::Truncated) {
            Self::Truncated
        } else if any(JobState::Done) {
            Self::Finished
        } else {
            Self::WaitingInput
        }
    }
}

impl JobState {
    /// Whether an attempt is under way.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Submitted | Self::Running | Self::Validating)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_as_far_as_its_jobs() {
        use JobState::{Done, Failed, Ready, Running, Truncated, Validating};
        let check = |jobs: &[JobState], task| {
            assert_eq!(TaskState::of_jobs(jobs.iter().copied()), task, "{jobs:?}");
        };
        check(&[], TaskState::WaitingInput);
        check(&[Done, Ready], TaskState::Queued);
        check(&[Failed, Running, Ready], TaskState::Running);
        check(&[Done, Validating], TaskState::Validating);
        check(&[Done, Failed], TaskState::Failed);
        check(&[Done, Truncated], TaskState::Truncated);
        check(&[Done, Done], TaskState::Finished);
    }

    #[test]
    fn words_go_both_ways() {
        for &state in TaskState::ALL {
            assert_eq!(TaskState::from_word(&state.word().to_lowercase()), Some(state));
        }
        assert_eq!(JobState::from_word("x"), None);
    }
}
