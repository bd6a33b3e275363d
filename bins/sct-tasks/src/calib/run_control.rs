//! What a job asks of run control before its task: whether the run is selected, and when it was.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sct_job::{ExitCode, Part, Split};
use sct_run::{
    RunControl,
    order::{Event, Note, Queue},
    select::{Decision, Request},
};

use super::{Ending, setup::Setup};
use crate::{
    failure::{self, Coded},
    run::{
        Sources, TABLE, info,
        select::{OrderOptions, decide_in_the_end},
    },
};

/// COOL files of run control: those of the key `runControl` (a folder, or files with commas between), else the conditions,
/// else the files of the schemas in the current folder.
fn files(setup: &Setup<'_>) -> Vec<PathBuf> {
    if let Some(path) = setup.extra("runControl") {
        if path.is_dir() {
            return RunControl::files_in(path);
        }
        return path.to_string_lossy().split(',').map(|file| PathBuf::from(file.trim())).collect();
    }
    let here = RunControl::files_in(Path::new("."));
    if here.is_empty() {
        setup.extra("conditions").map(Path::to_owned).into_iter().collect()
    } else {
        here
    }
}

/// The table of runs: the key `runs`, else `runs.db` beside the files of run control.
fn table(setup: &Setup<'_>) -> Option<PathBuf> {
    if let Some(path) = setup.extra("runs") {
        return Some(path.to_owned());
    }
    let folder = setup.extra("runControl").filter(|path| path.is_dir()).unwrap_or(Path::new("."));
    Some(folder.join(TABLE)).filter(|path| path.exists())
}

/// Applies the run selection when the job asks for it. Gives how the job ends when the run is not to be taken.
pub(super) fn select(setup: &Setup<'_>) -> anyhow::Result<Option<Ending>> {
    if !setup.arguments.do_run_selector {
        return Ok(None);
    }
    let (files, table) = (files(setup), table(setup));
    if files.is_empty() {
        let what = "the run selection needs run control: key runControl";
        return Err(Coded::new(ExitCode::RuntimeError, what).into());
    }
    let request = Request {
        run: setup.name.run,
        parts: setup.arguments.parts.clone(),
        stream: setup.name.project_suffix.clone(),
        skip_queue: setup.arguments.split == Split::Fill,
        any_size: setup.runs().len() > 1,
    };
    let whole = |name: &str, number: i64| {
        u32::try_from(number).with_context(|| {
            Coded::new(ExitCode::ArgOutOfRange, format!("property {name} is {number}"))
        })
    };
    let options = OrderOptions {
        ledger: setup.extra("ledger").map(Path::to_owned),
        last_run: setup.extra("lastRun").unwrap_or(Path::new("lastRun")).to_owned(),
        deadline: whole("RunSelectorDeadline", setup.properties.run_selector_deadline)?,
        poll: whole("RunSelectorPoll", setup.properties.run_selector_poll)?,
    };
    let open = || Sources::open(&files, table.as_deref());
    let decision = decide_in_the_end(open, &request, &options, jiff::Timestamp::now)?;
    let sentence = decision.sentence(setup.name.run);
    tracing::info!("{sentence}");
    match decision {
        Decision::Take => Ok(None),
        Decision::Overdue(_) => Err(Coded::new(ExitCode::NeedCheck, sentence).into()),
        _ => Ok(Some(Ending {
            message: format!("the selection was not passed: {sentence}"),
            early: true,
        })),
    }
}

/// Writes `runInfo.txt` when the job asks for it.
pub(super) fn write_info(setup: &Setup<'_>) -> anyhow::Result<()> {
    // A file that is named is there already.
    if !setup.arguments.do_run_info || setup.extra("runInfo").is_some() {
        return Ok(());
    }
    let files = files(setup);
    let control = RunControl::open(&files)?;
    match info::write_all(&control, setup.runs(), Path::new(".")) {
        Ok(found) => {
            tracing::info!("run information: {}", found.info.to_text());
            Ok(())
        }
        // Without the folder, a file that somebody has put there will do.
        Err(error) if Path::new(info::FILE).exists() && is_missing_folder(&error) => {
            tracing::warn!("{}: {} is taken as it is", failure::message(&error), info::FILE);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn is_missing_folder(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(sct_run::Error::Folder { .. }))
}

/// Tells the order of runs how a job ended that others wait for.
pub(super) fn record(setup: &Setup<'_>, result: &anyhow::Result<Ending>) {
    let counts =
        setup.arguments.parts.contains(&Part::NoisyStrip) && setup.arguments.split != Split::Fill;
    let Some(ledger) = setup.extra("ledger").filter(|_| counts) else { return };
    let (event, reason) = match result {
        Ok(Ending { early: true, message }) => (Event::Skip, message.clone()),
        Ok(_) => (Event::Finish, String::new()),
        Err(error) => (Event::Fail, failure::message(error)),
    };
    let note = Note { time: jiff::Timestamp::now().as_second(), reason, ..Note::default() };
    let written =
        Queue::open(ledger).and_then(|mut queue| queue.apply(setup.name.run, event, &note));
    // The result of the job is worth more than the note about it.
    if let Err(error) = written {
        tracing::warn!(
            "the order of runs was not told that run {} {}s: {error}",
            setup.name.run,
            event.word()
        );
    }
}
