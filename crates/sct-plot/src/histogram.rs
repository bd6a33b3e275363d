//! Counts of values in bins.

use crate::{Error, Scale};

/// Values counted in bins of equal width, linear or logarithmic; what falls outside is counted apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    scale: Scale,
    edges: Vec<f64>,
    counts: Vec<u64>,
    below: u64,
    above: u64,
}

impl Histogram {
    /// Empty bins from `low` to `high`.
    ///
    /// # Errors
    ///
    /// [`Error::Bins`] for no bins, limits that are not finite and rising, or a logarithmic axis from zero or below.
    pub fn new(scale: Scale, bins: usize, low: f64, high: f64) -> Result<Self, Error> {
        let sensible = low.is_finite() && high.is_finite() && low < high;
        if bins == 0 || !sensible || (scale == Scale::Log && low <= 0.0) {
            return Err(Error::Bins { bins, low, high });
        }
        let edge = |number: usize| {
            let place = number as f64 / bins as f64;
            match scale {
                Scale::Linear => low + (high - low) * place,
                Scale::Log => low * (high / low).powf(place),
            }
        };
        Ok(Self {
            scale,
            edges: (0..=bins).map(edge).collect(),
            counts: vec![0; bins],
            below: 0,
            above: 0,
        })
    }

    /// Counts a value; one that is not a number counts as below.
    pub fn fill(&mut self, value: f64) {
        self.fill_many(value, 1);
    }

    /// Counts a value several times.
    pub fn fill_many(&mut self, value: f64, times: u64) {
        let bin = self.edges.partition_point(|&edge| edge <= value);
        let count = match bin {
            0 => &mut self.below,
            _ => self.counts.get_mut(bin - 1).unwrap_or(&mut self.above),
        };
        *count = count.saturating_add(times);
    }

    /// The scale of the axis.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// Edges of the bins, one more than bins.
    pub fn edges(&self) -> &[f64] {
        &self.edges
    }

    /// Values per bin.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Values below the first edge.
    pub fn below(&self) -> u64 {
        self.below
    }

    /// Values at or above the last edge.
    pub fn above(&self) -> u64 {
        self.above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_edges_belong_to_their_bin() {
        let mut histogram = Histogram::new(Scale::Linear, 4, 0.0, 4.0).unwrap();
        for value in [-1.0, 0.0, 0.5, 3.999, 4.0, f64::NAN] {
            histogram.fill(value);
        }
        assert_eq!(histogram.counts(), [2, 0, 0, 1]);
        assert_eq!((histogram.below(), histogram.above()), (2, 1));
    }

    #[test]
    fn logarithmic_bins_have_equal_ratios() {
        let histogram = Histogram::new(Scale::Log, 6, 1e-6, 1.0).unwrap();
        for pair in histogram.edges().windows(2) {
            assert!((pair[1] / pair[0] - 10.0).abs() < 1e-9);
        }
    }

    #[test]
    fn impossible_bins_are_refused() {
        for (scale, bins, low, high) in [
            (Scale::Linear, 0, 0.0, 1.0),
            (Scale::Linear, 3, 1.0, 1.0),
            (Scale::Log, 3, 0.0, 1.0),
            (Scale::Linear, 3, f64::NAN, 1.0),
        ] {
            assert!(Histogram::new(scale, bins, low, high).is_err());
        }
    }
}
