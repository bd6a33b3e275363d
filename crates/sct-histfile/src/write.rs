//! From counts to histograms as ROOT would have filled them.

use std::path::Path;

use sct_roothist::{Axis, Class, Contents, Histogram};

use crate::{Error, names::Label, read::Binning};

/// Wafers that one thread encodes at once.
pub(crate) const TOGETHER: usize = 16;

fn axis(dimension: usize, (bins, low, high): Binning) -> Axis {
    let bins = u32::try_from(bins).unwrap_or(u32::MAX);
    Axis::uniform(dimension, bins, low, high)
}

/// An empty histogram of one dimension.
pub(crate) fn one_dimension(class: Class, label: &Label, x: Binning) -> Histogram {
    Histogram::new(class, &label.name, &label.title, axis(0, x), None)
}

/// An empty histogram of two dimensions.
pub(crate) fn two_dimensions(class: Class, label: &Label, x: Binning, y: Binning) -> Histogram {
    Histogram::new(class, &label.name, &label.title, axis(0, x), Some(axis(1, y)))
}

/// The event counter: a TH1I filled once an event with the number of its bin's centre.
pub(crate) fn events(per_bin: &[u64], outside: u64) -> Histogram {
    let label = Label { folder: "GENERAL", name: "events".to_owned(), title: "Events".to_owned() };
    let mut histogram = one_dimension(Class::Th1I, &label, crate::names::from_one(per_bin.len()));
    if let Contents::I32(cells) = &mut histogram.contents {
        for (cell, &count) in cells.iter_mut().skip(1).zip(per_bin) {
            // A bin of ROOT's stops counting here; the entry count goes on.
            *cell = i32::try_from(count).unwrap_or(i32::MAX);
        }
    }
    for (number, &count) in (1_u64..).zip(per_bin) {
        add_fills(&mut histogram, number as f64, count as f64);
    }
    histogram.entries += outside as f64;
    histogram
}

/// Accounts for `count` fills at `x` with weight 1.
fn add_fills(histogram: &mut Histogram, x: f64, count: f64) {
    histogram.entries += count;
    histogram.stats.w += count;
    histogram.stats.w2 += count;
    histogram.stats.wx += count * x;
    histogram.stats.wx2 += count * x * x;
}

/// A TH1F whose bin 1 was filled with the number `first`, and so on.
pub(crate) fn counts(
    path: &Path,
    label: &Label,
    x: Binning,
    first: f64,
    counts: &[u32],
    outside: u64,
) -> Result<Histogram, Error> {
    let mut histogram = one_dimension(Class::Th1F, label, x);
    let mut number = first;
    for (bin, &count) in (1..).zip(counts) {
        // Most chips have hits in few lumi blocks.
        if count > 0 {
            if let Contents::F32(cells) = &mut histogram.contents
                && let Some(cell) = cells.get_mut(bin)
            {
                *cell = exact(path, label, count)?;
            }
            add_fills(&mut histogram, number, f64::from(count));
        }
        number += 1.0;
    }
    histogram.entries += outside as f64;
    Ok(histogram)
}

/// A count in single precision, if that holds it.
pub(crate) fn exact(path: &Path, label: &Label, count: u32) -> Result<f32, Error> {
    let value = count as f32;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "compared with the original next"
    )]
    if value as u32 == count {
        return Ok(value);
    }
    Err(Error::TooMany { path: path.to_owned(), object: label.path(), count })
}
