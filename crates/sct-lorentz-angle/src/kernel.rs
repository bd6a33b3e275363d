//! The smearing sum of the model, arranged so that one evaluation costs 500 tangents and 11 000 divisions.
//!
//! The original adds the model at 999 angles x + sigma u, with u from -5 in steps of 10/999, times a Gaussian weight. Three
//! facts make that sum cheap without changing it:
//! * the weights depend on neither x nor sigma;
//! * all nodes but the first come in pairs ±u, and tan(x ± d) follows from tan x and tan d by one division for the pair.
//!   So tangents are needed once per sigma, not once per bin;
//! * the absolute value only asks on which side of the kink a node lies. Pairs nearer to x than the kink lie on one side,
//!   the other pairs straddle it. Two loops without branches are left.
//!
//! The sum has a kink wherever the angle L passes a node, every 0.01 sigma, and chi-square is rough on that scale (some
//! 1e-4). A search needs slopes. So the sum comes in two versions: the exact one, which is what chi-square is made of,
//! and one whose kinks are rounded within half the distance of nodes, which leads the search. They differ by less than
//! 1e-6 of the width.

use std::sync::LazyLock;

use crate::smeared::{Kink, Node, Smeared};

/// Nodes of the original sum: `n - 1` with its `n` of 1000.
const NODES: usize = 999;
/// Pairs of nodes: all but the first node.
const PAIRS: usize = (NODES - 1) / 2;
/// The sum covers this many sigma on either side.
pub(crate) const REACH: f64 = 5.0;
/// Distance of nodes, in sigma.
pub(crate) const STEP: f64 = 2.0 * REACH / NODES as f64;
/// Stands for π/180 in the norm of the original sum; the exact number would be 0.017453.
const NORM_FACTOR: f64 = 0.017_455;
/// Degrees to radians.
pub(crate) const RADIAN: f64 = std::f64::consts::PI / 180.0;
/// Terms added side by side, so that the compiler can use vector registers.
const LANES: usize = 4;

/// What does not change during a fit.
struct Nodes {
    /// Offsets u of the pairs, positive, rising.
    offsets: [f64; PAIRS],
    /// Weight of each node of a pair.
    weights: [f64; PAIRS],
    /// Sum of the first weights: entry k adds k weights.
    weight_sums: [f64; PAIRS + 1],
    /// Weight of the first node, at -5 sigma, that has no partner.
    single: f64,
    /// Sum over all nodes, about 1.0001.
    total: f64,
}

static NODES_OF_SUM: LazyLock<Nodes> = LazyLock::new(|| {
    let norm = NORM_FACTOR / (2.0 * std::f64::consts::PI).sqrt() / RADIAN * STEP;
    let weight = |u: f64| norm * (-0.5 * u * u).exp();
    let offsets = std::array::from_fn(|pair| (pair as f64 + 0.5) * STEP);
    let weights = offsets.map(weight);
    let mut weight_sums = [0.0; PAIRS + 1];
    for (pair, weight) in weights.iter().enumerate() {
        weight_sums[pair + 1] = weight_sums[pair] + weight;
    }
    let single = weight(-REACH);
    let total = 2.0 * weight_sums[PAIRS] + single;
    Nodes { offsets, weights, weight_sums, single, total }
});

/// Sum of all weights: what a constant is multiplied with.
pub(crate) fn total_weight() -> f64 {
    NODES_OF_SUM.total
}

/// Everything that depends on sigma alone. With u the offset of a pair, w its weight and s the tangent of sigma u:
pub(crate) struct Kernel {
    sigma: f64,
    /// s
    s: [f64; PAIRS],
    /// s²
    s2: [f64; PAIRS],
    /// w s
    ws: [f64; PAIRS],
    /// w (1 + s²)
    wc: [f64; PAIRS],
    /// w u (1 + s²)
    wuc: [f64; PAIRS],
    /// w u s (1 + s²)
    wusc: [f64; PAIRS],
    /// Tangent of 5 sigma.
    reach: f64,
}

impl Kernel {
    /// Tables for one sigma in degrees.
    pub(crate) fn new(sigma: f64) -> Self {
        let nodes = &*NODES_OF_SUM;
        let s = nodes.offsets.map(|u| (sigma * u * RADIAN).tan());
        let by_pair = |f: &dyn Fn(f64, f64, f64) -> f64| {
            std::array::from_fn(|k| f(nodes.weights[k], nodes.offsets[k], s[k]))
        };
        Self {
            sigma,
            s2: s.map(|s| s * s),
            ws: by_pair(&|w, _, s| w * s),
            wc: by_pair(&|w, _, s| w * (1.0 + s * s)),
            wuc: by_pair(&|w, u, s| w * u * (1.0 + s * s)),
            wusc: by_pair(&|w, u, s| w * u * s * (1.0 + s * s)),
            s,
            reach: (REACH * sigma * RADIAN).tan(),
        }
    }

