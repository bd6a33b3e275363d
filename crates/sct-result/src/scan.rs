//! What lies in the folder of a run and a kind of task.

use std::{collections::BTreeMap, fs, io, path::Path, time::UNIX_EPOCH};

use sct_id::RunNumber;
use sha2::{Digest as _, Sha256};

use crate::{ResultFile, Summary, summary};

/// End of the name of every COOL file.
const DATABASE: &str = "mycool.db";
/// End of the name of every report.
const REPORT: &str = "jobReport.json";

/// An attempt as its files show it.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) prefix: String,
    pub(crate) files: Vec<ResultFile>,
    /// Last change, nanoseconds since 1970.
    pub(crate) modified: i64,
    pub(crate) summary: Option<Summary>,
    pub(crate) database: Option<ResultFile>,
    pub(crate) sha256: Option<String>,
    pub(crate) complaint: Option<String>,
}

/// Summaries by kind: the end of the file's name.
pub fn summary_name(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "sctns" => "BadStripsSummaryFile.xml",
        "sctno" => "NoiseOccupancySummaryFile.xml",
        "sctro" => "RawOccupancySummaryFile.xml",
        "sctdc" | "sctds" => "DeadSummaryFile.xml",
        "scteff" => "EfficiencySummaryFile.xml",
        "sctbse" => "BSErrorSummaryFile.xml",
        "sctla" => "LorentzAngleSummaryFile.xml",
        _ => return None,
    })
}

/// The files of a folder by name, each with its last change in nanoseconds since 1970.
///
/// # Errors
///
/// When the folder cannot be read.
pub(crate) fn files(folder: &Path) -> io::Result<Vec<(ResultFile, i64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // What is hidden is still being copied; what is no text is no result; links may lead anywhere.
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        let Ok(metadata) = fs::symlink_metadata(entry.path()) else { continue };
        if name.starts_with('.') || !metadata.is_file() {
            continue;
        }
        files.push((ResultFile { size: metadata.len(), name }, modified(&metadata)));
    }
    files.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    Ok(files)
}

/// A number that differs when the files do.
pub(crate) fn content(files: &[(ResultFile, i64)]) -> i64 {
    let mut digest = Sha256::new();
    for (file, modified) in files {
        digest.update(file.name.as_bytes());
        digest.update([0]);
        digest.update(file.size.to_le_bytes());
        digest.update(modified.to_le_bytes());
    }
    let digest = digest.finalize();
    i64::from_le_bytes(std::array::from_fn(|byte| digest[byte]))
}

/// The attempts whose files lie in a folder.
pub(crate) fn attempts(
    folder: &Path,
    run: RunNumber,
    kind: &str,
    files: Vec<(ResultFile, i64)>,
) -> Vec<Attempt> {
    let mut groups: BTreeMap<String, Vec<(ResultFile, i64)>> = BTreeMap::new();
    for (file, modified) in files {
        let group = groups.entry(prefix(&file.name).to_owned()).or_default();
        group.push((file, modified));
    }
    groups.into_iter().map(|(prefix, files)| attempt(folder, run, kind, prefix, files)).collect()
}

/// Last change, nanoseconds since 1970.
pub(crate) fn modified(metadata: &fs::Metadata) -> i64 {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// What the files of an attempt share: everything before the name and ending of the output.
fn prefix(name: &str) -> &str {
    let Some((rest, ending)) = name.rsplit_once('.') else { return "" };
    if ending == "log" {
        return rest;
    }
    rest.rsplit_once('.').map_or("", |(prefix, _)| prefix)
}

fn attempt(
    folder: &Path,
    run: RunNumber,
    kind: &str,
    prefix: String,
    files: Vec<(ResultFile, i64)>,
) -> Attempt {
    let modified = files.iter().map(|(_, modified)| *modified).max().unwrap_or(0);
    let files: Vec<ResultFile> = files.into_iter().map(|(file, _)| file).collect();
    let ending = |end: &str| files.iter().find(|file| file.name.ends_with(end)).cloned();
    let mut complaints = Vec::new();
    let mut keep = |result: Result<Summary, String>| match result {
        Ok(summary) => Some(summary),
        Err(complaint) => {
            complaints.push(complaint);
            None
        }
    };
    let path = |file: &ResultFile| folder.join(&file.name);
    let summary = summary_name(kind).and_then(ending);
    let mut summary = summary.and_then(|file| keep(summary::read(&path(&file), run)));
    if let (Some(summary), Some(report)) = (&mut summary, ending(REPORT)) {
        summary.standby = standby(&path(&report));
    }
    let database = ending(DATABASE);
    let sha256 = database.as_ref().and_then(|file| match sct_wholefile::sha256(&path(file)) {
        Ok((sha256, _)) => Some(sha256),
        Err(error) => {
            complaints.push(format!("{}: {error}", path(file).display()));
            None
        }
    });
    let complaint = (!complaints.is_empty()).then(|| complaints.join("; "));
    Attempt { prefix, files, modified, summary, database, sha256, complaint }
}

/// What a report says of STANDBY; nothing when it cannot be read.
fn standby(report: &Path) -> Option<String> {
    sct_job::standby(&serde_json::from_slice(&fs::read(report).ok()?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn files_of_an_attempt_share_a_prefix() {
        assert_eq!(
            prefix("d.00300001.s.sctcal.X.c0._0001.mycool.db"),
            "d.00300001.s.sctcal.X.c0._0001"
        );
        assert_eq!(prefix("d.00300001.s.sctcal.X.c0._0001.log"), "d.00300001.s.sctcal.X.c0._0001");
        assert_eq!(prefix("mycool.db"), "");
        assert_eq!(prefix("x"), "");
    }
}
