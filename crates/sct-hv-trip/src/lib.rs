//! Finds the times in which modules were without high voltage during a run: HV trips.
//!
//! A module is off while its voltage is outside limits, or while the state of its channel is neither on nor manual. Off
//! times of a module are one trip when the next begins at most a given time after the previous ends. Times are nanoseconds
//! since 1970, voltages in V. Source: `SCTCalib::execute` (HV part, never finished), Athena `SCT_CalibAlgs`; what is off:
//! `SCT_DCSConditionsStatCondAlg`, `DCSCalculator2`; see `docs/physics/hv-trip.md`.
//!
//! ```
//! use sct_conditions::{HvState, LumiBlockTime, ModuleValue};
//! use sct_hv_trip::{Config, Inputs, find};
//! use sct_id::{Iov, LumiBlock, ModuleHash};
//!
//! const SECOND: u64 = 1_000_000_000;
//! let module = ModuleHash::new(7)?;
//! let state = |since, until, state| -> Result<_, sct_id::Error> {
//!     Ok(ModuleValue { module, iov: Iov::new(since * SECOND, until * SECOND)?, value: Some(state) })
//! };
//! let states = [state(0, 90, HvState::On)?, state(90, 100, HvState::TripHardware)?];
//! let lumi_blocks = [LumiBlockTime { lumi_block: LumiBlock::new(1), iov: Iov::new(0, 120 * SECOND)? }];
//! let run = Iov::new(0, 120 * SECOND)?;
//! let inputs = Inputs { run, voltages: &[], states: &states, lumi_blocks: &lumi_blocks };
//! let outcome = find(&inputs, &Config::PRODUCTION)?;
//! assert_eq!(outcome.trips[0].iov, Iov::new(90 * SECOND, 100 * SECOND)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod lumi_blocks;

use std::collections::BTreeMap;

use sct_conditions::{HvState, LumiBlockTime, ModuleValue};
use sct_id::{Iov, LumiBlock, ModuleHash};
use serde::{Deserialize, Serialize};

use crate::lumi_blocks::LumiBlocks;

/// What one search reads.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The run, nanoseconds since 1970.
    pub run: Iov,
    /// Voltages over time, in any order.
    pub voltages: &'a [ModuleValue<f32>],
    /// States over time, in any order.
    pub states: &'a [ModuleValue<HvState>],
    /// When the lumi blocks of the run were, ascending.
    pub lumi_blocks: &'a [LumiBlockTime],
}

/// Thresholds of one search, each with the name of its property.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Off times at most so far apart are one trip, seconds: `HVBinWidth`.
    pub max_gap_seconds: u64,
    /// A module at this voltage or below is off, V: `HVMinVoltage`.
    pub min_voltage: f32,
    /// So is one at this voltage or above: `HVMaxVoltage`.
    pub max_voltage: f32,
}

impl Config {
    /// The production loop. Source: `SCTCalibConfig.py` for the gap; the limits of `DCSCalculator2` for the voltage.
    pub const PRODUCTION: Self =
        Self { max_gap_seconds: 5, min_voltage: 55.0, max_voltage: 3000.0 };
}

impl Default for Config {
    fn default() -> Self {
        Self::PRODUCTION
    }
}

/// A time in which a module was off.
#[derive(Clone, Debug, PartialEq)]
pub struct Trip {
    /// The module.
    pub module: ModuleHash,
    /// When, within the run.
    pub iov: Iov,
    /// The lumi block in which it began.
    pub first: LumiBlock,
    /// The lumi block in which it ended.
    pub last: LumiBlock,
    /// States other than good ones, by number; empty when the voltage alone was bad.
    pub states: Vec<HvState>,
    /// The lowest voltage that was outside the limits, V.
    pub lowest_voltage: Option<f32>,
}

/// Off times of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Trips by module in hash order, then by time.
    pub trips: Vec<Trip>,
    /// Modules with a voltage or a state at any time of the run.
    pub modules_known: usize,
    /// Modules with a trip.
    pub modules: usize,
    /// Modules that were off during the whole run.
    pub modules_always_off: usize,
    /// Sum of all off times, nanoseconds.
    pub off_time: u64,
    /// Modules that were off at some time of each lumi block, in the order of the inputs.
    pub off_by_lumi_block: Vec<(LumiBlock, usize)>,
}

