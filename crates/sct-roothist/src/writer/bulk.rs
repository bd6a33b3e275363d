use std::{borrow::Borrow, mem};

use rayon::prelude::*;

use crate::{
    in_order::in_order,
    model::Histogram,
    writer::{Encoded, Encoder, FileWriter, error::WriteError},
};

/// Histograms that are encoded before the first of them is written: enough to keep all threads busy, few enough to fit
/// in memory many times.
const CHUNK: usize = 512;

/// Histograms that one thread encodes at once.
const TOGETHER: usize = 8;

impl FileWriter {
    /// Writes many histograms to the directory of this path, encoded and packed in all threads, in the given order.
    ///
    /// The directory stays the current one. Histograms are taken from the iterator in portions, so they need not exist
    /// all at once.
    ///
    /// # Errors
    ///
    /// As for [`FileWriter::directory`] and [`FileWriter::write`].
    pub fn write_all<H>(
        &mut self,
        directory: &str,
        histograms: impl IntoIterator<Item = H>,
    ) -> Result<(), WriteError>
    where
        H: Borrow<Histogram> + Send + Sync,
    {
        self.directory(directory)?;
        let mut histograms = histograms.into_iter();
        loop {
            let portion: Vec<H> = histograms.by_ref().take(CHUNK).collect();
            if portion.is_empty() {
                return Ok(());
            }
            let encode = |histogram: &H| self.encode(histogram.borrow());
            let encoded: Vec<_> = portion.par_iter().map(encode).collect();
            self.write_portion(encoded)?;
        }
    }

    /// Writes `count` histograms to the directory of this path; `make` builds the one of each index, and is called in
    /// all threads. The order in the file is that of the index.
    ///
    /// # Errors
    ///
    /// As for [`FileWriter::directory`] and [`FileWriter::write`].
    pub fn write_indexed(
        &mut self,
        directory: &str,
        count: usize,
        make: impl Fn(usize) -> Histogram + Sync,
    ) -> Result<(), WriteError> {
        self.directory(directory)?;
        let portion = |number: usize, encoder: &mut Encoder| {
            let range = number * TOGETHER..count.min((number + 1) * TOGETHER);
            range.map(|index| encoder.encode(&make(index))).collect()
        };
        self.write_portions(count.div_ceil(TOGETHER), portion)
    }

    /// Writes what `encode` makes of the numbers below `count` to the current directory, in the order of the numbers;
    /// `encode` is called in all threads, while what is complete is written, and must not wait for other threads.
    ///
    /// # Errors
    ///
    /// The first error in the order of the numbers, of `encode` or as for [`FileWriter::write`].
    pub fn write_portions<E: From<WriteError> + Send>(
        &mut self,
        count: usize,
        encode: impl Fn(usize, &mut Encoder) -> Result<Vec<Encoded>, E> + Sync,
    ) -> Result<(), E> {
        let compression = self.options.compression;
        let encoders = mem::take(&mut self.encoders);
        let make = || Encoder::new(compression);
        let work = |number| encoders.with(make, |encoder| encode(number, encoder));
        let written = in_order(count, work, |portion: Vec<Encoded>| {
            portion.into_iter().try_for_each(|encoded| Ok(self.put(encoded)?))
        });
        self.encoders = encoders;
        written
    }

    fn write_portion(
        &mut self,
        encoded: Vec<Result<Encoded, WriteError>>,
    ) -> Result<(), WriteError> {
        encoded.into_iter().try_for_each(|encoded| self.put(encoded?))
    }
}
