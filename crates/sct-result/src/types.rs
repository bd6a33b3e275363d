//! What is known of a result.

use std::{collections::BTreeMap, path::PathBuf};

use sct_id::RunNumber;
use serde::{Deserialize, Serialize};

/// A file of a result.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct ResultFile {
    /// Name without folder.
    pub name: String,
    /// Size, bytes.
    pub size: u64,
}

/// Values of a part of the detector.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Part {
    /// `EndCapC`, `Barrel` or `EndCapA`.
    pub part: String,
    /// Layer or disk.
    pub layer: String,
    /// Ring, `all` in the barrel; empty where rings are not told apart.
    pub eta: String,
    /// Side, of Lorentz angles.
    pub side: String,
    /// Orientation of the sensors, of Lorentz angles.
    pub module: String,
    /// Numbers by their name in the summary.
    pub values: BTreeMap<String, f64>,
}

/// What the summary of an attempt says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Summary {
    /// Start of the run, seconds since 1970.
    pub start: Option<i64>,
    /// End of the run, seconds since 1970.
    pub end: Option<i64>,
    /// Length of the run, seconds.
    pub duration: Option<i64>,
    /// Lumi blocks.
    pub lumi_blocks: Option<u64>,
    /// Events.
    pub events: Option<u64>,
    /// Upload flag: `G`, `Y`, `R` or `U`; none in summaries without one.
    pub flag: Option<char>,
    /// Why the flag is what it is.
    pub reasons: Vec<String>,
    /// Every value of the run by its name.
    pub values: BTreeMap<String, String>,
    /// Values of parts of the detector.
    pub parts: Vec<Part>,
    /// What the task says of STANDBY.
    pub standby: Option<String>,
}

/// One attempt at a task of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// Run.
    pub run: RunNumber,
    /// Kind of task, as `sctns`.
    pub kind: String,
    /// Prefix of its files: data set and number of the job.
    pub dataset: String,
    /// Folder of its files.
    pub folder: PathBuf,
    /// Its files by name.
    pub files: Vec<ResultFile>,
    /// Last change of any of them, seconds since 1970.
    pub modified: i64,
    /// What the summary says; none when there is no summary, or it is damaged.
    pub summary: Option<Summary>,
    /// The COOL file.
    pub database: Option<ResultFile>,
    /// SHA-256 of the COOL file, hexadecimal.
    pub sha256: Option<String>,
    /// What is wrong with its files.
    pub complaint: Option<String>,
    /// Attempts at this task of this run.
    pub attempts: usize,
}
