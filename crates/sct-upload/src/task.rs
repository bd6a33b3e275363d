//! Which task's results go where. Source: sections (v) 4 and 7 of the operations guide.

use std::{fmt, str::FromStr};

use sct_conditions::{Destination, SCT_FOLDERS, SctFolder};
use sct_job::Part;

/// A task whose results are uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    /// Noisy strips.
    NoisyStrip,
    /// Dead strips.
    DeadStrip,
    /// Dead chips.
    DeadChip,
    /// Noise occupancy.
    NoiseOccupancy,
    /// Raw occupancy.
    RawOccupancy,
    /// Efficiency.
    Efficiency,
    /// Byte-stream errors.
    BsError,
    /// Lorentz angle.
    LorentzAngle,
}

impl Task {
    /// All of them, in the order of [`SCT_FOLDERS`].
    pub const ALL: [Self; 8] = [
        Self::NoisyStrip,
        Self::DeadStrip,
        Self::DeadChip,
        Self::NoiseOccupancy,
        Self::RawOccupancy,
        Self::Efficiency,
        Self::BsError,
        Self::LorentzAngle,
    ];

    /// The task whose results a part of a job makes; none for parts without upload.
    pub const fn of_part(part: Part) -> Option<Self> {
        match part {
            Part::NoisyStrip => Some(Self::NoisyStrip),
            Part::DeadStrip => Some(Self::DeadStrip),
            Part::DeadChip => Some(Self::DeadChip),
            Part::NoiseOccupancy => Some(Self::NoiseOccupancy),
            Part::RawOccupancy => Some(Self::RawOccupancy),
            Part::Efficiency => Some(Self::Efficiency),
            Part::BsErrorDb => Some(Self::BsError),
            Part::LorentzAngle => Some(Self::LorentzAngle),
            Part::Hv | Part::NoisyLb | Part::QuietChip | Part::QuietStrip => None,
        }
    }

    /// Name in commands and in the ledger.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoisyStrip => "noisy-strip",
            Self::DeadStrip => "dead-strip",
            Self::DeadChip => "dead-chip",
            Self::NoiseOccupancy => "noise-occupancy",
            Self::RawOccupancy => "raw-occupancy",
            Self::Efficiency => "efficiency",
            Self::BsError => "bs-error",
            Self::LorentzAngle => "lorentz-angle",
        }
    }

    /// Five letters in the names of request files. Only `noisy` and `effic` are known from the original; the others were
    /// chosen in its manner.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoisyStrip => "noisy",
            Self::DeadStrip => "dstri",
            Self::DeadChip => "dchip",
            Self::NoiseOccupancy => "noocc",
            Self::RawOccupancy => "rawoc",
            Self::Efficiency => "effic",
            Self::BsError => "bserr",
            Self::LorentzAngle => "loren",
        }
    }

    /// The folder its results go to, with tag and destination.
    pub fn folder(self) -> &'static SctFolder {
        let place = Self::ALL.iter().position(|task| *task == self);
        &SCT_FOLDERS[place.expect("every task is in the list")]
    }

    /// Where its results are merged.
    pub fn destination(self) -> Destination {
        self.folder().destination
    }

    /// Name of the summary beside its results, after prefix and dot.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::NoisyStrip => "BadStripsSummaryFile.xml",
            Self::DeadStrip | Self::DeadChip => "DeadSummaryFile.xml",
            Self::NoiseOccupancy => "NoiseOccupancySummaryFile.xml",
            Self::RawOccupancy => "RawOccupancySummaryFile.xml",
            Self::Efficiency => "EfficiencySummaryFile.xml",
            Self::BsError => "BSErrorSummaryFile.xml",
            Self::LorentzAngle => "LorentzAngleSummaryFile.xml",
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Task {
    type Err = String;

    /// Takes names and five-letter codes.
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|task| text == task.name() || text == task.code());
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|task| task.name()).collect();
            format!("'{text}' is no task, expected one of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noisy_strips_alone_go_to_the_reconstruction() {
        for task in Task::ALL {
            let noisy = task == Task::NoisyStrip;
            assert_eq!(task.destination() == Destination::Condbr2, noisy, "{task}");
            assert_eq!(task.code().len(), 5);
            assert_eq!(task.name().parse(), Ok(task));
            assert_eq!(task.code().parse(), Ok(task));
        }
        assert!(Task::DeadChip.folder().path.ends_with("DeadChips"));
        assert!(Task::LorentzAngle.folder().path.ends_with("LorentzAngleRun2_v2"));
        assert!("noisy_strip".parse::<Task>().unwrap_err().contains("noisy-strip, dead-strip"));
    }
}
