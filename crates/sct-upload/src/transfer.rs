//! One file into one master: digest, backup, merge, receipt, and what the log says about it. Source: section (vi) of the
//! operations guide; `docs/formats/cool.md`.

use std::{
    cell::Cell,
    io,
    path::{Path, PathBuf},
    time::Instant,
};

use sct_conditions::{Difference, Value};
use sct_cool::{
    Alteration, Clock, Database, FolderPlan, LockStatus, MergeError, MergeOptions, Plan,
    Provenance, Receipt, State, Writer,
};
use sct_id::{Iov, RunLumi};

use crate::{Error, backup};

/// What is to be merged into what.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// COOL file of a job.
    pub source: PathBuf,
    /// Instance within it, when it has several.
    pub source_instance: Option<String>,
    /// Master file.
    pub master: PathBuf,
    /// Instance within the master; the source's name when absent.
    pub destination: Option<String>,
    /// How to merge.
    pub options: MergeOptions,
    /// Person or account.
    pub who: String,
    /// Comment.
    pub comment: String,
    /// Folder for copies: of every source, and of the master once a day; none are made when absent.
    pub backup: Option<PathBuf>,
    /// Where the receipt goes.
    pub receipt: Option<PathBuf>,
}

/// A transfer that came to its end.
#[derive(Clone, Debug)]
pub struct Transferred {
    /// What was compared and decided.
    pub plan: Plan,
    /// What was written; none after a dry run, or when the master had everything already.
    pub receipt: Option<Receipt>,
    /// SHA-256 of the source, hexadecimal.
    pub sha256: String,
    /// What the log says, line by line.
    pub log: Vec<String>,
}

impl Transfer {
    /// Does everything but writing.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn dry_run(&self) -> Result<Transferred, Error> {
        let opened = self.open()?;
        let master = match &self.destination {
            Some(name) => Database::open_instance(&self.master, name)?,
            None => Database::open_instance(&self.master, &opened.source.instance().name)?,
        };
        let plan = sct_cool::plan(&opened.source, &master, &self.options)?;
        let mut log = opened.log;
        log.extend(describe(&plan, &self.options));
        log.push("dry run: nothing was written".to_owned());
        Ok(Transferred { plan, receipt: None, sha256: opened.sha256, log })
    }

    /// Merges; the receipt is on the disk when the merge becomes valid.
    ///
    /// # Errors
    ///
    /// [`Error::Merge`], and [`Error`] when a file cannot be read or a copy cannot be written. The master is then as it was.
    pub fn run(&self) -> Result<Transferred, Error> {
        let start = Instant::now();
        let opened = self.open()?;
        let mut log = opened.log;
        let instance = self.destination.as_deref().unwrap_or(&opened.source.instance().name);
        let mut writer = Writer::open(&self.master, Some(instance), Clock::system())?;
        if let Some(folder) = &self.backup {
            // Refusals and repeated merges leave no copies behind.
            let plan = sct_cool::plan(&opened.source, writer.database(), &self.options)?;
            if plan.stored() > 0 {
                log.extend(backup::keep(folder, &opened.source, writer.database())?);
            }
        }
        let provenance = Provenance {
            who: self.who.clone(),
            comment: self.comment.clone(),
            sha256: opened.sha256.clone(),
            size: opened.size,
        };
        let taken = self.receipt_is_taken(writer.database())?;
        let written = Cell::new(false);
        let keep = |receipt: &Receipt| {
            let Some(path) = &self.receipt else { return Ok(()) };
            let failed = |source| sct_wholefile::Error { path: path.clone(), source };
            if taken {
                let what = "it is the receipt of another merge, which could no longer be undone";
                return Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, what)));
            }
            path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
            written.set(true);
            sct_wholefile::write(path, receipt.to_json().as_bytes())
        };
        let merged = writer.merge(&opened.source, &self.options, &provenance, keep);
        let merged = match merged {
            Err(error @ (MergeError::Database(_) | MergeError::ReadBack(_))) => {
                // The receipt of a merge that did not become valid would be a lie.
                if let Some(path) = self.receipt.as_ref().filter(|_| written.get()) {
                    let _ = std::fs::remove_file(path);
                }
                return Err(error.into());
            }
            other => other?,
        };
        log.extend(describe(&merged.plan, &self.options));
        match &merged.receipt {
            Some(receipt) => {
                let Alteration { objects, skipped, remainders, hidden, channels } =
                    receipt.alteration();
                log.push(format!(
                    "written: {objects} objects in {channels} channels, {skipped} skipped as identical, {hidden} covered, \
                     {remainders} remainders; read back and found equal"
                ));
                if let Some(path) = &self.receipt {
                    log.push(format!("receipt: {}", path.display()));
                }
            }
            None => log.push("nothing to do: the master has the same content already".to_owned()),
        }
        log.push(format!("duration: {:.3} s", start.elapsed().as_secs_f64()));
        Ok(Transferred { plan: merged.plan, receipt: merged.receipt, sha256: opened.sha256, log })
    }

    /// Whether the receipt's place has that of a merge which the master holds. One that a kill left without its merge may go.
    fn receipt_is_taken(&self, master: &Database) -> Result<bool, Error> {
        let text = self.receipt.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        match text.and_then(|text| Receipt::parse(&text).ok()) {
            Some(receipt) => Ok(master.holds(&receipt)?),
            None => Ok(false),
        }
    }

    fn open(&self) -> Result<Opened, Error> {
        let (sha256, size) = digest(&self.source)?;
        let source = match &self.source_instance {
            Some(name) => Database::open_instance(&self.source, name)?,
            None => Database::open(&self.source)?,
        };
        source.check_integrity()?;
        let instance = &source.instance().name;
        let mut log = vec![
            format!(
                "source: {} ({size} bytes, SHA-256 {sha256}), instance {instance}",
                self.source.display()
            ),
            format!(
                "destination: {}, instance {}",
                self.master.display(),
                self.destination.as_deref().unwrap_or(instance)
            ),
        ];
        if !self.comment.is_empty() {
            log.push(format!("comment: {}", self.comment));
        }
        Ok(Opened { source, sha256, size, log })
    }
}

