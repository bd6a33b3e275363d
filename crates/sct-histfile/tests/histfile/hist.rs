//! Monitoring HIST files: both producers' names, what may and may not be missing, damage.

mod beside;
mod damage;
mod reading;
mod sample;

use sct_histfile::HistFile;
use sct_id::RunNumber;
use tempfile::TempDir;

use self::sample::{EVENTS, Names, RUN, Sample, lorentz_order, number};

/// Writes a file and opens it; the folder must be kept as long as the file.
fn open(sample: &Sample) -> (TempDir, HistFile) {
    let (folder, path) = sample.written();
    let file = HistFile::open(&path, RunNumber::new(RUN).unwrap()).unwrap();
    (folder, file)
}
