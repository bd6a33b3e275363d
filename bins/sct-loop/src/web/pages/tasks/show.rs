//! One task: its jobs and attempts, its history, and what experts may do to it.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Html,
};
use sct_run::order::Waiting;
use sct_sched::{
    JobState, TaskState,
    attempt::{DICTIONARY, REPORT},
    store::{Attempt, Job, Line, Task},
};

use super::{
    super::super::{
        App, Failure, Reader,
        frame::{Frame, framed, html},
        number,
        visitor::Visitor,
    },
    Fields, Shown, field,
};
use crate::{
    schedule::Settings,
    tasks::{list::Details, logs, operate as by_hand, time_text},
};

/// Most jobs on a page; the list of failed ones is shorter.
const MOST: usize = 200;

/// Longest dictionary that is offered for correction.
const LONGEST_DICTIONARY: u64 = 1 << 20;

pub(super) async fn page(
    State(app): State<App>,
    Path(id): Path<i64>,
    Query(fields): Query<Fields>,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    let only = field(&fields, "jobs").and_then(JobState::from_word);
    show(&app, id, visitor, only, Draft::default()).await
}

/// A retry that was refused: what is wrong with it, and what was typed.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) said: String,
    pub(super) dictionary: String,
    pub(super) reason: String,
}

/// The page of a task.
pub(super) async fn show(
    app: &App,
    id: i64,
    visitor: Visitor,
    only: Option<JobState>,
    draft: Draft,
) -> Result<Html<String>, Failure> {
    let is_expert = visitor.is_expert();
    let work = move |reader: &mut Reader, settings: &Settings| {
        let details = Details::read(&reader.tasks, find(reader, id)?)?;
        let rule = settings.table()?.rule(&details.task.kind).cloned();
        let waits = waits(reader, &details.task)?;
        let dictionary = if is_expert { dictionary(reader, &details.task)? } else { String::new() };
        Ok(Content {
            name: rule.as_ref().map_or_else(String::new, |rule| rule.name.clone()),
            in_order: rule.is_some_and(|rule| rule.in_order),
            waits: waits.into_iter().map(Wait::from).collect(),
            dictionary,
            details,
        })
    };
    let title = format!("Task {id}");
    let (frame, content) = framed(app, visitor, "tasks", title, work).await?;
    html(&Page::new(frame, content, only, draft))
}

/// Runs that the run of a task waits for while it is held.
///
/// # Errors
///
/// When the ledger cannot be read.
pub(in crate::web) fn waits(reader: &mut Reader, task: &Task) -> Result<Vec<Waiting>, Failure> {
    if task.state != TaskState::Held {
        return Ok(Vec::new());
    }
    let mut waiting = reader.uploader.order().waiting()?;
    waiting.retain(|waiting| waiting.run == task.run);
    Ok(waiting)
}

/// A task that there is.
pub(super) fn find(reader: &Reader, id: i64) -> Result<Task, Failure> {
    let found = reader.tasks.task(id)?;
    found.ok_or_else(|| Failure::Missing(format!("There is no task {id}.")))
}

/// What can be corrected in the dictionary of the attempt that counts; empty when there was none yet.
fn dictionary(reader: &Reader, task: &Task) -> Result<String, Failure> {
    let Ok(attempt) = logs::choose(&reader.tasks, task, None, None) else {
        return Ok(String::new());
    };
    let mut keys = read_dictionary(&attempt);
    for key in by_hand::FIXED {
        keys.remove(key);
    }
    Ok(serde_json::to_string_pretty(&keys)?)
}

/// The dictionary of an attempt as its job read it; empty when its folder is gone.
pub(super) fn read_dictionary(attempt: &Attempt) -> serde_json::Map<String, serde_json::Value> {
    let path = attempt.folder.join(DICTIONARY);
    let small = std::fs::metadata(&path).is_ok_and(|data| data.len() <= LONGEST_DICTIONARY);
    let bytes = if small { std::fs::read(&path).unwrap_or_default() } else { Vec::new() };
    serde_json::from_slice(&bytes).unwrap_or_default()
}

#[derive(Debug)]
struct Content {
    details: Details,
    name: String,
    in_order: bool,
    waits: Vec<Wait>,
    dictionary: String,
}

/// A run that the run of the task waits for.
#[derive(Debug)]
struct Wait {
    waiting: Waiting,
    since: String,
    deadline: String,
}

impl From<Waiting> for Wait {
    fn from(waiting: Waiting) -> Self {
        let (since, deadline) = (number::time(waiting.since), number::time(waiting.deadline));
        Self { waiting, since, deadline }
    }
}

/// A job with its attempts, latest first.
#[derive(Debug)]
struct JobRow {
    job: Job,
    class: &'static str,
    corrections: String,
    attempts: Vec<AttemptRow>,
}

