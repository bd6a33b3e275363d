//! When the run was.

use std::path::Path;

use sct_id::RunNumber;
use sct_job::{ExitCode, RunInfo};

use crate::{failure::Coded, options::RunOptions};

/// When the run was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunTimes {
    /// Start, whole seconds since 1970.
    pub start: i64,
    /// End, whole seconds since 1970.
    pub end: i64,
    /// Number of lumi blocks of the run; without it those of the histograms.
    pub lumi_blocks: Option<u32>,
}

impl RunTimes {
    /// What the command line says; without times a warning, and 1970.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn from_options(options: &RunOptions) -> anyhow::Result<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "times are cut at the dot")]
        let cut = |seconds: f64| seconds as i64;
        if let Some(path) = &options.run_info {
            return Self::read(path, options.run);
        }
        if options.start.is_none() {
            tracing::warn!("no run times (--run-info or --start and --end): the summary says 1970");
        }
        let (start, end) = (options.start.unwrap_or(0.0), options.end.unwrap_or(0.0));
        Ok(Self { start: cut(start), end: cut(end), lumi_blocks: options.lumi_blocks })
    }

    /// Reads `runInfo.txt`, which must be about `run`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is about another run (exit code `TRF_ARG_DATASET`).
    pub fn read(path: &Path, run: RunNumber) -> anyhow::Result<Self> {
        let info = RunInfo::read(path)?;
        if info.run != run {
            let what = format!("{} is about run {}, not {run}", path.display(), info.run);
            return Err(Coded::new(ExitCode::ArgDataset, what).into());
        }
        Ok(Self {
            start: info.start_seconds(),
            end: info.end_seconds(),
            lumi_blocks: Some(info.lumi_blocks),
        })
    }
}
