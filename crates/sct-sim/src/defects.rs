//! What can be wrong with a component.

use sct_conditions::Source;
use sct_id::{Chip, ModuleHash, ModulePosition, ReadoutSwap, Strip, WaferHash, WaferPosition};
use serde::{Deserialize, Serialize};

use crate::LumiRange;

/// From where a defect is known before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Known {
    /// Switched off in the configuration.
    Configuration,
    /// Found in calibration runs.
    Calibration,
}

impl Known {
    /// The word in tables of known-bad components.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Calibration => "calibration",
        }
    }
}

impl From<Known> for Source {
    fn from(known: Known) -> Self {
        match known {
            Known::Configuration => Self::Configuration,
            Known::Calibration => Self::Calibration,
        }
    }
}

/// A strip that fires too often during the whole run.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct NoisyStrip {
    /// The wafer.
    pub wafer: WaferHash,
    /// Its position.
    pub position: WaferPosition,
    /// The strip, offline order.
    pub strip: Strip,
    /// Hits per event, the ordinary noise not counted.
    pub rate: f64,
    /// Whether it is known before. It fires all the same.
    pub known: Option<Known>,
    /// Age of the detector at which it became noisy.
    pub since_epoch: u32,
}

/// A chip whose strips fire too often in a range of lumi blocks.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct NoisyChip {
    /// The wafer.
    pub wafer: WaferHash,
    /// Its position.
    pub position: WaferPosition,
    /// The chip, read-out numbering.
    pub chip: Chip,
    /// When.
    pub lumi_blocks: LumiRange,
    /// Mean hits per strip and event in that time.
    pub rate: f64,
}

/// Lumi blocks in which a large part of the detector is noisy.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Burst {
    /// When.
    pub lumi_blocks: LumiRange,
    /// Hits per strip and event in that time.
    pub rate: f64,
    /// The modules that are noisy, on both sides, ascending.
    pub modules: Vec<ModuleHash>,
}

/// A wafer most of whose strips fire too often, or are warm.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct NoisyWafer {
    /// The wafer.
    pub wafer: WaferHash,
    /// Its position.
    pub position: WaferPosition,
    /// Mean hits per strip and event.
    pub rate: f64,
}

/// Strips without hits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct DeadStrips {
    /// The wafer.
    pub wafer: WaferHash,
    /// Its position.
    pub position: WaferPosition,
    /// The strips, offline order.
    pub strips: Vec<Strip>,
}

/// A chip without hits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct DeadChip {
    /// The wafer.
    pub wafer: WaferHash,
    /// Its position.
    pub position: WaferPosition,
    /// The chip, read-out numbering.
    pub chip: Chip,
}

/// A side of a module without hits, though it is switched on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct DeadLink {
    /// The wafer.
    pub wafer: WaferHash,
    /// Its position.
    pub position: WaferPosition,
}

/// Strips that lose most of their hits.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct QuietStrips {
    /// The wafer.
    pub wafer: WaferHash,
    /// Its position.
    pub position: WaferPosition,
    /// The strips, offline order.
    pub strips: Vec<Strip>,
    /// Part of the hits that is left.
    pub factor: f64,
}

/// A chip whose strips lose most of their hits.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct QuietChip {
    /// The wafer.
    pub wafer: WaferHash,
    /// Its position.
    pub position: WaferPosition,
    /// The chip, read-out numbering.
    pub chip: Chip,
    /// Part of the hits that is left.
    pub factor: f64,
}

/// A wafer with byte-stream errors.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct ErrorRate {
    /// The wafer.
    pub wafer: WaferHash,
    /// Its position.
    pub position: WaferPosition,
    /// Number of the error type, 0 to 14.
    pub kind: usize,
    /// Errors per event.
    pub rate: f64,
}

/// A component known to be bad before the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct KnownComponent {
    /// From where.
    pub known: Known,
    /// Which one.
    pub part: KnownBadPart,
}

/// Which component is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KnownBadPart {
    /// A module.
    Module(ModuleHash),
    /// One side of a module.
    Link(WaferHash),
    /// A chip, read-out numbering.
    Chip(WaferHash, Chip),
    /// A strip, offline order.
    Strip(WaferHash, Strip),
}

impl KnownBadPart {
    /// The module it belongs to.
    pub fn module(self) -> ModulePosition {
        match self {
            Self::Module(module) => module.position(),
            Self::Link(wafer) | Self::Chip(wafer, _) | Self::Strip(wafer, _) => {
                wafer.position().module()
            }
        }
    }

    /// Its wafers.
    pub(crate) fn wafers(self) -> Vec<WaferHash> {
        match self {
            Self::Module(module) => module.wafers().to_vec(),
            Self::Link(wafer) | Self::Chip(wafer, _) | Self::Strip(wafer, _) => vec![wafer],
        }
    }

    /// Whether it contains a strip of one of its wafers.
    pub(crate) fn contains(self, wafer: WaferHash, strip: Strip, swap: &ReadoutSwap) -> bool {
        match self {
            Self::Module(_) | Self::Link(_) => true,
            Self::Chip(_, chip) => swap.chip(wafer, strip) == chip,
            Self::Strip(_, bad) => strip == bad,
        }
    }
}
