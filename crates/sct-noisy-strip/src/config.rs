//! Thresholds and switches.

use serde::{Deserialize, Serialize};

/// Thresholds and switches of one search. The original's property names are given in each line.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the switches are independent, as in the original"
)]
pub struct Config {
    /// Store only modules whose list differs from the reference: `NoisyUpdate`.
    pub update: bool,
    /// Store a row for every module, empty lists included: `NoisyWriteAllModules`.
    pub write_all_modules: bool,
    /// Store all noisy strips, not only the newly bad ones: `NoisyStripAll`.
    pub strip_all: bool,
    /// Use the offline threshold, not the online one: `NoisyStripThrDef`.
    pub offline_threshold: bool,
    /// A strip above this occupancy is noisy, hits per event: `NoisyStripThrOffline`.
    pub max_occupancy_offline: f32,
    /// The same for online use: `NoisyStripThrOnline`.
    pub max_occupancy_online: f32,
    /// Treat the strips of noisy wafers by the two switches below: `NoisyWaferFinder`.
    pub wafer_finder: bool,
    /// Keep the strips of noisy wafers: `NoisyWaferWrite`.
    pub wafer_write: bool,
    /// Take all strips of a noisy wafer as noisy: `NoisyWaferAllStrips`.
    pub wafer_all_strips: bool,
    /// A noisy wafer's average occupancy is above this, barrel: `NoisyWaferThrBarrel`.
    pub max_wafer_occupancy_barrel: f32,
    /// End-cap A: `NoisyWaferThrECA`.
    pub max_wafer_occupancy_end_cap_a: f32,
    /// End-cap C: `NoisyWaferThrECC`.
    pub max_wafer_occupancy_end_cap_c: f32,
    /// More than this fraction of a noisy wafer's strips is noisy: `NoisyWaferFraction`.
    pub wafer_fraction: f32,
    /// More than this fraction of a noisy chip's strips is noisy: `NoisyChipFraction`.
    pub chip_fraction: f32,
    /// Judge whether the result may be uploaded: `NoisyUploadTest`.
    pub upload_test: bool,
    /// More events than this are wanted: `NoisyMinStat`.
    pub min_events: u64,
    /// Fewer noisy modules than this are wanted: `NoisyModuleList`.
    pub max_modules: u64,
    /// Relative increase of noisy modules that is tolerated: `NoisyModuleDiff`.
    pub max_module_increase: f32,
    /// Relative increase of noisy strips that is tolerated: `NoisyStripDiff`.
    pub max_strip_increase: f32,
    /// A newly bad strip is good in the configuration: `UseConfiguration`.
    pub use_configuration: bool,
    /// A newly bad strip is good in calibration data: `UseCalibration`.
    pub use_calibration: bool,
}

/// A threshold that no search can use.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value}, expected a number from 0")]
pub struct ConfigError {
    /// The original's name of the property.
    pub name: &'static str,
    /// Its value.
    pub value: f32,
}

impl Config {
    /// The production loop. Source: `SCTCalibConfig.py`.
    pub const PRODUCTION: Self = Self {
        update: false,
        write_all_modules: true,
        strip_all: true,
        offline_threshold: true,
        max_occupancy_offline: 0.015,
        max_occupancy_online: 0.0015,
        wafer_finder: true,
        wafer_write: true,
        wafer_all_strips: false,
        max_wafer_occupancy_barrel: 0.001,
        max_wafer_occupancy_end_cap_a: 0.001,
        max_wafer_occupancy_end_cap_c: 0.001,
        wafer_fraction: 0.5,
        chip_fraction: 0.5,
        upload_test: true,
        min_events: 10_000,
        max_modules: 5_000,
        max_module_increase: 0.3,
        max_strip_increase: 0.3,
        use_configuration: true,
        use_calibration: true,
    };

    /// The occupancy above which a strip is noisy, hits per event.
    pub fn threshold(&self) -> f32 {
        if self.offline_threshold { self.max_occupancy_offline } else { self.max_occupancy_online }
    }

    /// Refuses numbers that make no threshold.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let thresholds = [
            ("NoisyStripThrOffline", self.max_occupancy_offline),
            ("NoisyStripThrOnline", self.max_occupancy_online),
            ("NoisyWaferThrBarrel", self.max_wafer_occupancy_barrel),
            ("NoisyWaferThrECA", self.max_wafer_occupancy_end_cap_a),
            ("NoisyWaferThrECC", self.max_wafer_occupancy_end_cap_c),
            ("NoisyWaferFraction", self.wafer_fraction),
            ("NoisyChipFraction", self.chip_fraction),
            ("NoisyModuleDiff", self.max_module_increase),
            ("NoisyStripDiff", self.max_strip_increase),
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
