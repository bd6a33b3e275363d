//! What is searched, thresholds and switches.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a search is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Defect {
    /// No hits, where the mean makes that improbable.
    Dead,
    /// Fewer hits than a part of the mean; what is dead is quiet too.
    Quiet,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dead => "dead",
            Self::Quiet => "quiet",
        })
    }
}

/// Thresholds and switches of one search. The original's property names are given in each line.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the switches are independent, as in the original"
)]
pub struct Config {
    /// Dead or quiet components: `DeadNotQuiet`.
    pub defect: Defect,
    /// List strips: `DoDeadStrip`.
    pub strips: bool,
    /// List chips: `DoDeadChip`.
    pub chips: bool,
    /// Fewer events than this are too few for strips: `DeadStripMinStat`.
    pub min_events_strips: u64,
    /// The same in a busy stream: `DeadStripMinStatBusy`.
    pub min_events_strips_busy: u64,
    /// Fewer events than this are too few for chips: `DeadChipMinStat`.
    pub min_events_chips: u64,
    /// Significance of a dead strip, standard deviations of a Gaussian: `DeadStripSignificance`.
    pub strip_significance: f64,
    /// The same of a dead chip and a dead link: `DeadChipSignificance`.
    pub chip_significance: f64,
    /// A stream is busy when barrel layer 3 has a mean above this, hits per strip and event: `BusyThr4DeadFinding`.
    pub busy_occupancy: f32,
    /// Strips above this are left out of means, hits per event: `NoisyThr4DeadFinding`.
    pub noisy_occupancy: f32,
    /// A strip below this part of the mean is quiet: `QuietThresholdStrip`.
    pub quiet_strip: f32,
    /// A chip below this part of the mean is quiet: `QuietThresholdChip`.
    pub quiet_chip: f32,
    /// Judge the upload of strips: `DeadStripUploadTest`.
    pub strip_upload_test: bool,
    /// Judge the upload of chips: `DeadChipUploadTest`.
    pub chip_upload_test: bool,
    /// Leave out what the configuration has switched off: `UseConfiguration`.
    pub use_configuration: bool,
}

/// A threshold that no search can use.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value}, expected a number from 0")]
pub struct ConfigError {
    /// The original's name of the property.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
}

impl Config {
    /// The production loop, dead strips and chips. Source: `SCTCalibConfig.py`.
    pub const PRODUCTION: Self = Self {
        defect: Defect::Dead,
        strips: true,
        chips: true,
        min_events_strips: 5_000,
        min_events_strips_busy: 5_000,
        min_events_chips: 5_000,
        strip_significance: 6.0,
        chip_significance: 6.0,
        busy_occupancy: 1e-4,
        noisy_occupancy: 0.05,
        quiet_strip: 0.5,
        quiet_chip: 0.5,
        strip_upload_test: true,
        chip_upload_test: true,
        use_configuration: true,
    };

    /// Refuses numbers that make no threshold.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let thresholds = [
            ("DeadStripSignificance", self.strip_significance),
            ("DeadChipSignificance", self.chip_significance),
            ("BusyThr4DeadFinding", f64::from(self.busy_occupancy)),
            ("NoisyThr4DeadFinding", f64::from(self.noisy_occupancy)),
            ("QuietThresholdStrip", f64::from(self.quiet_strip)),
            ("QuietThresholdChip", f64::from(self.quiet_chip)),
        ];
        let bad = |&(_, value): &(&str, f64)| !(value >= 0.0 && value.is_finite());
        thresholds
            .into_iter()
            .find(bad)
            .map_or(Ok(()), |(name, value)| Err(ConfigError { name, value }))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::PRODUCTION
    }
}
