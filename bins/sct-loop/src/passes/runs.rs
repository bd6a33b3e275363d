//! Runs with a result of noisy strips, and what became of them: read from the results and the ledger.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use sct_conditions::time_seconds;
use sct_id::RunNumber;
use sct_job::Part;
use sct_upload::{Queue, State, Task};
use sct_xml::RunSummary;

use super::upload::request_files;
use crate::schedule::Settings;

/// Name of the summary, after prefix and dot.
const SUMMARY: &str = "BadStripsSummaryFile.xml";

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Somebody has to decide; with what is known beyond that, as a failed upload.
    Open(String),
    /// It waits for an upload pass.
    Requested,
    /// It is in the master.
    Uploaded,
    /// It is marked bad.
    Bad,
}

/// A run with a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoisyRun {
    /// Run.
    pub run: RunNumber,
    /// End of the run, seconds since 1970; when its result came, where the summary does not say it.
    pub end: i64,
    /// Flag of the result.
    pub flag: Option<char>,
    /// Why it is not green.
    pub reason: String,
    /// When the result came.
    pub came: i64,
    /// Its summary.
    pub summary: PathBuf,
    /// What became of it.
    pub fate: Fate,
}

impl NoisyRun {
    /// The database beside the summary.
    pub fn database(&self) -> PathBuf {
        let name = self.summary.file_name().unwrap_or_default().to_string_lossy();
        self.summary.with_file_name(format!("{}mycool.db", name.trim_end_matches(SUMMARY)))
    }
}

/// Runs whose results came at `since` or later, ascending.
///
/// # Errors
///
/// When the table of tasks or the ledger cannot be read.
pub fn noisy_runs(settings: &Settings, since: i64) -> anyhow::Result<Vec<NoisyRun>> {
    let table = settings.table()?;
    let kinds: Vec<&str> = table
        .rules()
        .iter()
        .filter(|rule| rule.parts.contains(&Part::NoisyStrip))
        .map(|rule| rule.kind.as_str())
        .collect();
    let fates = Fates::read(settings)?;
    let mut runs = Vec::new();
    for entry in fs::read_dir(settings.results()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(run) = name.to_str().and_then(|name| name.parse::<RunNumber>().ok()) else {
            continue;
        };
        let summaries =
            kinds.iter().filter_map(|kind| newest_summary(&entry.path().join(kind), since));
        let Some((came, summary)) = summaries.max() else { continue };
        // One that cannot be read now may be readable later; the page shows it.
        let Ok(RunSummary { mut values, .. }) = RunSummary::read(&summary) else { continue };
        let end = values.get("EndTime").and_then(|end| time_seconds(end)).unwrap_or(came);
        runs.push(NoisyRun {
            run,
            end,
            flag: values.get("Flag").and_then(|flag| flag.chars().next()),
            reason: values.remove("FlagReason").unwrap_or_default(),
            came,
            summary,
            fate: fates.of(run),
        });
    }
    runs.sort_by_key(|run| run.run);
    Ok(runs)
}

/// The newest summary in a folder, with its time; none when nothing in it came since.
fn newest_summary(folder: &Path, since: i64) -> Option<(i64, PathBuf)> {
    // What takes a name in a folder changes the folder: old ones need not be opened.
    if modified(folder)? < since {
        return None;
    }
    let entries = fs::read_dir(folder).ok()?.flatten();
    let summaries = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(SUMMARY));
    let newest = summaries.filter_map(|entry| Some((modified(&entry.path())?, entry.path()))).max();
    newest.filter(|(time, _)| *time >= since)
}

fn modified(path: &Path) -> Option<i64> {
    let time: SystemTime = fs::metadata(path).ok()?.modified().ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()
}

/// What the ledger and the request files say of all runs.
struct Fates {
    uploaded: BTreeSet<RunNumber>,
    requested: BTreeSet<RunNumber>,
    bad: BTreeSet<RunNumber>,
    notes: Vec<(RunNumber, String)>,
}

impl Fates {
    fn read(settings: &Settings) -> anyhow::Result<Self> {
        let queue = Queue::open(&settings.ledger())?;
        let mut fates = Self {
            uploaded: BTreeSet::new(),
            requested: BTreeSet::new(),
            bad: queue.bad_runs(Task::NoisyStrip)?.into_iter().map(|(run, _)| run).collect(),
            notes: Vec::new(),
        };
        for upload in queue.uploads(None)?.iter().filter(|one| one.task == Task::NoisyStrip) {
            match upload.state {
                State::Done | State::Unchanged => {
                    fates.uploaded.insert(upload.run);
                }
                State::Requested | State::Running => {
                    fates.requested.insert(upload.run);
                }
                State::Refused | State::Failed | State::Cancelled | State::Undone => {
                    let note =
                        format!("upload {} is {}: {}", upload.id, upload.state, upload.reason);
                    fates.notes.push((upload.run, note.trim_end_matches([':', ' ']).to_owned()));
                }
            }
        }
        let files = request_files(&settings.uploads("").requests());
        let noisy = files.iter().filter(|request| request.task == Task::NoisyStrip);
        // A request that was refused stays in the folder until somebody mends it.
        let refused = |run| fates.notes.iter().any(|(noted, _)| *noted == run);
        let taken: Vec<RunNumber> =
            noisy.map(|request| request.run).filter(|run| !refused(*run)).collect();
        fates.requested.extend(taken);
        Ok(fates)
    }

    fn of(&self, run: RunNumber) -> Fate {
        if self.uploaded.contains(&run) {
            Fate::Uploaded
        } else if self.requested.contains(&run) {
            Fate::Requested
        } else if self.bad.contains(&run) {
            Fate::Bad
        } else {
            let note = self.notes.iter().rev().find(|(noted, _)| *noted == run);
            Fate::Open(note.map(|(_, note)| note.clone()).unwrap_or_default())
        }
    }
}
