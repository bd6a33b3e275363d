//! Profiles with a known truth.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use sct_lorentz_angle::{Bin, Parameters, Profile};

/// A usual truth.
pub(crate) const TRUTH: Parameters = Parameters { a: 1.1, angle: -4.2, b: 1.15, sigma: 2.0 };

/// Centres of the 360 bins of the monitoring.
pub(crate) fn centres() -> impl Iterator<Item = f64> {
    (0..360).map(|bin| -89.75 + 0.5 * f64::from(bin))
}

/// A bin with a mean, a spread and a number of entries.
pub(crate) fn bin(mean: f64, spread: f64, entries: f64) -> Bin {
    let sum_of_squares = entries * (mean * mean + spread * spread);
    Bin { sum: entries * mean, sum_of_squares, entries, squared_weights: None }
}

/// Widths as the model has them, each with the same error.
pub(crate) fn exact(truth: Parameters, error: f64) -> Profile {
    let width = |x| truth.cluster_width(x);
    Profile::uniform(-90.0, 90.0, centres().map(|x| bin(width(x), 100.0 * error, 1e4)).collect())
}

/// `clusters` clusters, most of them near the normal, with widths that fluctuate as numbers of strips do.
pub(crate) fn drawn(truth: Parameters, clusters: f64, seed: u64) -> Profile {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let shape = |x: f64| (-0.5 * ((x + 3.0) / 9.0).powi(2)).exp();
    let total: f64 = centres().map(shape).sum();
    let draw = |x: f64| {
        let entries = (clusters * shape(x) / total).round();
        if entries < 2.0 {
            return Bin::default();
        }
        let mean = truth.cluster_width(x).clamp(1.01, 20.0);
        let spread = (mean - 1.0).sqrt();
        let normal: f64 = StandardNormal.sample(&mut random);
        bin(mean + normal * spread / entries.sqrt(), spread, entries)
    };
    Profile::uniform(-90.0, 90.0, centres().map(draw).collect())
}
