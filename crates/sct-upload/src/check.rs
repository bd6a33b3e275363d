//! What must hold before a result is merged.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sct_conditions::Versioning;
use sct_cool::{Database, Selection};
use sct_id::{Iov, RunNumber};
use sct_xml::Verdict;
use serde_json::Value;

use crate::{Error, Task, transfer::digest};

/// A file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Objects for the run under the task's tag.
    pub objects: usize,
    /// Flag of the summary beside the file; none when there is no summary or it has none.
    pub flag: Option<char>,
    /// Reason of the flag.
    pub reason: String,
}

/// Looks at the COOL file of a run and task: digest as seen, folder, tag, number of channels, interval of the run, and the
/// summary beside it.
///
/// # Errors
///
/// [`Error::Request`] with the first thing that does not fit, and [`Error`] when the file cannot be read.
pub fn check(
    file: &Path,
    run: RunNumber,
    task: Task,
    tag: &str,
    seen: Option<&str>,
) -> Result<Checked, Error> {
    let refused = |what: String| Error::Request(format!("{}: {what}", file.display()));
    let (sha256, _) = digest(file)?;
    if let Some(seen) = seen.filter(|seen| !sha256.eq_ignore_ascii_case(seen)) {
        return Err(refused(format!(
            "it has changed since it was looked at: SHA-256 {sha256}, seen was {seen}"
        )));
    }
    let database = Database::open(file)?;
    database.check_integrity()?;
    let folder = task.folder();
    let node = database.folder(folder.path).map_err(|_| {
        let has: Vec<&str> = database.folders().map(|node| node.path.as_str()).collect();
        refused(format!("it has no folder {}, it has {}", folder.path, has.join(", ")))
    })?;
    if node.folder.as_ref().is_none_or(|found| {
        found.versioning != Versioning::Multi || found.payload != folder.folder().payload
    }) {
        return Err(refused(format!(
            "folder {} has other columns than {}",
            folder.path, folder.payload
        )));
    }
    let tags = database.tags(node)?;
    if tags.iter().all(|found| found.name != tag) {
        let has: Vec<&str> = tags.iter().map(|found| found.name.as_str()).collect();
        return Err(refused(format!("{} has tag {}, expected {tag}", folder.path, has.join(", "))));
    }
    let objects = database.node_objects(node, &Selection::tag(tag))?;
    if objects.is_empty() {
        return Err(refused(format!("{} has no object under {tag}", folder.path)));
    }
    // Both ends that are in use for "the whole run", and the open end of the update mode.
    let whole = Iov::runs(first_run(file, run), run).unwrap_or(Iov::run(run));
    let ends = [whole.until(), whole.until() + 1, Iov::INFINITY];
    let fits = |iov: Iov| iov.since() == whole.since() && ends.contains(&iov.until());
    if let Some(object) = objects.iter().find(|object| !fits(object.row.iov)) {
        let (channel, iov) = (object.row.channel, object.row.iov);
        return Err(refused(format!(
            "channel {channel} is valid for {iov}, which is not run {run}"
        )));
    }
    let verdict = verdict(file, run, task)?;
    Ok(Checked {
        sha256,
        objects: objects.len(),
        flag: verdict.as_ref().and_then(|verdict| verdict.flag),
        reason: verdict.map(|verdict| verdict.reason).unwrap_or_default(),
    })
}

/// The first run of a result for which hit maps of several runs were added, as the report beside it says; else the run.
fn first_run(file: &Path, run: RunNumber) -> RunNumber {
    let first = || {
        let name = file.file_name()?.to_str()?;
        let prefix = name.strip_suffix("mycool.db")?;
        let report = fs::read(file.with_file_name(format!("{prefix}jobReport.json"))).ok()?;
        let report: Value = serde_json::from_slice(&report).ok()?;
        let combined = report["sctcalib"]["combinedRuns"].as_array()?;
        let runs: Vec<RunNumber> = combined
            .iter()
            .map(|run| RunNumber::new(u32::try_from(run.as_u64()?).ok()?).ok())
            .collect::<Option<_>>()?;
        // Of the same job: its last run is this one.
        (runs.last() == Some(&run)).then(|| runs.first().copied()).flatten()
    };
    first().unwrap_or(run)
}

/// Flags a shifter must have looked at before the upload.
///
/// # Errors
///
/// [`Error::Request`] for any flag but `G`, unless `confirmed` by somebody who looked.
pub fn check_flag(checked: &Checked, confirmed: bool) -> Result<(), Error> {
    let Checked { flag, reason, .. } = checked;
    match flag {
        Some('G') | None => Ok(()),
        Some(_) if confirmed => Ok(()),
        Some(flag) => {
            let why = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
            Err(Error::Request(format!(
                "the summary has flag {flag}{why}; look at it, then confirm the flag"
            )))
        }
    }
}

/// The summary beside the file, under the same prefix.
fn verdict(file: &Path, run: RunNumber, task: Task) -> Result<Option<Verdict>, Error> {
    let Some(path) = summary(file, task).filter(|path| path.exists()) else { return Ok(None) };
    let verdict = Verdict::read(&path)
        .map_err(|error| Error::Request(format!("the summary cannot be read: {error}")))?;
    if verdict.run != run {
        let what = format!("{}: it is about run {}, not {run}", path.display(), verdict.run);
        return Err(Error::Request(what));
    }
    Ok(Some(verdict))
}

fn summary(file: &Path, task: Task) -> Option<PathBuf> {
    let name = file.file_name()?.to_str()?;
    let prefix = name.strip_suffix("mycool.db")?;
    Some(file.with_file_name(format!("{prefix}{}", task.summary())))
}
