use std::mem;

use crate::{
    in_order::in_order,
    model::Histogram,
    writer::{Encoded, Encoder, FileWriter, error::WriteError},
};

/// Histograms that one thread encodes at once.
const TOGETHER: usize = 8;

impl FileWriter {
    /// Writes `count` histograms to the directory of this path; `make` builds the one of each index, and is called in
    /// all threads and must not wait for others. The order in the file is that of the index.
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
            portion.into_iter().try_for_each(|encoded| Ok(self.write_encoded(encoded)?))
        });
        self.encoders = encoders;
        written
    }
}
