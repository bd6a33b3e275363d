//! The three ways to the minimum, tried in order until one works.

use std::fmt;

use serde::Serialize;

use crate::{
    Config, Failure, Fit, Profile, Sensors,
    attempt::attempt,
    chi_square::{N, Point, Vector, points},
    descent::{COARSE, Limits, minimise},
    linear::solve,
    outcome::{Estimate, Status},
};

/// How a fit started. Source: the retries of `SCTCalib::getLorentzAngle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Strategy {
    /// From [`Config::start`], the angle without limits.
    Start,
    /// From the vertex of a parabola: the angle is held there until the others have settled.
    Parabola,
    /// From [`Config::held_sigma`]: sigma is held there until the others have settled.
    HeldSigma,
}

impl Strategy {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::Start, Self::Parabola, Self::HeldSigma];

    /// Where the fit begins, after `last`, the end of the strategy before.
    fn begin(self, points: &[Point], last: Vector, config: &Config) -> Vector {
        let limits = self.limits(config);
        let [a, angle, b, sigma] = last;
        let (start, held) = match self {
            Self::Start => return config.start.to_array(),
            Self::Parabola => ([a, vertex(points).unwrap_or(angle), b, sigma], 1),
            Self::HeldSigma => ([a, angle, b, config.held_sigma], 3),
        };
        let mut free = [true; N];
        free[held] = false;
        minimise(points, start, free, &limits, COARSE).map_or(start, |settled| settled.local.at)
    }

    fn limits(self, config: &Config) -> Limits {
        let unlimited = (f64::NEG_INFINITY, f64::INFINITY);
        let angle = match self {
            Self::Start => unlimited,
            Self::Parabola | Self::HeldSigma => (-config.max_angle, config.max_angle),
        };
        [unlimited, angle, unlimited, (config.min_sigma, config.max_sigma_within_poles())]
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start => "from the start values",
            Self::Parabola => "from the vertex of a parabola",
            Self::HeldSigma => "from a held sigma",
        })
    }
}

/// Angle of the vertex of the parabola that fits best; none for a straight line.
fn vertex(points: &[Point]) -> Option<f64> {
    let (mut curvature, mut downhill) = ([[0.0; 3]; 3], [0.0; 3]);
    for point in points {
        let powers = [1.0, point.angle, point.angle * point.angle];
        let weight = 1.0 / (point.error * point.error);
        for (i, power) in powers.iter().enumerate() {
            downhill[i] += weight * power * point.width;
            for (j, other) in powers.iter().enumerate() {
                curvature[i][j] += weight * power * other;
            }
        }
    }
    let [_, linear, quadratic] = solve(&curvature, &downhill, [true; 3])?;
    let vertex = -0.5 * linear / quadratic;
    vertex.is_finite().then_some(vertex)
}

/// Fits one profile.
pub(crate) fn fit_profile(sensors: Sensors, profile: Option<&Profile>, config: &Config) -> Fit {
    let mut fit = Fit::new(sensors);
    if !sensors.exist() {
        return fit;
    }
    let points = match profile.ok_or(Failure::Missing).and_then(|p| points(p, config)) {
        Ok(points) => points,
        Err(failure) => {
            fit.status = Status::Failed(failure);
            return fit;
        }
    };
    let mut last = config.start.to_array();
    for strategy in Strategy::ALL {
        if let Status::Failed(failure) = fit.status {
            fit.retries.push(failure);
        }
        let start = strategy.begin(&points, last, config);
        let before = fit.estimate.as_ref().zip(fit.retries.last().copied());
        let (estimate, result) = attempt(&points, start, &strategy.limits(config), before);
        last = estimate.parameters.to_array();
        fit.status = result.map_or_else(Status::Failed, |()| verdict(&estimate, config));
        fit.strategy = Some(strategy);
        fit.estimate = Some(estimate);
        if result.is_ok() {
            break;
        }
    }
    fit
}

/// A minimum is no Lorentz angle when it lies where no tracks were looked at.
fn verdict(estimate: &Estimate, config: &Config) -> Status {
    let (angle, low, high) = (estimate.parameters.angle, config.low, config.high);
    if (low..=high).contains(&angle) {
        Status::Good
    } else {
        Status::Failed(Failure::AngleOutside { angle, low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(f: impl Fn(f64) -> f64) -> Vec<Point> {
        (0..22)
            .map(|i| -8.75 + 0.5 * f64::from(i))
            .map(|angle| Point { angle, width: f(angle), error: 0.01 })
            .collect()
    }

    #[test]
    fn the_vertex_of_a_parabola_is_found() {
        let found = vertex(&on(|x| 0.01 * (x + 4.2).powi(2) + 1.3)).unwrap();
        assert!((found + 4.2).abs() < 1e-9, "{found}");
    }

    #[test]
    fn a_straight_line_has_no_usable_vertex() {
        let found = vertex(&on(|x| 1.3 + 0.1 * x));
        assert!(found.is_none_or(|angle| angle.abs() > 1e6), "{found:?}");
        assert_eq!(vertex(&[Point { angle: 1.0, width: 1.0, error: 1.0 }]), None);
    }

    #[test]
    fn a_held_parameter_is_where_it_is_held() {
        let points = on(|x| 0.01 * (x + 4.2).powi(2) + 1.3);
        let last = [1.0, -80.0, 1.13, 2.0];
        let start = Strategy::Parabola.begin(&points, last, &Config::PRODUCTION);
        assert!((start[1] + 4.2).abs() < 1e-9 && (start[3] - 2.0).abs() > 1e-3, "{start:?}");
        let start = Strategy::HeldSigma.begin(&points, last, &Config::PRODUCTION);
        assert!((start[3] - 2.0).abs() < 1e-12 && (start[0] - 1.0).abs() > 1e-3, "{start:?}");
        let start = Strategy::Start.begin(&points, last, &Config::PRODUCTION);
        assert_eq!(start.map(f64::to_bits), [1.0, -5.0, 1.13, 2.0].map(f64::to_bits));
    }
}