/// Why a search gave no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There are no times of lumi blocks.
    #[error("no times of lumi blocks are known for the run")]
    NoLumiBlocks,
    /// Lumi blocks are not one after the other.
    #[error("lumi block {0} begins before the one before it ends, or comes twice")]
    LumiBlockOrder(LumiBlock),
    /// Nothing is known of any module during the run.
    #[error("no module has a voltage or a state during the run")]
    NothingKnown,
    /// Limits that no search can use.
    #[error("HVMinVoltage is {0} and HVMaxVoltage {1}, expected the first below the second")]
    Limits(f32, f32),
}

/// An off time before neighbours are joined.
struct Off {
    iov: Iov,
    state: Option<HvState>,
    voltage: Option<f32>,
}

/// Searches one run.
///
/// # Errors
///
/// [`Error`]: no times of lumi blocks or wrong ones, no module known, limits that are none.
pub fn find(inputs: &Inputs<'_>, config: &Config) -> Result<Outcome, Error> {
    if config.min_voltage.partial_cmp(&config.max_voltage) != Some(std::cmp::Ordering::Less) {
        return Err(Error::Limits(config.min_voltage, config.max_voltage));
    }
    let lumi_blocks = LumiBlocks::new(inputs.lumi_blocks)?;
    let known = off_times(inputs, config);
    if known.is_empty() {
        return Err(Error::NothingKnown);
    }
    let modules_known = known.len();
    let mut trips = Vec::new();
    for (module, mut off) in known {
        off.sort_by_key(|off| off.iov);
        trips.extend(joined(module, off, config, &lumi_blocks));
    }
    let mut modules: Vec<ModuleHash> = trips.iter().map(|trip| trip.module).collect();
    modules.dedup();
    Ok(Outcome {
        modules_known,
        modules: modules.len(),
        modules_always_off: trips.iter().filter(|trip| trip.iov == inputs.run).count(),
        off_time: trips.iter().map(|trip| trip.iov.until() - trip.iov.since()).sum(),
        off_by_lumi_block: lumi_blocks.off(&trips),
        trips,
    })
}

/// Off times of all modules of which anything is known, cut to the run.
fn off_times(inputs: &Inputs<'_>, config: &Config) -> BTreeMap<ModuleHash, Vec<Off>> {
    let mut known: BTreeMap<ModuleHash, Vec<Off>> = BTreeMap::new();
    let cut = |iov: Iov| {
        Iov::new(iov.since().max(inputs.run.since()), iov.until().min(inputs.run.until())).ok()
    };
    for reading in inputs.voltages {
        let (Some(iov), Some(volts)) = (cut(reading.iov), reading.value) else { continue };
        let off = known.entry(reading.module).or_default();
        if volts <= config.min_voltage || volts >= config.max_voltage {
            off.push(Off { iov, state: None, voltage: Some(volts) });
        }
    }
    for reading in inputs.states {
        let (Some(iov), Some(state)) = (cut(reading.iov), reading.value) else { continue };
        let off = known.entry(reading.module).or_default();
        if !state.is_good() {
            off.push(Off { iov, state: Some(state), voltage: None });
        }
    }
    known
}

/// Trips of one module from its off times, ascending by start.
fn joined(
    module: ModuleHash,
    off: Vec<Off>,
    config: &Config,
    lumi_blocks: &LumiBlocks<'_>,
) -> Vec<Trip> {
    let gap = config.max_gap_seconds.saturating_mul(NANOSECONDS);
    let mut trips: Vec<Trip> = Vec::new();
    for Off { iov, state, voltage } in off {
        match trips.last_mut() {
            Some(trip) if iov.since() <= trip.iov.until().saturating_add(gap) => {
                let until = trip.iov.until().max(iov.until());
                trip.iov = Iov::new(trip.iov.since(), until).unwrap_or(trip.iov);
                trip.states.extend(state);
                trip.lowest_voltage = lowest(trip.lowest_voltage, voltage);
            }
            _ => trips.push(Trip {
                module,
                iov,
                first: LumiBlock::new(0),
                last: LumiBlock::new(0),
                states: state.into_iter().collect(),
                lowest_voltage: voltage,
            }),
        }
    }
    for trip in &mut trips {
        (trip.first, trip.last) = lumi_blocks.of(trip.iov);
        trip.states.sort_unstable();
        trip.states.dedup();
    }
    trips
}

fn lowest(one: Option<f32>, other: Option<f32>) -> Option<f32> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

const NANOSECONDS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests;
