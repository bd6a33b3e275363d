//! The task lister on the terminal, what people do to tasks, and the scheduler as a command.

use std::path::PathBuf;

use clap::Subcommand;
use sct_id::RunNumber;
use sct_job::ExitCode;
use sct_sched::{
    Kind, Note, Store, TaskState,
    state::Colour,
    store::{Filter, Task},
};
use sct_tasks::{cli, failure::Coded};
use serde::Serialize;
use serde_json::json;

use crate::schedule::{Settings, now};

pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod operate;
pub(crate) mod shown;
pub(crate) mod standby;
pub(crate) mod status;
pub(crate) mod why;
mod work;

/// Options of `sct-loop retry`: the same as `sct-loop tasks retry`.
#[derive(Debug, clap::Args)]
pub struct RetryAlone {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    retry: operate::Retry,
}

impl RetryAlone {
    /// Runs failed jobs again.
    ///
    /// # Errors
    ///
    /// As [`Args::run`].
    pub fn run(&self) -> anyhow::Result<()> {
        self.retry.run(&self.place)
    }
}

pub use self::{
    operate::Release,
    status::Status,
    why::Why,
    work::{RunOnce, Serve},
};

/// Where the loop is, and how it answers.
#[derive(Clone, Debug, clap::Args)]
pub struct Place {
    /// Data folder, with the ledger, sct-loop.toml and the results.
    #[arg(long, value_name = "DIR", global = true, default_value = ".")]
    data: PathBuf,
    /// JSON on standard output.
    #[arg(long, global = true)]
    json: bool,
    /// Person or account named in the ledger.
    #[arg(long, value_name = "NAME", global = true, env = "USER", default_value = "unknown")]
    who: String,
}

/// Options of `sct-loop tasks`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    filter: FilterArgs,
    /// What to do; lists tasks when absent.
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// Which tasks are listed.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct FilterArgs {
    /// Older ones too: 6 days, 15 days when given twice, all when given three times; 3 days without it.
    #[arg(long, action = clap::ArgAction::Count)]
    pub(crate) older: u8,
    /// Only this kind, as sctns.
    #[arg(long, value_name = "KIND")]
    pub(crate) task: Option<String>,
    /// Only this state, as FAILED; repeatable.
    #[arg(long, value_name = "STATE")]
    pub(crate) state: Vec<String>,
    /// Only this run, or these runs: FIRST-LAST.
    #[arg(long, value_name = "RUNS")]
    pub(crate) run: Option<String>,
    /// Only this stream, as `calibration_SCTNoise`.
    #[arg(long)]
    pub(crate) stream: Option<String>,
}

/// Days of the list without, with one and with two steps back; after them everything is shown.
pub(crate) const DAYS: [i64; 3] = [3, 6, 15];

/// TASK is a number of the list, or KIND-RUN as sctns-437548.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Shows jobs, attempts and history of a task.
    Show {
        /// Task.
        task: String,
    },
    /// Prints the log of a job's last attempt.
    Log(logs::Which),
    /// Follows the log of a running job.
    Peek(logs::Which),
    /// Runs failed jobs again; earlier attempts and their logs are kept.
    #[command(visible_alias = "reactivate")]
    Retry(operate::Retry),
    /// Gives a task up: it ends with what is done, and later runs do not wait for it.
    Truncate(operate::Truncate),
    /// Lists the files that were found, and what is wrong with them.
    Files,
}

impl Args {
    /// Does what is asked for.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read or written, a task is not known, or something cannot be done.
    pub fn run(&self) -> anyhow::Result<()> {
        let place = &self.place;
        match &self.verb {
            None => list::list(place, &self.filter.read(now())?),
            Some(Verb::Show { task }) => list::show(place, task),
            Some(Verb::Log(which)) => logs::log(place, which),
            Some(Verb::Peek(which)) => logs::peek(place, which),
            Some(Verb::Retry(retry)) => retry.run(place),
            Some(Verb::Truncate(truncate)) => truncate.run(place),
            Some(Verb::Files) => list::files(place),
        }
    }
}

