//! Fits of simulated profiles, and of profiles that cannot be fitted.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod failures;
mod interop;
mod laws;
mod samples;
mod truth;

use sct_lorentz_angle::{Config, Fit, Inputs, Profile, Sensors, fit};

/// The fit of one profile in the first place, with the production numbers.
fn fit_one(profile: Profile) -> Fit {
    fit_with(profile, &Config::PRODUCTION)
}

fn fit_with(profile: Profile, config: &Config) -> Fit {
    let mut profiles = [const { None }; Sensors::COUNT];
    profiles[0] = Some(profile);
    fit(&Inputs { profiles: &profiles }, config).unwrap().fits.swap_remove(0)
}
