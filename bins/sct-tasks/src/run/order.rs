//! `sct-run order`: the order of runs, shown and changed by people.

use std::path::PathBuf;

use sct_conditions::time_text;
use sct_id::RunNumber;
use sct_job::{ExitCode, write_last_run};
use sct_run::order::{Event, Note, Queue};
use serde_json::json;

use super::NowOption;
use crate::{
    cli::{self, Verbosity},
    failure::Coded,
};

/// The command line.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// What to do.
    #[arg(value_name = "VERB", value_parser = verb)]
    pub verb: Verb,
    /// The run; not for show.
    #[arg(value_name = "RUN")]
    pub run: Option<RunNumber>,
    /// Ledger with the order of runs.
    #[arg(long, value_name = "FILE")]
    pub ledger: PathBuf,
    /// File with the last run; written when a run is uploaded.
    #[arg(long, value_name = "FILE")]
    pub last_run: Option<PathBuf>,
    /// Why; required for release and truncate.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub reason: String,
    /// Who does it.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub who: String,
    /// Print the order as JSON.
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub now: NowOption,
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub verbosity: Verbosity,
}

/// What to do with the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Show it.
    Show,
    /// Something happens to a run.
    Apply(Event),
}

fn verb(text: &str) -> Result<Verb, String> {
    if text == "show" {
        return Ok(Verb::Show);
    }
    let event = Event::ALL.into_iter().find(|event| event.word() == text);
    let words: Vec<&str> = Event::ALL.iter().map(|event| event.word()).collect();
    event.map(Verb::Apply).ok_or_else(|| format!("expected show, {}", words.join(", ")))
}

/// Shows or changes the order.
///
/// # Errors
///
/// Exit code 7 when an event is not possible or a reason is missing.
pub fn run(args: &Args) -> anyhow::Result<()> {
    args.verbosity.start_logging();
    let wrong = |what: &str| Coded::new(ExitCode::ArgError, what);
    let mut queue = Queue::open(&args.ledger)?;
    if let Verb::Apply(event) = args.verb {
        let run = args.run.ok_or_else(|| wrong("a run number is needed"))?;
        if matches!(event, Event::Release | Event::Truncate) && args.reason.trim().is_empty() {
            return Err(wrong(
                "a reason is needed (--reason): others will ask why this run is passed over",
            )
            .into());
        }
        let note = Note {
            time: args.now.time().as_second(),
            who: args.who.clone(),
            reason: args.reason.clone(),
        };
        queue.apply(run, event, &note)?;
        if let (Event::Upload, Some(path)) = (event, &args.last_run) {
            write_last_run(path, run, false)?;
        }
    }
    let (order, waiting) = (queue.order()?, queue.waiting()?);
    let text = if args.json {
        let runs = order.places().iter().map(|(run, place)| {
            json!({
                "run": run,
                "state": place.state,
                "blocks": place.state.blocks(),
                "since": place.note.time,
                "who": place.note.who,
                "reason": place.note.reason,
            })
        });
        let object =
            json!({ "last": order.last(), "runs": runs.collect::<Vec<_>>(), "waiting": waiting });
        format!("{object:#}\n")
    } else if args.verbosity.quiet {
        String::new()
    } else {
        let mut text = order.last().map_or_else(
            || "no run is uploaded yet\n".to_owned(),
            |last| format!("last run {last}\n"),
        );
        for (run, place) in order.places() {
            let reason = if place.note.reason.is_empty() {
                String::new()
            } else {
                format!(": {}", place.note.reason)
            };
            text.push_str(&format!(
                "{run}  {:<9}  since {}{reason}\n",
                place.state.word(),
                time_text(place.note.time, 0)
            ));
        }
        for waits in waiting {
            let until = if waits.overdue { "overdue since" } else { "until" };
            text.push_str(&format!(
                "run {} waits for run {}, which {}; since {}, {until} {}\n",
                waits.run,
                waits.waits_for,
                waits.why,
                time_text(waits.since, 0),
                time_text(waits.deadline, 0)
            ));
        }
        text
    };
    cli::print(&text)
}
