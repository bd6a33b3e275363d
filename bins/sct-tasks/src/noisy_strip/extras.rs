//! What a job writes for people beside its results: plots and the ntuple.

use std::{fs, path::Path};

use anyhow::Context as _;
use sct_id::RunNumber;
use sct_job::ExitCode;

use super::{Done, ntuple_rows, plots};
use crate::{detector::Detector, failure::Coded, ntuple};

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
        let failed =
            || Coded::new(ExitCode::OutputFileError, format!("plots in {}", folder.display()));
        fs::create_dir_all(folder).with_context(failed)?;
        for (name, svg) in plots(done)? {
            sct_wholefile::write(&folder.join(name), svg.as_bytes()).with_context(failed)?;
        }
    }
    if let Some(path) = ntuple_file {
        ntuple::write(path, &ntuple_rows(run, &done.hitmap, &done.outcome, &detector.swap))?;
    }
    Ok(())
}
