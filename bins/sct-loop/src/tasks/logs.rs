//! Logs of jobs.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_sched::{
    Store,
    attempt::{OUTPUT, Trace, trace},
    store::{Attempt, Task},
};
use sct_tasks::{calib::LOG, cli, failure::Coded};
use serde_json::json;

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
        choose(store, &find(store, &self.task)?, self.job, self.attempt)
    }
}

/// The attempt that is meant: of a job, else of the first one that has failed or runs; the last one unless it is named.
pub(crate) fn choose(
    store: &Store,
    task: &Task,
    job: Option<u32>,
    attempt: Option<u32>,
) -> anyhow::Result<Attempt> {
    use sct_sched::JobState::{Failed, Running};
    let attempts = store.attempts(task.id)?;
    let in_state = |state| attempts.iter().find(|attempt| attempt.job_state == state);
    let chosen = in_state(Failed).or_else(|| in_state(Running)).or_else(|| attempts.first());
    let job = job.or_else(|| Some(chosen?.job_number));
    let wanted = attempts
        .iter()
        .filter(|one| Some(one.job_number) == job)
        .filter(|one| attempt.is_none_or(|number| one.number == number));
    let found = wanted.max_by_key(|attempt| attempt.number).cloned();
    found.ok_or_else(|| {
        wrong(format!("task {} has no such attempt; see sct-loop tasks show {}", task.id, task.id))
    })
}

/// The log of the job, or what it printed when it did not come so far.
pub(crate) fn path(attempt: &Attempt) -> PathBuf {
    let log = attempt.folder.join(LOG);
    if log.exists() { log } else { attempt.folder.join(OUTPUT) }
}

/// Whether nothing more comes to the log of an attempt.
pub(crate) fn is_over(attempt: &Attempt) -> anyhow::Result<bool> {
    Ok(attempt.exit_code.is_some()
        || attempt.is_lost
        || matches!(trace(&attempt.folder)?, Trace::Ended(_)))
}

/// The last bytes of a file as text, from the beginning of a line, and how many bytes there are before them.
pub(crate) fn tail(path: &Path, most: u64) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let from = file.metadata()?.len().saturating_sub(most);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    // One that grows while it is read ends somewhere all the same.
    file.take(most).read_to_end(&mut bytes)?;
    let line = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let skipped = if from > 0 { line } else { 0 };
    Ok((String::from_utf8_lossy(&bytes[skipped..]).into_owned(), from + skipped as u64))
}

/// Prints a log; as JSON with the attempt it is of.
pub(super) fn log(place: &Place, which: &Which) -> anyhow::Result<()> {
    let settings = place.settings()?;
    let attempt = which.attempt(&super::open(&settings)?)?;
    let path = path(&attempt);
    let mut file = open(&path)?;
    if !place.json {
        return copy(&mut file, &path, &mut Printer::Text);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).with_context(|| path.display().to_string())?;
    let (task, job, attempt) = (attempt.task, attempt.job_number, attempt.number);
    let text = String::from_utf8_lossy(&bytes);
    let log = json!({ "task": task, "job": job, "attempt": attempt, "file": path, "text": text });
    cli::print(&format!("{log:#}\n"))
}

/// Follows a log until its attempt is over; as JSON, an object for every line.
pub(super) fn peek(place: &Place, which: &Which) -> anyhow::Result<()> {
    let settings = place.settings()?;
    let attempt = which.attempt(&super::open(&settings)?)?;
    let mut opened: Option<(PathBuf, File)> = None;
    let mut printer = if place.json { Printer::Json(Vec::new()) } else { Printer::Text };
    loop {
        // The state first: what is written after it is looked at once more.
        let over = is_over(&attempt)?;
        let path = path(&attempt);
        if opened.as_ref().is_none_or(|(known, _)| *known != path) && path.exists() {
            opened = Some((path.clone(), open(&path)?));
        }
        if let Some((path, file)) = &mut opened {
            copy(file, path, &mut printer)?;
        }
        if over {
            return printer.end();
        }
        thread::sleep(Duration::from_millis(300));
    }
}

/// How a log is printed.
enum Printer {
    /// As it is.
    Text,
    /// An object for every line; with the begin of the next one.
    Json(Vec<u8>),
}

impl Printer {
    fn put(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        match self {
            Self::Text => print(bytes),
            Self::Json(rest) => {
                rest.extend_from_slice(bytes);
                let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else { return Ok(()) };
                let lines: Vec<u8> = rest.drain(..=end).collect();
                let lines = String::from_utf8_lossy(&lines);
                let objects = lines.lines().map(|line| format!("{}\n", json!({ "line": line })));
                print(objects.collect::<String>().as_bytes())
            }
        }
    }

    /// A last line may have no end.
    fn end(&mut self) -> anyhow::Result<()> {
        let has_more = matches!(self, Self::Json(rest) if !rest.is_empty());
        if has_more { self.put(b"\n") } else { Ok(()) }
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| {
        Coded::new(ExitCode::InputFileValidationFail, format!("log {}", path.display()))
    })
}

/// Prints what there is more of a file.
fn copy(file: &mut File, path: &Path, printer: &mut Printer) -> anyhow::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).with_context(|| path.display().to_string())?;
        if read == 0 {
            return Ok(());
        }
        printer.put(&buffer[..read])?;
    }
}

/// A reader that goes away is no failure.
fn print(bytes: &[u8]) -> anyhow::Result<()> {
    match io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => result.context("standard output"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_begins_with_a_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "first\nsecond\nthird \u{fc}\n").unwrap();
        let tail = |most| tail(&path, most).unwrap();
        assert_eq!(tail(1_000), ("first\nsecond\nthird \u{fc}\n".to_owned(), 0));
        assert_eq!(tail(12), ("third \u{fc}\n".to_owned(), 13));
        // A line longer than all that is shown: nothing of it is.
        assert_eq!(tail(4).0, "");
        std::fs::write(&path, "").unwrap();
        assert_eq!(tail(4), (String::new(), 0));
    }
}
