//! Why a run is where it is, and how the loop stands.

use std::collections::{BTreeMap, BTreeSet};

use sct_id::RunNumber;
use sct_job::DatasetName;
use sct_run::order::Queue;
use sct_sched::{
    FileState, Kind, Store, Table, TaskState,
    store::{Filter, Task},
};
use serde_json::json;

use super::{Place, standby::Verdicts, task_json, time_text, wrong};
use crate::schedule::Settings;

/// Options of `sct-loop why`.
#[derive(Debug, clap::Args)]
pub struct Why {
    #[command(flatten)]
    place: Place,
    /// Run.
    run: RunNumber,
    /// Only this kind of task, as sctns.
    task: Option<String>,
}

impl Why {
    /// Answers.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or the kind of task is not known.
    pub fn run(&self) -> anyhow::Result<()> {
        let settings = self.place.settings()?;
        let (store, table) = (super::open(&settings)?, settings.table()?);
        let kind = self.task.as_deref().map(|text| {
            let kind = Kind::new(text).filter(|kind| table.rule(kind).is_some());
            kind.ok_or_else(|| wrong(format!("the table has no task '{text}'")))
        });
        let kind = kind.transpose()?;
        let of_run = Filter { runs: Some((self.run, self.run)), ..Filter::default() };
        let tasks: Vec<Task> = store
            .tasks(&of_run)?
            .into_iter()
            .filter(|task| kind.as_ref().is_none_or(|kind| task.kind == *kind))
            .collect();
        let missing = missing(&store, &table, self.run, kind.as_ref(), &tasks)?;
        let queue = Queue::open(&settings.ledger())?;
        let waiting: Vec<String> = queue
            .waiting()?
            .iter()
            .filter(|waiting| waiting.run == self.run)
            .map(|waiting| {
                let overdue = if waiting.overdue { ", overdue" } else { "" };
                let (run, why, since) = (waiting.waits_for, &waiting.why, time_text(waiting.since));
                format!("waits for run {run}, which {why}; since {since}{overdue}")
            })
            .collect();
        let verdict = Verdicts::open(&settings).of(&store, self.run)?;
        if self.place.json {
            let value = json!({
                "run": self.run,
                "tasks": tasks.iter().map(task_json).collect::<Vec<_>>(),
                "missing": missing,
                "waits": waiting,
                "standby": verdict.standby,
                "outOfReadOut": verdict.out_of_read_out,
            });
            return self.place.say(&value, "");
        }
        let mut lines = Vec::new();
        for task in &tasks {
            let reason = if task.reason.is_empty() { "no remark" } else { &task.reason };
            lines.push(format!(
                "{} is {} since {}: {reason}",
                task.kind,
                task.state,
                time_text(task.since)
            ));
        }
        lines.extend(waiting.iter().map(|line| format!("run {} {line}", self.run)));
        lines.extend(missing.iter().map(|(kind, why)| format!("{kind} is not there: {why}")));
        lines.extend(verdict.lines());
        self.place.say(&json!(null), &lines.join("\n"))
    }
}

/// Tasks of the table that a run does not have, and why.
fn missing(
    store: &Store,
    table: &Table,
    run: RunNumber,
    kind: Option<&Kind>,
    tasks: &[Task],
) -> anyhow::Result<Vec<(Kind, String)>> {
    let sets: Vec<(String, DatasetName)> = store
        .datasets()?
        .into_iter()
        .filter_map(|set| DatasetName::parse(&set.name).ok().map(|name| (set.name, name)))
        .filter(|(_, name)| name.run == run)
        .collect();
    let mut missing = Vec::new();
    for rule in table.rules() {
        let there = tasks.iter().any(|task| task.kind == rule.kind);
        if there || kind.is_some_and(|kind| rule.kind != *kind) {
            continue;
        }
        let of_type = sets.iter().filter(|(_, name)| name.input_type == rule.reads.word());
        let objections: Vec<String> = of_type
            .filter_map(|(set, name)| Some(format!("{set}: {}", rule.objection(set, name)?)))
            .collect();
        let why = if objections.is_empty() {
            format!("no file of run {run} with {} was found", rule.reads.word())
        } else {
            objections.join("; ")
        };
        missing.push((rule.kind.clone(), why));
    }
    Ok(missing)
}

