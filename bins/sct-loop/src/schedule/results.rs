//! Results of tasks: where they lie, and how they get there.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sct_id::RunNumber;
use sct_job::ExitCode;
use sct_sched::Kind;
use sct_tasks::failure::Coded;
use serde_json::Value;

use super::settings::Settings;

/// What the report of a job says.
#[derive(Clone, Debug, PartialEq)]
pub struct JobResult {
    /// Exit code.
    pub code: i64,
    /// Message.
    pub message: String,
    /// Outputs.
    pub outputs: Vec<Output>,
    /// The whole report.
    pub report: Value,
}

/// An output of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Argument, as `outputCOOL`.
    pub argument: String,
    /// Name without folder.
    pub name: String,
    /// Events, where they are known.
    pub events: Option<u64>,
}

impl JobResult {
    /// Reads a report.
    ///
    /// # Errors
    ///
    /// When it is missing or no report.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("report {}", path.display()))?;
        let report: Value =
            serde_json::from_slice(&bytes).with_context(|| format!("report {}", path.display()))?;
        let code = report["exitCode"].as_i64();
        let code = code.with_context(|| format!("{} has no exitCode", path.display()))?;
        let mut outputs = Vec::new();
        for output in report["files"]["output"].as_array().into_iter().flatten() {
            for file in output["subFiles"].as_array().into_iter().flatten() {
                let name = file["name"].as_str().unwrap_or_default();
                outputs.push(Output {
                    argument: output["argName"].as_str().unwrap_or_default().to_owned(),
                    // Outputs lie in the folder of the job, whatever the report says.
                    name: name.rsplit('/').next().unwrap_or(name).to_owned(),
                    events: file["nentries"].as_u64(),
                });
            }
        }
        let message = format!(
            "{}{}",
            report["exitMsg"].as_str().unwrap_or_default().trim_end_matches(" (truncated)"),
            report["exitMsgExtra"].as_str().unwrap_or_default()
        );
        Ok(Self { code, message, outputs, report })
    }

    /// The sentence about STANDBY, where any part of the job said it.
    pub fn standby(&self) -> Option<String> {
        let said = sct_job::standby(&self.report);
        said.or_else(|| self.message.contains("STANDBY").then(|| self.message.clone()))
    }
}

/// Folder of the results of a task.
pub fn folder(settings: &Settings, run: RunNumber, kind: &Kind) -> PathBuf {
    settings.results().join(format!("{:08}", run.to_u32())).join(kind.as_str())
}

/// Name of the report of a job among the results.
pub fn report_name(dataset: &str, number: u32) -> String {
    format!("{dataset}._{number:04}.jobReport.json")
}

/// Stores the outputs of a job with its report and log: each appears whole, and storing once more changes nothing.
///
/// # Errors
///
/// When an output is missing, or the folder cannot be written.
pub fn publish(
    attempt: &Path,
    result: &JobResult,
    to: &Path,
    dataset: &str,
    number: u32,
) -> anyhow::Result<()> {
    let full = || Coded::new(ExitCode::OutputFileError, format!("results in {}", to.display()));
    fs::create_dir_all(to).with_context(full)?;
    for output in &result.outputs {
        place(&attempt.join(&output.name), &to.join(&output.name)).with_context(full)?;
    }
    let log = attempt.join(sct_tasks::calib::LOG);
    if log.exists() {
        place(&log, &to.join(format!("{dataset}._{number:04}.log"))).with_context(full)?;
    }
    // The report comes last: where it is, everything is.
    place(&attempt.join(sct_sched::attempt::REPORT), &to.join(report_name(dataset, number)))
        .with_context(full)?;
    fs::File::open(to).and_then(|folder| folder.sync_all()).with_context(full)
}

/// A second name for a file, or a copy where that cannot be.
pub(crate) fn place(from: &Path, to: &Path) -> io::Result<()> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let temporary = to.with_file_name(format!(".{name}.{}", std::process::id()));
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let linked = fs::hard_link(from, &temporary).or_else(|_| {
        fs::copy(from, &temporary)?;
        fs::File::open(&temporary)?.sync_all()
    });
    let placed = linked.and_then(|()| fs::rename(&temporary, to));
    if placed.is_err() || temporary.exists() {
        // Two names of one file: the system leaves both where they are.
        let _ = fs::remove_file(&temporary);
    }
    placed
}
