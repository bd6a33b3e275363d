//! Two histograms held against each other, cell by cell.

use std::fmt;

use crate::{Difference, Histogram};

/// A kind of number that every cell has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Contents; sums of values in profiles.
    Contents,
    /// Squared weights, from which errors follow. Without them they are the contents.
    SquaredWeights,
    /// Entries of the bins of a profile.
    BinEntries,
    /// Squared weights of the entries of a profile. Without them they are the entries.
    SquaredBinWeights,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Contents => "contents",
            Self::SquaredWeights => "squared weights",
            Self::BinEntries => "bin entries",
            Self::SquaredBinWeights => "squared weights of bin entries",
        })
    }
}

/// Where one quantity differs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellDifferences {
    /// The quantity.
    pub quantity: Quantity,
    /// Number of cells that differ.
    pub cells: usize,
    /// Column and row of the cell that differs most; 0 is underflow, one more than bins overflow.
    pub worst: (usize, usize),
    /// Its value in the first and in the second.
    pub values: (f64, f64),
}

/// What two histograms of one path have to do with each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// They have other classes or bins; their cells are then not compared.
    pub shape: Option<Difference>,
    /// Entries of the first and the second, where they differ.
    pub entries: Option<(f64, f64)>,
    /// Quantities in which cells differ.
    pub cells: Vec<CellDifferences>,
}

impl Comparison {
    /// Compares class, binning, entries and all cells. Numbers are equal when they differ by at most `tolerance` times the
    /// larger of them, 0 for exactly equal; not-a-number is equal to itself. Titles and drawing attributes may differ.
    pub fn new(first: &Histogram, second: &Histogram, tolerance: f64) -> Self {
        let mut comparison = Self { shape: Difference::of(first, second), ..Self::default() };
        let entries = (first.entries, second.entries);
        if distance(entries.0, entries.1) > tolerance {
            comparison.entries = Some(entries);
        }
        if comparison.shape.is_some() {
            return comparison;
        }
        let contents = |h: &Histogram| -> Vec<f64> {
            (0..h.cells()).filter_map(|cell| h.contents.get(cell)).collect()
        };
        let [a, b] = [first, second].map(contents);
        let columns = first.x.cells();
        let mut add = |quantity, a: &[f64], b: &[f64]| {
            comparison.cells.extend(differences(quantity, columns, a, b, tolerance));
        };
        add(Quantity::Contents, &a, &b);
        let squares = |h: &Histogram, contents: &[f64]| {
            if h.sumw2.is_empty() { contents.to_vec() } else { h.sumw2.clone() }
        };
        if !(first.sumw2.is_empty() && second.sumw2.is_empty()) {
            add(Quantity::SquaredWeights, &squares(first, &a), &squares(second, &b));
        }
        if let (Some(first), Some(second)) = (&first.profile, &second.profile) {
            add(Quantity::BinEntries, &first.bin_entries, &second.bin_entries);
            let [a, b] = [first, second].map(|profile| match &*profile.bin_sumw2 {
                [] => &profile.bin_entries,
                _ => &profile.bin_sumw2,
            });
            if !(first.bin_sumw2.is_empty() && second.bin_sumw2.is_empty()) {
                add(Quantity::SquaredBinWeights, a, b);
            }
        }
        comparison
    }

    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        self.shape.is_none() && self.entries.is_none() && self.cells.is_empty()
    }
}

/// Difference relative to the larger number.
fn distance(a: f64, b: f64) -> f64 {
    if a.to_bits() == b.to_bits() || a - b == 0.0 || (a.is_nan() && b.is_nan()) {
        return 0.0;
    }
    let relative = (a - b).abs() / a.abs().max(b.abs());
    if relative.is_nan() { f64::INFINITY } else { relative }
}

