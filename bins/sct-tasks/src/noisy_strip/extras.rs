//! What a job writes for people beside its results: plots and the ntuple.

use std::path::Path;

use sct_id::RunNumber;

use super::{Done, ntuple_rows};
use crate::{detector::Detector, ntuple, plots};

/// Writes the plots into a folder and the ntuple into a file, each if it is asked for.
///
/// # Errors
///
/// When a file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write_extras(
    run: RunNumber,
    done: &Done,
    detector: &Detector,
    plot_folder: Option<&Path>,
    ntuple_file: Option<&Path>,
) -> anyhow::Result<()> {
    if let Some(folder) = plot_folder {
        plots::write(folder, super::plots(done)?)?;
    }
    if let Some(path) = ntuple_file {
        ntuple::write(path, &ntuple_rows(run, &done.hitmap, &done.outcome, &detector.swap))?;
    }
    Ok(())
}
