//! `sct-cool merge` and `sct-cool undo`, with the option names of `AtlCoolMerge`.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use jiff::{Timestamp, tz::TimeZone};
use sct_cool::{Clock, MergeOptions, Receipt, Writer};
use sct_id::RunNumber;
use sct_job::ExitCode;
use sct_upload::{Transfer, Transferred, difference};
use serde_json::json;

use crate::{cli, failure::Coded};

/// Options of `sct-cool merge`.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own on the command line"
)]
pub struct Merge {
    /// COOL file of a job.
    source: PathBuf,
    /// Master file.
    master: PathBuf,
    /// Instance of the master, as MONP200; that of the source when absent.
    #[arg(long, value_name = "NAME")]
    destdb: Option<String>,
    /// Folder to merge; repeatable, all when absent.
    #[arg(long, value_name = "FOLDER")]
    folder: Vec<String>,
    /// Tag to merge; repeatable, all when absent.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Write under another tag.
    #[arg(long, value_name = "TAG")]
    retag: Option<String>,
    /// Make tags the master does not have.
    #[arg(long)]
    create_tag: bool,
    /// Make folders the master does not have.
    #[arg(long)]
    create_folders: bool,
    /// Lay other content over a run that is there already.
    #[arg(long)]
    replace: bool,
    /// Accept another description; the master's stays.
    #[arg(long)]
    ignoredesc: bool,
    /// Set aside the protection of an update mode, as UPD4.
    #[arg(long, value_name = "MODE")]
    ignoremode: Option<String>,
    /// Last run whose processing has begun: tags with an update mode take later runs only.
    #[arg(long, value_name = "RUN")]
    processed: Option<RunNumber>,
    /// Write objects also where the same is there already, as the original does.
    #[arg(long)]
    write_identical: bool,
    /// Check everything and print what would change, without writing.
    #[arg(long, visible_alias = "noexec")]
    dry_run: bool,
    /// Keep no copies of source and master.
    #[arg(long)]
    nobackup: bool,
    /// Folder for copies and receipts; `backup` beside the master when absent.
    #[arg(long, value_name = "DIR")]
    backup_dir: Option<PathBuf>,
    /// Check the whole master before the merge becomes valid; takes as long as it is large.
    #[arg(long)]
    full_check: bool,
    /// Comment for log and receipt.
    #[arg(long, value_name = "TEXT", default_value = "")]
    comment: String,
    /// Person or account named in the receipt.
    #[arg(long, value_name = "NAME", env = "USER", default_value = "unknown")]
    who: String,
    /// Receipt, JSON; among the copies when absent.
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Options of the copy tool: -al (add to locked tags), -ctl (lock new tags as in the source).
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    passopt: Vec<String>,
    /// Accepted without effect: this program sends no mail.
    #[arg(long)]
    nomail: bool,
    /// Accepted without effect: this program asks no questions.
    #[arg(long)]
    batch: bool,
    /// One JSON object instead of the log.
    #[arg(long)]
    json: bool,
}

impl Merge {
    /// Merges, or says what a merge would do.
    ///
    /// # Errors
    ///
    /// When the content does not fit or a file cannot be used; the master is then as it was.
    pub fn run(&self, instance: Option<&str>) -> anyhow::Result<()> {
        let backup =
            self.backup_dir.clone().unwrap_or_else(|| self.master.with_file_name("backup"));
        let transfer = Transfer {
            source: self.source.clone(),
            source_instance: instance.map(str::to_owned),
            master: self.master.clone(),
            destination: self.destdb.clone(),
            options: self.options()?,
            who: self.who.clone(),
            comment: self.comment.clone(),
            receipt: self.receipt.clone().or_else(|| {
                let time = TimeZone::UTC
                    .to_datetime(Timestamp::now())
                    .strftime("%Y%m%d_%H%M%S")
                    .to_string();
                let name = self.source.file_name().unwrap_or_default().to_string_lossy();
                (!self.nobackup).then(|| backup.join(format!("{time}_{name}.receipt.json")))
            }),
            backup: (!self.nobackup).then_some(backup),
        };
        if transfer.receipt.is_none() && !self.dry_run {
            tracing::warn!("without a receipt this merge cannot be undone; give --receipt FILE");
        }
        let done = if self.dry_run { transfer.dry_run() } else { transfer.run() };
        match done {
            Ok(done) if self.json => cli::print(&format!("{:#}\n", to_json(&done, &transfer))),
            Ok(done) => {
                let mut text: String = done.log.iter().map(|line| format!("{line}\n")).collect();
                text.push_str(if self.dry_run { "dry run OK\n" } else { "upload OK\n" });
                cli::print(&text)
            }
            Err(error) => {
                let error = anyhow::Error::new(error);
                if !self.json {
                    cli::print(&format!("upload FAILED: {}\n", crate::failure::message(&error)))?;
                }
                Err(error)
            }
        }
    }

