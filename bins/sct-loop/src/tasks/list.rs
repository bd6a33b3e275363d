//! Lists of tasks.

use std::{fmt::Write as _, io::IsTerminal as _};

use sct_sched::{
    Store, TaskState,
    state::Colour,
    store::{Attempt, Filter, Job, Line, Task},
};
use sct_tasks::cli;
use serde::Serialize as _;
use serde_json::json;

use super::{Coloured, Place, find, task_json, time_text};

/// Prints the tasks of a filter.
pub(super) fn list(place: &Place, filter: &Filter) -> anyhow::Result<()> {
    let settings = place.settings()?;
    let tasks = super::open(&settings)?.tasks(filter)?;
    if place.json {
        // There may be ten thousand: no trees are made of them.
        let tasks: Vec<_> = tasks.iter().map(Coloured::of).collect();
        return cli::print(&(serde_json::to_string_pretty(&tasks)? + "\n"));
    }
    if tasks.is_empty() {
        return cli::print("no tasks; with --older there may be earlier ones\n");
    }
    let colours = std::io::stdout().is_terminal();
    let mut text = format!(
        "{:>5}  {:<8} {:>8}  {:<13} {:<9} {:>6} {:>5} {:>5}  {:<19}  {}\n",
        "TASK", "KIND", "RUN", "STATE", "HISTORIC", "JOBS", "DONE", "ABRT", "SINCE (UTC)", "REASON"
    );
    text.extend(tasks.iter().map(|task| line(task, colours)));
    cli::print(&text)
}

fn line(task: &Task, colours: bool) -> String {
    let Task { id, kind, run, state, jobs, done, failed, since, reason, .. } = task;
    let state_text = format!("{state:<13}");
    let state_text = if colours { painted(&state_text, *state) } else { state_text };
    format!(
        "{id:>5}  {kind:<8} {:>8}  {state_text} {:<9} {jobs:>6} {done:>5} {failed:>5}  {}  {reason}\n",
        run.to_string(),
        state.historic(),
        time_text(*since)
    )
}

fn painted(text: &str, state: TaskState) -> String {
    let code = match state.colour() {
        Colour::Plain => return text.to_owned(),
        Colour::Yellow => "30;43",
        Colour::Green => "32",
        Colour::Red => "31",
        Colour::Grey => "90",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// Everything about a task.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Details {
    #[serde(serialize_with = "as_json")]
    pub(crate) task: Task,
    pub(crate) jobs: Vec<Job>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) history: Vec<Line>,
}

impl Details {
    pub(crate) fn read(store: &Store, task: Task) -> anyhow::Result<Self> {
        let (jobs, attempts) = (store.jobs(task.id)?, store.attempts(task.id)?);
        let history = store.history(task.id)?;
        Ok(Self { task, jobs, attempts, history })
    }
}

fn as_json<S: serde::Serializer>(task: &Task, to: S) -> Result<S::Ok, S::Error> {
    task_json(task).serialize(to)
}

/// Prints everything about a task.
pub(super) fn show(place: &Place, task: &str) -> anyhow::Result<()> {
    let settings = place.settings()?;
    let store = super::open(&settings)?;
    let details = Details::read(&store, find(&store, task)?)?;
    if place.json {
        return cli::print(&format!("{:#}\n", json!(details)));
    }
    let Details { task, jobs, attempts, history } = &details;
    let mut text = format!(
        "task {} {} of run {}: {}\n  {}\n  data set {}\n",
        task.id, task.kind, task.run, task.state, task.reason, task.dataset
    );
    for job in jobs {
        let _ = writeln!(text, "job {:>4}  {}  {} inputs", job.number, job.state, job.inputs.len());
        for attempt in attempts.iter().filter(|attempt| attempt.job == job.id) {
            let ended = attempt.exit_code.map_or_else(
                || if attempt.is_lost { "lost".to_owned() } else { "under way".to_owned() },
                |code| format!("exit code {code}"),
            );
            let used = attempt.wall.zip(attempt.cpu).map_or_else(String::new, |(wall, cpu)| {
                let memory = attempt.memory.unwrap_or(0) >> 20;
                format!(", {wall:.1} s, {cpu:.1} s of processor, {memory} MB on {}", attempt.host)
            });
            let _ = writeln!(
                text,
                "  attempt {} by {}: {ended}{used}  {}\n    {}",
                attempt.number,
                attempt.backend,
                attempt.message,
                attempt.folder.display()
            );
        }
    }
    text.push_str("history\n");
    for line in history {
        let job = line.job.map_or_else(String::new, |job| format!(" job {job}"));
        let attempt =
            line.attempt.map_or_else(String::new, |attempt| format!(" attempt {attempt}"));
        let why = if line.why.is_empty() { String::new() } else { format!(": {}", line.why) };
        let _ = writeln!(
            text,
            "  {} {}{job}{attempt} {}{why}",
            time_text(line.time),
            line.who,
            line.what
        );
    }
    cli::print(&text)
}

/// Prints the files that were found.
pub(super) fn files(place: &Place) -> anyhow::Result<()> {
    let settings = place.settings()?;
    let files = super::open(&settings)?.files(None)?;
    if place.json {
        return cli::print(&format!("{:#}\n", json!(files)));
    }
    let mut text = String::new();
    for file in &files {
        let events = file.events.map_or_else(String::new, |events| format!("{events} events"));
        let _ = writeln!(
            text,
            "{:<8}  {:>12}  {:<14}  {}  {}",
            file.state,
            file.bytes,
            events,
            file.path.display(),
            file.reason
        );
    }
    cli::print(&text)
}
