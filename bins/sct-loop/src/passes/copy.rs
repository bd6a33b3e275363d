//! Copies results that are made elsewhere, as on a batch machine with a file system of its own.
//!
//! The source has the order of the results folder: `RUN/KIND/files`. A job is complete where its report is, and only complete
//! ones are copied: all files under temporary names, to the disk, then under their own, the report last. A kill leaves no half
//! file; the next pass copies what has no report, or another one than the source.

use std::{
    fs::{self, File},
    io::Read as _,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::Context as _;
use sct_id::RunNumber;
use sct_job::ExitCode;
use sct_sched::Kind;
use sct_tasks::failure::{self, Coded};
use sct_wholefile::{Pending, finish_all};
use serde_json::{Value, json};

use super::Outcome;
use crate::schedule::{Settings, results::JobResult};

/// End of the name of a job's report.
const REPORT: &str = ".jobReport.json";

/// Temporary files older than this are from a pass that was killed, seconds.
const LEFT_BEHIND: i64 = 3600;

/// What became of the jobs of the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Copied {
    /// Reports of jobs that were copied.
    pub copied: Vec<String>,
    /// How many were there already.
    pub unchanged: usize,
    /// Those that are left, with the reason.
    pub left: Vec<String>,
    /// Bytes copied.
    pub bytes: u64,
}

pub(super) fn run(settings: &Settings, now: i64, dry_run: bool) -> anyhow::Result<Outcome> {
    let Some(from) = &settings.copy.from else {
        return Ok(Outcome::ok("nothing to copy from: [copy] from is not set", Value::Null));
    };
    let copied = copy(&settings.data.join(from), &settings.results(), now, dry_run)?;
    let would = if dry_run { "would be " } else { "" };
    let mut text = format!(
        "{} jobs {would}copied, {} unchanged, {} MB",
        copied.copied.len(),
        copied.unchanged,
        copied.bytes >> 20
    );
    if let Some(first) = copied.left.first() {
        text.push_str(&format!(", {} left: {first}", copied.left.len()));
    }
    Ok(Outcome::of(copied.left.is_empty(), text, json!(copied)))
}

/// Copies every complete job of the folder `from` that `to` does not have yet. What is wrong with one stops no other.
///
/// # Errors
///
/// When the source cannot be read.
pub fn copy(from: &Path, to: &Path, now: i64, dry_run: bool) -> anyhow::Result<Copied> {
    let mut copied = Copied::default();
    let unreadable =
        || Coded::new(ExitCode::InputFileValidationFail, format!("source {}", from.display()));
    for run in entries(from).with_context(unreadable)? {
        let number = run.file_name().and_then(|name| name.to_str()).filter(|name| name.len() == 8);
        if number.and_then(|name| name.parse::<RunNumber>().ok()).is_none() {
            continue;
        }
        let kinds = entries(&run).with_context(unreadable)?;
        for kind in kinds.iter().filter(|kind| is_kind(kind)) {
            let target = to
                .join(run.file_name().unwrap_or_default())
                .join(kind.file_name().unwrap_or_default());
            folder(kind, &target, now, dry_run, &mut copied).with_context(unreadable)?;
        }
    }
    Ok(copied)
}

fn is_kind(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).and_then(Kind::new).is_some() && path.is_dir()
}

/// What is in a folder, sorted.
fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    entries.sort();
    Ok(entries)
}

/// The jobs of one task.
fn folder(
    from: &Path,
    to: &Path,
    now: i64,
    dry_run: bool,
    copied: &mut Copied,
) -> anyhow::Result<()> {
    for report in entries(from)? {
        let name = report.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.ends_with(REPORT) || name.starts_with('.') {
            continue;
        }
        let job = Job { from, to, name: &name };
        match job.copy(dry_run) {
            Ok(Some(bytes)) => {
                copied.copied.push(name);
                copied.bytes += bytes;
            }
            Ok(None) => copied.unchanged += 1,
            Err(error) => copied.left.push(format!("{name}: {}", failure::message(&error))),
        }
    }
    if !dry_run {
        tidy(to, now);
    }
    Ok(())
}

/// Temporary files of a pass that was killed. Those of others that write here now are younger.
fn tidy(folder: &Path, now: i64) {
    for path in entries(folder).unwrap_or_default() {
        let is_ours =
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".sct-"));
        let modified = fs::metadata(&path).map(|metadata| metadata.mtime());
        if is_ours && modified.is_ok_and(|time| time + LEFT_BEHIND < now) {
            let _ = fs::remove_file(&path);
        }
    }
}

/// One job of the source.
struct Job<'a> {
    from: &'a Path,
    to: &'a Path,
    /// Name of its report.
    name: &'a str,
}

