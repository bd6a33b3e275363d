//! The state of the wafers of a detector: what stays from one run to the next.

use rand::RngExt as _;
use rand_distr::{Distribution as _, LogNormal, StandardNormal};
use sct_id::{Region, WaferHash};

use super::{HistSettings, Standby, errors::ErrorKind};
use crate::stream::{Purpose, stream};

/// Parts of the wafers with each defect, and how bad they are.
const NO_DATA: f64 = 0.004;
const NOISY: f64 = 0.003;
const TIMES_NOISIER: std::ops::Range<f64> = 20.0..200.0;
const INEFFICIENT: f64 = 0.01;
const BAD_EFFICIENCY: std::ops::Range<f64> = 0.2..0.9;
const WITH_ERRORS: f64 = 0.01;
const IN_EVERY_EVENT: f64 = 0.15;
/// Logarithm of the part of the events with an error.
const RARE: std::ops::Range<f64> = -4.0..-0.3;

/// Noise of a good wafer, hits per strip, event and time bin, and the width of its logarithm.
const NOISE: f64 = 1e-5;
const SPREAD: f64 = 0.4;
/// Efficiency of a perfect wafer, and how much others lack.
const BEST: f64 = 0.995;
const LACK: f64 = 0.004;
/// Hits of tracks and noise, per strip and event, in the innermost layer; less further out.
const HITS: f64 = 3e-3;
/// Tracks through a wafer per event.
const TRACKS: f64 = 0.05;

/// One wafer.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) no_data: bool,
    /// Noise per strip, event and time bin.
    pub(super) noise: f64,
    pub(super) is_noisy: bool,
    /// Hits per strip and event.
    pub(super) hits: f64,
    /// Tracks per event, and the part of them with a hit.
    pub(super) tracks: f64,
    pub(super) efficiency: f64,
    pub(super) is_inefficient: bool,
    /// Kind of error and part of the events with it.
    pub(super) error: Option<(ErrorKind, f64)>,
}

impl Condition {
    /// Of a wafer in a run: the detector, as far as it was switched on.
    pub(super) fn of(settings: &HistSettings, wafer: WaferHash) -> Self {
        let mut rng = stream(settings.defect_seed, Purpose::Monitoring, wafer.index(), 0);
        let mut chance = |part: f64| rng.random::<f64>() < part;
        let (no_data, is_noisy, is_inefficient) =
            (chance(NO_DATA), chance(NOISY), chance(INEFFICIENT));
        let (with_errors, always) = (chance(WITH_ERRORS), chance(IN_EVERY_EVENT));
        let mut ready = chance(0.02);
        let log_normal = LogNormal::new(NOISE.ln(), SPREAD).expect("the width is positive");
        let noisier = if is_noisy { rng.random_range(TIMES_NOISIER) } else { 1.0 };
        let lack: f64 = StandardNormal.sample(&mut rng);
        let bad: f64 = rng.random_range(BAD_EFFICIENCY);
        let kind = ErrorKind::drawn(&mut rng);
        let rare = 10_f64.powf(rng.random_range(RARE));
        let mut condition = Self {
            no_data,
            noise: log_normal.sample(&mut rng) * noisier,
            is_noisy: is_noisy && !no_data,
            hits: HITS * further_out(wafer),
            tracks: TRACKS,
            efficiency: if is_inefficient { bad } else { BEST - LACK * lack.abs() },
            is_inefficient: is_inefficient && !no_data,
            error: with_errors.then_some((kind, if always { 1.0 } else { rare })),
        };
        match settings.standby {
            None => return condition,
            Some(Standby::Empty) => ready = false,
            Some(Standby::Sparse) => {
                condition.noise *= 0.01;
                condition.hits *= 1e-4;
                condition.tracks *= 0.01;
            }
            Some(Standby::Noisy) => {
                ready = true;
                condition.noise *= 300.0;
                condition.hits *= 3.0;
                condition.tracks *= 0.1;
            }
        }
        condition.no_data |= !ready;
        condition.efficiency = 0.02;
        condition.error = None;
        (condition.is_noisy, condition.is_inefficient) = (false, false);
        condition
    }
}

/// Density of tracks relative to the innermost barrel layer.
fn further_out(wafer: WaferHash) -> f64 {
    let module = wafer.position().module();
    let layer = module.layer_disk() as f64;
    match module.region() {
        Region::Barrel => 1.0 / (1.0 + 0.3 * layer),
        Region::EndCapA | Region::EndCapC => 0.8 / (1.0 + 0.05 * layer),
    }
}
