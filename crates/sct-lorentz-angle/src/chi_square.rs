//! Chi-square of the model and its derivatives.

use crate::{
    Config, Failure, Profile,
    kernel::{Kernel, RADIAN, total_weight},
    linear::{dot, solve},
};

/// Number of parameters.
pub(crate) const N: usize = 4;
/// Parameters as numbers: a, angle, b, sigma.
pub(crate) type Vector = [f64; N];

/// One bin that takes part in the fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// Centre of the bin, degrees.
    pub(crate) angle: f64,
    /// Mean cluster width, strips.
    pub(crate) width: f64,
    /// Its error, above 0.
    pub(crate) error: f64,
}

/// The bins of the fit range that have an error.
///
/// Bins without entries, with one entry or with equal values have none and are left out, as ROOT leaves them out.
pub(crate) fn points(profile: &Profile, config: &Config) -> Result<Vec<Point>, Failure> {
    let mut points = Vec::new();
    for (angle, bin) in profile.iter() {
        if !(config.low..=config.high).contains(&angle) {
            continue;
        }
        let (width, error) = (bin.mean(), bin.error());
        // Not only the numbers, also their ratio has to stay within what a double can square.
        if !(width.is_finite() && error.is_finite() && (width / error).abs() < 1e100)
            && error != 0.0
        {
            return Err(Failure::NotFinite { angle, width, error });
        }
        if error > 0.0 {
            points.push(Point { angle, width, error });
        }
    }
    match points.len() {
        0 => Err(Failure::Empty { low: config.low, high: config.high }),
        1..N => Err(Failure::TooFewPoints { points: points.len() }),
        _ => Ok(points),
    }
}

/// Sum of squared residuals, with the exact sum of the model.
pub(crate) fn chi_square(points: &[Point], [a, kink, b, sigma]: Vector) -> f64 {
    let kernel = Kernel::new(sigma);
    let residual = |point: &Point| {
        let smeared = kernel.smeared(point.angle, kink);
        (point.width - a * smeared.value - b * total_weight()) / point.error
    };
    points.iter().map(|point| residual(point).powi(2)).sum()
}

/// Chi-square at one point of parameter space, with what is needed to step from there. The kinks of the model are rounded
/// here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local {
    /// Where.
    pub(crate) at: Vector,
    /// Sum of squared residuals.
    pub(crate) smooth: f64,
    /// Half the slope of chi-square, downhill: residuals times derivatives of the model.
    pub(crate) downhill: Vector,
    /// Half the curvature of chi-square without second derivatives of the model: products of derivatives.
    pub(crate) curvature: [Vector; N],
}

/// Parameters in which the model is linear: a and b.
const LINEAR: [bool; N] = [true, false, true, false];

impl Local {
    /// Chi-square and derivatives at `at`, or rather where the linear ones of the free parameters are best.
    ///
    /// The best a and b follow without a search, and one search in all four would creep along the narrow bent valley that
    /// a, b and sigma form. Cost: one [`Kernel`] and one smearing sum per point; nothing is allocated.
    pub(crate) fn new(points: &[Point], at: Vector, free: [bool; N]) -> Self {
        let mut local = Self::with_unit_slope(points, at);
        let linear = std::array::from_fn(|i| free[i] && LINEAR[i]);
        if let Some(step) = solve(&local.curvature, &local.downhill, linear) {
            local.smooth -= dot(&step, &local.downhill);
            for i in 0..N {
                local.at[i] += step[i];
                local.downhill[i] -= dot(&step, &local.curvature[i]);
            }
        }
        local.multiply_slope();
        local
    }

    /// Derivatives by angle and sigma are proportional to a; here they are those for a = 1.
    fn with_unit_slope(points: &[Point], at: Vector) -> Self {
        let [a, kink, b, sigma] = at;
        let kernel = Kernel::new(sigma);
        let by_kink = RADIAN * (1.0 + (kink * RADIAN).tan().powi(2));
        let mut local = Self { at, smooth: 0.0, downhill: [0.0; N], curvature: [[0.0; N]; N] };
        for point in points {
            let smeared = kernel.smeared(point.angle, kink);
            let slopes =
                [smeared.smooth, by_kink * smeared.by_tangent, total_weight(), smeared.by_sigma]
                    .map(|slope| slope / point.error);
            let residual = point.width / point.error - a * slopes[0] - b * slopes[2];
            local.smooth += residual * residual;
            for row in 0..N {
                local.downhill[row] += residual * slopes[row];
                for column in 0..N {
                    local.curvature[row][column] += slopes[row] * slopes[column];
                }
            }
        }
        local
    }

    fn multiply_slope(&mut self) {
        let factor: Vector = LINEAR.map(|linear| if linear { 1.0 } else { self.at[0] });
        for row in 0..N {
            self.downhill[row] *= factor[row];
            for column in 0..N {
                self.curvature[row][column] *= factor[row] * factor[column];
            }
        }
    }

    /// Whether all numbers can be used.
    pub(crate) fn is_finite(&self) -> bool {
        let numbers = self.at.iter().chain(&self.downhill).chain(self.curvature.iter().flatten());
        self.smooth.is_finite() && numbers.into_iter().all(|value| value.is_finite())
    }
}
