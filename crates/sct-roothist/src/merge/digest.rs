use std::hash::Hasher as _;

use twox_hash::XxHash64;

use crate::model::{Axis, Contents, Histogram};

/// Values that are turned into bytes at a time.
const PORTION: usize = 512;

/// Digest of one histogram: class, binning, contents, entries per bin, and entries.
pub(super) fn histogram(histogram: &Histogram) -> u64 {
    let mut digest = XxHash64::with_seed(0);
    digest.write(histogram.class.name().as_bytes());
    put_axis(&mut digest, &histogram.x);
    put_axis(&mut digest, &histogram.y);
    match &histogram.contents {
        Contents::I32(values) => put_values(&mut digest, values, i32::to_le_bytes),
        Contents::F32(values) => put_values(&mut digest, values, f32::to_le_bytes),
        Contents::F64(values) => put_values(&mut digest, values, f64::to_le_bytes),
    }
    if let Some(profile) = &histogram.profile {
        put_values(&mut digest, &profile.bin_entries, f64::to_le_bytes);
    }
    digest.write(&histogram.entries.to_le_bytes());
    digest.finish()
}

/// Digest of a file: paths and digests of its histograms, in the order of the paths.
pub(super) fn file<'a>(histograms: impl Iterator<Item = (&'a str, u64)>) -> u64 {
    let mut sorted: Vec<_> = histograms.collect();
    sorted.sort_unstable();
    let mut digest = XxHash64::with_seed(0);
    for (path, histogram) in sorted {
        digest.write(&(path.len() as u64).to_le_bytes());
        digest.write(path.as_bytes());
        digest.write(&histogram.to_le_bytes());
    }
    digest.finish()
}

fn put_axis(digest: &mut XxHash64, axis: &Axis) {
    digest.write(&axis.bins.to_le_bytes());
    digest.write(&axis.low.to_le_bytes());
    digest.write(&axis.high.to_le_bytes());
    put_values(digest, &axis.edges, f64::to_le_bytes);
    for (bin, text) in &axis.labels {
        digest.write(&bin.to_le_bytes());
        digest.write(&(text.len() as u64).to_le_bytes());
        digest.write(text.as_bytes());
    }
}

/// Hashes many values at a time: one by one takes longer than adding them up.
fn put_values<const N: usize, T: Copy>(
    digest: &mut XxHash64,
    values: &[T],
    bytes: impl Fn(T) -> [u8; N],
) {
    let mut buffer = [[0; N]; PORTION];
    for portion in values.chunks(PORTION) {
        for (place, &value) in buffer.iter_mut().zip(portion) {
            *place = bytes(value);
        }
        digest.write(buffer[..portion.len()].as_flattened());
    }
}