impl Job<'_> {
    /// Copies it; gives the bytes, or none when it is there already.
    fn copy(&self, dry_run: bool) -> anyhow::Result<Option<u64>> {
        let report_path = self.from.join(self.name);
        let bytes = fs::read(&report_path).with_context(|| report_path.display().to_string())?;
        let result = JobResult::read(&report_path)?;
        if result.code != 0 {
            anyhow::bail!("its job ended with {}: {}", result.code, result.message);
        }
        if self.is_there(&bytes, &result)? {
            return Ok(None);
        }
        let mut names: Vec<&str> =
            result.outputs.iter().map(|output| output.name.as_str()).collect();
        let log = format!("{}.log", self.name.trim_end_matches(REPORT));
        if self.from.join(&log).is_file() {
            names.push(&log);
        }
        if let Some(name) = names.iter().find(|name| !is_plain(name)) {
            anyhow::bail!("'{name}' is no name of a result");
        }
        if dry_run {
            let size =
                |name: &&str| fs::metadata(self.from.join(name)).map_or(0, |file| file.len());
            return Ok(Some(names.iter().map(size).sum()));
        }
        fs::create_dir_all(self.to).with_context(|| self.to.display().to_string())?;
        let (mut pending, mut sum) = (Vec::new(), 0);
        for name in &names {
            let (file, size) = self.stage(name, expected(&result.report, name))?;
            pending.push(file);
            sum += size;
        }
        let own = self.to.join(self.name);
        let mut report = Pending::create(&own)?;
        report.write(&bytes)?;
        // A report that changed meanwhile belongs to other outputs than those that were copied.
        if fs::read(&report_path).ok().as_ref() != Some(&bytes) {
            anyhow::bail!("it is written anew at this moment");
        }
        // Where a report is, everything is: the old one goes before its outputs do.
        match fs::remove_file(&own) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| own.display().to_string());
            }
            _ => {}
        }
        pending.push(report);
        finish_all(pending)?;
        Ok(Some(sum + bytes.len() as u64))
    }

    /// Whether the results have this job already, or a later one of the same name.
    fn is_there(&self, report: &[u8], result: &JobResult) -> anyhow::Result<bool> {
        let own = self.to.join(self.name);
        let known = match fs::read(&own) {
            Ok(known) => known,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error).with_context(|| own.display().to_string()),
        };
        if known == report {
            let size = |folder: &Path, name: &str| {
                fs::metadata(folder.join(name)).map(|file| file.len()).ok()
            };
            return Ok(result.outputs.iter().map(|output| &output.name).all(|name| {
                size(self.to, name).is_some_and(|size| {
                    expected(&result.report, name).is_none_or(|expected| expected == size)
                })
            }));
        }
        let created = |report: &Value| report["created"].as_str().unwrap_or_default().to_owned();
        let known: Value = serde_json::from_slice(&known).unwrap_or_default();
        Ok(created(&known) > created(&result.report))
    }

    /// A copy of a file that has no name yet.
    fn stage(&self, name: &str, expected: Option<u64>) -> anyhow::Result<(Pending, u64)> {
        let path = self.from.join(name);
        let place = || path.display().to_string();
        // What a link points at may be anything.
        if !fs::symlink_metadata(&path).with_context(place)?.is_file() {
            anyhow::bail!("{}: it is no file", path.display());
        }
        let mut file = File::open(&path).with_context(place)?;
        let mut pending = Pending::create(&self.to.join(name))?;
        let mut buffer = vec![0; 1 << 20];
        let mut size = 0;
        let state = |file: &File| {
            file.metadata()
                .map(|metadata| (metadata.len(), metadata.modified().unwrap_or(UNIX_EPOCH)))
        };
        let before = state(&file).with_context(place)?;
        loop {
            let read = file.read(&mut buffer).with_context(place)?;
            if read == 0 {
                break;
            }
            pending.write(&buffer[..read])?;
            size += read as u64;
        }
        let after = state(&file).with_context(place)?;
        if before != after || size != before.0 {
            anyhow::bail!("{} changes at this moment", path.display());
        }
        if let Some(expected) = expected.filter(|expected| *expected != size) {
            anyhow::bail!("{} has {size} bytes, its report says {expected}", path.display());
        }
        Ok((pending, size))
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains('/')
}

/// Size of an output by the report.
fn expected(report: &Value, name: &str) -> Option<u64> {
    let outputs = report["files"]["output"].as_array()?.iter();
    let mut files = outputs.flat_map(|output| output["subFiles"].as_array().into_iter().flatten());
    let of_name = |file: &&Value| {
        file["name"].as_str().is_some_and(|full| full.rsplit('/').next() == Some(name))
    };
    files.find(of_name)?["file_size"].as_u64()
}

#[cfg(test)]
mod tests;
