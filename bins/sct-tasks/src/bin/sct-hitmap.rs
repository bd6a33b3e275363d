//! Works with hit maps and other histogram files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use sct_id::{BarrelSwap, LumiBlock, RunNumber};
use sct_job::ExitCode as Code;
use sct_roothist::MergeOptions;
use sct_tasks::{
    cabling,
    cli::{self, AFTER_HELP, Verbosity},
    conditions::{self, Moment},
    detector,
    failure::{Coded, finish},
    fill::{self, FillJob, Wanted},
    inspect, merge,
    noisy_strip::RunTimes,
    options::{OutputPlace, PropertyOptions},
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
    /// Fills hit maps from RAW files: SCTHitMaps.root, SCTLB.root and SCTBSErrors.root.
    ///
    /// All files must be of one run. The result depends neither on their order nor on the number of threads. Damaged events
    /// are left out and counted, as are events with too many clusters on unknown fibres.
    Fill(Box<Fill>),
    /// Tells what is in RAW files: run, lumi blocks, events, sizes, RODs, errors, damage.
    Inspect(Inspect),
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

/// What is known of the read-out.
#[derive(Clone, Debug, clap::Args)]
struct Readout {
    /// Cabling as text; without it that of the conditions, or of the simulated detector.
    #[arg(long, value_name = "FILE")]
    cabling: Option<PathBuf>,
    /// COOL database with the folders of cabling and majority state.
    #[arg(long, value_name = "FILE")]
    conditions: Option<PathBuf>,
    /// Barrel side with reversed read-out: side0, side1 or none.
    #[arg(long, value_name = "SIDE", default_value_t)]
    swap_barrel: BarrelSwap,
    /// Read-out direction of all wafers as CSV: hash,swap.
    #[arg(long, value_name = "FILE", conflicts_with = "swap_barrel")]
    swap: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Fill {
    /// RAW files of one run.
    #[arg(required = true, value_name = "RAW")]
    files: Vec<PathBuf>,
    /// Run that the files must be of; without it that of the first file.
    #[arg(long, value_name = "N")]
    run: Option<RunNumber>,
    /// Run information as one line; gives the number of lumi blocks and the start of the run.
    #[arg(long, value_name = "FILE")]
    run_info: Option<PathBuf>,
    /// Lumi blocks on the axis of the maps; without it those of the run information, or 1000.
    #[arg(long, value_name = "N", conflicts_with = "run_info")]
    lumi_blocks: Option<u32>,
    /// Not more events than this, the first ones of the files in the order of their names.
    #[arg(long, value_name = "N")]
    max_events: Option<u64>,
    /// Only these lumi blocks, as FIRST-LAST.
    #[arg(long, value_name = "RANGE", value_parser = range)]
    lb_range: Option<(u32, u32)>,
    /// Only these times, as FIRST-LAST in seconds since 1970.
    #[arg(long, value_name = "RANGE", value_parser = range)]
    time_range: Option<(u32, u32)>,
    /// Take what there is of files that are cut short instead of refusing them.
    #[arg(long)]
    accept_truncated: bool,
    /// Do not compare checksums.
    #[arg(long)]
    no_checksums: bool,
    #[command(flatten)]
    readout: Readout,
    #[command(flatten)]
    properties: PropertyOptions,
    #[command(flatten)]
    place: OutputPlace,
    /// Print what was met as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Inspect {
    /// RAW files.
    #[arg(required = true, value_name = "RAW")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    readout: Readout,
    /// Show one event of each file, counted from 0: its header, clusters and errors.
    #[arg(long, value_name = "N")]
    dump: Option<u64>,
    /// Print JSON, one object a file.
    #[arg(long)]
    json: bool,
}

/// `FIRST-LAST`, or one number.
fn range(text: &str) -> Result<(u32, u32), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.parse::<u32>().map_err(|error| format!("'{text}': {error}"));
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(format!("{first} is after {last}, expected FIRST-LAST"));
    }
    Ok((first, last))
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
        Command::Fill(fill) => run_fill(fill, args.verbosity.quiet),
        Command::Inspect(inspect) => run_inspect(inspect),
        Command::Merge(merge) => run_merge(merge, args.verbosity.quiet),
        Command::Events { files } => events(files),
    })
}

fn run_fill(args: &Fill, quiet: bool) -> anyhow::Result<()> {
    let properties = args.properties.read()?;
    let run = args.run.map_or_else(|| fill::run_of(&args.files[0]), Ok)?;
    let times = match &args.run_info {
        Some(path) => RunTimes::read(path, run)?,
        None => RunTimes { lumi_blocks: args.lumi_blocks, ..RunTimes::default() },
    };
    let readout = &args.readout;
    let moment = Moment::new(run, &times);
    let cabling = cabling::read(readout.cabling.as_deref(), readout.conditions.as_deref(), moment)?;
    let swap = detector::swap(readout.swap.as_deref(), readout.swap_barrel)?;
    let majority = match &readout.conditions {
        Some(path) if properties.use_majority => conditions::majority(path)?,
        _ => None,
    };
    let job = FillJob {
        files: &args.files,
        cabling: &cabling,
        swap: &swap,
        majority: majority.as_ref(),
        max_lost_fraction: properties.max_skipped_fraction,
        quiet,
    };
    let wanted = Wanted { lumi_blocks: true, bs_errors: true };
    let mut config = fill::config(&properties, Some(run), times.lumi_blocks, wanted);
    config.max_events = args.max_events;
    if let Some((first, last)) = args.lb_range {
        config.lumi_blocks = LumiBlock::new(first)..=LumiBlock::new(last);
    }
    if let Some((first, last)) = args.time_range {
        config.seconds = first..=last;
    }
    config.accept_truncated = args.accept_truncated;
    config.verify_checksums = !args.no_checksums;
    let outcome = fill::fill(&job, &config)?;
    args.place.create()?;
    fill::write(&outcome, wanted, |name| args.place.path(name))?;
    let summary = &outcome.summary;
    if args.json {
        return cli::print(&format!("{:#}\n", serde_json::json!(summary)));
    }
    if quiet {
        return Ok(());
    }
    cli::print(&format!(
        "{} events read, {} used, {} damaged, {} left out, {} while the detector was off\n",
        summary.read, summary.used, summary.damaged, summary.left_out, summary.detector_off
    ))
}

fn run_inspect(args: &Inspect) -> anyhow::Result<()> {
    let run = fill::run_of(&args.files[0])?;
    let readout = &args.readout;
    let moment = Moment::new(run, &RunTimes::default());
    let cabling = cabling::read(readout.cabling.as_deref(), readout.conditions.as_deref(), moment)?;
    let swap = detector::swap(readout.swap.as_deref(), readout.swap_barrel)?;
    for path in &args.files {
        let seen = inspect::inspect(path, &cabling, &swap, args.dump)?;
        let text =
            if args.json { format!("{}\n", serde_json::json!(seen)) } else { seen.to_text() };
        cli::print(&text)?;
    }
    Ok(())
}

fn run_merge(args: &Merge, quiet: bool) -> anyhow::Result<()> {
    if args.output.exists() && !args.force {
        let what = format!("{} exists; give --force to replace it", args.output.display());
        return Err(Coded::new(Code::OutputFileError, what).into());
    }
    // `--report a.root b.root` names an input as the report: nothing may be written over it.
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(path) = &args.report
        && args.inputs.iter().chain([&args.output]).any(|file| real(file) == real(path))
    {
        let what = format!("the report {} is a file of the merge", path.display());
        return Err(Coded::new(Code::ArgError, what).into());
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
