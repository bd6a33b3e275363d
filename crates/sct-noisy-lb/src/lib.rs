//! Finds the lumi blocks in which chips, links and modules were noisy: noise that comes and goes, which a search over the
//! whole run cannot see, and bursts that hit a large part of the detector at once.
//!
//! A chip is noisy in a lumi block when its strips fire in more than a given fraction of the events of that lumi block, on
//! average; a link when most of its chips are; a module when any of its chips is. Occupancy is hits per strip and event, no
//! unit. Lumi blocks count from 1. Source: the lumi blocks of noisy chips in `SCTCalib::getNoisyLB`, Athena
//! `SCT_CalibAlgs`, which this search asks for every chip; see `docs/physics/noisy-lb.md`.
//!
//! ```
//! use sct_hitmap::ChipLumiBlocks;
//! use sct_id::{LumiBlock, WaferHash};
//! use sct_noisy_lb::{Config, Inputs, find};
//!
//! let mut hits = ChipLumiBlocks::new(5);
//! for lumi_block in (1..=5).map(LumiBlock::new) {
//!     (0..20).try_for_each(|_| hits.add_event(lumi_block))?;
//! }
//! hits.fill(WaferHash::new(4938)?, 2, LumiBlock::new(3), 25)?;
//! let outcome = find(&Inputs { chip_hits: &hits, lumi_blocks: None }, &Config::PRODUCTION)?;
//! assert_eq!(outcome.modules[0].lumi_blocks.to_string(), "3");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod outcome;
mod search;

use std::fmt;

use rayon::prelude::*;
use sct_hitmap::{BoxError, ChipHits};
use sct_id::{Chip, LumiBlock, LumiBlockSet, ModuleHash};

use crate::search::{Found, Search};
pub use crate::{
    config::{Config, ConfigError},
    outcome::{Counts, NoisyChip, NoisyLink, NoisyModule, Outcome},
};

/// What one search reads.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// Hits per chip and lumi block, and the events of each lumi block.
    pub chip_hits: &'a dyn ChipHits,
    /// Number of lumi blocks of the run: later ones are left out. Without it, all that the source has.
    pub lumi_blocks: Option<u32>,
}

impl fmt::Debug for Inputs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs").field("lumi_blocks", &self.lumi_blocks).finish_non_exhaustive()
    }
}

/// Why a search gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No lumi block has events, so that occupancies are undefined.
    #[error("no lumi block has events")]
    NoEvents,
    /// The source has no chip at all.
    #[error("the source has the hits of no chip by lumi block")]
    NoChips,
    /// A threshold that no search can use.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The hits of a chip could not be read.
    #[error("hits of chip {chip} of module {} by lumi block", module.position())]
    ChipHits {
        /// The module.
        module: ModuleHash,
        /// The chip.
        chip: Chip,
        /// What went wrong.
        source: BoxError,
    },
}

/// Searches one run. Chips are read one after the other by each thread and forgotten, so that memory does not grow with the
/// number of chips.
///
/// # Errors
///
/// [`Error::Config`] for thresholds out of range, [`Error::NoEvents`], [`Error::NoChips`], and [`Error::ChipHits`] when the
/// source fails.
pub fn find(inputs: &Inputs<'_>, config: &Config) -> Result<Outcome, Error> {
    config.check()?;
    let search = Search::new(inputs, config);
    if search.events.iter().all(|&events| events == 0) {
        return Err(Error::NoEvents);
    }
    let found: Vec<Found> = (0..ModuleHash::COUNT)
        .into_par_iter()
        .filter_map(|module| ModuleHash::new(module).ok())
        .map(|module| search.module(module))
        .collect::<Result<_, _>>()?;
    let missing_chips: usize = found.iter().map(|found| found.missing_chips).sum();
    if missing_chips == ModuleHash::COUNT * Chip::COUNT {
        return Err(Error::NoChips);
    }
    let modules_with_hits = found.iter().filter(|found| found.has_hits).count();
    let modules: Vec<NoisyModule> = found.into_iter().filter_map(|found| found.noisy).collect();
    let affected = affected(&modules, search.events.len());
    let bursts = bursts(&affected, modules_with_hits, config);
    Ok(Outcome {
        events: search.events.iter().sum(),
        lumi_blocks_with_events: search.events.iter().filter(|&&events| events > 0).count(),
        tested: search.tested.iter().zip(1..).filter(|(tested, _)| **tested).map(number).collect(),
        threshold: config.chip_threshold(),
        missing_chips,
        modules_with_hits,
        counts: Counts::of(&modules, &bursts),
        modules,
        affected,
        bursts,
    })
}

fn number<T>((_, number): (T, u32)) -> LumiBlock {
    LumiBlock::new(number)
}

/// Noisy modules in each lumi block; index 0 is lumi block 1.
fn affected(modules: &[NoisyModule], lumi_blocks: usize) -> Vec<usize> {
    let mut affected = vec![0; lumi_blocks];
    for (first, last) in modules.iter().flat_map(|module| module.lumi_blocks.ranges()) {
        let (first, last) = (first.to_u32() as usize, last.to_u32() as usize);
        affected[first - 1..last].iter_mut().for_each(|count| *count += 1);
    }
    affected
}

/// Lumi blocks in which more than a fraction of the modules with hits is noisy.
fn bursts(affected: &[usize], modules: usize, config: &Config) -> LumiBlockSet {
    let limit = f64::from(config.burst_fraction) * modules as f64;
    affected.iter().zip(1..).filter(|(count, _)| **count as f64 > limit).map(number).collect()
}

#[cfg(test)]
mod tests;
