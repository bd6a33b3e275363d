//! The passes as commands, for a crontab and by hand.

use clap::Subcommand;
use sct_job::ExitCode;
use sct_tasks::failure::Coded;
use serde_json::json;

use super::{Outcome, Pass, Passes, Standing, Word, mail};
use crate::{
    schedule::{Settings, now},
    tasks::{Place, time_text},
};

/// Options of `sct-loop pass`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// Only say what would be done; mails are written to the folder dry-run of the outbox.
    #[arg(long, global = true)]
    dry_run: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists the passes: how often, how the last one ended, when the next one is due.
    List,
    /// Uploads what is requested.
    Upload,
    /// Reminds people of runs that wait, and writes about what went wrong.
    Mail {
        /// Take messages that were given up to the queue again first.
        #[arg(long)]
        retry: bool,
    },
    /// Publishes the last uploaded run.
    LastRun,
    /// Copies results that are made elsewhere.
    #[command(visible_alias = "mrsync")]
    Copy,
    /// Looks at credentials: when they run out, and who may read them.
    Credentials,
}

impl Args {
    /// Makes a pass, or lists them.
    ///
    /// # Errors
    ///
    /// Exit code 1 when somebody should look, that of the reason when the pass failed, 40 when another program makes it.
    pub fn run(&self) -> anyhow::Result<()> {
        let settings = self.place.settings()?;
        let pass = match &self.verb {
            Verb::List => return self.list(settings),
            Verb::Upload => Pass::Upload,
            Verb::Mail { retry } => {
                if *retry && !self.dry_run {
                    mail::retry(&settings)?;
                }
                Pass::Mail
            }
            Verb::LastRun => Pass::LastRun,
            Verb::Copy => Pass::Copy,
            Verb::Credentials => Pass::Credentials,
        };
        let outcome = Passes::open(settings)?.run(pass, self.place.who(), &now, self.dry_run)?;
        let text = format!("{pass}: {}", outcome.text);
        self.place.say(&json!({ "pass": pass, "outcome": outcome }), &text)?;
        verdict(pass, &outcome)
    }

    fn list(&self, settings: Settings) -> anyhow::Result<()> {
        let now = now();
        let standings = Passes::open(settings)?.standings(now)?;
        let mut text = format!(
            "{:<12} {:>8}  {:<19}  {:<10} {:<19}  {}",
            "PASS", "MINUTES", "LAST (UTC)", "RESULT", "NEXT (UTC)", "WHAT"
        );
        text.extend(standings.iter().map(line));
        self.place.say(&json!(standings), &text)
    }
}

fn line(standing: &Standing) -> String {
    let Standing { pass, interval_minutes, last, next, late, .. } = standing;
    let interval = interval_minutes.map_or_else(|| "off".to_owned(), |minutes| minutes.to_string());
    let (begin, result, text) = last.as_ref().map_or_else(
        || ("never".to_owned(), "-", ""),
        |beat| (time_text(beat.begin), beat.word(), beat.text.as_str()),
    );
    let next = next.map_or_else(|| "-".to_owned(), time_text);
    let late = if *late { "late; " } else { "" };
    format!("\n{pass:<12} {interval:>8}  {begin:<19}  {result:<10} {next:<19}  {late}{text}")
}

fn verdict(pass: Pass, outcome: &Outcome) -> anyhow::Result<()> {
    let code = match outcome.result {
        Word::Ok => return Ok(()),
        Word::Attention => ExitCode::NeedCheck,
        Word::Failed => {
            let number = outcome.detail["exit_code"].as_i64();
            let number = number.and_then(|number| i32::try_from(number).ok());
            number.map_or(ExitCode::ExecFail, ExitCode::from_number)
        }
    };
    Err(Coded::new(code, format!("pass {pass}: {}", outcome.text)).into())
}
