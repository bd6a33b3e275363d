//! Measures raw occupancy: all hits per strip and event, noise and particles, by wafer and averaged over layers and rings.
//!
//! Occupancy has no unit. Maps have one value for each of the [`WaferHash::COUNT`] wafers. Divisions are made in single
//! precision as the original makes them. Source: `SCTCalib::getRawOccupancy`, Athena `SCT_CalibAlgs`; see
//! `docs/physics/raw-occupancy.md`.
//!
//! ```
//! use sct_hitmap::WaferMap;
//! use sct_id::WaferHash;
//! use sct_raw_occupancy::{Config, Inputs, measure};
//!
//! let hits = WaferMap::from_fn(|_| 76_800.0);
//! let outcome = measure(&Inputs { hits: &hits, events: 10_000 }, &Config::PRODUCTION)?;
//! assert_eq!(outcome.wafers[WaferHash::new(0)?], 0.01);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`WaferHash::COUNT`]: sct_id::WaferHash::COUNT

use sct_hitmap::{PartMap, TooFewEvents, WaferMap};
use sct_id::Strip;

/// What one measurement reads.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Hit strips of every wafer over the run; fractions are cut off.
    pub hits: &'a WaferMap<f64>,
    /// Events monitored.
    pub events: u64,
}

/// What a measurement asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Fewer events are an error.
    pub min_events: u64,
}

impl Config {
    /// The production loop: `RawOccupancyMinStat`.
    pub const PRODUCTION: Self = Self { min_events: 5000 };
}

/// Raw occupancies of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Events monitored.
    pub events: u64,
    /// Occupancy of every wafer.
    pub wafers: WaferMap<f32>,
    /// Means over all wafers of a layer or ring.
    pub parts: PartMap<f64>,
}

/// Why there is no measurement.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Too few events.
    #[error(transparent)]
    TooFewEvents(#[from] TooFewEvents),
}

/// Measures the occupancy of every wafer and the means.
///
/// # Errors
///
/// [`Error::TooFewEvents`] below [`Config::min_events`].
pub fn measure(inputs: &Inputs<'_>, config: &Config) -> Result<Outcome, Error> {
    TooFewEvents::check(inputs.events, config.min_events)?;
    let wafers = inputs.hits.map(|&hits| occupancy(hits, inputs.events));
    let parts = PartMap::means(|wafer| wafers[wafer]);
    Ok(Outcome { events: inputs.events, wafers, parts })
}

/// Hits per strip and event; 0 without events. Whole hits over strips x events, each in single precision.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the original cuts the content of a bin to a whole number"
)]
fn occupancy(hits: f64, events: u64) -> f32 {
    if events == 0 {
        return 0.0;
    }
    let strips = events.saturating_mul(Strip::PER_WAFER as u64);
    (hits as u64) as f32 / strips as f32
}

#[cfg(test)]
mod tests {
    use sct_id::{Part, Region, Side, WaferHash};

    use super::*;

    #[test]
    fn fractions_of_hits_are_cut_off() {
        let same = |a: f64, b: f64| occupancy(a, 5000).to_bits() == occupancy(b, 5000).to_bits();
        assert!(same(17.99, 17.0) && !same(17.99, 18.0));
    }

    #[test]
    fn divisions_round_as_the_original_rounds() {
        // Bits from the same expression in C++: static_cast<float>(n)/(events*6*128).
        for (hits, events, bits) in [
            (123_456.0, 20_000, 0x3c03_afb8_u32),
            (16_777_216.0, 123_457, 0x3e35_3191),
            (1.0, 9_999_999, 0x2f0f_2a64),
        ] {
            let found = occupancy(hits, events).to_bits();
            assert_eq!(found, bits, "{hits} {events}: {found:#x}");
        }
        assert!(occupancy(5.0, 0).abs() < f32::MIN_POSITIVE);
    }

    #[test]
    fn means_are_over_both_sides() {
        let hits = WaferMap::from_fn(
            |wafer: WaferHash| {
                if wafer.side() == Side::One { 76_800.0 } else { 0.0 }
            },
        );
        let outcome =
            measure(&Inputs { hits: &hits, events: 10_000 }, &Config::PRODUCTION).unwrap();
        let part = Part::find(Region::EndCapA, 3, Some(1)).unwrap();
        assert!((outcome.parts[part] - f64::from(0.01_f32) / 2.0).abs() < 1e-15);
    }

    #[test]
    fn too_few_events_are_refused() {
        let inputs = Inputs { hits: &WaferMap::from_fn(|_| 0.0), events: 4999 };
        let few = TooFewEvents { events: 4999, minimum: 5000 };
        assert_eq!(measure(&inputs, &Config::PRODUCTION), Err(Error::TooFewEvents(few)));
    }
}
