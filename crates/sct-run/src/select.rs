//! Whether a run is calibrated: the run selector.
//!
//! A run must have been taken by ATLAS, with a part of the SCT, with enough events in the stream of the task and, unless it
//! is of cosmic rays, with stable beams. Noisy strips also wait for earlier runs ([`crate::order`]).
//!
//! Source: `runSelector.py`; `docs/operations.md`, section on the order of runs.

use jiff::Timestamp;
use sct_conditions::run_control::LUMI_BLOCKS;
use sct_id::RunNumber;
use sct_job::Part;

use crate::{
    Error,
    control::keys,
    order::{Blocker, Event, Note, Order, Queue, State, Verdict},
    query::{LumiBlocks, Query, Sources, answer},
};

/// Which run is to be decided on.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The run.
    pub run: RunNumber,
    /// What is to be found.
    pub parts: Vec<Part>,
    /// What the original calls the stream: the project's suffix, as `13TeV`, `cos`, `hi`.
    pub stream: String,
    /// Without the order of runs, as for the jobs that fill hit maps.
    pub skip_queue: bool,
    /// However few events it has, as for hit maps that are added to those of other runs.
    pub any_size: bool,
}

/// How long a run may wait for others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Now, seconds since 1970.
    pub now: i64,
    /// From the end of the run, seconds.
    pub deadline: i64,
}

/// What becomes of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is taken.
    Take,
    /// It is not selected; the sentence says why.
    NotSelected(String),
    /// It waits for these.
    Wait(Vec<Blocker>),
    /// It has waited too long for these.
    Overdue(Vec<Blocker>),
    /// A later run has been uploaded.
    Overtaken(RunNumber),
}

impl Decision {
    /// The sentence for the log.
    pub fn sentence(&self, run: RunNumber) -> String {
        let list = |blockers: &[Blocker]| {
            blockers.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        };
        match self {
            Self::Take => format!("run {run} is selected, and no earlier run is to be waited for"),
            Self::NotSelected(why) => why.clone(),
            Self::Wait(blockers) => {
                format!("run {run} waits for previous runs: {}", list(blockers))
            }
            Self::Overdue(blockers) => format!(
                "run {run} has waited for previous runs until its deadline: {}",
                list(blockers)
            ),
            Self::Overtaken(last) => {
                format!("run {run} is overtaken: run {last} was taken later and is uploaded")
            }
        }
    }
}

/// Runs of these projects have no beams to be stable.
fn is_cosmic(stream: &str) -> bool {
    stream.contains("cos") || stream.contains("idcomm")
}

/// The conditions on a run, as options of the query.
fn conditions(request: &Request) -> Vec<(&'static str, String)> {
    let stream = request.stream.as_str();
    let mut conditions = Vec::new();
    if !is_cosmic(stream) {
        conditions.push(("lhc", "stablebeams TRUE".to_owned()));
    }
    conditions.push(("partition", "ATLAS".to_owned()));
    conditions.push(("detmaskin", "240A".to_owned()));
    let project = match stream {
        _ if stream.contains("eV") => "data*_*eV",
        _ if stream.contains("hi") => "data*_hi",
        _ if stream.contains("cos") => "data*_cos",
        _ => "data*_idcomm",
    };
    conditions.push(("projecttag", project.to_owned()));
    let dead = if stream.contains("cos") { "*IDCosmic 200000+" } else { "*express 200000+" };
    let mut streams: Vec<&str> = request
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::NoisyStrip => Some("*calibration_SCTNoise 10000+"),
            Part::DeadStrip | Part::DeadChip | Part::QuietStrip | Part::QuietChip => Some(dead),
            _ => None,
        })
        .collect();
    streams.dedup();
    conditions.extend(streams.into_iter().map(|stream| ("streams", stream.to_owned())));
    conditions
}