struct Opened {
    source: Database,
    sha256: String,
    size: u64,
    log: Vec<String>,
}

/// SHA-256 of a file, hexadecimal, and its size in bytes.
///
/// # Errors
///
/// [`Error::Io`].
pub fn digest(path: &Path) -> Result<(String, u64), Error> {
    sct_wholefile::sha256(path).map_err(|source| Error::Io { path: path.to_owned(), source })
}

/// What a plan would change, folder by folder, and its warnings.
fn describe(plan: &Plan, options: &MergeOptions) -> Vec<String> {
    let mut lines: Vec<String> =
        plan.warnings.iter().map(|warning| format!("warning: {warning}")).collect();
    for folder in &plan.folders {
        lines.extend(describe_folder(folder, options));
    }
    lines
}

fn describe_folder(plan: &FolderPlan, options: &MergeOptions) -> Vec<String> {
    let lock = match plan.lock {
        None => "new",
        Some(LockStatus::Unlocked) => "unlocked",
        Some(LockStatus::Locked) => "locked",
        Some(LockStatus::PartiallyLocked) => "partially locked",
    };
    let count = |state: State| plan.changes.iter().filter(|change| change.state == state).count();
    let mut channels: Vec<u32> = plan.changes.iter().map(|change| change.row.channel.0).collect();
    channels.dedup();
    let mut lines = vec![
        format!("folder {}, tag {} ({lock})", plan.folder.path, plan.tag),
        format!(
            "  {} objects in {} channels: {} new, {} identical, {} identical and cut since, {} different",
            plan.changes.len(),
            channels.len(),
            count(State::New),
            count(State::Identical),
            count(State::Overtaken),
            count(State::Different) + count(State::Later)
        ),
        format!(
            "  objects hidden: {}",
            plan.stored().map(|change| change.hides.len()).sum::<usize>()
        ),
    ];
    if options.replace && count(State::Different) + count(State::Later) > 0 {
        lines.push("  content that is there is replaced".to_owned());
    }
    let intervals = plan.changes.iter().map(|change| change.row.iov);
    if let (Some(first), Some(last)) = (intervals.clone().min(), intervals.max()) {
        lines.push(format!(
            "  first interval {}, last {}",
            interval(plan, first),
            interval(plan, last)
        ));
    }
    let valid = plan
        .changes
        .iter()
        .filter(|change| change.before.as_ref().is_some_and(|before| before.valid));
    let against = match (valid.count(), plan.changes.iter().any(|change| change.before.is_some())) {
        (0, false) => "nothing: the tag has no earlier object in these channels",
        (0, true) => "the last content before, since nothing is valid there now",
        _ => "what is valid there now",
    };
    lines.push(format!("  compared with {against}"));
    let difference = difference(plan);
    lines.extend(difference.to_string().lines().map(|line| format!("    {line}")));
    lines
}

/// What changes against what the master has at the start of each object, or had last.
pub fn difference(plan: &FolderPlan) -> Difference {
    let pairs = plan.changes.iter().map(|change| {
        let before: Option<&[Value]> =
            change.before.as_ref().map(|before| &before.object.row.payload[..]);
        (before, Some(&change.row.payload[..]))
    });
    Difference::of(&plan.folder.payload, pairs)
}

fn interval(plan: &FolderPlan, iov: Iov) -> String {
    let runs = sct_conditions::TimeStamp::from_description(&plan.folder.description)
        == Some(sct_conditions::TimeStamp::RunLumi);
    match (RunLumi::from_key(iov.since()), RunLumi::from_key(iov.until())) {
        (Ok(since), Ok(until)) if runs && !iov.is_open() => format!("{since} to {until}"),
        (Ok(since), _) if runs => format!("{since} to infinity"),
        _ => iov.to_string(),
    }
}
