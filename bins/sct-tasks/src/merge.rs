//! Merging histogram files, with a bar on the terminal and the table for people.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_roothist::{MergeOptions, MergeReport};

use crate::{failure::Coded, progress};

/// Merges files into one that appears whole or not at all.
///
/// # Errors
///
/// Whatever keeps the sum from being exact: damage, different binning, a full disk. Exit code `TRF_FILEMERGE_PROBLEM`.
pub fn merge(
    inputs: &[PathBuf],
    output: &Path,
    options: &MergeOptions,
    quiet: bool,
) -> anyhow::Result<MergeReport> {
    let bar = progress::bar("merging", 0, quiet);
    let report =
        sct_roothist::merge(inputs, output, options, &mut |progress: sct_roothist::Progress| {
            bar.set_length(progress.total as u64);
            bar.set_position(progress.done as u64);
        });
    bar.finish_and_clear();
    let report = report.with_context(|| {
        let what = format!("{} files could not be merged into {}", inputs.len(), output.display());
        Coded::new(ExitCode::FileMergeProblem, what)
    })?;
    for warning in report.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(report)
}

/// Number of events of a hit map file.
///
/// # Errors
///
/// When the file is damaged or has no event counter.
pub fn events(path: &Path) -> Result<u64, sct_histfile::Error> {
    sct_histfile::peek_events(path)
}
