//! What a search found.

use sct_conditions::StripSet;
use sct_id::{Chip, ModuleHash, Side};

use crate::{Config, Upload};

/// A noisy chip.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyChip {
    /// The chip, read-out numbering.
    pub chip: Chip,
    /// Zero-based numbers of the lumi blocks in which it was noisy: index 0 is lumi block 1. The original's own counting.
    pub lumi_blocks: Vec<usize>,
    /// Their part of the lumi blocks with events.
    pub fraction: f32,
}

/// Everything about one module.
#[derive(Clone, Debug, PartialEq)]
pub struct NoisyModule {
    /// The module.
    pub module: ModuleHash,
    /// All noisy strips.
    pub all: StripSet,
    /// Noisy strips that are good in configuration and calibration data.
    pub newly_bad: StripSet,
    /// Noisy strips of the reference.
    pub reference: StripSet,
    /// Noisy strips that are not in the reference.
    pub not_in_reference: StripSet,
    /// Sides whose wafer is noisy as a whole.
    pub links: Vec<Side>,
    /// Noisy chips.
    pub chips: Vec<NoisyChip>,
}

impl NoisyModule {
    pub(crate) fn new(module: ModuleHash) -> Self {
        Self {
            module,
            all: StripSet::default(),
            newly_bad: StripSet::default(),
            reference: StripSet::default(),
            not_in_reference: StripSet::default(),
            links: Vec::new(),
            chips: Vec::new(),
        }
    }

    /// Whether the list differs from the reference.
    pub fn differs(&self) -> bool {
        self.all != self.reference
    }

    pub(crate) fn is_of_interest(&self) -> bool {
        !self.all.is_empty() || !self.reference.is_empty() || !self.links.is_empty()
    }
}

/// Numbers of the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Modules with a noisy strip.
    pub modules: u64,
    /// Noisy wafers.
    pub links: u64,
    /// Modules with a noisy chip: what the summary prints as `Chips`.
    pub modules_with_noisy_chip: u64,
    /// Noisy chips.
    pub chips: u64,
    /// Noisy strips.
    pub strips: u64,
    /// Noisy strips that are not in the reference, modules absent from the reference included.
    pub strips_not_in_reference: u64,
    /// Noisy strips that are good in configuration and calibration data.
    pub newly_bad_strips: u64,
    /// Modules with a strip in the reference.
    pub modules_reference: u64,
    /// Strips of the reference.
    pub strips_reference: u64,
    /// Modules whose list differs from the reference.
    pub modules_different: u64,
}

impl Counts {
    pub(crate) fn of(modules: &[NoisyModule]) -> Self {
        let count = |wanted: fn(&NoisyModule) -> bool| {
            modules.iter().filter(|module| wanted(module)).count() as u64
        };
        let sum =
            |number: fn(&NoisyModule) -> usize| modules.iter().map(number).sum::<usize>() as u64;
        Self {
            modules: count(|module| !module.all.is_empty()),
            links: sum(|module| module.links.len()),
            modules_with_noisy_chip: count(|module| !module.chips.is_empty()),
            chips: sum(|module| module.chips.len()),
            strips: sum(|module| module.all.len()),
            strips_not_in_reference: sum(|module| module.not_in_reference.len()),
            newly_bad_strips: sum(|module| module.newly_bad.len()),
            modules_reference: count(|module| !module.reference.is_empty()),
            strips_reference: sum(|module| module.reference.len()),
            modules_different: count(NoisyModule::differs),
        }
    }
}

/// What goes into the conditions database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// Modules in hash order with their strips; empty sets are stored too.
    Modules(Vec<(ModuleHash, StripSet)>),
    /// Nothing, and why.
    Nothing(&'static str),
}

impl Store {
    pub(crate) fn decide(modules: &[NoisyModule], config: &Config) -> Self {
        let nothing_noisy = modules.iter().all(|module| module.all.is_empty());
        let all = |module: &NoisyModule| (module.module, module.all);
        if config.update {
            // Recovered modules get an empty list even when nothing is noisy: their old list would stay valid otherwise.
            let changed: Vec<_> =
                modules.iter().filter(|module| module.differs()).map(all).collect();
            return match (changed.is_empty(), nothing_noisy) {
                (false, _) => Self::Modules(changed),
                (true, true) => Self::Nothing("no strip is noisy, and none was before"),
                (true, false) => Self::Nothing("the noisy strips are those of the reference"),
            };
        }
        if nothing_noisy {
            return Self::Nothing("no strip is noisy");
        }
        if !config.strip_all {
            let new: Vec<_> =
                modules.iter().map(|module| (module.module, module.newly_bad)).collect();
            let new: Vec<_> = new.into_iter().filter(|(_, strips)| !strips.is_empty()).collect();
            return if new.is_empty() {
                Self::Nothing("no noisy strip is new")
            } else {
                Self::Modules(new)
            };
        }
        let mut noisy = modules.iter().filter(|module| !module.all.is_empty()).map(all);
        if !config.write_all_modules {
            return Self::Modules(noisy.collect());
        }
        let mut next = noisy.next();
        let every = ModuleHash::all().map(|module| match next {
            Some((found, strips)) if found == module => {
                next = noisy.next();
                (module, strips)
            }
            _ => (module, StripSet::default()),
        });
        Self::Modules(every.collect())
    }
}

/// Noisy strips of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Events of the run.
    pub events: u64,
    /// Lumi blocks with events; 0 without a source of them.
    pub lumi_blocks: usize,
    /// Occupancy above which strips are noisy, hits per event.
    pub threshold: f32,
    /// Hits of a chip per event above which it is noisy in a lumi block.
    pub chip_threshold: f64,
    /// Modules with a noisy strip or wafer, or with a strip in the reference, in hash order.
    pub modules: Vec<NoisyModule>,
    /// Numbers of the summary.
    pub counts: Counts,
    /// Verdict on the upload.
    pub upload: Upload,
    /// What is to be stored.
    pub store: Store,
}
