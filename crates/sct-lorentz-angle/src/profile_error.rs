//! Errors from the profile of chi-square, as MINOS defines them.

use serde::Serialize;

use crate::{
    chi_square::{N, Point, Vector},
    descent::{COARSE, Limits, Minimum, minimise},
};

/// How far a parameter can move until chi-square, minimised in the other parameters, has risen by 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ProfileError {
    /// Distance downwards, positive.
    pub lower: f64,
    /// Distance upwards, positive.
    pub upper: f64,
}

impl ProfileError {
    /// Mean of both: the single number of files that have no place for two.
    pub fn mean(self) -> f64 {
        0.5 * (self.lower + self.upper)
    }

    pub(crate) fn symmetric(error: f64) -> Self {
        Self { lower: error, upper: error }
    }
}

/// Why there is no distance.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NoCrossing {
    /// The search found a place below what was taken for the minimum.
    LowerMinimum(Vector),
    /// Chi-square does not rise by 1 up to the limit of the parameter, which is so far away.
    Limit(f64),
    /// Chi-square does not rise by 1 within reason, or the search in the other parameters fails.
    Open,
}

/// Rise of the root of chi-square that is close enough to 1: 0.1 % of the error.
const PRECISION: f64 = 1e-3;
/// A place this much lower is another minimum; less is a matter of rounding.
const LOWER: f64 = 1e-3;
/// Tries until the search is given up.
const MAX_TRIES: usize = 30;
/// The search gives up this many parabolic errors away.
const MAX_ERRORS: f64 = 1e4;

/// Distance of the crossing in direction `sign` of parameter `index`.
///
/// `covariance` guides the search: it tells how far the crossing is about, and where the other parameters will be. The
/// root of the rise is nearly proportional to the distance, so that few tries are needed.
pub(crate) fn crossing(
    points: &[Point],
    minimum: &Minimum,
    covariance: &[Vector; N],
    index: usize,
    sign: f64,
    limits: &Limits,
) -> Result<f64, NoCrossing> {
    let parabolic = covariance[index][index].sqrt();
    let follow = covariance[index].map(|value| value / covariance[index][index]);
    let limit = if sign < 0.0 { limits[index].0 } else { limits[index].1 };
    let room = (limit - minimum.local.at[index]).abs();
    let mut free = [true; N];
    free[index] = false;

    let mut bracket = Bracket::new();
    let mut last = minimum.local.at;
    let mut distance = parabolic.min(room);
    for _ in 0..MAX_TRIES {
        let shift = minimum.local.at[index] + sign * distance - last[index];
        let start = std::array::from_fn(|i| last[i] + shift * follow[i]);
        let found = minimise(points, start, free, limits, COARSE).filter(|found| found.converged);
        let rise = found.map_or(f64::INFINITY, |found| found.local.smooth - minimum.local.smooth);
        if let Some(found) = found {
            if rise < -LOWER {
                return Err(NoCrossing::LowerMinimum(found.local.at));
            }
            last = found.local.at;
        } else if bracket.above.is_none() {
            last = minimum.local.at;
        }
        let root = rise.max(0.0).sqrt();
        if (root - 1.0).abs() < PRECISION {
            return Ok(distance);
        }
        if root < 1.0 && distance >= room {
            return Err(NoCrossing::Limit(room));
        }
        if root < 1.0 && distance >= MAX_ERRORS * parabolic {
            return Err(NoCrossing::Open);
        }
        bracket.add(distance, root);
        distance = bracket.next().min(room);
    }
    Err(NoCrossing::Open)
}

/// Where the crossing lies: between (distance, root of the rise) below 1 and above 1.
struct Bracket {
    below: (f64, f64),
    above: Option<(f64, f64)>,
    tries: u32,
}

impl Bracket {
    fn new() -> Self {
        Self { below: (0.0, 0.0), above: None, tries: 0 }
    }

    fn add(&mut self, distance: f64, root: f64) {
        let end = (distance, root);
        if root < 1.0 {
            self.below = end;
        } else {
            self.above = Some(end);
        }
        self.tries += 1;
    }

    /// Along the straight line through both ends; half way every fourth time, because that line can be slow.
    fn next(&self) -> f64 {
        let (low, low_root) = self.below;
        match self.above {
            None => (low / low_root).clamp(1.05 * low, 3.0 * low),
            Some((high, high_root)) if high_root.is_finite() && !self.tries.is_multiple_of(4) => {
                low + (high - low) * (1.0 - low_root) / (high_root - low_root)
            }
            Some((high, _)) => 0.5 * (low + high),
        }
    }
}
