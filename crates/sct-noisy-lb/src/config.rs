//! Thresholds.

use sct_id::{Chip, Strip};
use serde::{Deserialize, Serialize};

/// Thresholds of one search, each with the name of its property.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// A chip whose mean occupancy in a lumi block is above this is noisy there, hits per strip and event:
    /// `NoisyLBThrChip`.
    pub max_occupancy: f32,
    /// Lumi blocks with fewer events than this are not looked at: `NoisyLBMinStat`.
    pub min_events: u64,
    /// A link is noisy when more than this fraction of its chips is: `NoisyLBLinkFraction`.
    pub link_fraction: f32,
    /// A lumi block in which more than this fraction of the modules with hits is noisy is a burst:
    /// `NoisyLBBurstFraction`.
    pub burst_fraction: f32,
}

/// A threshold that no search can use.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value}, expected a number from 0")]
pub struct ConfigError {
    /// Name of the property.
    pub name: &'static str,
    /// Its value.
    pub value: f32,
}

impl Config {
    /// The production loop. The threshold is that of the lumi blocks of noisy chips in the noisy-strip summary: half of the
    /// strips at 0.015. Source: `SCTCalib::getNoisyLB`.
    pub const PRODUCTION: Self =
        Self { max_occupancy: 0.0075, min_events: 10, link_fraction: 0.5, burst_fraction: 0.1 };

    /// Hits of a chip per event above which it is noisy. In single precision, as the original has it.
    pub fn chip_threshold(&self) -> f64 {
        f64::from(self.max_occupancy * Strip::PER_CHIP as f32)
    }

    /// Whether so many noisy chips make a link noisy.
    pub(crate) fn is_noisy_link(&self, noisy_chips: u8) -> bool {
        f32::from(noisy_chips) > self.link_fraction * Chip::PER_SIDE as f32
    }

    /// Refuses numbers that make no threshold.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let thresholds = [
            ("NoisyLBThrChip", self.max_occupancy),
            ("NoisyLBLinkFraction", self.link_fraction),
            ("NoisyLBBurstFraction", self.burst_fraction),
        ];
        let bad = |&(_, value): &(&str, f32)| !(value >= 0.0 && value.is_finite());
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
