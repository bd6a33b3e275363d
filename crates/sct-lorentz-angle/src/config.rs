//! Range, start values and limits of the fits.

use serde::{Deserialize, Serialize};

use crate::{Parameters, kernel::REACH};

/// Range, start values and limits of the fits. Angles in degrees.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Bins whose centre is below this are left out; so is an angle of a good fit.
    pub low: f64,
    /// Bins whose centre is above this are left out; so is an angle of a good fit.
    pub high: f64,
    /// Where the first strategy starts.
    pub start: Parameters,
    /// Smallest width of the Gaussian.
    pub min_sigma: f64,
    /// Largest width of the Gaussian. Fits stay below a fifth of the way from the range to ±90 degrees in any case, because
    /// the tangent has its poles there.
    pub max_sigma: f64,
    /// The angle stays within plus and minus this in the second and third strategy; the first does not limit it.
    pub max_angle: f64,
    /// Where the third strategy holds sigma at first.
    pub held_sigma: f64,
}

/// A number that no fit can use.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value}, expected {expected}")]
pub struct ConfigError {
    /// Field of [`Config`].
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// What it should be.
    pub expected: &'static str,
}

impl Config {
    /// The production loop. Source: constants in `SCTCalib::getLorentzAngle`, Athena `SCT_CalibAlgs`.
    pub const PRODUCTION: Self = Self {
        low: -9.0,
        high: 2.0,
        start: Parameters { a: 1.0, angle: -5.0, b: 1.13, sigma: 2.0 },
        min_sigma: 0.1,
        max_sigma: 50.0,
        max_angle: 90.0,
        held_sigma: 2.0,
    };

    /// The largest width for which no node of the model lies beyond ±90 degrees, at most [`Self::max_sigma`].
    ///
    /// Beyond, the sum adds points on both sides of a pole of the tangent and is no smeared width any more.
    pub(crate) fn max_sigma_within_poles(&self) -> f64 {
        let farthest = self.low.abs().max(self.high.abs());
        self.max_sigma.min((90.0 - farthest) / REACH).max(self.min_sigma)
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let Self { low, high, start, min_sigma, max_sigma, max_angle, held_sigma } = *self;
        let sigmas = min_sigma..=max_sigma;
        let checks = [
            ("low", low, low.abs() < 90.0, "an angle between -90 and 90 degrees"),
            ("high", high, high > low && high < 90.0, "an angle between low and 90 degrees"),
            ("start.a", start.a, start.a.is_finite() && start.a != 0.0, "a number other than 0"),
            ("start.angle", start.angle, start.angle.abs() < 90.0, "between -90 and 90 degrees"),
            ("start.b", start.b, start.b.is_finite(), "a number"),
            ("min_sigma", min_sigma, min_sigma > 0.0, "a width above 0 degrees"),
            (
                "max_sigma",
                max_sigma,
                max_sigma > min_sigma && max_sigma < 90.0,
                "a width between min_sigma and 90 degrees",
            ),
            ("max_angle", max_angle, max_angle > 0.0 && max_angle <= 90.0, "above 0, at most 90"),
            ("start.sigma", start.sigma, sigmas.contains(&start.sigma), "within the limits"),
            ("held_sigma", held_sigma, sigmas.contains(&held_sigma), "within the limits"),
        ];
        match checks.into_iter().find(|&(.., good, _)| !good) {
            None => Ok(()),
            Some((name, value, _, expected)) => Err(ConfigError { name, value, expected }),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::PRODUCTION
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl Fn(&mut Config), expected: &str) {
        let mut config = Config::PRODUCTION;
        change(&mut config);
        let name = config.check().map_or_else(|error| error.name, |()| "");
        assert_eq!(name, expected);
    }

    #[test]
    fn production_numbers_are_good() {
        check(|_| (), "");
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        check(|config| config.low = f64::NAN, "low");
        check(|config| config.high = -9.0, "high");
        check(|config| config.start.a = 0.0, "start.a");
        check(|config| config.start.angle = -90.0, "start.angle");
        check(|config| config.start.b = f64::INFINITY, "start.b");
        check(|config| config.min_sigma = 0.0, "min_sigma");
        check(|config| config.max_sigma = 0.1, "max_sigma");
        check(|config| config.max_angle = 91.0, "max_angle");
        check(|config| config.start.sigma = 51.0, "start.sigma");
        check(|config| config.held_sigma = 0.05, "held_sigma");
    }

    #[test]
    fn the_message_says_what_is_expected() {
        let error = Config { max_angle: -1.0, ..Config::PRODUCTION }.check().unwrap_err();
        assert_eq!(error.to_string(), "max_angle is -1, expected above 0, at most 90");
    }

    #[test]
    fn json_has_no_unknown_fields() {
        let text = serde_json::to_string(&Config::PRODUCTION).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), Config::PRODUCTION);
        let more = text.replacen('{', "{\"extra\": 1, ", 1);
        assert!(serde_json::from_str::<Config>(&more).is_err());
    }
}
