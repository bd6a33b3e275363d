//! Mean cluster width by angle, as the monitoring stores it.

/// The sums of one bin. Source: class `TProfile`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Sum of weight times value: the stored content of the cell.
    pub sum: f64,
    /// Sum of weight times value squared.
    pub sum_of_squares: f64,
    /// Sum of weights: the entries of the bin.
    pub entries: f64,
    /// Sum of squared weights, when the fills had weights.
    pub squared_weights: Option<f64>,
}

impl Bin {
    /// Mean of the values; 0 without entries.
    pub fn mean(&self) -> f64 {
        if self.entries == 0.0 { 0.0 } else { self.sum / self.entries }
    }

    /// Error of the mean: the spread of the values over the root of the effective number of entries. 0 when all values
    /// are equal, for example for a single one, and without entries. Source: `TProfile::GetBinError`, error mode 0.
    pub fn error(&self) -> f64 {
        if self.entries == 0.0 {
            return 0.0;
        }
        let mean = self.mean();
        // Rounding can make the difference of equal numbers negative; the original takes the absolute value.
        let spread = (self.sum_of_squares / self.entries - mean * mean).abs().sqrt();
        spread / self.effective_entries().sqrt()
    }

    /// Number of unweighted entries with the same relative error.
    fn effective_entries(&self) -> f64 {
        match self.squared_weights {
            None => self.entries,
            Some(squares) if squares > 0.0 => self.entries * self.entries / squares,
            Some(_) => 0.0,
        }
    }
}

/// Mean number of strips of a cluster against the angle of the track to the normal of the wafer, without under- and
/// overflow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    centres: Vec<f64>,
    bins: Vec<Bin>,
}

/// Edges that do not fit the bins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{edges} bin edges for {bins} bins, expected one more edge than bins")]
pub struct EdgesError {
    /// Number of edges.
    pub edges: usize,
    /// Number of bins.
    pub bins: usize,
}

impl Profile {
    /// Bins of equal width between two angles in degrees.
    pub fn uniform(low: f64, high: f64, bins: Vec<Bin>) -> Self {
        let width = (high - low) / bins.len() as f64;
        let centres = (0..bins.len()).map(|bin| low + bin as f64 * width + 0.5 * width).collect();
        Self { centres, bins }
    }

    /// Bins with given edges in degrees, one more than bins.
    ///
    /// # Errors
    ///
    /// [`EdgesError`] when there are not.
    pub fn with_edges(edges: &[f64], bins: Vec<Bin>) -> Result<Self, EdgesError> {
        if edges.len() != bins.len() + 1 {
            return Err(EdgesError { edges: edges.len(), bins: bins.len() });
        }
        let centres = edges.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect();
        Ok(Self { centres, bins })
    }

    /// The bins, lowest angle first.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    /// Centres of the bins in degrees with the bins.
    pub fn iter(&self) -> impl Iterator<Item = (f64, &Bin)> {
        self.centres.iter().copied().zip(&self.bins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected numbers are those of ROOT 6.40 for the same fills.
    #[track_caller]
    fn check(values_weights: &[(f64, f64)], weighted: bool, mean: f64, error: f64) {
        let sum = |f: fn(f64, f64) -> f64| values_weights.iter().map(|&(y, w)| f(y, w)).sum();
        let bin = Bin {
            sum: sum(|y, w| w * y),
            sum_of_squares: sum(|y, w| w * y * y),
            entries: sum(|_, w| w),
            squared_weights: weighted.then(|| sum(|_, w| w * w)),
        };
        assert!((bin.mean() - mean).abs() < 1e-14, "mean {}", bin.mean());
        assert!((bin.error() - error).abs() < 1e-14, "error {}", bin.error());
    }

    #[test]
    fn an_empty_bin_is_zero() {
        check(&[], false, 0.0, 0.0);
    }

    #[test]
    fn one_entry_has_no_error() {
        check(&[(3.0, 1.0)], false, 3.0, 0.0);
    }

    #[test]
    fn equal_values_have_no_error() {
        check(&[(2.0, 1.0); 7], false, 2.0, 0.0);
    }

    #[test]
    fn the_error_is_that_of_the_mean() {
        check(&[(1.0, 1.0), (2.0, 1.0), (4.0, 1.0)], false, 7.0 / 3.0, 0.720_082_299_823_095_4);
    }

    #[test]
    fn weights_lower_the_effective_entries() {
        let fills = [(1.0, 0.5), (2.0, 2.0), (4.0, 1.5)];
        check(&fills, true, 2.625, 0.708_141_824_601_541_2);
    }

    #[test]
    fn centres_lie_half_way() {
        let uniform = Profile::uniform(-90.0, 90.0, vec![Bin::default(); 360]);
        let centres: Vec<f64> = uniform.iter().map(|(centre, _)| centre).collect();
        assert_eq!((centres[162], centres[183], centres.len()), (-8.75, 1.75, 360));
        let uneven = Profile::with_edges(&[0.0, 1.0, 4.0], vec![Bin::default(); 2]).unwrap();
        assert_eq!(uneven.iter().map(|(centre, _)| centre).collect::<Vec<_>>(), [0.5, 2.5]);
        let error = Profile::with_edges(&[0.0, 1.0], vec![Bin::default(); 2]).unwrap_err();
        assert_eq!(error, EdgesError { edges: 2, bins: 2 });
        assert_eq!(Profile::uniform(0.0, 1.0, Vec::new()).iter().count(), 0);
    }
}
