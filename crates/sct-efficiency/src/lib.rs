//! Measures hit efficiency: the part of the track crossings that have a hit, by wafer and chip, for all bunches and for the
//! first of a train, and averaged over layers and rings.
//!
//! Efficiencies lie between 0 and 1. Maps have one value for each of the [`WaferHash::COUNT`] wafers. Efficiencies are
//! rounded to single precision before they are averaged, as the original does. Source: `SCTCalib::getEfficiency`, Athena
//! `SCT_CalibAlgs`; see `docs/physics/efficiency.md`.
//!
//! ```
//! use sct_efficiency::{Config, Inputs, measure};
//! use sct_hitmap::{ProfileCell, WaferMap};
//! use sct_id::WaferHash;
//!
//! let crossings = WaferMap::from_fn(|_| ProfileCell { sum: 990.0, entries: 1000.0 });
//! let first_bunch = WaferMap::from_fn(|_| None);
//! let inputs =
//!     Inputs { crossings: &crossings, first_bunch: &first_bunch, chips: None, events: 20_000 };
//! let outcome = measure(&inputs, &Config::PRODUCTION)?;
//! let wafer = outcome.wafers[WaferHash::new(0)?];
//! assert_eq!((wafer.efficiency, wafer.crossings), (0.99, 1000));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`WaferHash::COUNT`]: sct_id::WaferHash::COUNT

use sct_hitmap::{PartMap, ProfileCell, TooFewEvents, WaferMap};
use sct_id::Chip;

/// Crossings by chip of a side, 0 to 5, and wafer; none where there is no map.
pub type ChipCells = [WaferMap<Option<ProfileCell>>; Chip::PER_SIDE];

/// What one measurement reads. Each crossing is filled with 1 (hit) or 0 (hole).
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Crossings of all bunches.
    pub crossings: &'a WaferMap<ProfileCell>,
    /// Crossings of the first bunch of a train; none where there is no map.
    pub first_bunch: &'a WaferMap<Option<ProfileCell>>,
    /// Crossings by chip, if asked for.
    pub chips: Option<ChipInputs<'a>>,
    /// Events monitored.
    pub events: u64,
}

/// Crossings by chip.
#[derive(Clone, Copy, Debug)]
pub struct ChipInputs<'a> {
    /// Of all bunches.
    pub crossings: &'a ChipCells,
    /// Of the first bunch of a train.
    pub first_bunch: &'a ChipCells,
}

/// What a measurement asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Fewer events are an error.
    pub min_events: u64,
}

impl Config {
    /// The production loop: `EfficiencyMinStat`.
    pub const PRODUCTION: Self = Self { min_events: 5000 };
}

/// Efficiency of one wafer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WaferEfficiency {
    /// Part of the crossings with a hit; 0 without crossings.
    pub efficiency: f32,
    /// Track crossings.
    pub crossings: u64,
    /// The same part for the first bunch of a train; none without a map.
    pub first_bunch: Option<f32>,
}

/// Efficiency of one chip.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChipEfficiency {
    /// Part of the crossings with a hit; 0 without crossings.
    pub efficiency: f32,
    /// The same part for the first bunch of a train; none without a map.
    pub first_bunch: Option<f32>,
}

/// Efficiencies of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Events monitored.
    pub events: u64,
    /// Every wafer.
    pub wafers: WaferMap<WaferEfficiency>,
    /// Every chip of a side, 0 to 5, if asked for; none where there is no map.
    pub chips: Option<[WaferMap<Option<ChipEfficiency>>; Chip::PER_SIDE]>,
    /// Means over all wafers of a layer or ring, those without crossings included.
    pub parts: PartMap<f64>,
    /// Means for the first bunch of a train; none where a map is missing.
    pub parts_first_bunch: PartMap<Option<f64>>,
}

/// Why there is no measurement.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Too few events.
    #[error(transparent)]
    TooFewEvents(#[from] TooFewEvents),
}

