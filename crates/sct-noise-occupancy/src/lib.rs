//! Measures noise occupancy: hits per strip and event, as monitoring saw them, by wafer and averaged over layers and rings.
//!
//! Occupancy has no unit. Maps have one value for each of the [`WaferHash::COUNT`] wafers. Divisions are made in single
//! precision where the original makes them so. Source: `SCTCalib::getNoiseOccupancy`, Athena `SCT_CalibAlgs`; see
//! `docs/physics/noise-occupancy.md`.
//!
//! ```
//! use sct_hitmap::{ProfileCell, WaferMap};
//! use sct_id::WaferHash;
//! use sct_noise_occupancy::{Config, Inputs, measure};
//!
//! // 6 in units of 10^-5, over three time bins.
//! let maps = WaferMap::from_fn(|_| ProfileCell { sum: 120_000.0, entries: 20_000.0 });
//! let outcome = measure(&Inputs { maps: &maps, events: 20_000 }, &Config::PRODUCTION)?;
//! assert_eq!(outcome.wafers[WaferHash::new(0)?], 2e-5);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`WaferHash::COUNT`]: sct_id::WaferHash::COUNT

use sct_hitmap::{PartMap, ProfileCell, TooFewEvents, WaferMap};

/// Time bins of the read-out, over which monitoring sums. Source: `ntimeBins` of `SCT_CalibNumbers.h`.
pub const TIME_BINS: f32 = 3.0;

/// The factor monitoring applies to what it fills.
pub const MONITORING_FACTOR: f64 = 1e5;

/// What one measurement reads.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Hits / 768 x 10^5 of every wafer in every event, over three time bins.
    pub maps: &'a WaferMap<ProfileCell>,
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
    /// The production loop: `NoiseOccupancyMinStat`.
    pub const PRODUCTION: Self = Self { min_events: 5000 };
}

/// Noise occupancies of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Events monitored.
    pub events: u64,
    /// Occupancy of every wafer; 0 without data.
    pub wafers: WaferMap<f32>,
    /// Means over all wafers of a layer or ring, those without data included.
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
    let wafers = inputs.maps.map(|cell| occupancy(cell.mean()));
    let parts = PartMap::means(|wafer| wafers[wafer]);
    Ok(Outcome { events: inputs.events, wafers, parts })
}

/// The mean of a bin as occupancy. The first division is in single precision; the second is in double precision and its
/// result rounded.
#[expect(clippy::cast_possible_truncation, reason = "rounded where the original rounds")]
fn occupancy(mean: f64) -> f32 {
    let per_time_bin = mean as f32 / TIME_BINS;
    (f64::from(per_time_bin) / MONITORING_FACTOR) as f32
}

#[cfg(test)]
mod tests {
    use sct_id::{Part, Region, WaferHash};

    use super::*;

    fn run(cell: impl FnMut(WaferHash) -> ProfileCell, events: u64) -> Result<Outcome, Error> {
        measure(&Inputs { maps: &WaferMap::from_fn(cell), events }, &Config::PRODUCTION)
    }

    #[test]
    fn divisions_round_as_the_original_rounds() {
        // Bits from the same expressions in C++: float x = m; x /= 3.f; x /= 1E5.
        for (mean, bits) in [
            (3.0, 0x3727_c5ac_u32),
            (4.567_89, 0x377f_7477),
            (1e-3, 0x3165_10a0),
            (777.0, 0x3b29_bcfd),
        ] {
            assert_eq!(occupancy(mean).to_bits(), bits, "{mean}: {:#x}", occupancy(mean).to_bits());
        }
    }

    #[test]
    fn wafers_without_data_count_as_zero() {
        let half = |wafer: WaferHash| ProfileCell {
            sum: 1e9,
            entries: if wafer.module().index().is_multiple_of(2) { 1e4 } else { 0.0 },
        };
        let outcome = run(half, 10_000).unwrap();
        let part = Part::find(Region::Barrel, 1, None).unwrap();
        let full = f64::from(occupancy(1e5));
        assert!((outcome.parts[part] - full / 2.0).abs() < 1e-15);
        assert!(outcome.wafers[WaferHash::new(2).unwrap()].abs() < f32::MIN_POSITIVE);
    }

    #[test]
    fn too_few_events_are_refused_with_the_agreed_words() {
        let error = run(|_| ProfileCell::default(), 4999).unwrap_err();
        assert!(error.to_string().contains("less than the required minimum number of events"));
        assert!(run(|_| ProfileCell::default(), 5000).is_ok());
    }
}
