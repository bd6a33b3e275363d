//! Looks into COOL databases on SQLite, makes new ones, and merges them into masters.

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use sct_cool::{Database, FolderSummary, create_master, dump_lines, summaries};
use sct_job::ExitCode as Code;
use sct_tasks::{
    cli::{self, AFTER_HELP, Verbosity},
    cool,
    failure::{Coded, finish},
};

/// Looks into COOL databases on SQLite, makes new ones, and merges them into masters.
#[derive(Debug, Parser)]
#[command(name = "sct-cool", version, after_help = AFTER_HELP)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// Instance, when the file has several, as CONDBR2.
    #[arg(long, global = true, value_name = "NAME")]
    instance: Option<String>,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists instances, folders and tags.
    Ls {
        /// COOL SQLite file.
        file: PathBuf,
        /// One JSON object instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Shows one folder: columns, description, counts and visible objects.
    Show {
        /// COOL SQLite file.
        file: PathBuf,
        /// Full path of the folder.
        folder: String,
    },
    /// Prints every visible object of every folder and tag.
    Dump {
        /// COOL SQLite file.
        file: PathBuf,
        /// One JSON object a line: folder, tag, channel, since, until, payload.
        #[arg(long)]
        json: bool,
    },
    /// Compares folders, tags and visible objects of two files; code 1 when anything differs.
    Diff(cool::Diff),
    /// Writes tags as a CREST file-system dump, and reads it back to compare.
    ExportCrest(cool::ExportCrest),
    /// Merges a file into a master: all of it or nothing, checked before and read back after.
    Merge(Box<cool::Merge>),
    /// Takes a merge back by its receipt.
    Undo(cool::Undo),
    /// Checks schema, sequences, overlaps, payload and everything else that must hold in a file.
    Verify(cool::Verify),
    /// Makes a master database with the folders of the calibration loop.
    Create {
        /// File to make.
        file: PathBuf,
        /// Replace an existing file.
        #[arg(short, long)]
        force: bool,
    },
}

fn main() -> ExitCode {
    let args: Args = cli::parse();
    args.verbosity.start_logging();
    finish(&run(&args))
}

fn run(args: &Args) -> anyhow::Result<()> {
    let open = |file: &PathBuf| match &args.instance {
        Some(instance) => Database::open_instance(file, instance),
        None => Database::open(file),
    };
    match &args.command {
        Command::Ls { file, json } => list(&open(file)?, *json),
        Command::Show { file, folder } => show(&open(file)?, folder),
        Command::Dump { file, json } => dump(&open(file)?, *json),
        Command::Diff(diff) => diff.run(args.instance.as_deref()),
        Command::ExportCrest(export) => export.run(args.instance.as_deref()),
        Command::Merge(merge) => merge.run(args.instance.as_deref()),
        Command::Undo(undo) => undo.run(),
        Command::Verify(verify) => verify.run(),
        Command::Create { file, force } => {
            if file.exists() && !force {
                let what = format!("{} exists; give --force to replace it", file.display());
                return Err(Coded::new(Code::OutputFileError, what).into());
            }
            create_master(file, args.instance.as_deref().unwrap_or("CONDBR2"))
                .with_context(|| Coded::new(Code::OutputFileError, "master database"))
        }
    }
}

fn list(database: &Database, json: bool) -> anyhow::Result<()> {
    let instance = database.instance();
    let folders = summaries(database)?;
    if json {
        let value = serde_json::json!({
            "instance": instance.name,
            "release": instance.release,
            "schema": instance.schema,
            "folders": folders,
        });
        return cli::print(&format!("{value:#}\n"));
    }
    let mut text =
        format!("{}  COOL {}  schema {}\n", instance.name, instance.release, instance.schema);
    for folder in &folders {
        text.push_str(&line(folder));
    }
    cli::print(&text)
}

fn line(folder: &FolderSummary) -> String {
    let FolderSummary { id, path, versioning, payload_mode, channels, intervals, .. } = folder;
    let mut text = format!(
        "{id:>4}  {path}  {versioning}-version, {payload_mode}  {channels} channels, {intervals} intervals\n"
    );
    for tag in &folder.tags {
        let lock = if tag.lock == "unlocked" { String::new() } else { format!(" ({})", tag.lock) };
        text.push_str(&format!("        {}{lock}  {} objects\n", tag.name, tag.objects));
    }
    text
}

fn show(database: &Database, path: &str) -> anyhow::Result<()> {
    database.folder(path)?;
    let all = summaries(database)?;
    let mut text = String::new();
    for folder in all.iter().filter(|folder| folder.path == path) {
        text.push_str(&line(folder));
        text.push_str(&format!(
            "        payload {}\n        {}\n",
            folder.payload, folder.description
        ));
    }
    for object in dump_lines(database, Some(path))? {
        text.push_str(&readable(&object)?);
    }
    cli::print(&text)
}

fn dump(database: &Database, json: bool) -> anyhow::Result<()> {
    let mut text = String::new();
    for object in dump_lines(database, None)? {
        text.push_str(&if json { format!("{object}\n") } else { readable(&object)? });
    }
    cli::print(&text)
}

/// One object as a line for people.
fn readable(object: &str) -> anyhow::Result<String> {
    let object: serde_json::Value =
        serde_json::from_str(object).context("an object of the database")?;
    let word =
        |name: &str| object[name].as_str().map_or_else(|| object[name].to_string(), str::to_owned);
    let (since, until) = (word("since"), word("until"));
    Ok(format!(
        "{} {} channel {} [{since}, {until}) {}\n",
        word("folder"),
        word("tag"),
        word("channel"),
        object["payload"]
    ))
}
