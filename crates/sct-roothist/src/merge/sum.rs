//! Adding a histogram, still as it lies in a file, to a sum. Source: `docs/formats/root.md`, "Merging".

use crate::{
    bytes::{BeSlice, Fault},
    merge::difference::Difference,
    model::{Contents, Histogram, Profile, Stats},
    view::{ContentsView, Numbers, ProfileView, View},
};

/// Magnitude from which single precision rounds integers, and where counting one by one stops.
const INEXACT_IN_F32: f32 = 16_777_216.0;

/// Why one histogram cannot be added to another.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The cells do not correspond.
    Different(Difference),
    /// The sum of this cell does not fit 32 bits.
    Overflow { cell: usize },
    /// The bytes are damaged.
    Damaged(Fault),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Damaged(fault)
    }
}

/// Adds `other` to `sum`, whose axes, titles and attributes stay.
///
/// Single-precision contents are added in single precision, one input after the other, as ROOT does.
pub(super) fn add(sum: &mut Histogram, other: &View<'_>) -> Result<(), Refusal> {
    if let Some(difference) = Difference::between(sum, other)? {
        return Err(Refusal::Different(difference));
    }
    add_squares(&mut sum.sumw2, &sum.contents, other.sumw2(), other.contents());
    add_contents(&mut sum.contents, other.contents())?;
    if let (Some(sum), Some(other)) = (&mut sum.profile, other.profile()) {
        add_profile(sum, &other);
    }
    sum.entries += other.entries();
    add_stats(&mut sum.stats, &other.stats());
    Ok(())
}

/// Adds numbers whose histogram agrees in everything else, and has no squared weights.
pub(super) fn add_numbers(sum: &mut Histogram, other: &Numbers<'_>) -> Result<(), Refusal> {
    add_contents(&mut sum.contents, other.contents)?;
    sum.entries += other.entries;
    add_stats(&mut sum.stats, &other.stats);
    Ok(())
}

fn add_contents(sum: &mut Contents, other: ContentsView<'_>) -> Result<(), Refusal> {
    match (sum, other) {
        (Contents::F32(sum), ContentsView::F32(other)) => other.add_to(sum),
        (Contents::F64(sum), ContentsView::F64(other)) => other.add_to(sum),
        (Contents::I32(sum), ContentsView::I32(other)) => {
            for (cell, (sum, value)) in sum.iter_mut().zip(other.iter()).enumerate() {
                *sum = sum.checked_add(value).ok_or(Refusal::Overflow { cell })?;
            }
        }
        // Same class, same type of contents.
        _ => {}
    }
    Ok(())
}

/// Adds squared weights. Where only one side has them, those of the other are its contents: fills of weight 1.
///
/// Is called before the contents of the sum change.
fn add_squares(
    sum: &mut Vec<f64>,
    contents: &Contents,
    other: BeSlice<'_, f64>,
    other_contents: ContentsView<'_>,
) {
    if sum.is_empty() && other.is_empty() {
        return;
    }
    if sum.is_empty() {
        *sum = (0..contents.len()).map_while(|cell| contents.get(cell)).collect();
    }
    if !other.is_empty() {
        return other.add_to(sum);
    }
    match other_contents {
        ContentsView::I32(values) => add_values(sum, values.iter().map(f64::from)),
        ContentsView::F32(values) => add_values(sum, values.iter().map(f64::from)),
        ContentsView::F64(values) => values.add_to(sum),
    }
}

fn add_values(sum: &mut [f64], other: impl Iterator<Item = f64>) {
    sum.iter_mut().zip(other).for_each(|(sum, value)| *sum += value);
}

/// Adds what a profile has beyond its sums. As for a histogram, where only one side has squared weights per bin, those of
/// the other are its entries.
fn add_profile(sum: &mut Profile, other: &ProfileView<'_>) {
    if !(sum.bin_sumw2.is_empty() && other.bin_sumw2.is_empty()) {
        if sum.bin_sumw2.is_empty() {
            sum.bin_sumw2.clone_from(&sum.bin_entries);
        }
        let weighted = !other.bin_sumw2.is_empty();
        let squares = if weighted { other.bin_sumw2 } else { other.bin_entries };
        squares.add_to(&mut sum.bin_sumw2);
    }
    other.bin_entries.add_to(&mut sum.bin_entries);
    sum.sum_value += other.sum_value;
    sum.sum_value2 += other.sum_value2;
}

fn add_stats(sum: &mut Stats, other: &Stats) {
    sum.w += other.w;
    sum.w2 += other.w2;
    sum.wx += other.wx;
    sum.wx2 += other.wx2;
    sum.wy += other.wy;
    sum.wy2 += other.wy2;
    sum.wxy += other.wxy;
}