/// Measures the efficiency of every wafer, and chip if asked for, and the means.
///
/// # Errors
///
/// [`Error::TooFewEvents`] below [`Config::min_events`].
pub fn measure(inputs: &Inputs<'_>, config: &Config) -> Result<Outcome, Error> {
    TooFewEvents::check(inputs.events, config.min_events)?;
    let wafers = WaferMap::from_fn(|wafer| {
        let cell = inputs.crossings[wafer];
        let first_bunch = inputs.first_bunch[wafer].map(efficiency);
        WaferEfficiency { efficiency: efficiency(cell), crossings: crossings(cell), first_bunch }
    });
    Ok(Outcome {
        events: inputs.events,
        parts: PartMap::means(|wafer| wafers[wafer].efficiency),
        parts_first_bunch: PartMap::means_where_known(|wafer| wafers[wafer].first_bunch),
        wafers,
        chips: inputs.chips.map(chips),
    })
}

fn chips(inputs: ChipInputs<'_>) -> [WaferMap<Option<ChipEfficiency>>; Chip::PER_SIDE] {
    let chip = |chip: usize| {
        WaferMap::from_fn(|wafer| {
            let first_bunch = inputs.first_bunch[chip][wafer].map(efficiency);
            let cell = inputs.crossings[chip][wafer]?;
            Some(ChipEfficiency { efficiency: efficiency(cell), first_bunch })
        })
    };
    std::array::from_fn(chip)
}

/// The mean of a bin, to single precision.
#[expect(clippy::cast_possible_truncation, reason = "rounded where the original rounds")]
fn efficiency(cell: ProfileCell) -> f32 {
    cell.mean() as f32
}

/// The entries of a bin as a whole number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the original cuts the entries of a bin to a whole number"
)]
fn crossings(cell: ProfileCell) -> u64 {
    cell.entries as u64
}

#[cfg(test)]
mod tests {
    use sct_id::{Part, Region, WaferHash};

    use super::*;

    const CELL: ProfileCell = ProfileCell { sum: 2.0, entries: 3.0 };

    fn has_map(wafer: WaferHash) -> bool {
        let module = wafer.position().module();
        (module.region(), module.layer_disk()) != (Region::Barrel, 1)
    }

    fn run(chips: Option<ChipInputs<'_>>, events: u64) -> Result<Outcome, Error> {
        let crossings = WaferMap::from_fn(|_| CELL);
        let first_bunch = WaferMap::from_fn(|wafer| has_map(wafer).then_some(CELL));
        let inputs = Inputs { crossings: &crossings, first_bunch: &first_bunch, chips, events };
        measure(&inputs, &Config::PRODUCTION)
    }

    #[test]
    fn efficiencies_are_rounded_before_they_are_averaged() {
        let outcome = run(None, 5000).unwrap();
        let third = 2.0_f32 / 3.0;
        assert!(
            outcome.wafers.iter().all(|(_, found)| found.efficiency.to_bits() == third.to_bits())
        );
        assert!(outcome.parts.iter().all(|(_, mean)| (mean - f64::from(third)).abs() < 1e-12));
        assert_eq!(outcome.chips, None);
    }

    #[test]
    fn means_of_the_first_bunch_need_every_map() {
        let outcome = run(None, 5000).unwrap();
        let without = Part::find(Region::Barrel, 1, None).unwrap();
        for (part, mean) in outcome.parts_first_bunch.iter() {
            assert_eq!(mean.is_none(), part == without, "{}", part.name());
        }
    }

    #[test]
    fn chips_without_a_map_are_left_out() {
        let cells: ChipCells = std::array::from_fn(|chip| {
            WaferMap::from_fn(|wafer| (chip == 2 && has_map(wafer)).then_some(CELL))
        });
        let none: ChipCells = std::array::from_fn(|_| WaferMap::from_fn(|_| None));
        let chips = ChipInputs { crossings: &cells, first_bunch: &none };
        let found = run(Some(chips), 5000).unwrap().chips.unwrap();
        let wafer = WaferHash::new(0).unwrap();
        assert_eq!(
            (found[0][wafer], found[2][wafer].map(|chip| chip.first_bunch)),
            (None, Some(None))
        );
    }

    #[test]
    fn too_few_events_are_refused() {
        let few = TooFewEvents { events: 0, minimum: 5000 };
        assert_eq!(run(None, 0), Err(Error::TooFewEvents(few)));
    }
}
