//! When the run was.

use std::path::Path;

use sct_id::RunNumber;
use sct_job::{ExitCode, RunInfo};

use crate::failure::Coded;

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
