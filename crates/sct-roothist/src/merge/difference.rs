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
        let bins = u32::try_from(found.bins()).unwrap_or(u32::MAX);
        let edges = found.edges().iter().eq(expected.edges.iter().copied());
        let ends = (found.low(), found.high());
        let first = Self::of_bins(axis, expected, bins, ends, edges);
        if first.is_some() {
            return Ok(first);
        }
        Ok((found.labels()? != expected.labels).then_some(Self::Labels { axis }))
    }

    /// The same for two histograms at hand.
    pub(crate) fn of(expected: &Histogram, found: &Histogram) -> Option<Self> {
        if expected.class != found.class {
            return Some(Self::Class { found: found.class, expected: expected.class });
        }
        let of_axes = |axis, expected: &Axis, found: &Axis| {
            let (ends, edges) = ((found.low, found.high), found.edges == expected.edges);
            Self::of_bins(axis, expected, found.bins, ends, edges)
                .or_else(|| (found.labels != expected.labels).then_some(Self::Labels { axis }))
        };
        of_axes('x', &expected.x, &found.x).or_else(|| of_axes('y', &expected.y, &found.y))
    }

    fn of_bins(
        axis: char,
        expected: &Axis,
        bins: u32,
        ends: (f64, f64),
        same_edges: bool,
    ) -> Option<Self> {
        let range = (expected.low, expected.high);
        let bits = |(low, high): (f64, f64)| (low.to_bits(), high.to_bits());
        if bins != expected.bins {
            Some(Self::Bins { axis, found: bins, expected: expected.bins })
        } else if bits(ends) != bits(range) {
            Some(Self::Range { axis, found: ends, expected: range })
        } else {
            (!same_edges).then_some(Self::Edges { axis })
        }
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
