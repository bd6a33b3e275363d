//! From checked histograms to counts.

use std::path::Path;

use sct_roothist::{BeSlice, Class, ContentsView, Key, RootFile, Scratch, View};

use crate::Error;

/// Bins, lower and upper end of an axis.
pub(crate) type Binning = (usize, f64, f64);

/// Reads an object and checks class and axes; `y` is given exactly for two dimensions.
pub(crate) fn checked<'a>(
    file: &'a RootFile,
    key: &Key<'_>,
    scratch: &'a mut Scratch,
    class: Class,
    x: Binning,
    y: Option<Binning>,
) -> Result<View<'a>, Error> {
    let wrong = |found: String| Error::Shape {
        path: file.path().to_owned(),
        object: key.path(),
        found,
        expected: describe(class, &[Some(x), y]),
    };
    if key.class() != Some(class) {
        return Err(wrong(key.class_name().to_owned()));
    }
    let view = file.view(key, scratch)?;
    let same = |axis: &sct_roothist::AxisView<'_>, binning: Binning| {
        axis.is_uniform(binning.0, binning.1, binning.2)
    };
    if same(view.x(), x) && y.is_none_or(|y| same(view.y(), y)) {
        return Ok(view);
    }
    let found = |axis: &sct_roothist::AxisView<'_>| Some((axis.bins(), axis.low(), axis.high()));
    Err(wrong(describe(class, &[found(view.x()), y.and_then(|_| found(view.y()))])))
}

fn describe(class: Class, axes: &[Option<Binning>]) -> String {
    let axis = |&(bins, low, high): &Binning| format!("{bins} bins {low} to {high}");
    let axes: Vec<String> = axes.iter().flatten().map(axis).collect();
    format!("{class} of {}", axes.join(" by "))
}

/// The entry count: a double in the file, a whole number here.
pub(crate) fn entries(file: &Path, object: &str, view: &View<'_>) -> Result<u64, Error> {
    let value = view.entries();
    if (0.0..=9e15).contains(&value) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked against the range"
        )]
        return Ok(value as u64);
    }
    Err(Error::NotACount { path: file.to_owned(), object: object.to_owned(), bin: 0, value })
}

/// Contents of bins 1 to `target.len()` of a TH1F as counts.
pub(crate) fn counts(
    file: &Path,
    object: &str,
    view: &View<'_>,
    target: &mut [u32],
) -> Result<(), Error> {
    let ContentsView::F32(contents) = view.contents() else {
        unreachable_class(view);
        return Ok(());
    };
    row_counts(contents, 1, target).map_err(|(bin, value)| Error::NotACount {
        path: file.to_owned(),
        object: object.to_owned(),
        bin,
        value: f64::from(value),
    })
}

/// Classes are checked before contents are read.
fn unreachable_class(view: &View<'_>) {
    debug_assert!(false, "{} has no single-precision contents", view.class());
}

/// Converts the cells from `first`; a cell that is no count is given back with its number.
pub(crate) fn row_counts(
    contents: BeSlice<'_, f32>,
    first: usize,
    target: &mut [u32],
) -> Result<(), (usize, f32)> {
    let bytes = contents.as_bytes().get(4 * first..).unwrap_or(&[]);
    let mut sound = true;
    // Casts saturate, so a value that survives the way there and back is a whole number in range.
    for (target, bytes) in target.iter_mut().zip(bytes.as_chunks::<4>().0) {
        let value = f32::from_be_bytes(*bytes);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "compared with the original next"
        )]
        let count = value as u32;
        sound &= count as f32 - value == 0.0 && value < 4_294_967_296.0;
        *target = count;
    }
    if sound {
        return Ok(());
    }
    let bad = |value: &f32| !(value.fract() == 0.0 && (0.0..4_294_967_296.0).contains(value));
    let found =
        contents.iter().enumerate().skip(first).take(target.len()).find(|(_, value)| bad(value));
    Err(found.unwrap_or((first, f32::NAN)))
}

/// Contents of bins 1 to `bins` of a TH1I as counts.
pub(crate) fn integer_counts(
    file: &Path,
    object: &str,
    view: &View<'_>,
    bins: usize,
) -> Result<Vec<u64>, Error> {
    let ContentsView::I32(contents) = view.contents() else {
        unreachable_class(view);
        return Ok(Vec::new());
    };
    let count = |(bin, value): (usize, i32)| {
        let (path, object) = (file.to_owned(), object.to_owned());
        u64::try_from(value).map_err(|_| Error::NotACount {
            path,
            object,
            bin,
            value: f64::from(value),
        })
    };
    contents.iter().enumerate().skip(1).take(bins).map(count).collect()
}
