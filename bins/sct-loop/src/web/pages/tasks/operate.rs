//! What experts do to tasks and waiting runs, with the functions of the command line.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use sct_account::Role;
use sct_id::RunNumber;
use sct_sched::{Note, store::Task};
use serde_json::{Map, Value};

use super::{
    super::super::{App, Failure, Reader, audit::acting, form::SignedForm, visitor::Visitor},
    show::{self, Draft, find, read_dictionary},
};
use crate::{
    schedule::now,
    tasks::{logs, operate as by_hand, wrong},
};

/// Longest dictionary, bytes.
const LONGEST: usize = 256 * 1024;

fn note(visitor: &Visitor, why: &str) -> Note {
    Note { time: now(), who: visitor.name().to_owned(), why: why.to_owned() }
}

fn named(task: &Task) -> String {
    format!("task {}, {} of run {}", task.id, task.kind, task.run)
}

/// Runs failed jobs again, with the dictionary as it was corrected.
pub(super) async fn retry(
    State(app): State<App>,
    Path(id): Path<i64>,
    form: SignedForm,
) -> Result<Response, Failure> {
    form.visitor.require(Role::Expert)?;
    let reason = form.reason()?.to_owned();
    let dictionary = form.one("dictionary").to_owned();
    let job = match form.one("job") {
        "" => None,
        text => Some(
            text.parse::<u32>()
                .map_err(|_| Failure::Refused(format!("'{text}' is no number of a job.")))?,
        ),
    };
    let (visitor, typed) = (form.visitor.clone(), (dictionary.clone(), reason.clone()));
    let work = move |reader: &mut Reader, _: &_| {
        let task = find(reader, id)?;
        acting(reader, &visitor, ("retry", &named(&task), &reason), |reader| {
            let corrections = corrections(reader, &task, job, &dictionary)?;
            let given = Value::Object(corrections.clone());
            let note = note(&visitor, &reason);
            let (jobs, state) = by_hand::retry(&mut reader.tasks, &task, job, &corrections, &note)?;
            Ok(match corrections.is_empty() {
                true => format!("{jobs} jobs again, {state}"),
                false => format!("{jobs} jobs again with {given}, {state}"),
            })
        })
    };
    match app.read(work).await {
        Ok(_) => Ok(Redirect::to(&format!("/tasks/{id}")).into_response()),
        // What was typed is not lost.
        Err(Failure::Refused(said)) => {
            let draft = Draft { said, dictionary: typed.0, reason: typed.1 };
            let page = show::show(&app, id, form.visitor, None, draft).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(other) => Err(other),
    }
}

/// What differs from the dictionary of the attempt before.
fn corrections(
    reader: &Reader,
    task: &Task,
    job: Option<u32>,
    text: &str,
) -> anyhow::Result<Map<String, Value>> {
    if text.is_empty() {
        return Ok(Map::new());
    }
    if text.len() > LONGEST {
        return Err(wrong(format!("the dictionary is longer than {LONGEST} bytes")));
    }
    let given: Map<String, Value> = serde_json::from_str(text)
        .map_err(|error| wrong(format!("the dictionary is no JSON object: {error}")))?;
    let before = read_dictionary(&logs::choose(&reader.tasks, task, job, None)?);
    if let Some(key) = before
        .keys()
        .find(|key| !given.contains_key(*key) && !by_hand::FIXED.contains(&key.as_str()))
    {
        return Err(wrong(format!("key '{key}' is missing: keys can be changed, not left out")));
    }
    let mut corrections = Map::new();
    for (key, value) in given {
        if before.get(&key) == Some(&value) {
            continue;
        }
        by_hand::check_key(&key)?;
        if value.is_null() {
            return Err(wrong(format!("key '{key}' has no value")));
        }
        corrections.insert(key, value);
    }
    Ok(corrections)
}

/// Gives a task up.
pub(super) async fn truncate(
    State(app): State<App>,
    Path(id): Path<i64>,
    form: SignedForm,
) -> Result<Redirect, Failure> {
    form.visitor.require(Role::Expert)?;
    let reason = form.reason()?.to_owned();
    let (confirmed, visitor) = (form.one("confirm") == "yes", form.visitor);
    app.read(move |reader, settings| {
        let task = find(reader, id)?;
        acting(reader, &visitor, ("truncate", &named(&task), &reason), |reader| {
            if by_hand::is_in_order(settings, &task)? && !confirmed {
                let what =
                    format!("later runs will not wait for run {} any more: confirm it", task.run);
                return Err(wrong(what));
            }
            by_hand::truncate(settings, &mut reader.tasks, &task, &note(&visitor, &reason))?;
            Ok(format!("given up with {} of {} jobs done", task.done, task.jobs))
        })
    })
    .await?;
    Ok(Redirect::to(&format!("/tasks/{id}")))
}

/// Lets later runs go on without one.
pub(super) async fn release(State(app): State<App>, form: SignedForm) -> Result<Redirect, Failure> {
    form.visitor.require(Role::Expert)?;
    let reason = form.reason()?.to_owned();
    let text = form.one("run");
    let run: RunNumber =
        text.parse().map_err(|_| Failure::Refused(format!("'{text}' is no run.")))?;
    let visitor = form.visitor.clone();
    app.read(move |reader, settings| {
        acting(reader, &visitor, ("release", &format!("run {run}"), &reason), |_| {
            by_hand::release(settings, run, &note(&visitor, &reason))?;
            Ok("keeps nobody waiting any more".to_owned())
        })
    })
    .await?;
    Ok(match form.one("task").parse::<i64>() {
        Ok(task) => Redirect::to(&format!("/tasks/{task}")),
        Err(_) => Redirect::to(&format!("/why?run={run}")),
    })
}