impl FilterArgs {
    pub(crate) fn read(&self, now: i64) -> anyhow::Result<Filter> {
        let days = DAYS.get(usize::from(self.older)).copied();
        let kind = self.task.as_ref().map(|text| {
            Kind::new(text).ok_or_else(|| wrong(format!("'{text}' is no kind of task, as sctns")))
        });
        let state = |text: &String| {
            let words: Vec<&str> = TaskState::ALL.iter().map(|state| state.word()).collect();
            let what = || wrong(format!("'{text}' is none of {}", words.join(", ")));
            TaskState::from_word(text).ok_or_else(what)
        };
        Ok(Filter {
            kind: kind.transpose()?,
            states: self.state.iter().map(state).collect::<Result<_, _>>()?,
            runs: self.run.as_deref().map(runs).transpose()?,
            stream: self.stream.clone(),
            // A run that is asked for is shown whatever its age.
            changed_since: days.filter(|_| self.run.is_none()).map(|days| now - 86_400 * days),
            most: None,
        })
    }
}

fn runs(text: &str) -> anyhow::Result<(RunNumber, RunNumber)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let run = |text: &str| {
        text.trim().parse::<RunNumber>().map_err(|error| wrong(format!("run '{text}': {error}")))
    };
    Ok((run(first)?, run(last)?))
}

pub(crate) fn wrong(what: String) -> anyhow::Error {
    Coded::new(ExitCode::ArgError, what).into()
}

impl Place {
    fn of(data: &std::path::Path) -> Self {
        Self { data: data.to_owned(), json: false, who: crate::schedule::WHO.to_owned() }
    }

    pub(crate) fn settings(&self) -> anyhow::Result<Settings> {
        Settings::read(&self.data)
    }

    pub(crate) fn note(&self, why: &str) -> Note {
        Note { time: now(), who: self.who.clone(), why: why.to_owned() }
    }

    pub(crate) fn who(&self) -> &str {
        &self.who
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    pub(crate) fn say(&self, value: &serde_json::Value, text: &str) -> anyhow::Result<()> {
        cli::print(&if self.json { format!("{value:#}\n") } else { format!("{text}\n") })
    }
}

fn open(settings: &Settings) -> anyhow::Result<Store> {
    Ok(Store::open(&settings.ledger())?)
}

/// The task of a number or of KIND-RUN; the newest one when there are several.
fn find(store: &Store, text: &str) -> anyhow::Result<Task> {
    let found = if let Ok(id) = text.parse() {
        store.task(id)?
    } else {
        let named = text.split_once(['-', '/']);
        let named = named.and_then(|(kind, run)| Some((Kind::new(kind)?, run.parse().ok()?)));
        let (kind, run): (Kind, RunNumber) = named.ok_or_else(|| {
            wrong(format!(
                "'{text}' is no task: give a number of the list, or KIND-RUN as sctns-437548"
            ))
        })?;
        let filter = Filter { kind: Some(kind), runs: Some((run, run)), ..Filter::default() };
        store.tasks(&filter)?.into_iter().max_by_key(|task| task.id)
    };
    found.ok_or_else(|| {
        wrong(format!("there is no task {text}; see sct-loop tasks --older --older --older"))
    })
}

/// A time for people, to the second, UTC.
pub(crate) fn time_text(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// A task with the colour and the historic word of its state.
#[derive(Serialize)]
struct Coloured<'a> {
    #[serde(flatten)]
    task: &'a Task,
    colour: Colour,
    historic: &'static str,
}

impl<'a> Coloured<'a> {
    fn of(task: &'a Task) -> Self {
        Self { task, colour: task.state.colour(), historic: task.state.historic() }
    }
}

pub(crate) fn task_json(task: &Task) -> serde_json::Value {
    json!(Coloured::of(task))
}
