//! Finds the noisy strips of one run.

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use sct_id::Iov;
use sct_tasks::{
    cli::{self, AFTER_HELP},
    conditions::Moment,
    detector::Detector,
    failure::finish,
    files::Files,
    noisy_strip::{self, Done, Job, Reference, RunTimes},
    options::TaskOptions,
};

/// Finds the strips of a run that fire in too many events, and what follows from them: noisy wafers and chips, the
/// difference to the last upload, the upload flag.
///
/// Writes BadStripsSummaryFile.xml, BadStripsAllFile.xml, BadStripsNewFile.xml, and mycool.db when there is something to
/// store.
#[derive(Debug, Parser)]
#[command(name = "sct-noisy-strip", version, after_help = AFTER_HELP)]
struct Args {
    /// Hits per strip: a merged SCTHitMaps.root.
    #[arg(long, value_name = "FILE")]
    hitmaps: PathBuf,
    /// Hits by lumi block: a merged SCTLB.root.
    #[arg(long, value_name = "FILE")]
    lb: Option<PathBuf>,
    /// Noisy strips of the last upload: a BadStripsAllFile.xml or a COOL file.
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
    /// Tag of the reference in a COOL file.
    #[arg(long, value_name = "TAG", requires = "reference")]
    reference_tag: Option<String>,
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
    let tag = args.reference_tag.as_deref().unwrap_or(&properties.tag_noisy_upload_test);
    let reference = Reference::choose(
        args.reference.as_deref().map(|path| (path, tag)),
        args.task.detector.conditions.as_deref(),
        args.task.run.run,
        &properties,
    )?;
    let times = RunTimes::from_options(&args.task.run)?;
    let detector = Detector::read(&args.task.detector, Moment::new(args.task.run.run, &times))?;
    let job = Job {
        run: args.task.run.run,
        iov: Iov::run(args.task.run.run),
        hitmaps: &args.hitmaps,
        lumi_blocks: args.lb.as_deref(),
        times,
        properties: &properties,
        detector: &detector,
        reference: &reference,
    };
    let done = noisy_strip::search(&job)?;
    let place = &args.task.output.place;
    place.create()?;
    let mut files = noisy_strip::write(&job, &done.outcome, |name| place.path(name))?;
    files.store(place.path("mycool.db"), &[noisy_strip::store(&job, &done.outcome)?])?;
    let (plots, ntuple) = (args.task.output.plots.as_deref(), args.task.output.ntuple.as_deref());
    noisy_strip::write_extras(args.task.run.run, &done, &detector, plots, ntuple)?;
    report(args, &done, &files)
}

fn report(args: &Args, done: &Done, files: &Files) -> anyhow::Result<()> {
    let counts = &done.outcome.counts;
    let text = if args.task.output.json {
        let mut summary = noisy_strip::summary_json(args.task.run.run, &done.outcome);
        let absent: serde_json::Map<_, _> = files
            .absent
            .iter()
            .map(|(name, reason)| ((*name).to_owned(), reason.clone().into()))
            .collect();
        summary.insert("absent".to_owned(), absent.into());
        let left_out = done.without_bursts.as_ref().map(noisy_strip::WithoutBursts::to_json);
        summary.extend(left_out.map(|left_out| ("leftOut".to_owned(), left_out)));
        summary.insert("warnings".to_owned(), done.warnings.clone().into());
        format!("{:#}\n", serde_json::Value::Object(summary))
    } else if args.task.verbosity.quiet {
        String::new()
    } else {
        let flag = done.outcome.upload.flag;
        let mut text = format!(
            "run {}: {} events, {} noisy strips on {} modules, {} noisy wafers, {} noisy chips, flag {flag}: {}\n",
            args.task.run.run,
            done.outcome.events,
            counts.strips,
            counts.modules,
            counts.links,
            counts.chips,
            noisy_strip::flag_meaning(flag)
        );
        for (name, reason) in &files.absent {
            text.push_str(&format!("no {name}: {reason}\n"));
        }
        text
    };
    cli::print(&text)
}