    fn options(&self) -> anyhow::Result<MergeOptions> {
        let mut options = MergeOptions {
            folders: self.folder.clone(),
            tags: self.tag.clone(),
            retag: self.retag.clone(),
            ignore_description: self.ignoredesc,
            create_tags: self.create_tag,
            create_folders: self.create_folders,
            replace: self.replace,
            write_identical: self.write_identical,
            append_locked: false,
            full_check: self.full_check,
            copy_lock: false,
            ignore_mode: self.ignoremode.clone(),
            processed: self.processed,
        };
        let words = self.passopt.iter().flat_map(|text| text.split_ascii_whitespace());
        for word in words {
            match word.trim_start_matches('-') {
                "al" | "appendlocked" => options.append_locked = true,
                "ctl" | "copytaglock" => options.copy_lock = true,
                // What they ask for is done in any case.
                "nh" | "v" | "verify" => {}
                _ => {
                    let what = format!(
                        "--passopt {word} has no meaning here, expected -al, -ctl, -nh or -v"
                    );
                    return Err(Coded::new(ExitCode::ArgError, what).into());
                }
            }
        }
        Ok(options)
    }
}

fn to_json(done: &Transferred, transfer: &Transfer) -> serde_json::Value {
    let folders: Vec<_> = done
        .plan
        .folders
        .iter()
        .map(|folder| {
            json!({
                "folder": folder.folder.path,
                "tag": folder.tag,
                "objects": folder.changes.len(),
                "stored": folder.stored().count(),
                "difference": difference(folder),
            })
        })
        .collect();
    json!({
        "sha256": done.sha256,
        "changed": done.receipt.is_some(),
        "receipt": done.receipt.as_ref().and(transfer.receipt.as_ref()),
        "written": done.receipt.as_ref().map(Receipt::alteration),
        "folders": folders,
        "log": done.log,
    })
}

/// Options of `sct-cool undo`.
#[derive(Debug, clap::Args)]
pub struct Undo {
    /// Receipt of the merge.
    receipt: PathBuf,
    /// Master file.
    master: PathBuf,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

impl Undo {
    /// Takes the merge back.
    ///
    /// # Errors
    ///
    /// When the master is not as the receipt says; it is then as it was.
    pub fn run(&self) -> anyhow::Result<()> {
        let unreadable = || {
            let what = format!("receipt {}", self.receipt.display());
            Coded::new(ExitCode::InputFileValidationFail, what)
        };
        let text = fs::read_to_string(&self.receipt).with_context(unreadable)?;
        let receipt = Receipt::parse(&text).map_err(anyhow::Error::msg).with_context(unreadable)?;
        let mut writer = Writer::open(&self.master, Some(&receipt.instance), Clock::system())?;
        let alteration = writer.undo(&receipt)?;
        if self.json {
            return cli::print(&format!("{:#}\n", json!({ "undone": alteration })));
        }
        cli::print(&format!(
            "undone: {} objects and {} remainders removed, {} visible again in {} channels\n",
            alteration.objects, alteration.remainders, alteration.hidden, alteration.channels
        ))
    }
}
