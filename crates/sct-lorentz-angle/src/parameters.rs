//! The four numbers of the model.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kernel::{Kernel, total_weight};

/// Which number of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum Parameter {
    /// [`Parameters::a`].
    A,
    /// [`Parameters::angle`].
    Angle,
    /// [`Parameters::b`].
    B,
    /// [`Parameters::sigma`].
    Sigma,
}

impl Parameter {
    /// All, in the order of the original.
    pub const ALL: [Self; 4] = [Self::A, Self::Angle, Self::B, Self::Sigma];
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "a",
            Self::Angle => "the angle",
            Self::B => "b",
            Self::Sigma => "sigma",
        })
    }
}

/// Numbers of the model: cluster width = a |tan x - tan L| + b, smeared with a Gaussian in x.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Slope, strips per unit of the tangent.
    pub a: f64,
    /// Lorentz angle L, degrees.
    pub angle: f64,
    /// Width at the angle without smearing, strips.
    pub b: f64,
    /// Width of the Gaussian, degrees.
    pub sigma: f64,
}

impl Parameters {
    /// Mean cluster width in strips at an angle in degrees: the fitted function. Source: `LA_func`, Athena
    /// `SCT_CalibAlgs`.
    pub fn cluster_width(&self, angle: f64) -> f64 {
        let smeared = Kernel::new(self.sigma).smeared(angle, self.angle);
        self.a * smeared.value + self.b * total_weight()
    }

    pub(crate) fn to_array(self) -> [f64; 4] {
        [self.a, self.angle, self.b, self.sigma]
    }

    pub(crate) fn from_array([a, angle, b, sigma]: [f64; 4]) -> Self {
        Self { a, angle, b, sigma }
    }
}
