//! `sct-run select`: is a run calibrated?

use std::{path::PathBuf, thread, time::Duration};

use sct_id::RunNumber;
use sct_job::{ExitCode, Part, read_last_run};
use sct_run::{
    order::Queue,
    select::{Decision, Patience, Request, decide},
};
use serde_json::json;

use super::{NowOption, SourceOptions, Sources};
use crate::{
    cli::{self, Verbosity},
    failure::Coded,
};

/// The command line.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Run number.
    #[arg(long, value_name = "N")]
    pub run: RunNumber,
    /// What is to be found, as doNoisyStrip; repeatable or a comma list.
    #[arg(long, value_name = "P", value_delimiter = ',', default_value = "doNoisyStrip")]
    pub part: Vec<Part>,
    /// Suffix of the project, which the original calls stream: 13TeV, cos, hi, idcomm.
    #[arg(long, value_name = "S")]
    pub stream: String,
    /// Do not look at the order of runs, as for jobs that only fill hit maps.
    #[arg(long)]
    pub skip_queue: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub order: OrderOptions,
    /// Ask again until the run is taken or its deadline is over.
    #[arg(long)]
    pub wait: bool,
    /// Print the decision as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub sources: SourceOptions,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub now: NowOption,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub verbosity: Verbosity,
}

/// Where the order of runs is remembered, and how long a run waits.
#[derive(clap::Args, Clone, Debug)]
pub struct OrderOptions {
    /// Ledger with the order of runs; without it the last run and run control decide alone.
    #[arg(long, value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// File with the last run that was taken.
    #[arg(long, value_name = "FILE", default_value = "lastRun")]
    pub last_run: PathBuf,
    /// Hours after its end in which a run waits for others.
    #[arg(long, value_name = "H", default_value_t = 24)]
    pub deadline: u32,
    /// Seconds between two questions.
    #[arg(long, value_name = "S", default_value_t = 5)]
    pub poll: u32,
}

/// Decides once, with the ledger and the last run as they are now.
///
/// # Errors
///
/// As [`decide`], and exit code 37 for a damaged last-run file.
pub fn decide_now(
    sources: &Sources,
    request: &Request,
    options: &OrderOptions,
    now: jiff::Timestamp,
) -> anyhow::Result<Decision> {
    let last = read_last_run(&options.last_run)?;
    let mut queue = options.ledger.as_deref().map(Queue::open).transpose()?;
    let patience = Patience { now: now.as_second(), deadline: i64::from(options.deadline) * 3600 };
    Ok(decide(sources.as_query(), request, last, queue.as_mut(), patience)?)
}

/// Decides, and asks again while the run waits. The deadline ends the wait, so it always ends.
///
/// # Errors
///
/// As [`decide_now`].
pub fn decide_in_the_end(
    mut open: impl FnMut() -> anyhow::Result<Sources>,
    request: &Request,
    options: &OrderOptions,
    now: impl Fn() -> jiff::Timestamp,
) -> anyhow::Result<Decision> {
    let mut said = None;
    loop {
        // Files may have been replaced by newer ones in the meantime.
        let decision = decide_now(&open()?, request, options, now())?;
        if !matches!(decision, Decision::Wait(_)) {
            return Ok(decision);
        }
        let sentence = decision.sentence(request.run);
        if said.as_ref() != Some(&sentence) {
            tracing::info!("{sentence}");
            said = Some(sentence);
        }
        thread::sleep(Duration::from_secs(u64::from(options.poll.max(1))));
    }
}

/// Decides on a run.
///
/// # Errors
///
/// Exit code 1 when the run has waited too long, 37 when run control does not know it or `lastRun` is damaged.
pub fn run(args: &Args) -> anyhow::Result<()> {
    args.verbosity.start_logging();
    let request = Request {
        run: args.run,
        parts: args.part.clone(),
        stream: args.stream.clone(),
        skip_queue: args.skip_queue,
        any_size: false,
    };
    let decision = if args.wait {
        decide_in_the_end(|| args.sources.open(), &request, &args.order, || args.now.time())?
    } else {
        decide_now(&args.sources.open()?, &request, &args.order, args.now.time())?
    };
    let sentence = decision.sentence(args.run);
    let text = if args.json {
        format!("{:#}\n", as_json(&decision, &sentence))
    } else {
        format!("{sentence}\n")
    };
    if args.json || !args.verbosity.quiet {
        cli::print(&text)?;
    }
    match decision {
        Decision::Overdue(_) => Err(Coded::new(ExitCode::NeedCheck, sentence).into()),
        _ => Ok(()),
    }
}

fn as_json(decision: &Decision, sentence: &str) -> serde_json::Value {
    let (word, blockers) = match decision {
        Decision::Take => ("take", None),
        Decision::NotSelected(_) => ("not selected", None),
        Decision::Wait(blockers) => ("wait", Some(blockers)),
        Decision::Overdue(blockers) => ("overdue", Some(blockers)),
        Decision::Overtaken(_) => ("overtaken", None),
    };
    json!({ "decision": word, "sentence": sentence, "waitsFor": blockers })
}
