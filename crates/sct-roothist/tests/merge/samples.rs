//! Small files to merge.

use std::path::{Path, PathBuf};

use sct_roothist::{
    Axis, Class, Contents, FileWriter, Histogram, MergeError, MergeOptions, MergeReport,
    WriteOptions, merge,
};

/// Number of x bins of the samples.
pub(crate) const BINS: u32 = 5;

/// A histogram whose cells, entries and sums are multiples of `factor`.
pub(crate) fn scaled(class: Class, name: &str, factor: i16) -> Histogram {
    let y = (class.dimensions() == 2).then(|| Axis::uniform(1, 3, 0.0, 3.0));
    let x = Axis::uniform(0, BINS, -0.5, 4.5);
    let mut histogram = Histogram::new(class, name, &format!("title of {name}"), x, y);
    let values: Vec<_> = (0..).take(histogram.cells()).map(|cell: i16| cell * factor).collect();
    let doubles: Vec<f64> = values.iter().copied().map(f64::from).collect();
    histogram.contents = match class {
        Class::Th1I => Contents::I32(values.into_iter().map(i32::from).collect()),
        Class::Th1F | Class::Th2F => Contents::F32(values.into_iter().map(f32::from).collect()),
        _ => Contents::F64(doubles.clone()),
    };
    if let Some(profile) = &mut histogram.profile {
        histogram.sumw2.clone_from(&doubles);
        profile.bin_entries = doubles;
        profile.sum_value = 3.0 * f64::from(factor);
        profile.sum_value2 = 9.0 * f64::from(factor);
    }
    histogram.entries = 2.0 * f64::from(factor);
    histogram.stats.w = f64::from(factor);
    histogram.stats.wx2 = 5.0 * f64::from(factor);
    histogram
}

/// Writes histograms with the directory of each.
pub(crate) fn write<'a>(
    path: &Path,
    histograms: impl IntoIterator<Item = (&'a str, Histogram)>,
) -> PathBuf {
    let mut writer = FileWriter::create(path, WriteOptions::default()).unwrap();
    for (directory, histogram) in histograms {
        writer.directory(directory).unwrap().write(&histogram).unwrap();
    }
    writer.finish().unwrap();
    path.to_owned()
}

/// A file with all classes in a nested directory, everything a multiple of `factor`.
pub(crate) fn all_classes(path: &Path, factor: i16) -> PathBuf {
    write(path, Class::ALL.map(|class| ("a/b", scaled(class, class.name(), factor))))
}

pub(crate) fn merged(inputs: &[PathBuf], output: &Path) -> Result<MergeReport, MergeError> {
    merge(inputs, output, &MergeOptions::default(), &mut |_| {})
}
