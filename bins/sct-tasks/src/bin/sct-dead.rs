//! Finds the dead or quiet strips and chips of one run.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use sct_dead::Defect;
use sct_job::ExitCode as Code;
use sct_tasks::{
    cli::{self, AFTER_HELP},
    conditions::Moment,
    dead::{self, Found, Job, Search},
    detector::Detector,
    failure::{Coded, finish},
    files::Files,
    noisy_strip::RunTimes,
    options::TaskOptions,
};

/// Finds the strips and chips of a run that have no hits where a mean makes that improbable, or too few hits: whole links
/// and modules with them.
///
/// Writes DeadStripsFile.xml, DeadChipsFile.xml and DeadSummaryFile.xml (Quiet... for quiet ones), and mycool.db when
/// something was found.
#[derive(Debug, Parser)]
#[command(name = "sct-dead", version, after_help = AFTER_HELP)]
struct Args {
    /// Hits per strip: a merged SCTHitMaps.root.
    #[arg(long, value_name = "FILE")]
    hitmaps: PathBuf,
    /// Byte-stream errors: a merged SCTBSErrors.root. Links with errors are left out.
    #[arg(long, value_name = "FILE")]
    bs_errors: Option<PathBuf>,
    /// Hits by lumi block: a merged SCTLB.root, for the number of lumi blocks with events.
    #[arg(long, value_name = "FILE")]
    lb: Option<PathBuf>,
    /// What to search for: strips,chips, or quiet-strips,quiet-chips.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "strips,chips")]
    search: Vec<Wanted>,
    #[command(flatten)]
    task: TaskOptions,
}

/// One kind of component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wanted {
    Strips,
    Chips,
    QuietStrips,
    QuietChips,
}

fn main() -> ExitCode {
    let args: Args = cli::parse();
    args.task.verbosity.start_logging();
    finish(&run(&args))
}

fn wanted(list: &[Wanted]) -> anyhow::Result<Search> {
    let has = |wanted| list.contains(&wanted);
    match (
        has(Wanted::Strips),
        has(Wanted::Chips),
        has(Wanted::QuietStrips),
        has(Wanted::QuietChips),
    ) {
        (strips, chips, false, false) => Ok(Search { defect: Defect::Dead, strips, chips }),
        (false, false, strips, chips) => Ok(Search { defect: Defect::Quiet, strips, chips }),
        _ => {
            let what = "--search mixes dead and quiet components; search for each by itself";
            Err(Coded::new(Code::ArgError, what).into())
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    let search = wanted(&args.search)?;
    let properties = args.task.properties.read()?;
    let times = RunTimes::from_options(&args.task.run)?;
    let detector = Detector::read(&args.task.detector, Moment::new(args.task.run.run, &times))?;
    let job = Job {
        run: args.task.run.run,
        hitmaps: &args.hitmaps,
        bs_errors: args.bs_errors.as_deref(),
        lumi_blocks: args.lb.as_deref(),
        times,
        properties: &properties,
        detector: &detector,
    };
    let data = dead::read(&job)?;
    let found = dead::search(&job, &data, search)?;
    let place = &args.task.output.place;
    place.create()?;
    let mut files = dead::write(&job, &data, &found, |name| place.path(name))?;
    files.store(place.path("mycool.db"), &dead::store(&job, &found)?)?;
    let (plots, ntuple) = (args.task.output.plots.as_deref(), args.task.output.ntuple.as_deref());
    dead::write_extras(args.task.run.run, &data, &found, &detector.swap, plots, ntuple)?;
    report(args, &data.warnings, &found, &files)
}

fn report(args: &Args, warnings: &[String], found: &Found, files: &Files) -> anyhow::Result<()> {
    let text = if args.task.output.json {
        let mut summary = dead::summary_json(args.task.run.run, found);
        let absent: serde_json::Map<_, _> = files
            .absent
            .iter()
            .map(|(name, reason)| ((*name).to_owned(), reason.clone().into()))
            .collect();
        summary.insert("absent".to_owned(), absent.into());
        let warnings: Vec<&String> = warnings.iter().chain(&found.warnings).collect();
        summary.insert("warnings".to_owned(), serde_json::json!(warnings));
        format!("{:#}\n", serde_json::Value::Object(summary))
    } else if args.task.verbosity.quiet {
        String::new()
    } else {
        let (outcome, counts) = (&found.outcome, &found.outcome.counts);
        let (defect, flag) = (found.search.defect, outcome.upload.flag);
        let mut text = format!(
            "run {}: {} events, {defect}: {} strips, {} chips, {} links, {} modules, flag {flag}: {}\n",
            args.task.run.run,
            outcome.events,
            counts.strips,
            counts.chips,
            counts.links,
            counts.modules,
            dead::flag_meaning(flag)
        );
        for (components, searched, sides) in [
            ("strips", found.search.strips, outcome.untestable_strips.len()),
            ("chips", found.search.chips, outcome.untestable_chips.len()),
        ] {
            if searched && sides > 0 {
                text.push_str(&format!(
                    "{sides} of {} sides have too few hits to tell {defect} {components}\n",
                    outcome.sides.searched
                ));
            }
        }
        for (name, reason) in &files.absent {
            text.push_str(&format!("no {name}: {reason}\n"));
        }
        text
    };
    cli::print(&text)
}
