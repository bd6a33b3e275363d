//! Why a run is where it is.

use std::{collections::BTreeMap, path::PathBuf};

use sct_id::RunNumber;
use sct_job::DatasetName;
use sct_result::{Index, RunResult};
use sct_run::order::{Queue, Waiting};
use sct_sched::{
    Kind, Store, Table,
    store::{Filter, Task},
};
use sct_upload::Upload;
use serde_json::json;

use super::{
    Place,
    shown::{Copies, Shown},
    standby::{Verdict, Verdicts},
    task_json, time_text, wrong,
};
use crate::{
    passes::{Pass, Passes},
    schedule::Settings,
    web::{number::when, tab::Tab},
};

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
        let store = super::open(&settings)?;
        let mut reasons = Reasons::find(&settings, &store, self.run, self.task.as_deref())?;
        // The service keeps the index; without one there is no page.
        if settings.results_index().exists() {
            let passes = Passes::open(settings.clone())?;
            let copies = Copies::find(&passes, crate::schedule::now())?;
            reasons.look_at_page(&settings, &Index::open(&settings.results_index())?, copies)?;
        }
        if self.place.json {
            return self.place.say(&reasons.to_json(), "");
        }
        self.place.say(&json!(null), &reasons.sentences().join("\n"))
    }
}

/// Why a run is where it is.
#[derive(Debug)]
pub(crate) struct Reasons {
    pub(crate) run: RunNumber,
    /// Its tasks, of the kind that was asked for.
    pub(crate) tasks: Vec<Task>,
    /// Kinds that it does not have, and why.
    pub(crate) missing: Vec<(Kind, String)>,
    /// Runs that it waits for.
    pub(crate) waits: Vec<String>,
    /// Whether the SCT took part as it should.
    pub(crate) verdict: Verdict,
    /// Where the results are on their way to the page, and then to the master.
    pub(crate) page: Vec<Placed>,
}

/// Where a result is.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) kind: Kind,
    pub(crate) shown: Shown,
    /// What became of its upload; none while there is no result.
    fate: Option<String>,
}

impl Placed {
    /// One sentence.
    pub(crate) fn sentence(&self) -> String {
        let shown = self.shown.sentence();
        match &self.fate {
            Some(fate) => format!("{shown}; {fate}"),
            None => shown,
        }
    }
}

impl Reasons {
    /// Looks for the reasons of a run, or of one kind of task of it.
    pub(crate) fn find(
        settings: &Settings,
        store: &Store,
        run: RunNumber,
        kind: Option<&str>,
    ) -> anyhow::Result<Self> {
        let table = settings.table()?;
        let kind = kind.map(|text| {
            let kind = Kind::new(text).filter(|kind| table.rule(kind).is_some());
            kind.ok_or_else(|| wrong(format!("the table has no task '{text}'")))
        });
        let kind = kind.transpose()?;
        let of_run = Filter { runs: Some((run, run)), ..Filter::default() };
        let tasks: Vec<Task> = store
            .tasks(&of_run)?
            .into_iter()
            .filter(|task| kind.as_ref().is_none_or(|kind| task.kind == *kind))
            .collect();
        let mut missing = missing(store, &table, run, kind.as_ref(), &tasks)?;
        for (kind, why) in &mut missing {
            why.push_str(&elsewhere(settings, run, kind)?);
        }
        let queue = Queue::open(&settings.ledger())?;
        let waits =
            queue.waiting()?.iter().filter(|waiting| waiting.run == run).map(waits).collect();
        let verdict = Verdicts::open(settings).of(store, run)?;
        Ok(Self { run, tasks, missing, waits, verdict, page: Vec::new() })
    }

    /// Looks where the results are that have a tab on the page.
    pub(crate) fn look_at_page(
        &mut self,
        settings: &Settings,
        index: &Index,
        copies: Copies,
    ) -> anyhow::Result<()> {
        let known = self.tasks.iter().map(|task| &task.kind);
        let mut kinds: Vec<Kind> =
            known.chain(self.missing.iter().map(|(kind, _)| kind)).cloned().collect();
        kinds.sort_unstable();
        kinds.dedup();
        let uploads = sct_upload::Queue::open(&settings.ledger())?;
        for kind in kinds {
            let Some(tab) = Tab::of_kind(kind.as_str()) else { continue };
            let shown = Shown::find(settings, index, &self.tasks, (self.run, &kind), copies)?;
            let result = index.attempts(self.run, kind.as_str())?.into_iter().next();
            let fate = result.map(|result| fate(&uploads, &result, tab.task)).transpose()?;
            self.page.push(Placed { kind, shown, fate });
        }
        Ok(())
    }

