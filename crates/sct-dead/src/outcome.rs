//! What a search found.

use sct_conditions::{StripSet, format_ranges_split};
use sct_id::{Chip, ModuleHash, Side, Strip, WaferHash};

use crate::{LayerMeans, Upload};

/// What was found on one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadModule {
    /// The module.
    pub module: ModuleHash,
    /// Sides that are dead or quiet as a whole.
    pub links: Vec<Side>,
    /// Chips, read-out numbering.
    pub chips: Vec<Chip>,
    /// Strips in **read-out** order: `side * 768 + online`. All other sets of strips are in offline order.
    pub strips: StripSet,
}

impl DeadModule {
    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty() && self.chips.is_empty() && self.strips.is_empty()
    }

    /// The list of chips as COOL stores it, side after side: ` 0-5  6-11 `.
    pub fn chip_list(&self) -> String {
        format_ranges_split(self.chips.iter().map(|chip| chip.index()), Chip::PER_SIDE)
    }
}

/// Numbers of the summary; they are those of the lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Modules of which both sides are found as a whole.
    pub modules: u64,
    /// Modules of which one side alone is.
    pub links: u64,
    /// Chips, those of whole sides included.
    pub chips: u64,
    /// Strips, those of whole sides and chips included.
    pub strips: u64,
}

impl Counts {
    pub(crate) fn of(modules: &[DeadModule]) -> Self {
        let with_links = |number: usize| {
            modules.iter().filter(|module| module.links.len() == number).count() as u64
        };
        let sum =
            |number: fn(&DeadModule) -> usize| modules.iter().map(number).sum::<usize>() as u64;
        Self {
            modules: with_links(Side::ALL.len()),
            links: with_links(1),
            chips: sum(|module| module.chips.len()),
            strips: sum(|module| module.strips.len()),
        }
    }
}

/// A side on which strips that are switched off have hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The side.
    pub wafer: WaferHash,
    /// How many strips.
    pub strips: usize,
    /// Their hits.
    pub hits: u64,
}

/// How many sides were looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SideCounts {
    /// Searched.
    pub searched: usize,
    /// Switched off: module, link, or all strips.
    pub disabled: usize,
    /// Left out for byte-stream errors.
    pub errors: usize,
    /// Left out because their histogram is missing.
    pub absent: usize,
}

/// A number of events that is too small for one kind of component. The search was made all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowStatistics {
    /// Whether for strips; else for chips.
    pub strips: bool,
    /// Events found.
    pub events: u64,
    /// Events asked for.
    pub minimum: u64,
}

/// Dead or quiet components of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Events of the run.
    pub events: u64,
    /// Mean occupancies by layer.
    pub layers: LayerMeans,
    /// Whether the stream is busy: strips without hits are then left out of the means of their wafer.
    pub busy: bool,
    /// Modules on which anything was found, in hash order.
    pub modules: Vec<DeadModule>,
    /// Numbers of the summary.
    pub counts: Counts,
    /// Verdict on the upload.
    pub upload: Upload,
    /// What there are too few events for.
    pub low_statistics: Vec<LowStatistics>,
    /// Sides with hits in strips that are switched off, in hash order.
    pub mismatches: Vec<Mismatch>,
    /// How many sides were searched, and why others were not.
    pub sides: SideCounts,
    /// Searched sides whose mean is too low to tell a dead or quiet strip from a good one, in hash order; empty when strips
    /// are not searched.
    pub untestable_strips: Vec<WaferHash>,
    /// The same for chips.
    pub untestable_chips: Vec<WaferHash>,
}

impl Outcome {
    /// Strips and hits of all mismatches.
    pub fn mismatch_totals(&self) -> (usize, u64) {
        let add = |(strips, hits), side: &Mismatch| (strips + side.strips, hits + side.hits);
        self.mismatches.iter().fold((0, 0), add)
    }
}

/// All strips of a side in the numbering of a module.
pub(crate) fn whole_side(side: Side) -> StripSet {
    Strip::all().map(|strip| strip.in_module(side)).collect()
}
