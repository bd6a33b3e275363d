//! Results of tasks.

use std::collections::BTreeMap;

use sct_id::RunNumber;
use sct_result::RunResult;
use sct_sched::Kind;
use sct_upload::BadRun;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    super::{Failure, tab::Tab},
    Refusal,
};

/// One attempt at a task of a run.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ResultOut {
    /// Run.
    run: u32,
    /// Kind of task.
    kind: String,
    /// Data set of the files.
    dataset: String,
    /// Number of attempts at this task of the run.
    attempts: usize,
    /// SHA-256 of the COOL file; an upload request names it.
    sha256: Option<String>,
    /// What is wrong with the files.
    complaint: Option<String>,
    /// Start of the run, seconds since 1970.
    start: Option<i64>,
    /// End of the run, seconds since 1970.
    end: Option<i64>,
    /// Length of the run, seconds.
    duration: Option<i64>,
    /// Last change of its files, seconds since 1970.
    stored: i64,
    /// Lumi blocks.
    lumi_blocks: Option<u64>,
    /// Events.
    events: Option<u64>,
    /// Upload flag: `G`, `Y`, `R` or `U`.
    flag: Option<String>,
    /// Why the flag is what it is.
    reasons: Vec<String>,
    /// What the task says of STANDBY.
    standby: Option<String>,
    /// Values of the run by their name in the summary.
    values: BTreeMap<String, String>,
    /// Values of parts of the detector.
    parts: Vec<PartOut>,
    /// Files.
    files: Vec<FileOut>,
}

/// Values of a part of the detector.
#[derive(Debug, Serialize, ToSchema)]
struct PartOut {
    /// `EndCapC`, `Barrel` or `EndCapA`.
    part: String,
    /// Layer or disk.
    layer: String,
    /// Ring; empty or `all` where there is none.
    eta: String,
    /// Side, of Lorentz angles.
    side: String,
    /// Orientation of the sensors, of Lorentz angles.
    module: String,
    /// Values by their name in the summary.
    values: BTreeMap<String, f64>,
}

/// A file of a result.
#[derive(Debug, Serialize, ToSchema)]
struct FileOut {
    /// Name.
    name: String,
    /// Size, bytes.
    size: u64,
}

impl From<RunResult> for ResultOut {
    fn from(result: RunResult) -> Self {
        let mut out = Self {
            run: result.run.to_u32(),
            kind: result.kind,
            dataset: result.dataset,
            attempts: result.attempts,
            sha256: result.sha256,
            complaint: result.complaint,
            start: None,
            end: None,
            duration: None,
            stored: result.modified,
            lumi_blocks: None,
            events: None,
            flag: None,
            reasons: Vec::new(),
            standby: None,
            values: BTreeMap::new(),
            parts: Vec::new(),
            files: result
                .files
                .into_iter()
                .map(|file| FileOut { name: file.name, size: file.size })
                .collect(),
        };
        let Some(summary) = result.summary else { return out };
        (out.start, out.end, out.duration) = (summary.start, summary.end, summary.duration);
        (out.lumi_blocks, out.events) = (summary.lumi_blocks, summary.events);
        out.flag = summary.flag.map(String::from);
        (out.reasons, out.standby) = (summary.reasons, summary.standby);
        out.values = summary.values;
        let part = |part: sct_result::Part| PartOut {
            part: part.part,
            layer: part.layer,
            eta: part.eta,
            side: part.side,
            module: part.module,
            values: part.values,
        };
        out.parts = summary.parts.into_iter().map(part).collect();
        out
    }
}

/// A bad mark.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BadOut {
    /// Who said so.
    who: String,
    /// Why.
    reason: String,
}

impl From<BadRun> for BadOut {
    fn from(BadRun { who, reason, .. }: BadRun) -> Self {
        Self { who, reason }
    }
}

/// A tab by its address, or the name of its task.
pub(super) fn find(name: &str) -> Result<&'static Tab, Refusal> {
    let by_task = || name.parse().ok().map(Tab::of_task);
    let found = Tab::of_slug(name).or_else(|| Tab::of_kind(name)).or_else(by_task);
    found.ok_or_else(|| Failure::Missing(format!("'{name}' is no task; see /api/v1/tabs")).into())
}

/// The kind of task of an address: also one without a tab, if it looks like one.
pub(super) fn kind(name: &str) -> Result<String, Refusal> {
    match find(name) {
        Ok(tab) => Ok(tab.kind.to_owned()),
        Err(refusal) => Kind::new(name).map(|kind| kind.to_string()).ok_or(refusal),
    }
}

/// A run by its number.
pub(super) fn number(run: u32) -> Result<RunNumber, Refusal> {
    RunNumber::new(run).map_err(|error| Failure::Refused(error.to_string()).into())
}
