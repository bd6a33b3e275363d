//! The command line of the tasks that read monitoring histograms.

use std::{path::PathBuf, slice};

use anyhow::Context as _;
use clap::Args;
use sct_bs_error::ErrorCounts;
use sct_hitmap::Standby;
use serde_json::{Map, Value, json};

use super::{Job, Measured, Monitoring, Task, last_of, measure, prepare, standby, write_extras};
use crate::{
    cli,
    detector::serials,
    files::{Files, Prepared, Stored},
    noisy_strip::RunTimes,
    options::TaskOptions,
};

/// Options of every program.
#[derive(Args, Clone, Debug)]
pub struct HistOptions {
    /// Monitoring histograms of the run: a merged HIST file. Of several the last is used.
    #[arg(long, value_name = "FILE", required = true)]
    hist: Vec<PathBuf>,
    #[command(flatten)]
    task: TaskOptions,
}

/// Runs a task: reads, measures, writes, reports.
///
/// # Errors
///
/// As [`measure`] and `write`; wrong properties; a database that cannot be written.
pub fn run(options: &HistOptions, task: Task, error_counts: ErrorCounts) -> anyhow::Result<()> {
    options.task.verbosity.start_logging();
    let properties = options.task.properties.read()?;
    let hist = last_of(&options.hist).context("no HIST file")?;
    options.task.detector.warn_of_unused("tasks that read monitoring histograms", true);
    let times = RunTimes::from_options(&options.task.run)?;
    if times.lumi_blocks.is_none() {
        tracing::warn!("no number of lumi blocks (--run-info or --lumi-blocks): LB is 0");
    }
    let serials = serials(options.task.detector.modules.as_deref())?;
    let job = Job {
        run: options.task.run.run,
        hist,
        times,
        properties: &properties,
        serials: &serials,
        error_counts,
    };
    let monitoring = Monitoring::open(&job)?;
    let standby = standby(&job, &monitoring);
    let measured = measure(&job, &monitoring, task)?;
    let output = &options.task.output;
    output.place.create()?;
    // The lists become text while the rows become pages.
    let path = |name: &str| output.place.path(name);
    let (lists, database) = rayon::join(
        || prepare(&job, &measured, path),
        || Prepared::database(path("mycool.db"), slice::from_ref(&measured.stored)),
    );
    let mut prepared = lists?;
    prepared.extend(database?);
    let files = prepared.name()?;
    let (plots, ntuple) = (output.plots.as_deref(), output.ntuple.as_deref());
    write_extras(job.run, task, &measured, plots, ntuple)?;
    report(options, task, &measured, standby.as_ref(), &files)
}

fn report(
    options: &HistOptions,
    task: Task,
    measured: &Measured,
    standby: Option<&Standby>,
    files: &Files,
) -> anyhow::Result<()> {
    if options.task.output.json {
        let mut summary = summary_json(task, measured);
        let absent: Map<_, _> =
            files.absent.iter().map(|(name, why)| ((*name).to_owned(), json!(why))).collect();
        summary.insert("run".to_owned(), json!(options.task.run.run));
        if !absent.is_empty() {
            summary.insert("stored".to_owned(), json!({ "rows": 0 }));
        }
        summary.insert("absent".to_owned(), Value::Object(absent));
        summary.insert("standby".to_owned(), json!(standby.map(Standby::to_string)));
        return cli::print(&format!("{:#}\n", Value::Object(summary)));
    }
    if options.task.verbosity.quiet {
        return Ok(());
    }
    let (run, events) = (options.task.run.run, measured.events);
    let rows = measured.stored.rows().map_or(0, |content| content.rows.len());
    let name = task.name().replace('_', " ");
    let mut text = format!("run {run}: {name} from {events} events, {rows} rows\n");
    for (name, reason) in &files.absent {
        text.push_str(&format!("no {name}: {reason}\n"));
    }
    cli::print(&text)
}

/// Numbers, rows and warnings, for scripts and reports.
pub fn summary_json(task: Task, measured: &Measured) -> Map<String, Value> {
    let stored = match &measured.stored {
        Stored::Rows(content) => {
            json!({ "folder": content.folder.path, "rows": content.rows.len() })
        }
        Stored::Nothing(reason) => json!({ "rows": 0, "reason": reason }),
    };
    let mut summary = measured.numbers.clone();
    summary.extend([
        ("task".to_owned(), json!(task.name())),
        ("events".to_owned(), json!(measured.events)),
        ("stored".to_owned(), stored),
        ("warnings".to_owned(), json!(measured.warnings)),
    ]);
    summary
}