    /// The sum at angle `x` for a kink at `kink`, both in degrees.
    pub(crate) fn smeared(&self, x: f64, kink: f64) -> Smeared {
        // The tangent repeats every half turn.
        let kink = kink - 180.0 * (kink / 180.0).round();
        let q = (x * RADIAN).tan();
        let distance = x - kink;
        let within_poles = x.abs() + REACH * self.sigma < 90.0 && kink.abs() < 90.0;
        let kink = Kink::new((kink * RADIAN).tan(), self.sigma);
        let mut sum = if within_poles {
            self.pairs(q, kink, distance)
        } else {
            self.pairs_beyond_poles(q, kink)
        };
        let tangent = (q - self.reach) / (1.0 + q * self.reach);
        sum.add(Node { weight: NODES_OF_SUM.single, offset: -REACH, tangent }, kink);
        sum
    }

    /// All pairs, when no node is beyond ±90 degrees. `distance` is the angle minus the kink.
    fn pairs(&self, q: f64, kink: Kink, distance: f64) -> Smeared {
        let nodes = &*NODES_OF_SUM;
        // At the kink itself both loops give the same, so that rounding does not matter here.
        let inside = nodes.offsets.partition_point(|u| self.sigma * u < distance.abs());
        let q2 = q * q;
        let [near_wc, near_wusc] =
            sums(q2, &self.s2[..inside], &self.wc[..inside], &self.wusc[..inside], |d| d * d);
        let [far_ws, far_wuc] =
            sums(q2, &self.s2[inside..], &self.ws[inside..], &self.wuc[inside..], |d| {
                2.0 * d * d - d
            });
        let sign = 1.0_f64.copysign(distance);
        let near = nodes.weight_sums[inside];
        let value = 2.0 * (sign * (q * near_wc - kink.tangent * near) + (1.0 + q2) * far_ws);
        let mut sum = Smeared {
            value,
            smooth: value,
            by_tangent: -2.0 * sign * near,
            by_sigma: 2.0 * RADIAN * (1.0 + q2) * (sign * 2.0 * q * near_wusc + far_wuc),
        };
        // Only the nodes on either side of the kink can be near enough to it.
        for pair in inside.saturating_sub(1)..(inside + 1).min(PAIRS) {
            sum.round(self.node(q, pair, -sign), kink);
        }
        sum
    }

    /// The same node by node, for a sigma so wide that some nodes lie beyond a pole of the tangent.
    fn pairs_beyond_poles(&self, q: f64, kink: Kink) -> Smeared {
        let mut sum = Smeared::ZERO;
        for pair in 0..PAIRS {
            sum.add(self.node(q, pair, 1.0), kink);
            sum.add(self.node(q, pair, -1.0), kink);
        }
        sum
    }

    /// The node of a pair on the side `sign`, for an angle with tangent `q`.
    fn node(&self, q: f64, pair: usize, sign: f64) -> Node {
        let s = sign * self.s[pair];
        let nodes = &*NODES_OF_SUM;
        Node {
            weight: nodes.weights[pair],
            offset: sign * nodes.offsets[pair],
            tangent: (q + s) / (1.0 - q * s),
        }
    }
}

