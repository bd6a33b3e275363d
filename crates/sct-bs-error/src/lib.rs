//! Counts byte-stream errors: events in which the read-out of a link went wrong, by wafer and type of error, and how many
//! links of a layer or ring had any.
//!
//! Rates are events with the error per event, no unit. Maps have one value for each of the [`WaferHash::COUNT`] wafers.
//! Source: `SCTCalib::getBSErrors`, Athena `SCT_CalibAlgs`; see `docs/physics/bs-error.md`, and `docs/differences.md` for
//! where this deviates.
//!
//! ```
//! use sct_bs_error::{Config, Inputs, measure};
//! use sct_hitmap::{ByteStreamError, ErrorCell, WaferMap};
//! use sct_id::WaferHash;
//!
//! let link = WaferHash::new(4938)?;
//! let maps = ByteStreamError::ALL.map(|kind| {
//!     WaferMap::from_fn(|wafer| match (wafer == link, kind) {
//!         (true, ByteStreamError::RawError) => ErrorCell { content: 1.0, events: 20_000.0 },
//!         _ => ErrorCell::default(),
//!     })
//! });
//! let outcome = measure(&Inputs { maps: &maps, events: 20_000 }, &Config::PRODUCTION)?;
//! assert_eq!(outcome.links_with_errors, 1);
//! // The mean of a profile, cut to a whole number: the default, as the original does it.
//! assert_eq!(outcome.wafers[link].count(ByteStreamError::RawError), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`WaferHash::COUNT`]: sct_id::WaferHash::COUNT

use sct_hitmap::{ByteStreamError, ErrorCell, PartMap, TooFewEvents, WaferMap};
use sct_id::{Part, WaferHash};

/// The wafer that is stored with or without errors: the first the original visits, which is also the first in hash order
/// (end-cap C, disk 0, phi 0, eta 0, side 0).
pub fn always_stored() -> WaferHash {
    WaferHash::all().next().expect("there are wafers")
}

/// How the bins of monitoring maps are taken for counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorCounts {
    /// The content, cut to a whole number, as the original does. In a profile that is 1 for errors in every event, else 0.
    #[default]
    Truncate,
    /// The events with the error: in a profile the mean times the entries. What is meant.
    Mean,
}

/// What one count reads.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// Bins of the maps, by type in the order of [`ByteStreamError::ALL`].
    pub maps: &'a [WaferMap<ErrorCell>; ByteStreamError::COUNT],
    /// Events monitored.
    pub events: u64,
}

/// What a count asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Fewer events are an error.
    pub min_events: u64,
    /// How bins are taken for counts.
    pub counts: ErrorCounts,
}

impl Config {
    /// The production loop: `BSErrorDBMinStat`.
    pub const PRODUCTION: Self = Self { min_events: 5000, counts: ErrorCounts::Truncate };
}

/// Errors of one wafer, that is of its link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaferErrors {
    counts: [u64; ByteStreamError::COUNT],
}

impl WaferErrors {
    /// Events with an error of one type.
    pub const fn count(&self, kind: ByteStreamError) -> u64 {
        self.counts[kind.index()]
    }

    /// Events with errors, summed over the types.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|&count| count == 0)
    }

    /// The published list: one count a slot.
    pub fn slots(&self) -> [u64; ByteStreamError::SLOTS] {
        let mut slots = [0; ByteStreamError::SLOTS];
        for kind in ByteStreamError::ALL {
            slots[kind.slot()] = self.count(kind);
        }
        slots
    }
}

/// Errors of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Events monitored.
    pub events: u64,
    /// Every wafer.
    pub wafers: WaferMap<WaferErrors>,
    /// Wafers with any error, by layer or ring.
    pub parts: PartMap<u64>,
    /// Wafers with any error in all.
    pub links_with_errors: u64,
}

impl Outcome {
    /// Wafers that get a row in the conditions database, in hash order: those with errors, and [`always_stored`] in any
    /// case, so that there is a row.
    pub fn stored(&self) -> impl Iterator<Item = (WaferHash, &WaferErrors)> {
        self.wafers.iter().filter(|(wafer, errors)| *wafer == always_stored() || !errors.is_empty())
    }

    /// Events with an error per event, by slot; in single precision, as the original divides.
    pub fn fractions(&self, wafer: WaferHash) -> [f32; ByteStreamError::SLOTS] {
        self.wafers[wafer].slots().map(|count| count as f32 / self.events as f32)
    }
}

/// Why there is no count.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Too few events.
    #[error(transparent)]
    TooFewEvents(#[from] TooFewEvents),
    /// No events, so that rates are undefined.
    #[error("the histograms have no events")]
    NoEvents,
}

