//! Fits the Lorentz angle: the angle at which charge drifts through the barrel sensors in the magnetic field.
//!
//! A track along that angle gives the narrowest clusters. For each barrel layer, side and crystal orientation the mean
//! number of strips of a cluster is known in bins of the angle between track and normal of the wafer. Fitted to it is
//!
//! width(x) = Gaussian of width sigma ⊗ (a |tan x - tan L| + b)
//!
//! with the Lorentz angle L, all angles in degrees. The convolution is the sum of 999 terms that the original forms.
//! Errors are distances at which chi-square, minimised in the other parameters, rises by 1. Source:
//! `SCTCalib::getLorentzAngle` and `LA_func`, Athena `SCT_CalibAlgs`; see `docs/physics/lorentz-angle.md`, and
//! `docs/differences.md` for where this deviates.
//!
//! ```
//! use sct_lorentz_angle::{Bin, Config, Inputs, Parameters, Profile, Sensors, fit};
//!
//! // Thousand clusters in each bin, half of them a strip wider than the mean and half a strip narrower.
//! let truth = Parameters { a: 1.1, angle: -4.2, b: 1.15, sigma: 2.0 };
//! let bin = |x| {
//!     let (entries, mean) = (1000.0, truth.cluster_width(x));
//!     Bin { sum: entries * mean, sum_of_squares: entries * (mean * mean + 1.0), entries, squared_weights: None }
//! };
//! let bins = (0..360).map(|i| bin(-89.75 + 0.5 * f64::from(i))).collect();
//! let mut profiles = [const { None }; Sensors::COUNT];
//! profiles[0] = Some(Profile::uniform(-90.0, 90.0, bins));
//! let outcome = fit(&Inputs { profiles: &profiles }, &Config::PRODUCTION)?;
//! let found = outcome.fits[0].estimate.unwrap();
//! assert!((found.parameters.angle - truth.angle).abs() < 0.05 * found.errors.angle.mean());
//! assert_eq!(outcome.flag.letter(), 'R', "the other profiles are missing");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attempt;
mod chi_square;
mod config;
mod descent;
mod kernel;
mod linear;
mod outcome;
mod parameters;
mod profile;
mod profile_error;
mod smeared;
mod strategy;

use rayon::prelude::*;

pub use sct_id::{Crystal, Sensors};

pub use crate::{
    config::{Config, ConfigError},
    outcome::{Errors, Estimate, Failure, Fit, Flag, Outcome, Status},
    parameters::{Parameter, Parameters},
    profile::{Bin, EdgesError, Profile},
    profile_error::ProfileError,
    strategy::Strategy,
};

/// What one run of the fits reads.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The profiles by [`Sensors::index`]. What stands for sensors that do not exist is not looked at.
    pub profiles: &'a [Option<Profile>; Sensors::COUNT],
}

/// Why there is no result at all. A fit that fails is a result: see [`Fit::status`].
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number that no fit can use.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Fits all profiles, in parallel. Each fit runs in one thread, so that the number of threads cannot change a result.
///
/// # Errors
///
/// [`Error::Config`] for start values or limits out of range.
pub fn fit(inputs: &Inputs<'_>, config: &Config) -> Result<Outcome, Error> {
    config.check()?;
    let sensors: Vec<Sensors> = Sensors::all().collect();
    let fits = sensors
        .into_par_iter()
        .with_max_len(1)
        .map(|sensors| {
            strategy::fit_profile(sensors, inputs.profiles[sensors.index()].as_ref(), config)
        })
        .collect();
    Ok(Outcome::new(fits))
}
