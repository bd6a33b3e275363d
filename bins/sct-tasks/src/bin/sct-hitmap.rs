//! Works with hit maps and other histogram files.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use sct_job::ExitCode as Code;
use sct_roothist::MergeOptions;
use sct_tasks::{
    cli::{self, AFTER_HELP, Verbosity},
    failure::{Coded, finish},
    merge,
};

/// Works with hit maps and other histogram files.
#[derive(Debug, Parser)]
#[command(name = "sct-hitmap", version, after_help = AFTER_HELP)]
struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Adds histogram files exactly: the sum of all, or nothing.
    ///
    /// Takes any files of TH1, TH2, TProfile and TProfile2D in any folders. Damaged, truncated or differently binned input
    /// is refused with the file and the object named, and nothing is written.
    Merge(Merge),
    /// Tells the number of events of hit map files.
    Events {
        /// Files: SCTHitMaps.root, SCTLB.root or SCTBSErrors.root.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "the switches of a command line are independent")]
struct Merge {
    /// The sum.
    #[arg(short, long, value_name = "OUT.root")]
    output: PathBuf,
    /// Files to add.
    #[arg(required = true, value_name = "IN.root")]
    inputs: Vec<PathBuf>,
    /// Write the table of inputs, objects and entries here; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// List every object in the report.
    #[arg(long, requires = "report")]
    objects: bool,
    /// Leave out objects that are no histograms instead of refusing them; they are listed in the report.
    #[arg(long)]
    skip_other_classes: bool,
    /// Replace an existing output without asking.
    #[arg(short, long)]
    force: bool,
    /// Print totals as JSON on standard output.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let args: Args = cli::parse();
    args.verbosity.start_logging();
    finish(&match &args.command {
        Command::Merge(merge) => run_merge(merge, args.verbosity.quiet),
        Command::Events { files } => events(files),
    })
}

fn run_merge(args: &Merge, quiet: bool) -> anyhow::Result<()> {
    if args.output.exists() && !args.force {
        let what = format!("{} exists; give --force to replace it", args.output.display());
        return Err(Coded::new(Code::OutputFileError, what).into());
    }
    let options =
        MergeOptions { skip_other_classes: args.skip_other_classes, ..MergeOptions::default() };
    let report = merge::merge(&args.inputs, &args.output, &options, quiet)?;
    let mut table = report.to_table();
    if args.objects {
        table.push_str(&report.to_object_table());
    }
    match &args.report {
        Some(path) if path.as_os_str() == "-" => cli::print(&table)?,
        Some(path) => sct_wholefile::write(path, table.as_bytes())
            .with_context(|| Coded::new(Code::OutputFileError, "report of the merge"))?,
        None => {}
    }
    if args.json {
        let totals = serde_json::json!({
            "output": args.output,
            "inputs": report.inputs.len(),
            "objects": report.objects.len(),
            "entries": report.entries(),
            "bytes": report.written.file_bytes,
            "digest": format!("{:016x}", report.digest),
            "warnings": report.warnings().len(),
        });
        cli::print(&format!("{totals:#}\n"))?;
    }
    Ok(())
}

fn events(files: &[PathBuf]) -> anyhow::Result<()> {
    let mut text = String::new();
    for path in files {
        let events = sct_histfile::peek_events(path)?;
        let bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
        text.push_str(&format!("{events} events  {bytes} bytes  {}\n", path.display()));
    }
    cli::print(&text)
}
