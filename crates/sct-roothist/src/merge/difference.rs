use std::fmt;

use crate::{
    bytes::Fault,
    model::{Axis, Class, Histogram},
    view::{AxisView, View},
};

/// How the cells of two histograms differ: what was found, and what the first input has.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// They have different classes.
    Class {
        /// Class that was found.
        found: Class,
        /// Class in the first input.
        expected: Class,
    },
    /// An axis has a different number of bins.
    Bins {
        /// Name of the axis.
        axis: char,
        /// Number that was found.
        found: u32,
        /// Number in the first input.
        expected: u32,
    },
    /// An axis has other ends.
    Range {
        /// Name of the axis.
        axis: char,
        /// Lower and upper end that were found.
        found: (f64, f64),
        /// Ends in the first input.
        expected: (f64, f64),
    },
    /// An axis has other bin edges, or has them where the other is equidistant.
    Edges {
        /// Name of the axis.
        axis: char,
    },
    /// An axis has other bin labels.
    Labels {
        /// Name of the axis.
        axis: char,
    },
}

impl Difference {
    /// The first difference in class and binning; `None` when cells correspond.
    pub(super) fn between(expected: &Histogram, found: &View<'_>) -> Result<Option<Self>, Fault> {
        if expected.class != found.class() {
            let (found, expected) = (found.class(), expected.class);
            return Ok(Some(Self::Class { found, expected }));
        }
        let x = Self::between_axes('x', &expected.x, found.x())?;
        if x.is_some() { Ok(x) } else { Self::between_axes('y', &expected.y, found.y()) }
    }

    fn between_axes(
        axis: char,
        expected: &Axis,
        found: &AxisView<'_>,
    ) -> Result<Option<Self>, Fault> {
        let bins = (u32::try_from(found.bins()).unwrap_or(u32::MAX), expected.bins);
        let ends = ((found.low(), found.high()), (expected.low, expected.high));
        let bits = |(low, high): (f64, f64)| (low.to_bits(), high.to_bits());
        Ok(if bins.0 != bins.1 {
            Some(Self::Bins { axis, found: bins.0, expected: bins.1 })
        } else if bits(ends.0) != bits(ends.1) {
            Some(Self::Range { axis, found: ends.0, expected: ends.1 })
        } else if !found.edges().iter().eq(expected.edges.iter().copied()) {
            Some(Self::Edges { axis })
        } else if found.labels()? != expected.labels {
            Some(Self::Labels { axis })
        } else {
            None
        })
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class { found, expected } => write!(f, "class is {found}, expected {expected}"),
            Self::Bins { axis, found, expected } => {
                write!(f, "{axis} axis has {found} bins, expected {expected}")
            }
            Self::Range { axis, found, expected } => {
                let ((low, high), (from, to)) = (found, expected);
                write!(f, "{axis} axis goes from {low} to {high}, expected {from} to {to}")
            }
            Self::Edges { axis } => write!(f, "{axis} axis has other bin edges"),
            Self::Labels { axis } => write!(f, "{axis} axis has other bin labels"),
        }
    }
}
