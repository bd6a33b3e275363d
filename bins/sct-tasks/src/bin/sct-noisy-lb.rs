//! Finds the lumi blocks in which chips, links and modules were noisy.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use sct_tasks::{
    cli::{self, AFTER_HELP},
    detector::serials,
    failure::finish,
    noisy_lb::{self, Done, Job},
    noisy_strip::RunTimes,
    options::{self, TaskOptions},
};

/// Finds the lumi blocks of a run in which chips, links and modules were noisy, and bursts: lumi blocks in which a large
/// part of the detector was.
///
/// Writes NoisyLBFile.xml. Nothing is stored in a database.
#[derive(Debug, Parser)]
#[command(name = "sct-noisy-lb", version, after_help = AFTER_HELP, mut_args(options::hide_unused_and_conditions))]
struct Args {
    /// Hits by lumi block: a merged SCTLB.root.
    #[arg(long, value_name = "FILE")]
    lb: PathBuf,
    #[command(flatten)]
    task: TaskOptions,
}

fn main() -> ExitCode {
    let args: Args = cli::parse();
    args.task.verbosity.start_logging();
    finish(&run(&args))
}

fn run(args: &Args) -> anyhow::Result<()> {
    let properties = args.task.properties.read()?;
    args.task.detector.warn_of_unused("noisy lumi blocks", true);
    let times = RunTimes::from_options(&args.task.run)?;
    let serials = serials(args.task.detector.modules.as_deref())?;
    let run = args.task.run.run;
    let job = Job { run, lumi_blocks: &args.lb, times, properties: &properties, serials: &serials };
    let done = noisy_lb::search(&job)?;
    let output = &args.task.output;
    output.place.create()?;
    noisy_lb::write(&job, &done, |name| output.place.path(name))?;
    noisy_lb::write_extras(run, &done, output.plots.as_deref(), output.ntuple.as_deref())?;
    report(args, &done)
}

fn report(args: &Args, done: &Done) -> anyhow::Result<()> {
    let (run, outcome) = (args.task.run.run, &done.outcome);
    if args.task.output.json {
        let mut summary = noisy_lb::summary_json(outcome);
        summary.insert("run".to_owned(), serde_json::json!(run));
        summary.insert("warnings".to_owned(), done.warnings.clone().into());
        return cli::print(&format!("{:#}\n", serde_json::Value::Object(summary)));
    }
    if args.task.verbosity.quiet {
        return Ok(());
    }
    let counts = outcome.counts;
    let bursts = if outcome.bursts.is_empty() {
        "no burst".to_owned()
    } else {
        format!("bursts in lumi blocks {}", outcome.bursts)
    };
    cli::print(&format!(
        "run {run}: {} modules, {} links and {} chips noisy in some of {} lumi blocks, {bursts}\n",
        counts.modules,
        counts.links,
        counts.chips,
        outcome.tested.len()
    ))
}
