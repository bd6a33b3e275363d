//! What a search found.

use sct_id::{Chip, LumiBlockSet, ModuleHash, Side};

/// A chip that was noisy in some lumi blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoisyChip {
    /// The chip, read-out numbering.
    pub chip: Chip,
    /// When.
    pub lumi_blocks: LumiBlockSet,
    /// Its hits in these lumi blocks.
    pub hits: u64,
    /// The events of these lumi blocks.
    pub events: u64,
}

/// A link, one side of a module, most of whose chips were noisy in some lumi blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoisyLink {
    /// The side.
    pub side: Side,
    /// When.
    pub lumi_blocks: LumiBlockSet,
}

/// A module with a noisy chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoisyModule {
    /// The module.
    pub module: ModuleHash,
    /// Lumi blocks in which any of its chips was noisy.
    pub lumi_blocks: LumiBlockSet,
    /// Its noisy links.
    pub links: Vec<NoisyLink>,
    /// Its noisy chips.
    pub chips: Vec<NoisyChip>,
}

/// Numbers of the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Modules that were noisy in a lumi block.
    pub modules: usize,
    /// Links that were.
    pub links: usize,
    /// Chips that were.
    pub chips: usize,
    /// Lumi blocks with a burst.
    pub bursts: u64,
}

impl Counts {
    pub(crate) fn of(modules: &[NoisyModule], bursts: &LumiBlockSet) -> Self {
        Self {
            modules: modules.len(),
            links: modules.iter().map(|module| module.links.len()).sum(),
            chips: modules.iter().map(|module| module.chips.len()).sum(),
            bursts: bursts.len(),
        }
    }
}

/// Noisy lumi blocks of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Events in the lumi blocks of the run.
    pub events: u64,
    /// Lumi blocks with events.
    pub lumi_blocks_with_events: usize,
    /// Lumi blocks that were looked at: those with enough events.
    pub tested: LumiBlockSet,
    /// Hits of a chip per event above which it is noisy in a lumi block.
    pub threshold: f64,
    /// Chips that the source lacks.
    pub missing_chips: usize,
    /// Modules with hits in the run: what the fraction of a burst is of.
    pub modules_with_hits: usize,
    /// Numbers of the summary.
    pub counts: Counts,
    /// Modules that were noisy in a lumi block, in hash order.
    pub modules: Vec<NoisyModule>,
    /// How many modules were noisy in each lumi block; index 0 is lumi block 1.
    pub affected: Vec<usize>,
    /// Lumi blocks in which a large part of the detector was noisy.
    pub bursts: LumiBlockSet,
}

impl Outcome {
    /// Part of the tested lumi blocks; 0 when none was tested.
    pub fn fraction(&self, lumi_blocks: &LumiBlockSet) -> f32 {
        if self.tested.is_empty() {
            0.0
        } else {
            lumi_blocks.len() as f32 / self.tested.len() as f32
        }
    }
}
