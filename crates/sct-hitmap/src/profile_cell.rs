//! One bin of a profile.

/// Sum and number of what was filled into one bin of a profile.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProfileCell {
    /// Sum of the values.
    pub sum: f64,
    /// How many values; with weights, the sum of weights.
    pub entries: f64,
}

impl ProfileCell {
    /// The mean; 0 without entries, as ROOT has it.
    pub fn mean(self) -> f64 {
        // Exactly zero is what an untouched bin holds.
        if self.entries == 0.0 { 0.0 } else { self.sum / self.entries }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_bin_reads_zero() {
        assert!(ProfileCell { sum: 3.0, entries: 0.0 }.mean().abs() < f64::MIN_POSITIVE);
        assert!((ProfileCell { sum: 3.0, entries: 4.0 }.mean() - 0.75).abs() < f64::EPSILON);
    }
}
