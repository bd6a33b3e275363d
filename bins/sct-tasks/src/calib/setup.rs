//! A job, resolved: what its parts have in common.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sct_id::{BarrelSwap, Iov, ReadoutSwap, RunNumber};
use sct_job::{DatasetName, ExitCode, Input, JobArguments, OutputFile, Prefix, Properties};

use crate::{
    conditions::Moment,
    detector::{Detector, Sources},
    failure::Coded,
    noisy_strip::RunTimes,
};

/// A job, resolved.
pub(super) struct Setup<'a> {
    pub(super) arguments: &'a JobArguments,
    pub(super) properties: &'a Properties,
    pub(super) inputs: &'a [Input],
    /// Of the run; where hit maps of several runs are added, of the last one.
    pub(super) name: &'a DatasetName,
    pub(super) prefix: &'a Prefix,
}

impl Setup<'_> {
    pub(super) fn extra(&self, key: &str) -> Option<&Path> {
        self.arguments.extra.get(key).map(Path::new)
    }

    /// The runs of the job, first to last: one, unless hit maps are added (key `combineRuns`).
    pub(super) fn runs(&self) -> &[RunNumber] {
        match self.arguments.combine_runs.as_slice() {
            [] => std::slice::from_ref(&self.name.run),
            runs => runs,
        }
    }

    /// The first of the runs: what was valid at its beginning is what the job compares with.
    pub(super) fn first_run(&self) -> RunNumber {
        self.runs().first().copied().unwrap_or(self.name.run)
    }

    /// What the results are valid for.
    pub(super) fn iov(&self) -> anyhow::Result<Iov> {
        Iov::runs(self.first_run(), self.name.run)
            .with_context(|| Coded::new(ExitCode::ArgDataset, "runs of the job"))
    }

    /// Path of an output under the prefix.
    pub(super) fn output(&self, name: &str) -> PathBuf {
        PathBuf::from(self.prefix.file(name))
    }

    /// File for the ntuple of one part, if asked for. Parts of one job have a file each: `n.root` becomes
    /// `n.efficiency.root`.
    pub(super) fn ntuple(&self, part: &str) -> Option<PathBuf> {
        let path = self.extra("ntuple")?;
        if self.arguments.parts.len() == 1 {
            return Some(path.to_owned());
        }
        let end = path.extension().unwrap_or(OsStr::new("root")).to_string_lossy();
        Some(path.with_extension(format!("{part}.{end}")))
    }

    /// Times of the run, from the file of run information if there is one.
    pub(super) fn times(&self) -> anyhow::Result<RunTimes> {
        let path = self.extra("runInfo").unwrap_or(Path::new("runInfo.txt"));
        let wanted = self.arguments.do_run_info || self.extra("runInfo").is_some();
        if !path.exists() {
            if wanted {
                let what = format!(
                    "no {}: ask for doRunInfo with run control (key runControl), or write the file",
                    path.display()
                );
                return Err(Coded::new(ExitCode::RuntimeError, what).into());
            }
            tracing::warn!("no {}: the summary has no times of the run", path.display());
            return Ok(RunTimes::default());
        }
        RunTimes::read(path, self.name.run)
    }

    pub(super) fn detector(&self, times: &RunTimes) -> anyhow::Result<Detector> {
        let sources = Sources {
            modules: self.extra("modules"),
            conditions: self.extra("conditions"),
            known_bad: self.extra("knownBad"),
            swap: None,
            barrel: self.barrel()?,
        };
        Detector::from_files(&sources, Moment::new(self.first_run(), times))
    }

    fn barrel(&self) -> anyhow::Result<BarrelSwap> {
        match self.arguments.extra.get("swapBarrel") {
            Some(text) => {
                text.parse().with_context(|| Coded::new(ExitCode::ArgError, "key swapBarrel"))
            }
            None => Ok(BarrelSwap::default()),
        }
    }

    /// Read-out direction of the wafers.
    pub(super) fn swap(&self) -> anyhow::Result<ReadoutSwap> {
        Ok(ReadoutSwap::new(self.barrel()?))
    }

    /// A file that the job has made, for the report.
    pub(super) fn output_file(
        &self,
        argument: &str,
        path: &Path,
        entries: Option<u64>,
    ) -> Option<OutputFile> {
        let size = fs::metadata(path).ok()?.len();
        Some(OutputFile {
            argument: argument.to_owned(),
            dataset: self.prefix.dataset.clone(),
            name: path.display().to_string(),
            size,
            entries,
        })
    }
}