fn differences(
    quantity: Quantity,
    columns: usize,
    first: &[f64],
    second: &[f64],
    tolerance: f64,
) -> Option<CellDifferences> {
    let mut found: Option<(f64, CellDifferences)> = None;
    for (cell, (&a, &b)) in first.iter().zip(second).enumerate() {
        let distance = distance(a, b);
        if distance <= tolerance {
            continue;
        }
        let here = |cells| CellDifferences {
            quantity,
            cells,
            worst: (cell % columns, cell / columns),
            values: (a, b),
        };
        found = Some(match found {
            None => (distance, here(1)),
            Some((most, known)) if distance > most => (distance, here(known.cells + 1)),
            Some((most, known)) => (most, CellDifferences { cells: known.cells + 1, ..known }),
        });
    }
    found.map(|(_, found)| found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Axis, Class, Contents};

    fn map() -> Histogram {
        let (x, y) = (Axis::uniform(0, 3, 0.0, 3.0), Axis::uniform(1, 2, 0.0, 2.0));
        let mut map = Histogram::new(Class::Profile2D, "p", "", x, Some(y));
        let Contents::F64(sums) = &mut map.contents else { unreachable!("a profile has doubles") };
        sums.fill(6.0);
        map.sumw2.fill(20.0);
        map.profile.as_mut().unwrap().bin_entries.fill(2.0);
        map
    }

    fn check(edit: impl FnOnce(&mut Histogram), tolerance: f64) -> Comparison {
        let mut other = map();
        edit(&mut other);
        Comparison::new(&map(), &other, tolerance)
    }

    #[test]
    fn a_histogram_is_equal_to_itself_under_any_title() {
        assert!(check(|h| h.title = "other".to_owned(), 0.0).is_equal());
        let odd = |h: &mut Histogram| h.sumw2[0] = f64::NAN;
        let mut both = (map(), map());
        odd(&mut both.0);
        odd(&mut both.1);
        assert!(Comparison::new(&both.0, &both.1, 0.0).is_equal());
    }

    #[test]
    fn the_worst_cell_is_named() {
        let found = check(
            |h| {
                let Contents::F64(sums) = &mut h.contents else { return };
                (sums[1], sums[7], sums[9]) = (6.1, 3.0, 6.2);
            },
            0.0,
        );
        let expected = CellDifferences {
            quantity: Quantity::Contents,
            cells: 3,
            worst: (2, 1),
            values: (6.0, 3.0),
        };
        assert_eq!((found.cells, found.shape, found.entries), (vec![expected], None, None));
    }

    #[test]
    fn tolerance_is_relative_to_the_larger() {
        let entries = |h: &mut Histogram| h.profile.as_mut().unwrap().bin_entries[3] = 2.02;
        assert!(check(entries, 0.01).is_equal());
        assert_eq!(check(entries, 0.009).cells[0].quantity, Quantity::BinEntries);
        assert!(!check(|h| h.sumw2[0] = f64::NAN, 1e9).is_equal());
        assert_eq!(check(|h| h.entries = 1.0, 0.5).entries, Some((0.0, 1.0)));
    }

    #[test]
    fn squared_weights_of_one_side_are_held_against_contents() {
        let plain = Histogram::new(Class::Th1F, "h", "", Axis::uniform(0, 1, 0.0, 1.0), None);
        let mut weighted = plain.clone();
        weighted.sumw2 = vec![0.0; 3];
        assert!(Comparison::new(&plain, &weighted, 0.0).is_equal());
        weighted.sumw2[1] = 4.0;
        let found = Comparison::new(&plain, &weighted, 0.0);
        assert_eq!(found.cells[0].quantity, Quantity::SquaredWeights);
    }

    #[test]
    fn other_bins_are_not_compared_cell_by_cell() {
        let found = check(|h| h.y.high = 4.0, 0.0);
        assert_eq!(found.shape.unwrap().to_string(), "y axis goes from 0 to 4, expected 0 to 2");
        assert!(found.cells.is_empty());
    }
}
