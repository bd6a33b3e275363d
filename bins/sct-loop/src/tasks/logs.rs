//! Logs of jobs.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_sched::{
    Store,
    attempt::{OUTPUT, Trace, trace},
    store::Attempt,
};
use sct_tasks::{calib::LOG, failure::Coded};

use super::{Place, find, wrong};

/// Which log.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// Task.
    task: String,
    /// Job; the first one that has failed, else the first one that runs, else the first, when absent.
    #[arg(long)]
    job: Option<u32>,
    /// Attempt; the last one when absent.
    #[arg(long)]
    attempt: Option<u32>,
}

impl Which {
    fn attempt(&self, store: &Store) -> anyhow::Result<Attempt> {
        use sct_sched::JobState::{Failed, Running};
        let task = find(store, &self.task)?;
        let attempts = store.attempts(task.id)?;
        let in_state = |state| attempts.iter().find(|attempt| attempt.job_state == state);
        let chosen = in_state(Failed).or_else(|| in_state(Running)).or_else(|| attempts.first());
        let job = self.job.or_else(|| Some(chosen?.job_number));
        let wanted = attempts
            .iter()
            .filter(|attempt| Some(attempt.job_number) == job)
            .filter(|attempt| self.attempt.is_none_or(|number| attempt.number == number));
        let found = wanted.max_by_key(|attempt| attempt.number).cloned();
        found.ok_or_else(|| {
            wrong(format!(
                "task {} has no such attempt; see sct-loop tasks show {}",
                task.id, task.id
            ))
        })
    }
}

/// The log of the job, or what it printed when it did not come so far.
fn path(attempt: &Attempt) -> PathBuf {
    let log = attempt.folder.join(LOG);
    if log.exists() { log } else { attempt.folder.join(OUTPUT) }
}

/// Prints a log.
pub(super) fn log(place: &Place, which: &Which) -> anyhow::Result<()> {
    let settings = place.settings()?;
    let attempt = which.attempt(&super::open(&settings)?)?;
    let path = path(&attempt);
    let mut file = open(&path)?;
    copy(&mut file, &path)
}

/// Follows a log until its attempt is over.
pub(super) fn peek(place: &Place, which: &Which) -> anyhow::Result<()> {
    let settings = place.settings()?;
    let attempt = which.attempt(&super::open(&settings)?)?;
    let mut opened: Option<(PathBuf, File)> = None;
    loop {
        // The state first: what is written after it is looked at once more.
        let over = attempt.exit_code.is_some()
            || attempt.is_lost
            || matches!(trace(&attempt.folder)?, Trace::Ended(_));
        let path = path(&attempt);
        if opened.as_ref().is_none_or(|(known, _)| *known != path) && path.exists() {
            opened = Some((path.clone(), open(&path)?));
        }
        if let Some((path, file)) = &mut opened {
            copy(file, path)?;
        }
        if over {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(300));
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| {
        Coded::new(ExitCode::InputFileValidationFail, format!("log {}", path.display()))
    })
}

/// Prints what there is more of a file. A reader that goes away is no failure.
fn copy(file: &mut File, path: &Path) -> anyhow::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).with_context(|| path.display().to_string())?;
        if read == 0 {
            return Ok(());
        }
        match io::stdout().write_all(&buffer[..read]).and_then(|()| io::stdout().flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            result => result.context("standard output")?,
        }
    }
}
