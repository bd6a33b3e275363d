//! What one search reads.

use std::fmt;

use sct_conditions::{KnownBad, StripSets};
use sct_hitmap::{ChipHits, Hitmap};
use sct_id::ReadoutSwap;

/// What one search reads.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// Hits per strip over the whole run.
    pub hitmap: &'a Hitmap,
    /// Hits per chip and lumi block; without them the lumi-block columns stay empty.
    pub chip_hits: Option<&'a dyn ChipHits>,
    /// Number of lumi blocks of the run: later ones are left out. Without it, all that the source has.
    pub lumi_blocks: Option<u32>,
    /// Components bad in configuration or calibration data.
    pub known_bad: Option<&'a KnownBad>,
    /// Noisy strips of the last upload.
    pub reference: Option<&'a StripSets>,
    /// Numbers of recent uploads; without them the upload test does not run.
    pub recent: Option<Recent>,
    /// Read-out direction of the wafers.
    pub swap: &'a ReadoutSwap,
}

impl<'a> Inputs<'a> {
    /// A hit map alone.
    pub fn new(hitmap: &'a Hitmap, swap: &'a ReadoutSwap) -> Self {
        Self {
            hitmap,
            chip_hits: None,
            lumi_blocks: None,
            known_bad: None,
            reference: None,
            recent: None,
            swap,
        }
    }
}

impl fmt::Debug for Inputs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs")
            .field("events", &self.hitmap.events())
            .field("chip_hits", &self.chip_hits.is_some())
            .field("lumi_blocks", &self.lumi_blocks)
            .field("reference", &self.reference.map(StripSets::len))
            .field("recent", &self.recent)
            .finish_non_exhaustive()
    }
}

/// Numbers of the last uploaded runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recent {
    /// Mean number of modules with a noisy strip: `NoisyModuleAverageInDB`.
    pub module_average: f32,
    /// Mean number of noisy strips: `NoisyStripAverageInDB`.
    pub strip_average: f32,
}

impl Recent {
    /// From (modules, strips) of each run; none without runs.
    pub fn from_runs(runs: &[(u64, u64)]) -> Option<Self> {
        let mean = |number: fn(&(u64, u64)) -> u64| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the original keeps averages in single precision"
            )]
            let mean = (runs.iter().map(number).sum::<u64>() as f64 / runs.len() as f64) as f32;
            mean
        };
        (!runs.is_empty())
            .then(|| Self { module_average: mean(|run| run.0), strip_average: mean(|run| run.1) })
    }
}
