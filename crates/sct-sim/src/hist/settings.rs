//! What is simulated.

use std::{fmt, str::FromStr};

use sct_id::RunNumber;
use serde::{Deserialize, Serialize};

use crate::Error;

/// The producer whose names and classes a file has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HistStyle {
    /// The monitoring tools of Run 2: maps of counts beside the profiles of errors.
    Run2,
    /// The monitoring algorithms of Run 3: 41 kinds of error maps, and nine barrel layers of them.
    #[default]
    Run3,
}

/// What a run looks like in which the detector was not ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standby {
    /// Nothing was read out: events are counted, and no map of hits or tracks has an entry.
    Empty,
    /// A few wafers were read out, with next to no hits.
    Sparse,
    /// All were read out at low voltage: much noise, hardly a track with a hit.
    Noisy,
}

macro_rules! named {
    ($type:ident, $what:literal, $($name:literal = $value:ident),+) => {
        impl $type {
            const fn name(self) -> &'static str {
                match self { $(Self::$value => $name),+ }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
        impl FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let all = [$(Self::$value),+];
                all.into_iter().find(|value| value.name() == text).ok_or_else(|| {
                    format!("'{text}' is no {}, expected {}", $what, [$($name),+].join(", "))
                })
            }
        }
    };
}
named!(HistStyle, "producer", "run2" = Run2, "run3" = Run3);
named!(Standby, "state", "empty" = Empty, "sparse" = Sparse, "noisy" = Noisy);

/// Monitoring of a run.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HistSettings {
    /// Run number.
    pub run: RunNumber,
    /// Events monitored.
    pub events: u64,
    /// Lumi blocks of the run.
    pub lumi_blocks: usize,
    /// Seed of the numbers.
    pub seed: u64,
    /// Seed of the detector and its defects: runs that share it have the same bad modules.
    pub defect_seed: u64,
    /// Producer.
    pub style: HistStyle,
    /// Whether efficiencies by chip are in the file.
    pub chips: bool,
    /// Whether error maps are together in `errors` instead of in a folder for each kind.
    pub flat_errors: bool,
    /// What a detector that was not ready shows; an ordinary run without.
    pub standby: Option<Standby>,
}

impl HistSettings {
    /// Bins of the counter of events.
    pub(crate) const LUMI_BLOCKS: u32 = 3000;
    /// Counts of hits stay exact in single precision.
    const MOST_EVENTS: u64 = 5_000_000;

    /// An ordinary run of Run 3: 900 lumi blocks, the detector of the seed.
    pub fn new(run: RunNumber, events: u64, seed: u64) -> Self {
        Self {
            run,
            events,
            lumi_blocks: 900,
            seed,
            defect_seed: seed,
            style: HistStyle::Run3,
            chips: false,
            flat_errors: false,
            standby: None,
        }
    }

    /// Checks all ranges.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] with the first setting that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let refused = |name, value: String, expected| Err(Error::Setting { name, value, expected });
        if self.events > Self::MOST_EVENTS {
            return refused("events", self.events.to_string(), "0 to 5000000");
        }
        if !(1..=Self::LUMI_BLOCKS as usize).contains(&self.lumi_blocks) {
            return refused("lumi_blocks", self.lumi_blocks.to_string(), "1 to 3000");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for style in [HistStyle::Run2, HistStyle::Run3] {
            assert_eq!(style.to_string().parse(), Ok(style));
        }
        for standby in [Standby::Empty, Standby::Sparse, Standby::Noisy] {
            assert_eq!(standby.to_string().parse(), Ok(standby));
            let json = serde_json::to_string(&standby).unwrap();
            assert_eq!(json, format!("\"{standby}\""));
        }
        let error = "run4".parse::<HistStyle>().unwrap_err();
        assert_eq!(error, "'run4' is no producer, expected run2, run3");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let settings = HistSettings::new(RunNumber::new(1).unwrap(), 0, 1);
        settings.check().unwrap();
        let check = |settings: HistSettings| settings.check().unwrap_err().to_string();
        assert!(check(HistSettings { events: 5_000_001, ..settings.clone() }).contains("events"));
        assert!(check(HistSettings { lumi_blocks: 3001, ..settings }).contains("lumi_blocks"));
    }
}
