//! One minimisation with errors.

use crate::{
    Failure, Parameter, Parameters,
    chi_square::{N, Point, Vector, chi_square},
    descent::{FINE, Limits, Minimum, minimise},
    kernel::{Kernel, total_weight},
    linear::{dot, invert},
    outcome::{Errors, Estimate},
    profile_error::{NoCrossing, ProfileError, crossing},
};

/// The search for errors may find a better minimum so many times.
const MAX_RESTARTS: usize = 5;
/// Half of the difference in degrees that makes a derivative.
const SMALL_ANGLE: f64 = 1e-3;
/// Minima whose chi-square differs by less are the same.
const SAME: f64 = 1e-3;

/// Minimises from `start` and measures the errors. The numbers come back in any case, together with what is wrong with
/// them. Where the attempt `before` has been already, the errors are not searched again.
pub(crate) fn attempt(
    points: &[Point],
    start: Vector,
    limits: &Limits,
    before: Option<(&Estimate, Failure)>,
) -> (Estimate, Result<(), Failure>) {
    let mut start = start;
    for _ in 0..=MAX_RESTARTS {
        let Some(mut minimum) = minimise(points, start, [true; N], limits, FINE) else {
            let estimate = Estimate::without_fit(Parameters::from_array(start), points.len());
            return (estimate, Err(Failure::NotConverged { distance: f64::INFINITY }));
        };
        // The tangent repeats every half turn, so that a long first step may end in a repetition of the minimum.
        let angle = &mut minimum.local.at[Parameter::Angle as usize];
        *angle -= 180.0 * (*angle / 180.0).round();
        let covariance = invert(&minimum.local.curvature);
        let mut estimate = numbers(&minimum, covariance.as_ref(), points);
        if let Some(failure) = objection(&minimum, limits) {
            return (estimate, Err(failure));
        }
        let Some(covariance) = covariance else {
            return (estimate, Err(Failure::Undetermined));
        };
        if let Some((before, failure @ Failure::NoError { .. })) = before
            && (before.chi_square - estimate.chi_square).abs() < SAME
        {
            return (estimate, Err(failure));
        }
        match errors(points, &minimum, &covariance, limits) {
            Ok(errors) => {
                estimate.errors = errors;
                return (estimate, Ok(()));
            }
            Err((_, NoCrossing::LowerMinimum(at))) => start = at,
            Err((parameter, NoCrossing::Limit(_) | NoCrossing::Open)) => {
                return (estimate, Err(Failure::NoError { parameter }));
            }
        }
    }
    let estimate = Estimate::without_fit(Parameters::from_array(start), points.len());
    (estimate, Err(Failure::NotConverged { distance: f64::INFINITY }))
}

/// What speaks against taking this as the minimum.
fn objection(minimum: &Minimum, limits: &Limits) -> Option<Failure> {
    if minimum.expected.is_infinite() {
        return Some(Failure::Undetermined);
    }
    if !minimum.converged {
        return Some(Failure::NotConverged { distance: minimum.expected });
    }
    let on_limit = |parameter: &Parameter| {
        let (value, (low, high)) =
            (minimum.local.at[*parameter as usize], limits[*parameter as usize]);
        value >= high || value <= low && *parameter != Parameter::Sigma
    };
    let parameter = Parameter::ALL.into_iter().find(on_limit)?;
    Some(Failure::OnLimit { parameter, value: minimum.local.at[parameter as usize] })
}

fn errors(
    points: &[Point],
    minimum: &Minimum,
    covariance: &[Vector; N],
    limits: &Limits,
) -> Result<Errors, (Parameter, NoCrossing)> {
    let mut errors = [ProfileError::default(); N];
    // Where the points do not determine the parameters, sigma is the first to run away.
    for parameter in [Parameter::Sigma, Parameter::A, Parameter::B, Parameter::Angle] {
        let distance = |sign: f64| {
            match crossing(points, minimum, covariance, parameter as usize, sign, limits) {
                // No smearing at all is compatible with the points. MINUIT, too, ends the error at the limit then.
                Err(NoCrossing::Limit(room)) if parameter == Parameter::Sigma && sign < 0.0 => {
                    Ok(room)
                }
                other => other.map_err(|reason| (parameter, reason)),
            }
        };
        errors[parameter as usize] = ProfileError { lower: distance(-1.0)?, upper: distance(1.0)? };
    }
    Ok(Errors::from_array(errors))
}

/// The numbers of a minimum, with parabolic errors where the points determine them.
fn numbers(minimum: &Minimum, covariance: Option<&[Vector; N]>, points: &[Point]) -> Estimate {
    let parameters = Parameters::from_array(minimum.local.at);
    let errors =
        covariance.map_or([0.0; N], |covariance| std::array::from_fn(|i| covariance[i][i].sqrt()));
    let slopes = slopes_at_angle(parameters);
    let variance = covariance
        .map_or(0.0, |covariance| dot(&slopes, &covariance.map(|row| dot(&row, &slopes))));
    Estimate {
        parameters,
        errors: Errors::from_array(errors.map(ProfileError::symmetric)),
        chi_square: chi_square(points, minimum.local.at),
        points: points.len(),
        min_cluster_width: parameters.cluster_width(parameters.angle),
        min_cluster_width_error: variance.max(0.0).sqrt(),
    }
}

/// Derivatives by the parameters of the model at its own angle: the smallest cluster width.
fn slopes_at_angle(parameters: Parameters) -> Vector {
    let Parameters { a, angle, sigma, .. } = parameters;
    let smeared = Kernel::new(sigma).smeared(angle, angle);
    // The place moves with the angle, and so does the kink; nodes never change sides, so that this is smooth.
    let moved = |angle: f64| Parameters { angle, ..parameters }.cluster_width(angle);
    let by_angle = (moved(angle + SMALL_ANGLE) - moved(angle - SMALL_ANGLE)) / (2.0 * SMALL_ANGLE);
    [smeared.value, by_angle, total_weight(), a * smeared.by_sigma]
}
