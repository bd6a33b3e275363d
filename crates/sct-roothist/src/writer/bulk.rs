use std::borrow::Borrow;

use rayon::prelude::*;

use crate::{
    model::Histogram,
    writer::{Encoded, FileWriter, error::WriteError},
};

/// Histograms that are encoded before the first of them is written: enough to keep all threads busy, few enough to fit
/// in memory many times.
const CHUNK: usize = 512;

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
        for start in (0..count).step_by(CHUNK) {
            let encode = |index| self.encode(&make(index));
            let range = start..count.min(start + CHUNK);
            let encoded: Vec<_> = range.into_par_iter().map(encode).collect();
            self.write_portion(encoded)?;
        }
        Ok(())
    }

    fn write_portion(
        &mut self,
        encoded: Vec<Result<Encoded, WriteError>>,
    ) -> Result<(), WriteError> {
        encoded.into_iter().try_for_each(|encoded| self.write_encoded(&encoded?))
    }
}