/// Options of `sct-loop status`.
#[derive(Debug, clap::Args)]
pub struct Status {
    #[command(flatten)]
    place: Place,
}

impl Status {
    /// Says how the loop stands.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read.
    pub fn run(&self) -> anyhow::Result<()> {
        let settings = self.place.settings()?;
        let store = super::open(&settings)?;
        let recent = Filter {
            changed_since: Some(crate::schedule::now() - 3 * 86_400),
            ..Filter::default()
        };
        let tasks = store.tasks(&recent)?;
        let count = |state: TaskState| tasks.iter().filter(|task| task.state == state).count();
        let counts: Vec<(TaskState, usize)> = TaskState::ALL
            .iter()
            .map(|state| (*state, count(*state)))
            .filter(|(_, n)| *n > 0)
            .collect();
        let waiting = Queue::open(&settings.ledger())?.waiting()?;
        // Runs that are kept together say the same.
        let kept: BTreeSet<String> = tasks
            .iter()
            .filter(|task| task.state == TaskState::Collecting)
            .map(|task| format!("{} {}", task.kind, task.reason))
            .collect();
        let broken: Vec<String> = store
            .files(None)?
            .into_iter()
            .filter(|file| file.state == FileState::Broken)
            .map(|file| format!("{}: {}", file.path.display(), file.reason))
            .collect();
        let works = scheduler_works(&settings);
        let mut runs: Vec<RunNumber> = tasks.iter().map(|task| task.run).collect();
        runs.sort_unstable();
        runs.dedup();
        let verdicts = Verdicts::open(&settings);
        let (mut standby, mut out_of_read_out) = (BTreeMap::new(), BTreeMap::new());
        let mut verdict_lines = Vec::new();
        for run in runs {
            let verdict = verdicts.of(&store, run)?;
            verdict_lines.extend(verdict.line());
            if !verdict.standby.is_empty() {
                standby.insert(run.to_string(), verdict.standby);
            }
            if !verdict.out_of_read_out.is_empty() {
                out_of_read_out.insert(run.to_string(), verdict.out_of_read_out);
            }
        }
        if self.place.json {
            let counts: BTreeMap<&str, usize> =
                counts.iter().map(|(state, count)| (state.word(), *count)).collect();
            let value = json!({
                "scheduler": works, "tasks": counts, "waiting": waiting, "kept": kept, "broken": broken, "standby": standby,
                "outOfReadOut": out_of_read_out,
            });
            return self.place.say(&value, "");
        }
        let mut lines = vec![if works {
            "a scheduler is at work".to_owned()
        } else {
            "no scheduler is at work: start sct-loop serve".to_owned()
        }];
        let states: Vec<String> =
            counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
        lines.push(format!(
            "tasks of 3 days: {}",
            if states.is_empty() { "none".to_owned() } else { states.join(", ") }
        ));
        for one in &waiting {
            let overdue = if one.overdue { ", overdue" } else { "" };
            lines.push(format!(
                "run {} waits for run {}, which {}; since {}{overdue}",
                one.run,
                one.waits_for,
                one.why,
                time_text(one.since)
            ));
        }
        lines.extend(kept);
        lines.extend(broken.iter().map(|file| format!("cannot be read: {file}")));
        lines.extend(verdict_lines);
        self.place.say(&json!(null), &lines.join("\n"))
    }
}

/// Whether somebody holds the lock of the scheduler.
fn scheduler_works(settings: &Settings) -> bool {
    let lock = std::fs::File::open(settings.data.join("scheduler.lock"));
    lock.is_ok_and(|file| matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
}
