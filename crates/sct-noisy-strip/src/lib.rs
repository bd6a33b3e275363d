//! Finds noisy strips: strips that fire in more than a given fraction of the events of one run; and what follows from
//! them: noisy wafers, noisy chips with the lumi blocks in which they were noisy, the difference to the last upload, what
//! is to be stored, and whether a shifter may upload it unseen.
//!
//! Occupancy is hits per event, no unit. Hit maps have shape ([`WaferHash::COUNT`], [`Strip::PER_WAFER`]). Comparisons are
//! made in single precision as the original makes them. Source: `SCTCalib::getNoisyStrip` and what it calls, Athena
//! `SCT_CalibAlgs`; see `docs/physics/noisy-strip.md`, and `docs/differences.md` for where this deviates.
//!
//! ```
//! use sct_hitmap::Hitmap;
//! use sct_id::{BarrelSwap, ReadoutSwap, Strip, WaferHash};
//! use sct_noisy_strip::{Config, Inputs, find};
//!
//! let mut hitmap = Hitmap::new();
//! hitmap.set_events(1000);
//! hitmap.wafer_mut(WaferHash::new(4938)?)[7] = 16;
//! let swap = ReadoutSwap::new(BarrelSwap::default());
//! let outcome = find(&Inputs::new(&hitmap, &swap), &Config::PRODUCTION)?;
//! assert_eq!((outcome.counts.modules, outcome.counts.strips), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`WaferHash::COUNT`]: sct_id::WaferHash::COUNT
//! [`Strip::PER_WAFER`]: sct_id::Strip::PER_WAFER

mod chips;
mod config;
mod inputs;
mod outcome;
mod strips;
mod upload;

use rayon::prelude::*;
use sct_conditions::StripSet;
use sct_hitmap::BoxError;
use sct_id::{Chip, ModuleHash, Side, WaferHash};

use crate::{chips::LumiBlocks, strips::Search};
pub use crate::{
    config::{Config, ConfigError},
    inputs::{Inputs, Recent},
    outcome::{Counts, NoisyChip, NoisyModule, Outcome, Store},
    strips::fewest_noisy_hits,
    upload::{Flag, Upload},
};

/// Why a search gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The hit map holds no events, so that occupancies are undefined.
    #[error("the hit map has no events")]
    NoEvents,
    /// A threshold that no search can use.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The hits of a noisy chip by lumi block could not be read.
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

/// Searches one run.
///
/// # Errors
///
/// [`Error::NoEvents`] when the hit map is empty, [`Error::Config`] for thresholds out of range, [`Error::ChipHits`] when
/// the source of chip hits fails. Only chips that are noisy are read.
pub fn find(inputs: &Inputs<'_>, config: &Config) -> Result<Outcome, Error> {
    config.check()?;
    let events = inputs.hitmap.events();
    if events == 0 {
        return Err(Error::NoEvents);
    }
    let search = Search::new(inputs, config);
    let lumi_blocks = LumiBlocks::new(inputs, config);
    let modules: Vec<NoisyModule> = (0..ModuleHash::COUNT)
        .into_par_iter()
        .filter_map(|module| ModuleHash::new(module).ok())
        .map(|module| noisy_module(module, &search, &lumi_blocks))
        .filter_map(|module| {
            module.map(|module| module.is_of_interest().then_some(module)).transpose()
        })
        .collect::<Result<_, _>>()?;
    let counts = Counts::of(&modules);
    Ok(Outcome {
        events,
        lumi_blocks: lumi_blocks.processed(),
        threshold: config.threshold(),
        chip_threshold: lumi_blocks.threshold(),
        store: Store::decide(&modules, config),
        upload: Upload::judge(events, &counts, inputs.recent, config),
        counts,
        modules,
    })
}

fn noisy_module(
    module: ModuleHash,
    search: &Search<'_>,
    lumi_blocks: &LumiBlocks<'_>,
) -> Result<NoisyModule, Error> {
    let mut result = NoisyModule::new(module);
    for side in Side::ALL {
        let wafer = module.wafer(side);
        let (all, newly_bad, noisy_wafer) = search.wafer(wafer);
        result.all = result.all | all;
        result.newly_bad = result.newly_bad | newly_bad;
        if noisy_wafer {
            result.links.push(side);
        }
    }
    result.reference = search.reference(module);
    result.not_in_reference = result.all - result.reference;
    result.chips = noisy_chips(module, &result.all, search, lumi_blocks)?;
    Ok(result)
}

fn noisy_chips(
    module: ModuleHash,
    strips: &StripSet,
    search: &Search<'_>,
    lumi_blocks: &LumiBlocks<'_>,
) -> Result<Vec<NoisyChip>, Error> {
    let chips = search.noisy_chips(module, strips);
    let noisy = chips.into_iter().map(|chip| {
        let wafer: WaferHash = module.wafer(chip.side());
        let found = lumi_blocks.noisy(wafer, chip).map_err(|source| Error::ChipHits {
            module,
            chip,
            source,
        })?;
        Ok(NoisyChip { chip, fraction: lumi_blocks.fraction(found.len()), lumi_blocks: found })
    });
    noisy.collect()
}
