//! Plots as files.

use std::{fs, path::Path};

use anyhow::Context as _;
use sct_job::ExitCode;

use crate::failure::Coded;

/// Writes plots, given by name and SVG text, into a folder, which is made if need be.
///
/// # Errors
///
/// When one cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write(
    folder: &Path,
    plots: impl IntoIterator<Item = (String, String)>,
) -> anyhow::Result<()> {
    let failed = || Coded::new(ExitCode::OutputFileError, format!("plots in {}", folder.display()));
    fs::create_dir_all(folder).with_context(failed)?;
    for (name, svg) in plots {
        sct_wholefile::write(&folder.join(name), svg.as_bytes()).with_context(failed)?;
    }
    Ok(())
}
