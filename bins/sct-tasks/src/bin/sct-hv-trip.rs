//! Finds the times in which modules were without high voltage during one run.

use std::process::ExitCode;

use clap::Parser;
use sct_job::ExitCode as Code;
use sct_tasks::{
    cli::{self, AFTER_HELP},
    detector::serials,
    failure::{Coded, finish},
    hv_trip::{self, Done, Job},
    noisy_strip::RunTimes,
    options::{self, TaskOptions},
};

/// Finds the times in which modules were without high voltage during a run, from voltages (/SCT/DCS/HV) and channel states
/// (/SCT/DCS/CHANSTAT) in a conditions database, in seconds and in lumi blocks (/TRIGGER/LUMI/LBLB).
///
/// Writes `BadModulesFile.xml`. Off times at most five seconds apart (property `HVBinWidth`) are one.
#[derive(Debug, Parser)]
#[command(name = "sct-hv-trip", version, after_help = AFTER_HELP, mut_args(options::hide_unused))]
struct Args {
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
    let Some(conditions) = args.task.detector.conditions.as_deref() else {
        let what = "voltages and states are read from a conditions database: give --conditions";
        return Err(Coded::new(Code::ArgMissing, what).into());
    };
    args.task.detector.warn_of_unused("HV trips", false);
    let times = RunTimes::from_options(&args.task.run)?;
    let serials = serials(args.task.detector.modules.as_deref())?;
    let run = args.task.run.run;
    let job = Job { run, conditions, times, properties: &properties, serials: &serials };
    let done = hv_trip::search(&job)?;
    let output = &args.task.output;
    output.place.create()?;
    hv_trip::write(&job, &done, |name| output.place.path(name))?;
    hv_trip::write_extras(run, &done, output.plots.as_deref(), output.ntuple.as_deref())?;
    report(args, &done)
}

fn report(args: &Args, done: &Done) -> anyhow::Result<()> {
    let (run, outcome) = (args.task.run.run, &done.outcome);
    if args.task.output.json {
        let mut summary = hv_trip::summary_json(outcome);
        summary.insert("run".to_owned(), serde_json::json!(run));
        summary.insert("warnings".to_owned(), done.warnings.clone().into());
        return cli::print(&format!("{:#}\n", serde_json::Value::Object(summary)));
    }
    if args.task.verbosity.quiet {
        return Ok(());
    }
    cli::print(&format!(
        "run {run}: {} times without high voltage on {} of {} modules, {} of them off all the time\n",
        outcome.trips.len(),
        outcome.modules,
        outcome.modules_known,
        outcome.modules_always_off
    ))
}