#[derive(Debug)]
struct AttemptRow {
    attempt: Attempt,
    started: String,
    ended: String,
    /// Exit code, or what stands for it.
    exit: String,
    used: String,
    /// Files of its folder that a link leads to.
    files: Vec<&'static str>,
    is_over: bool,
}

impl AttemptRow {
    fn new(attempt: Attempt) -> Self {
        let is_over = attempt.exit_code.is_some() || attempt.is_lost || attempt.ended.is_some();
        let exit = match attempt.exit_code {
            Some(code) => code.to_string(),
            None if attempt.is_lost => "lost".to_owned(),
            None if is_over => "given up".to_owned(),
            None => "under way".to_owned(),
        };
        let used = attempt.wall.zip(attempt.cpu).map(|(wall, cpu)| {
            let memory = attempt.memory.unwrap_or(0) >> 20;
            format!("{wall:.1} s, {cpu:.1} s of processor, {memory} MB")
        });
        let time = |time: Option<i64>| time.map(time_text).unwrap_or_default();
        let files = [
            ("log", logs::path(&attempt)),
            ("report", attempt.folder.join(REPORT)),
            ("dictionary", attempt.folder.join(DICTIONARY)),
        ];
        Self {
            started: time(attempt.started.or(Some(attempt.submitted))),
            ended: time(attempt.ended),
            exit,
            used: used.unwrap_or_default(),
            files: files
                .into_iter()
                .filter(|(_, path)| path.exists())
                .map(|(name, _)| name)
                .collect(),
            is_over,
            attempt,
        }
    }
}

#[derive(Debug)]
struct HistoryRow {
    line: Line,
    time: String,
    place: String,
}

#[derive(Template)]
#[template(path = "task.html")]
struct Page {
    frame: Frame,
    task: Task,
    name: String,
    state: Shown,
    since: String,
    defined: String,
    jobs: Vec<JobRow>,
    /// Jobs of the state that is asked for, also those that are not shown.
    of_state: usize,
    only: &'static str,
    history: Vec<HistoryRow>,
    waits: Vec<Wait>,
    in_order: bool,
    /// Numbers of the jobs that a retry takes up again.
    failed: Vec<u32>,
    can_retry: bool,
    can_truncate: bool,
    draft: Draft,
}

impl Page {
    fn new(frame: Frame, content: Content, only: Option<JobState>, draft: Draft) -> Self {
        use TaskState::{Failed, Finished, Skipped, Truncated};
        let Content {
            details: Details { task, jobs, attempts, history },
            name,
            in_order,
            waits,
            dictionary,
        } = content;
        let again = |job: &&Job| matches!(job.state, JobState::Failed | JobState::Truncated);
        let failed: Vec<u32> = jobs.iter().filter(again).map(|job| job.number).collect();
        let wanted: Vec<Job> =
            jobs.into_iter().filter(|job| only.is_none_or(|state| job.state == state)).collect();
        let of_state = wanted.len();
        let row = |job: Job| JobRow {
            attempts: {
                let own = attempts.iter().filter(|attempt| attempt.job == job.id);
                let mut own: Vec<AttemptRow> = own.cloned().map(AttemptRow::new).collect();
                own.sort_by_key(|row| std::cmp::Reverse(row.attempt.number));
                own
            },
            class: class(job.state),
            corrections: if job.corrections.is_empty() {
                String::new()
            } else {
                serde_json::to_string(&job.corrections).unwrap_or_default()
            },
            job,
        };
        let line = |line: Line| {
            let job = line.job.map_or_else(String::new, |job| format!("job {job}"));
            let attempt =
                line.attempt.map_or_else(String::new, |attempt| format!(", attempt {attempt}"));
            HistoryRow { time: time_text(line.time), place: format!("{job}{attempt}"), line }
        };
        Self {
            frame,
            name,
            state: task.state.into(),
            since: time_text(task.since),
            defined: time_text(task.defined),
            jobs: wanted.into_iter().take(MOST).map(row).collect(),
            of_state,
            only: only.map_or("", JobState::word),
            history: history.into_iter().map(line).collect(),
            waits,
            in_order,
            can_retry: !failed.is_empty() || matches!(task.state, Failed | Skipped | Truncated),
            can_truncate: !matches!(task.state, Finished | Truncated),
            failed,
            draft: if draft.said.is_empty() { Draft { dictionary, ..draft } } else { draft },
            task,
        }
    }
}

fn class(state: JobState) -> &'static str {
    match state {
        JobState::Ready => "plain",
        JobState::Submitted | JobState::Running | JobState::Validating => "yellow",
        JobState::Done => "green",
        JobState::Failed => "red",
        JobState::Truncated => "grey",
    }
}