/// Number of cells in single precision that are so large that counts may have been rounded.
pub(super) fn inexact_cells(contents: &Contents) -> usize {
    match contents {
        Contents::F32(values) => {
            values.iter().filter(|value| value.abs() >= INEXACT_IN_F32).count()
        }
        Contents::F64(_) | Contents::I32(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        encode::{Payload, put_histogram},
        model::{Axis, Class},
    };

    /// Adds a histogram by way of its bytes.
    fn add(sum: &mut Histogram, other: &Histogram) -> Result<(), Refusal> {
        let mut payload = Payload::default();
        put_histogram(&mut payload, other);
        super::add(sum, &View::parse(other.class, payload.as_bytes(), 0).unwrap())
    }

    /// A histogram of three bins whose cells are all `value`.
    fn flat(class: Class, value: i32) -> Histogram {
        let mut histogram = Histogram::new(class, "h", "", Axis::uniform(0, 3, 0.0, 3.0), None);
        let double = f64::from(value);
        match &mut histogram.contents {
            Contents::I32(values) => values.fill(value),
            Contents::F32(values) => values.fill(value as f32),
            Contents::F64(values) => values.fill(double),
        }
        histogram.entries = double;
        histogram.stats = Stats { w: double, wx2: 2.0 * double, ..Stats::default() };
        histogram
    }

    #[test]
    fn contents_entries_and_sums_are_added() {
        for class in [Class::Th1I, Class::Th1F, Class::Th1D] {
            let mut sum = flat(class, 2);
            add(&mut sum, &flat(class, 5)).unwrap();
            assert_eq!(sum, flat(class, 7));
        }
    }

    #[test]
    fn titles_are_those_of_the_first() {
        let (mut sum, mut other) = (flat(Class::Th1F, 1), flat(Class::Th1F, 1));
        other.title = "other".to_owned();
        other.x.title = "other".to_owned();
        add(&mut sum, &other).unwrap();
        assert_eq!(sum, flat(Class::Th1F, 2));
    }

    #[test]
    fn missing_squares_are_the_contents() {
        let (plain, mut weighted) = (flat(Class::Th1F, 3), flat(Class::Th1F, 5));
        weighted.sumw2 = vec![50.0; 5];
        let mut sum = plain.clone();
        add(&mut sum, &weighted).unwrap();
        assert_eq!(sum.sumw2, [53.0; 5]);
        let mut sum = weighted.clone();
        add(&mut sum, &plain).unwrap();
        assert_eq!(sum.sumw2, [53.0; 5]);
        let mut sum = plain.clone();
        add(&mut sum, &plain).unwrap();
        assert!(sum.sumw2.is_empty());
    }

    #[test]
    fn missing_squares_of_a_profile_are_its_entries() {
        let plain = |entries| {
            let mut profile = flat(Class::Profile, 1);
            profile.profile.as_mut().unwrap().bin_entries = vec![entries; 5];
            profile
        };
        let mut weighted = plain(5.0);
        weighted.profile.as_mut().unwrap().bin_sumw2 = vec![25.0; 5];
        for (first, second) in [(plain(3.0), weighted.clone()), (weighted, plain(3.0))] {
            let mut sum = first;
            add(&mut sum, &second).unwrap();
            let profile = sum.profile.unwrap();
            assert_eq!(profile.bin_sumw2, [28.0; 5]);
            assert_eq!(profile.bin_entries, [8.0; 5]);
        }
    }

    #[test]
    fn integers_that_overflow_are_refused() {
        let mut sum = flat(Class::Th1I, i32::MAX - 1);
        add(&mut sum, &flat(Class::Th1I, 1)).unwrap();
        let refusal = add(&mut sum, &flat(Class::Th1I, 1)).unwrap_err();
        assert!(matches!(refusal, Refusal::Overflow { cell: 0 }), "{refusal:?}");
    }

    #[test]
    fn sums_round_as_single_precision_does() {
        assert_eq!(inexact_cells(&flat(Class::Th1F, 16_777_215).contents), 0);
        let mut sum = flat(Class::Th1F, 16_777_216);
        assert_eq!(inexact_cells(&sum.contents), 5);
        add(&mut sum, &flat(Class::Th1F, 1)).unwrap();
        assert_eq!(sum.contents.get(0), Some(16_777_216.0));
        add(&mut sum, &flat(Class::Th1F, 2)).unwrap();
        assert_eq!(sum.contents.get(0), Some(16_777_218.0));
        assert_eq!(inexact_cells(&sum.contents), 5);
    }

    #[test]
    fn other_cells_are_refused() {
        let check = |edit: &dyn Fn(&mut Histogram), expected: &str| {
            let mut other = flat(Class::Th1F, 1);
            edit(&mut other);
            match add(&mut flat(Class::Th1F, 1), &other) {
                Err(Refusal::Different(difference)) => assert_eq!(difference.to_string(), expected),
                result => panic!("{result:?}, not {expected}"),
            }
        };
        check(&|h| *h = flat(Class::Th1D, 1), "class is TH1D, expected TH1F");
        let four = Histogram::new(Class::Th1F, "h", "", Axis::uniform(0, 4, 0.0, 3.0), None);
        check(&|h| *h = four.clone(), "x axis has 4 bins, expected 3");
        check(&|h| h.x.high = 4.5, "x axis goes from 0 to 4.5, expected 0 to 3");
        check(&|h| h.x.edges = vec![0.0, 1.0, 2.0, 3.0], "x axis has other bin edges");
        check(&|h| h.x.labels = vec![(1, "a".to_owned())], "x axis has other bin labels");
        check(&|h| h.y.low = -1.0, "y axis goes from -1 to 1, expected 0 to 1");
    }
}
