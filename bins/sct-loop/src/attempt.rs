//! One attempt at a job, under its supervisor: how back-ends run jobs, on whatever machine.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_sched::attempt::{DICTIONARY, Limits, Supervised, Trace, supervise};
use sct_tasks::failure::Coded;

/// Options of `sct-loop attempt`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the attempt, with its job dictionary.
    #[arg(required_unless_present = "list", conflicts_with = "list")]
    folder: Option<PathBuf>,
    /// File with a folder on each line.
    #[arg(long, requires = "index")]
    list: Option<PathBuf>,
    /// Line of the list, from 0.
    #[arg(long)]
    index: Option<usize>,
    /// Time limit, seconds.
    #[arg(long, default_value_t = 86_400)]
    seconds: u64,
    /// Threads.
    #[arg(long, default_value_t = 1)]
    cores: u32,
    /// Memory limit, bytes.
    #[arg(long)]
    memory: Option<u64>,
}

impl Args {
    /// Runs the attempt. Gives the exit code of its job, also when it has ended before; that of [`ExitCode::CoolBusy`] when
    /// another supervisor is at it.
    ///
    /// # Errors
    ///
    /// When the job cannot be started, or its record cannot be written.
    pub fn run(&self) -> anyhow::Result<i32> {
        let folder = self.folder()?;
        let program = std::env::current_exe().context("the program's own path")?;
        let mut command = Command::new(program);
        command.args(["calib", &format!("--argJSON={DICTIONARY}"), "--quiet"]);
        let limits = Limits { seconds: self.seconds, cores: self.cores, memory: self.memory };
        match supervise(&folder, &limits, &mut command)? {
            Supervised::Ended(record) => Ok(record.exit_code),
            Supervised::Already(trace) => {
                tracing::warn!("{}: nothing done, the attempt is {trace:?}", folder.display());
                // Whoever asks once more hears the same; one that runs has not ended well yet.
                Ok(match trace {
                    Trace::Ended(record) => record.exit_code,
                    _ => ExitCode::CoolBusy.number(),
                })
            }
        }
    }

    fn folder(&self) -> anyhow::Result<PathBuf> {
        let (Some(list), Some(index)) = (&self.list, self.index) else {
            return Ok(self.folder.clone().unwrap_or_default());
        };
        line(list, index)
    }
}

fn line(list: &Path, index: usize) -> anyhow::Result<PathBuf> {
    let wrong = |what: String| Coded::new(ExitCode::InputFileValidationFail, what);
    let text =
        fs::read_to_string(list).map_err(|error| wrong(format!("{}: {error}", list.display())))?;
    let found = text.lines().nth(index).map(PathBuf::from);
    Ok(found.ok_or_else(|| wrong(format!("{} has no line {}", list.display(), index + 1)))?)
}