/// Asks about some runs under some conditions.
fn asked(
    sources: Sources<'_>,
    runs: &str,
    conditions: &[&(&'static str, String)],
) -> Result<Vec<RunNumber>, Error> {
    let mut options = vec![("run", runs)];
    options.extend(conditions.iter().map(|(name, value)| (*name, value.as_str())));
    // No condition here depends on the time.
    let query = Query::from_options(&options, Timestamp::UNIX_EPOCH)?;
    Ok(answer(sources, &query)?.runs.iter().map(|run| run.run).collect())
}

/// Whether the run meets the conditions: the first query of the selector. The sentence names those that it does not meet.
///
/// # Errors
///
/// [`Error::Absent`] when run control does not know the run, and as [`answer`].
pub fn check(sources: Sources<'_>, request: &Request) -> Result<Result<(), String>, Error> {
    let (run, text) = (request.run, request.run.to_string());
    let mut conditions = conditions(request);
    conditions.retain(|(name, _)| !request.any_size || *name != "streams");
    let all: Vec<_> = conditions.iter().collect();
    if asked(sources, &text, &all)?.contains(&run) {
        return Ok(Ok(()));
    }
    if asked(sources, &text, &[])?.is_empty() {
        let found = sources.control.require(&[(&LUMI_BLOCKS, &[])])?;
        let (first, last) = keys(run);
        return Err(Error::Absent {
            path: found.path().to_owned(),
            folder: LUMI_BLOCKS.path,
            run,
            first,
            last,
        });
    }
    let mut unmet = Vec::new();
    for condition in &conditions {
        if !asked(sources, &text, &[condition])?.contains(&run) {
            unmet.push(format!("{} {}", condition.0, condition.1));
        }
    }
    // Each may hold somewhere in the run, and all of them nowhere together.
    let unmet = if unmet.is_empty() {
        "all conditions in the same lumi block".to_owned()
    } else {
        unmet.join(", ")
    };
    // Operators search the log for these words; the original has them for every condition.
    let check = if is_cosmic(&request.stream) { "the run selection" } else { "Stable Beam check" };
    Ok(Err(format!(
        "run {run}: the run selection didn't pass {check} (not met: {unmet}); the job will be finished"
    )))
}

/// Decides on a run: conditions, then the order of runs. `last` is what the last-run file says. What is learned of other
/// runs goes into the queue; without one the order is worked out anew.
///
/// # Errors
///
/// As [`check`]; [`Error::Job`] when `last` is a run that does not exist yet.
pub fn decide(
    sources: Sources<'_>,
    request: &Request,
    last: Option<RunNumber>,
    mut queue: Option<&mut Queue>,
    patience: Patience,
) -> Result<Decision, Error> {
    let run = request.run;
    if let Err(why) = check(sources, request)? {
        if let Some(queue) =
            queue.as_deref_mut().filter(|_| request.parts.contains(&Part::NoisyStrip))
        {
            let uploaded = queue
                .order()?
                .places()
                .get(&run)
                .is_some_and(|place| place.state == State::Uploaded);
            if !uploaded {
                queue.apply(
                    run,
                    Event::Skip,
                    &Note { time: patience.now, reason: why.clone(), ..Note::default() },
                )?;
            }
        }
        return Ok(Decision::NotSelected(why));
    }
    if request.skip_queue || !request.parts.contains(&Part::NoisyStrip) {
        return Ok(Decision::Take);
    }
    let newest = newest_run(sources)?;
    if let Some(last) = last.filter(|last| newest.is_none_or(|(newest, _)| *last > newest)) {
        let newest = newest.map_or_else(|| "none".to_owned(), |(run, _)| run.to_string());
        let what = format!("the last run is {last}, later than the newest run there is ({newest})");
        return Err(Error::Job(sct_job::Error::Argument {
            code: sct_job::ExitCode::RuntimeError,
            what,
        }));
    }
    let mut order = match queue.as_deref() {
        Some(queue) => queue.order()?,
        None => Order::default(),
    };
    if let Some(last) = last.filter(|last| order.advance(*last)) {
        queue.as_deref_mut().map_or(Ok(()), |queue| queue.advance(last))?;
    }
    let wanted = wanted(sources, request, order.last())?;
    let mut rest = order.clone();
    for other in wanted.iter().filter(|other| !order.places().contains_key(other)) {
        let reason = "it has enough events and is not uploaded".to_owned();
        let note = Note { time: patience.now, reason, ..Note::default() };
        match queue.as_deref_mut() {
            Some(queue) => queue.apply(*other, Event::Expect, &note)?,
            None => rest.apply(*other, Event::Expect, &note)?,
        };
    }
    let deadline = end_of(sources, run)?.unwrap_or(patience.now).saturating_add(patience.deadline);
    let (verdict, overdue) = match queue {
        Some(queue) => queue.ask(run, &wanted, patience.now, deadline)?,
        None => (rest.ask(run), patience.now > deadline),
    };
    Ok(match verdict {
        Verdict::Go => Decision::Take,
        Verdict::Overtaken(last) => Decision::Overtaken(last),
        Verdict::Wait(blockers) if overdue => Decision::Overdue(blockers),
        Verdict::Wait(blockers) => Decision::Wait(blockers),
    })
}

/// Runs between the last one and this one that are wanted as this one is: the second query of the selector. A run of cosmic
/// rays waits for none with beams, nor the other way round.
fn wanted(
    sources: Sources<'_>,
    request: &Request,
    last: Option<RunNumber>,
) -> Result<Vec<RunNumber>, Error> {
    let from = last.and_then(|last| last.to_u32().checked_add(1)).unwrap_or(0);
    let to = request.run.previous().map(RunNumber::to_u32);
    let Some(to) = to.filter(|to| *to >= from) else { return Ok(Vec::new()) };
    let mut conditions = conditions(request);
    // Only noisy strips queue: the streams of other parts do not matter.
    conditions.retain(|(name, value)| *name != "streams" || value.contains("SCTNoise"));
    asked(sources, &format!("{from}-{to}"), &conditions.iter().collect::<Vec<_>>())
}

/// The newest run, and its end in seconds since 1970.
fn newest_run(sources: Sources<'_>) -> Result<Option<(RunNumber, i64)>, Error> {
    let blocks = LumiBlocks::new(sources.control)?;
    let last = blocks.before(keys(RunNumber::MAX).1)?;
    Ok(last.map(|(last, end)| (last.run, in_seconds(end))))
}

/// End of a run's last lumi block, seconds since 1970.
fn end_of(sources: Sources<'_>, run: RunNumber) -> Result<Option<i64>, Error> {
    let blocks = LumiBlocks::new(sources.control)?;
    let last = blocks.before(keys(run).1 + 1)?.filter(|(last, _)| last.run == run);
    Ok(last.map(|(_, end)| in_seconds(end)))
}

fn in_seconds(nanoseconds: u64) -> i64 {
    i64::try_from(nanoseconds / 1_000_000_000).unwrap_or(i64::MAX)
}