/// Counts the errors of every wafer.
///
/// # Errors
///
/// [`Error::TooFewEvents`] below [`Config::min_events`], [`Error::NoEvents`] without any.
pub fn measure(inputs: &Inputs<'_>, config: &Config) -> Result<Outcome, Error> {
    TooFewEvents::check(inputs.events, config.min_events)?;
    if inputs.events == 0 {
        return Err(Error::NoEvents);
    }
    let count = |cell: ErrorCell| count(cell, config.counts);
    let wafers = WaferMap::from_fn(|wafer| WaferErrors {
        counts: ByteStreamError::ALL.map(|kind| count(inputs.maps[kind.index()][wafer])),
    });
    let with_errors = |part: Part| {
        part.wafers().iter().filter(|&&wafer| !wafers[wafer].is_empty()).count() as u64
    };
    let parts = PartMap::from_fn(with_errors);
    let links_with_errors = parts.iter().map(|(_, links)| links).sum();
    Ok(Outcome { events: inputs.events, wafers, parts, links_with_errors })
}

/// The events with an error that a bin stands for.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts cut to a whole number and saturate; the sum of a profile is whole up to rounding"
)]
fn count(cell: ErrorCell, counts: ErrorCounts) -> u64 {
    match counts {
        ErrorCounts::Truncate => cell.content as u64,
        ErrorCounts::Mean => cell.events.round() as u64,
    }
}

#[cfg(test)]
mod tests {
    use sct_id::{Region, Side};

    use super::*;

    const EVENTS: u64 = 20_000;

    /// Maps with one bin that is not empty.
    fn run(at: &str, kind: ByteStreamError, cell: ErrorCell, counts: ErrorCounts) -> Outcome {
        let at = at.parse::<sct_id::WaferPosition>().unwrap().hash();
        let maps = ByteStreamError::ALL.map(|its_kind| {
            let bin =
                |wafer| if wafer == at && its_kind == kind { cell } else { ErrorCell::default() };
            WaferMap::from_fn(bin)
        });
        let config = Config { counts, ..Config::PRODUCTION };
        measure(&Inputs { maps: &maps, events: EVENTS }, &config).unwrap()
    }

    /// The count of a bin in both ways.
    fn check(content: f64, events: f64, truncated: u64, mean: u64) {
        let cell = ErrorCell { content, events };
        assert_eq!(count(cell, ErrorCounts::Truncate), truncated);
        assert_eq!(count(cell, ErrorCounts::Mean), mean);
    }

    #[test]
    fn a_profile_with_some_errors_counts_nothing_when_cut() {
        check(0.4, 8000.0, 0, 8000);
    }

    #[test]
    fn a_profile_with_errors_always_counts_one_when_cut() {
        check(1.0, 20_000.0, 1, 20_000);
    }

    #[test]
    fn a_map_of_counts_counts_the_same_in_both_ways() {
        check(17.0, 17.0, 17, 17);
    }

    #[test]
    fn sums_that_rounding_moved_are_still_whole() {
        check(0.1, 1_999.999_999_9, 0, 2000);
    }

    #[test]
    fn counts_stand_in_the_slot_of_their_type_and_nowhere_else() {
        let cell = ErrorCell { content: 0.25, events: 5000.0 };
        let outcome = run("2_3_17_1_1", ByteStreamError::ABCDError, cell, ErrorCounts::Mean);
        let (wafer, errors) = outcome.stored().nth(1).unwrap();
        let mut slots = [0; 15];
        slots[9] = 5000;
        assert_eq!(
            (wafer.position().to_string(), errors.slots()),
            ("2_3_17_1_1".to_owned(), slots)
        );
        assert_eq!(outcome.fractions(wafer)[9].to_bits(), 0.25_f32.to_bits());
        assert_eq!((outcome.stored().count(), outcome.links_with_errors), (2, 1));
        // Both end-caps have tables of their own.
        assert!(Part::all().all(|part| {
            let here =
                (part.region(), part.layer_disk(), part.ring()) == (Region::EndCapA, 3, Some(1));
            outcome.parts[part] == u64::from(here)
        }));
    }

    #[test]
    fn the_first_wafer_is_stored_without_errors_and_not_counted() {
        let kind = ByteStreamError::RawError;
        let outcome = run("0_0_0_1_0", kind, ErrorCell::default(), ErrorCounts::Mean);
        let stored: Vec<WaferHash> = outcome.stored().map(|(wafer, _)| wafer).collect();
        assert_eq!((stored, outcome.links_with_errors), (vec![always_stored()], 0));
        let position = always_stored().position();
        assert_eq!((position.to_string(), position.side()), ("-2_0_0_0_0".to_owned(), Side::Zero));
    }

    #[test]
    fn runs_too_short_or_empty_are_refused() {
        let maps = ByteStreamError::ALL.map(|_| WaferMap::from_fn(|_| ErrorCell::default()));
        let measure = |events, min_events| {
            let config = Config { min_events, ..Config::PRODUCTION };
            measure(&Inputs { maps: &maps, events }, &config).unwrap_err()
        };
        let few = TooFewEvents { events: 0, minimum: 5000 };
        assert_eq!(measure(0, 5000), Error::TooFewEvents(few));
        assert_eq!(measure(0, 0), Error::NoEvents);
    }
}