    /// One sentence for each.
    pub(crate) fn sentences(&self) -> Vec<String> {
        // What is not there at all has been said.
        let said = |kind: &Kind| self.missing.iter().any(|(missing, _)| missing == kind);
        let page = self
            .page
            .iter()
            .filter(|of| !matches!(of.shown, Shown::NotProduced(_)) || !said(&of.kind));
        let mut lines = self.of_tasks();
        lines.extend(page.map(|of| format!("result of {}: {}", of.kind, of.sentence())));
        lines.extend(self.verdict.lines());
        lines
    }

    /// Sentences about tasks alone.
    fn of_tasks(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.tasks.iter().map(stands).collect();
        lines.extend(self.waits.iter().map(|line| format!("run {} {line}", self.run)));
        lines.extend(self.not_there().map(|(kind, why)| format!("{kind} is not there: {why}")));
        lines
    }

    /// Kinds that have neither a task nor a result: one that is made elsewhere has no task.
    fn not_there(&self) -> impl Iterator<Item = &(Kind, String)> {
        let is_there =
            |kind: &Kind| self.page.iter().any(|of| of.kind == *kind && of.fate.is_some());
        self.missing.iter().filter(move |(kind, _)| !is_there(kind))
    }

    /// Sentences about everything but the results, which a page has in a table.
    pub(crate) fn beside_results(&self) -> Vec<String> {
        let mut lines = self.of_tasks();
        lines.extend(self.verdict.lines());
        lines
    }

    /// The same for programs.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        json!({
            "run": self.run,
            "tasks": self.tasks.iter().map(task_json).collect::<Vec<_>>(),
            "missing": self.not_there().collect::<Vec<_>>(),
            "waits": self.waits,
            "standby": self.verdict.standby,
            "outOfReadOut": self.verdict.out_of_read_out,
            "page": self.page.iter().map(|of| (of.kind.to_string(), of.sentence())).collect::<BTreeMap<_, _>>(),
        })
    }
}

/// What became of the upload of a result, in words.
fn fate(
    uploads: &sct_upload::Queue,
    result: &RunResult,
    task: sct_upload::Task,
) -> anyhow::Result<String> {
    let run = result.run;
    if let Some(mark) = uploads.bad(run, task)? {
        return Ok(format!("marked bad by {} at {}: {}", mark.who, when(&mark.time), mark.reason));
    }
    let mut of_run = uploads.uploads_of(task, (run, run))?;
    let Some(newest) = of_run.pop() else {
        return Ok("nobody has asked for its upload".to_owned());
    };
    let other = |upload: &Upload| {
        let is_same = Some(&upload.sha256) == result.sha256.as_ref();
        if is_same { "" } else { ", of another attempt," }
    };
    let Upload { id, state, changed, reason, .. } = &newest;
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    let said = format!("upload {id}{} is {state} since {}{reason}", other(&newest), when(changed));
    let before = of_run.iter().rev().find(|upload| upload.state.is_there());
    Ok(match before.filter(|_| !newest.state.is_there()) {
        Some(before) => format!("{said}; upload {}{} is in the master", before.id, other(before)),
        None => said,
    })
}

/// Whether results of a task are at the place they are copied from, in words.
fn elsewhere(settings: &Settings, run: RunNumber, kind: &Kind) -> anyhow::Result<String> {
    let Some(from) = &settings.copy.from else { return Ok(String::new()) };
    let place = |folder: PathBuf| folder.join(format!("{:08}", run.to_u32())).join(kind.as_str());
    if place(settings.results()).is_dir() {
        return Ok("; its results were copied from elsewhere".to_owned());
    }
    let standing = Passes::open(settings.clone())?.standing(Pass::Copy, crate::schedule::now())?;
    let last = standing
        .last_success
        .map_or_else(|| "never".to_owned(), |time| format!("at {}", time_text(time)));
    let next = standing
        .next
        .map_or_else(|| "not by the service".to_owned(), |time| format!("at {}", time_text(time)));
    let there = if place(settings.data.join(from)).is_dir() {
        "not copied yet"
    } else {
        "not at the place results are copied from either"
    };
    Ok(format!("; {there}: last copy {last}, next {next}"))
}

/// Whom a run waits for, in words.
pub(crate) fn waits(waiting: &Waiting) -> String {
    let overdue = if waiting.overdue { ", overdue" } else { "" };
    let Waiting { waits_for, why, since, .. } = waiting;
    format!("waits for run {waits_for}, which {why}; since {}{overdue}", time_text(*since))
}

/// Where a task is, and why, in words.
pub(crate) fn stands(task: &Task) -> String {
    let reason = if task.reason.is_empty() { "no remark" } else { &task.reason };
    format!("{} is {} since {}: {reason}", task.kind, task.state, time_text(task.since))
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