/// Adds `first * d` and `second * f(d)` with d = 1 / (1 - q² s²).
fn sums(q2: f64, s2: &[f64], first: &[f64], second: &[f64], f: impl Fn(f64) -> f64) -> [f64; 2] {
    let (mut firsts, mut seconds) = ([0.0; LANES], [0.0; LANES]);
    let (s2, s2_rest) = s2.as_chunks::<LANES>();
    let (first, first_rest) = first.as_chunks::<LANES>();
    let (second, second_rest) = second.as_chunks::<LANES>();
    for ((s2, first), second) in s2.iter().zip(first).zip(second) {
        for lane in 0..LANES {
            let d = 1.0 / (1.0 - q2 * s2[lane]);
            firsts[lane] += first[lane] * d;
            seconds[lane] += second[lane] * f(d);
        }
    }
    for ((s2, first), second) in s2_rest.iter().zip(first_rest).zip(second_rest) {
        let d = 1.0 / (1.0 - q2 * s2);
        firsts[0] += first * d;
        seconds[0] += second * f(d);
    }
    [firsts.iter().sum(), seconds.iter().sum()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum as the formula states it: node after node, step added to step.
    fn plainly(x: f64, kink: f64, sigma: f64) -> f64 {
        let step = 2.0 * REACH * sigma / NODES as f64;
        let mut angle = x - REACH * sigma;
        let mut sum = 0.0;
        for _ in 0..NODES {
            let u = (x - angle) / sigma;
            let gauss = (-0.5 * u * u).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let norm = NORM_FACTOR / (sigma * RADIAN) * step;
            sum += ((angle * RADIAN).tan() - (kink * RADIAN).tan()).abs() * gauss * norm;
            angle += step;
        }
        sum
    }

    #[test]
    fn the_sum_is_that_of_the_original() {
        for sigma in [0.1, 0.5, 1.3, 2.0, 3.7, 8.0, 15.0] {
            let kernel = Kernel::new(sigma);
            for x in [-8.75, -4.25, -0.25, 0.25, 1.75, 11.0] {
                for kink in [-80.0, -9.0, -5.0, -4.2512, -3.9, 0.0, 1.9, 30.0, 176.0] {
                    let (ours, theirs) = (kernel.smeared(x, kink).value, plainly(x, kink, sigma));
                    let deviation = (ours / theirs - 1.0).abs();
                    assert!(deviation < 1e-11, "{sigma} {x} {kink}: {ours} {theirs}");
                }
            }
        }
    }

    #[test]
    fn beyond_the_poles_the_sum_is_still_the_same() {
        for sigma in [17.3, 24.1, 49.0] {
            for x in [-8.75, 0.25, 1.75] {
                let (ours, theirs) =
                    (Kernel::new(sigma).smeared(x, -4.0).value, plainly(x, -4.0, sigma));
                assert!((ours / theirs - 1.0).abs() < 1e-9, "{sigma} {x}: {ours} {theirs}");
            }
        }
    }

    #[test]
    fn both_ways_to_add_pairs_agree() {
        let kernel = Kernel::new(2.3);
        for x in [-8.75_f64, -4.25, 1.75, -4.2] {
            for step in 0..100 {
                let angle = -4.3 + 0.002 * f64::from(step);
                let kink = Kink::new((angle * RADIAN).tan(), 2.3);
                let q = (x * RADIAN).tan();
                let (fast, slow) =
                    (kernel.pairs(q, kink, x - angle), kernel.pairs_beyond_poles(q, kink));
                // Where the kink is the angle itself, a second node touches the limit of rounding.
                assert!((fast.value - slow.value).abs() < 1e-14);
                assert!((fast.smooth - slow.smooth).abs() < 1e-13);
                assert!((fast.by_tangent - slow.by_tangent).abs() < 1e-6, "{fast:?} {slow:?}");
                assert!((fast.by_sigma - slow.by_sigma).abs() < 1e-10);
            }
        }
    }

    #[test]
    fn derivatives_are_the_slopes_of_the_smooth_sum() {
        let width = 1e-5;
        for x in [-8.75, -4.25, 1.75] {
            for step in 0..200 {
                let (kink, sigma) =
                    (-4.3 + 0.001 * f64::from(step), 2.0 + 0.0003 * f64::from(step));
                let at = |kink: f64, sigma: f64| Kernel::new(sigma).smeared(x, kink).smooth;
                let here = Kernel::new(sigma).smeared(x, kink);
                let by_tangent = (at(kink + width, sigma) - at(kink - width, sigma))
                    / (((kink + width) * RADIAN).tan() - ((kink - width) * RADIAN).tan());
                let by_sigma = (at(kink, sigma + width) - at(kink, sigma - width)) / (2.0 * width);
                assert!((by_tangent - here.by_tangent).abs() < 1e-5, "{by_tangent} {here:?}");
                assert!((by_sigma - here.by_sigma).abs() < 1e-7, "{by_sigma} {here:?}");
            }
        }
    }

    #[test]
    fn rounded_kinks_hardly_change_the_sum() {
        let kernel = Kernel::new(3.0);
        let differs = (0..1000).map(|step| {
            let sum = kernel.smeared(-4.25, -5.0 + 0.001 * f64::from(step));
            (sum.smooth - sum.value).abs()
        });
        let largest = differs.fold(0.0, f64::max);
        assert!((1e-8..1e-6).contains(&largest), "{largest}");
    }

    #[test]
    fn the_norm_is_a_little_above_one() {
        assert!((total_weight() - 1.000_096).abs() < 2e-6, "{}", total_weight());
    }
}
