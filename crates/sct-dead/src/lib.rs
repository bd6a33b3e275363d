//! Finds dead and quiet strips, chips, links and modules of one run, in one pass over the hits.
//!
//! Dead: no hits, where a mean makes that less probable than the upper tail of a Gaussian at a significance. Quiet: a rate
//! below a part of the mean. Links are compared with the mean of their layer, chips and strips with that of their side.
//! Occupancy is hits per strip and event, no unit. Hit maps have shape ([`WaferHash::COUNT`], [`Strip::PER_WAFER`]) in
//! offline order; what is found is in read-out order. Source: `SCTCalib::getDeadStrip`, Athena `SCT_CalibAlgs`; see
//! `docs/physics/dead.md`, and `docs/differences.md` for where this deviates.
//!
//! ```
//! use sct_dead::{Config, Inputs, find};
//! use sct_hitmap::Hitmap;
//! use sct_id::{BarrelSwap, ReadoutSwap, WaferHash};
//!
//! let mut hitmap = Hitmap::new();
//! hitmap.set_events(10_000);
//! for wafer in WaferHash::all() {
//!     hitmap.wafer_mut(wafer).fill(100);
//! }
//! // The barrel's side 1 is read backwards, so that offline strip 7 is the 761st of its side.
//! hitmap.wafer_mut(WaferHash::new(4939)?)[7] = 0;
//! let swap = ReadoutSwap::new(BarrelSwap::Side1);
//! let outcome = find(&Inputs::new(&hitmap, &swap), &Config::PRODUCTION)?;
//! assert_eq!((outcome.counts.chips, outcome.counts.strips), (0, 1));
//! assert_eq!(outcome.modules[0].strips.defect_list_by_side(), " 1528 ");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`WaferHash::COUNT`]: sct_id::WaferHash::COUNT
//! [`Strip::PER_WAFER`]: sct_id::Strip::PER_WAFER

mod config;
mod disabled;
mod inputs;
mod layers;
mod outcome;
mod search;
mod tail;
mod upload;

use rayon::prelude::*;
use sct_id::{ModuleHash, Side, WaferHash};

pub use crate::{
    config::{Config, ConfigError, Defect},
    inputs::Inputs,
    layers::LayerMeans,
    outcome::{Counts, DeadModule, LowStatistics, Mismatch, Outcome, SideCounts},
    upload::{Flag, Upload},
};
use crate::{
    disabled::LeftOut,
    search::{Search, SideResult},
};

/// Why a search gave no result.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The hit map holds no events: nothing is dead where nothing was recorded.
    #[error("the hit map has no events")]
    NoEvents,
    /// A threshold that no search can use.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Searches one run.
///
/// # Errors
///
/// [`Error::NoEvents`] when the hit map is empty, [`Error::Config`] for thresholds out of range.
pub fn find(inputs: &Inputs<'_>, config: &Config) -> Result<Outcome, Error> {
    config.check()?;
    let events = inputs.hitmap.events();
    if events == 0 {
        return Err(Error::NoEvents);
    }
    let search = Search::new(inputs, config);
    let sides: Vec<SideResult> = (0..WaferHash::COUNT)
        .into_par_iter()
        .map(|wafer| search.side(WaferHash::new(wafer).expect("below the number of wafers")))
        .collect();
    let listed = |wanted: fn(&SideResult) -> bool| {
        let pairs = WaferHash::all().zip(&sides);
        pairs.filter(|(_, side)| wanted(side)).map(|(wafer, _)| wafer).collect()
    };
    let left_out = |reason| sides.iter().filter(|side| side.left_out == reason).count();
    let modules: Vec<DeadModule> = ModuleHash::all()
        .zip(sides.as_chunks::<2>().0)
        .map(|(module, sides)| dead_module(module, sides))
        .filter(|module| !module.is_empty())
        .collect();
    let counts = Counts::of(&modules);
    Ok(Outcome {
        events,
        busy: search.busy,
        upload: Upload::judge(&counts, config),
        counts,
        modules,
        low_statistics: low_statistics(events, search.busy, config),
        mismatches: sides.iter().filter_map(|side| side.mismatch).collect(),
        sides: SideCounts {
            searched: left_out(None),
            disabled: left_out(Some(LeftOut::Disabled)),
            errors: left_out(Some(LeftOut::Errors)),
            absent: left_out(Some(LeftOut::Absent)),
        },
        untestable_strips: listed(|side| side.untestable_strips),
        untestable_chips: listed(|side| side.untestable_chips),
        layers: search.layers,
    })
}

fn dead_module(module: ModuleHash, sides: &[SideResult; 2]) -> DeadModule {
    let [first, second] = sides;
    let whole = Side::ALL.into_iter().zip(sides).filter(|(_, result)| result.whole);
    DeadModule {
        module,
        links: whole.map(|(side, _)| side).collect(),
        chips: first.chips.iter().chain(&second.chips).copied().collect(),
        strips: first.strips | second.strips,
    }
}

/// What there are too few events for; a busy stream has a minimum of its own for strips.
fn low_statistics(events: u64, busy: bool, config: &Config) -> Vec<LowStatistics> {
    let for_strips = if busy { config.min_events_strips_busy } else { config.min_events_strips };
    let wanted =
        [(true, config.strips, for_strips), (false, config.chips, config.min_events_chips)];
    wanted
        .into_iter()
        .filter(|&(_, searched, minimum)| searched && events < minimum)
        .map(|(strips, _, minimum)| LowStatistics { strips, events, minimum })
        .collect()
}
