//! What fits come to.

use std::fmt;

use serde::Serialize;

use crate::{Parameter, Parameters, ProfileError, Sensors, Strategy};

/// Why a fit is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// There was no profile.
    #[error("there is no profile")]
    Missing,
    /// No bin of the range has an error: none has two different values.
    #[error("no bin from {low} to {high} degrees has entries with different widths")]
    Empty {
        /// Lower end of the range, degrees.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Fewer bins than parameters.
    #[error("{points} bins with entries of different widths, expected at least 4")]
    TooFewPoints {
        /// Number of bins that have an error.
        points: usize,
    },
    /// A bin holds numbers that no fit can use.
    #[error(
        "bin at {angle} degrees has the width {width} and the error {error}, expected usual numbers"
    )]
    NotFinite {
        /// Centre of the bin, degrees.
        angle: f64,
        /// Its mean.
        width: f64,
        /// Its error.
        error: f64,
    },
    /// The search ended before the minimum.
    #[error("no minimum was found; chi-square may fall by {distance} from where the search ended")]
    NotConverged {
        /// Expected distance to the minimum in chi-square.
        distance: f64,
    },
    /// Different parameters describe the points equally well.
    #[error("the points do not determine the parameters")]
    Undetermined,
    /// The minimum is a limit.
    #[error("{parameter} ended on its limit {value}")]
    OnLimit {
        /// Which parameter.
        parameter: Parameter,
        /// The limit.
        value: f64,
    },
    /// Chi-square does not rise by 1 on both sides.
    #[error("{parameter} has no error: chi-square does not rise by 1 on both sides")]
    NoError {
        /// Which parameter.
        parameter: Parameter,
    },
    /// A minimum was found where no tracks were looked at.
    #[error("the angle {angle} is outside {low} to {high} degrees")]
    AngleOutside {
        /// The angle, degrees.
        angle: f64,
        /// Lower end of the range.
        low: f64,
        /// Upper end.
        high: f64,
    },
}

/// What became of one group of sensors.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub enum Status {
    /// The numbers can be used.
    Good,
    /// The detector has no such sensors; nothing was fitted.
    NoSensors,
    /// The numbers, if any, must not be used.
    Failed(Failure),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good => f.write_str("good"),
            Self::NoSensors => f.write_str("there are no such sensors"),
            Self::Failed(failure) => failure.fmt(f),
        }
    }
}

/// Errors of the four parameters, in their units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Errors {
    /// Of [`Parameters::a`].
    pub a: ProfileError,
    /// Of [`Parameters::angle`].
    pub angle: ProfileError,
    /// Of [`Parameters::b`].
    pub b: ProfileError,
    /// Of [`Parameters::sigma`].
    pub sigma: ProfileError,
}

impl Errors {
    pub(crate) fn from_array([a, angle, b, sigma]: [ProfileError; 4]) -> Self {
        Self { a, angle, b, sigma }
    }
}

/// Numbers of one fit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Where the search ended.
    pub parameters: Parameters,
    /// Errors from the profile of chi-square. Of a failed fit: parabolic ones, or 0 where the points do not determine
    /// them.
    pub errors: Errors,
    /// Sum of the squared residuals in units of the errors.
    pub chi_square: f64,
    /// Number of bins that took part.
    pub points: usize,
    /// Cluster width at the angle, smearing included, strips.
    pub min_cluster_width: f64,
    /// Its error, propagated from the covariance of all four parameters.
    pub min_cluster_width_error: f64,
}

impl Estimate {
    /// Bins less parameters.
    pub fn degrees_of_freedom(&self) -> usize {
        self.points.saturating_sub(Parameter::ALL.len())
    }

    /// For a search that could not even begin.
    pub(crate) fn without_fit(parameters: Parameters, points: usize) -> Self {
        Self {
            parameters,
            errors: Errors::default(),
            chi_square: 0.0,
            points,
            min_cluster_width: parameters.cluster_width(parameters.angle),
            min_cluster_width_error: 0.0,
        }
    }
}

/// The fit of one group of sensors.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// Which sensors.
    pub sensors: Sensors,
    /// Whether the numbers can be used, and if not why.
    pub status: Status,
    /// The strategy the numbers come from: the last one tried.
    pub strategy: Option<Strategy>,
    /// Why the strategies before that one failed, in order.
    pub retries: Vec<Failure>,
    /// The numbers; none when nothing could be fitted.
    pub estimate: Option<Estimate>,
}

impl Fit {
    pub(crate) fn new(sensors: Sensors) -> Self {
        let status = Status::NoSensors;
        Self { sensors, status, strategy: None, retries: Vec::new(), estimate: None }
    }

    /// Whether the numbers can be used: `Fit` of the summary, 1 or 0.
    pub fn is_good(&self) -> bool {
        self.status == Status::Good
    }
}

/// The verdict over all fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Flag {
    /// `G`: all fits are good.
    Green,
    /// `R`: a fit failed.
    Red,
}

impl Flag {
    /// The letter in the summary. Source: `DBUploadFlag`.
    pub const fn letter(self) -> char {
        match self {
            Self::Green => 'G',
            Self::Red => 'R',
        }
    }
}

/// All fits of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// One entry for each of [`Sensors::all`], in that order.
    pub fits: Vec<Fit>,
    /// The verdict.
    pub flag: Flag,
}

impl Outcome {
    pub(crate) fn new(fits: Vec<Fit>) -> Self {
        let failed = fits.iter().any(|fit| matches!(fit.status, Status::Failed(_)));
        Self { fits, flag: if failed { Flag::Red } else { Flag::Green } }
    }

    /// The fits whose numbers can be used.
    pub fn good(&self) -> impl Iterator<Item = (&Fit, &Estimate)> {
        self.fits
            .iter()
            .filter(|fit| fit.is_good())
            .filter_map(|fit| Some((fit, fit.estimate.as_ref()?)))
    }
}
