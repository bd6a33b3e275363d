//! Parts of the loop, and how a job is split.

use std::{fmt, str::FromStr};

use crate::{Error, ExitCode, error::suggestion};

/// An algorithm of the loop, by its name in job dictionaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the dictionary's own")]
pub enum Part {
    NoisyStrip,
    NoiseOccupancy,
    DeadChip,
    DeadStrip,
    Hv,
    BsErrorDb,
    RawOccupancy,
    Efficiency,
    LorentzAngle,
    NoisyLb,
    QuietChip,
    QuietStrip,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 12] = [
        Self::NoisyStrip,
        Self::NoiseOccupancy,
        Self::DeadChip,
        Self::DeadStrip,
        Self::Hv,
        Self::BsErrorDb,
        Self::RawOccupancy,
        Self::Efficiency,
        Self::LorentzAngle,
        Self::NoisyLb,
        Self::QuietChip,
        Self::QuietStrip,
    ];

    /// Name in job dictionaries.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoisyStrip => "doNoisyStrip",
            Self::NoiseOccupancy => "doNoiseOccupancy",
            Self::DeadChip => "doDeadChip",
            Self::DeadStrip => "doDeadStrip",
            Self::Hv => "doHV",
            Self::BsErrorDb => "doBSErrorDB",
            Self::RawOccupancy => "doRawOccupancy",
            Self::Efficiency => "doEfficiency",
            Self::LorentzAngle => "doLorentzAngle",
            Self::NoisyLb => "doNoisyLB",
            Self::QuietChip => "doQuietChip",
            Self::QuietStrip => "doQuietStrip",
        }
    }

    /// Whether the part reads hit maps.
    pub const fn reads_hit_maps(self) -> bool {
        matches!(
            self,
            Self::NoisyStrip
                | Self::NoisyLb
                | Self::DeadChip
                | Self::DeadStrip
                | Self::QuietChip
                | Self::QuietStrip
        )
    }

    /// Whether the part reads monitoring histograms.
    pub const fn reads_hist(self) -> bool {
        matches!(
            self,
            Self::NoiseOccupancy
                | Self::RawOccupancy
                | Self::Efficiency
                | Self::BsErrorDb
                | Self::LorentzAngle
        )
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Part {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let names = || Self::ALL.into_iter().map(Self::name);
        Self::ALL.into_iter().find(|part| part.name() == text).ok_or_else(|| {
            let known: Vec<&str> = names().collect();
            Error::argument(format!(
                "part '{text}' is not known{}; expected one of {}",
                suggestion(text, names()),
                known.join(", ")
            ))
        })
    }
}

/// The key `splitNoisyStrip`: what a job reads and does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// 0: RAW files are filled and analysed in one job.
    #[default]
    Whole,
    /// 1: RAW files are filled.
    Fill,
    /// 2: hit maps are merged and analysed.
    Analyse,
}

impl Split {
    /// The number in dictionaries.
    pub const fn number(self) -> i64 {
        self as i64
    }

    pub(crate) fn new(number: i64) -> Result<Self, Error> {
        match number {
            0 => Ok(Self::Whole),
            1 => Ok(Self::Fill),
            2 => Ok(Self::Analyse),
            other => Err(Error::coded(
                ExitCode::ArgOutOfRange,
                format!("splitNoisyStrip is {other}, expected 0, 1 or 2"),
            )),
        }
    }
}
