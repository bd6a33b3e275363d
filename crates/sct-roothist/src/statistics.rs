//! What ROOT says about a histogram: errors of its bins, mean and spread.

use crate::Histogram;

/// Mean and spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// Mean of the fills within the axes.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
}

impl Histogram {
    /// Error of a cell: the root of its squared weights (of its content, when there are none); in profiles the error of the
    /// mean, which is 0 for values that are all the same. `None` outside, and for error modes other than 0.
    pub fn error(&self, cell: usize) -> Option<f64> {
        let content = self.contents.get(cell)?;
        let squares = self.sumw2.get(cell).copied();
        let Some(profile) = &self.profile else {
            return Some(squares.unwrap_or(content.abs()).max(0.0).sqrt());
        };
        let (entries, squares) = (*profile.bin_entries.get(cell)?, squares?);
        if profile.error_mode != 0 {
            return None;
        }
        if entries == 0.0 {
            return Some(0.0);
        }
        let weights = profile.bin_sumw2.get(cell).copied().filter(|&weights| weights > 0.0);
        let effective = weights.map_or(entries, |weights| entries * entries / weights);
        let mean = content / entries;
        Some((squares / entries - mean * mean).abs().sqrt() / effective.sqrt())
    }

    /// Mean and spread of x, and of y in two dimensions; none without fills.
    pub fn moments(&self) -> [Option<Moments>; 2] {
        let stats = self.stats;
        let moments = |sum: f64, squares: f64| {
            let mean = sum / stats.w;
            let deviation = (squares / stats.w - mean * mean).abs().sqrt();
            (stats.w != 0.0).then_some(Moments { mean, deviation })
        };
        let y = (self.class.dimensions() == 2).then(|| moments(stats.wy, stats.wy2));
        [moments(stats.wx, stats.wx2), y.flatten()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axis, Class, Contents, Stats};

    fn close(found: Option<f64>, expected: f64) {
        assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?}, expected {expected}");
    }

    #[test]
    fn errors_are_roots_of_squared_weights_or_counts() {
        let mut counts = Histogram::new(Class::Th1F, "h", "", Axis::uniform(0, 1, 0.0, 1.0), None);
        counts.contents = Contents::F32(vec![0.0, 9.0, 0.0]);
        close(counts.error(1), 3.0);
        counts.sumw2 = vec![0.0, 25.0, 0.0];
        close(counts.error(1), 5.0);
        assert_eq!(counts.error(3), None);
    }

    #[test]
    fn errors_of_profiles_are_those_of_the_mean() {
        // Values 1 and 3, and the same with weight 2 each.
        let axis = Axis::uniform(0, 2, 0.0, 2.0);
        let mut profile = Histogram::new(Class::Profile, "p", "", axis, None);
        profile.contents = Contents::F64(vec![0.0, 4.0, 8.0, 0.0]);
        profile.sumw2 = vec![0.0, 10.0, 20.0, 0.0];
        profile.profile.as_mut().unwrap().bin_entries = vec![0.0, 2.0, 4.0, 0.0];
        close(profile.error(1), 0.5_f64.sqrt());
        close(profile.error(0), 0.0);
        profile.profile.as_mut().unwrap().bin_sumw2 = vec![0.0, 2.0, 8.0, 0.0];
        close(profile.error(2), 0.5_f64.sqrt());
    }

    #[test]
    fn moments_come_from_the_sums() {
        let mut counts = Histogram::new(Class::Th1F, "h", "", Axis::uniform(0, 1, 0.0, 1.0), None);
        assert_eq!(counts.moments(), [None, None]);
        counts.stats = Stats { w: 2.0, wx: 4.0, wx2: 10.0, ..Stats::default() };
        assert_eq!(counts.moments()[0], Some(Moments { mean: 2.0, deviation: 1.0 }));
    }
}
