//! This machine.

use std::{
    collections::HashMap,
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{Backend, Batch, Handle, Hint, Job};
use crate::{
    Error,
    attempt::{Limits, output},
};

/// What jobs share on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalSettings {
    /// Program that is started as `PROGRAM attempt FOLDER ...`.
    pub program: PathBuf,
    /// Cores.
    pub cores: u32,
    /// Bytes of memory; no limit when absent.
    pub memory: Option<u64>,
}

/// Runs attempts on this machine, each under a supervisor that outlives the scheduler.
#[derive(Debug)]
pub struct Local {
    settings: LocalSettings,
    /// Supervisors that this process has started and not yet seen ending.
    children: HashMap<u32, Child>,
}

impl Local {
    /// A machine with nothing to do.
    pub fn new(settings: LocalSettings) -> Self {
        Self { settings, children: HashMap::new() }
    }

    /// Takes note of supervisors that have ended, so that nothing is left of them.
    fn reap(&mut self) {
        self.children.retain(|_, child| matches!(child.try_wait(), Ok(None)));
    }

    fn start(&mut self, job: &Job) -> Result<Handle, Error> {
        let (out, err) = output(&job.folder)?;
        let mut command = Command::new(&self.settings.program);
        command.arg("attempt").arg(&job.folder).args(limits(&job.limits));
        // A signal to the scheduler's group is none to the jobs.
        command.stdin(Stdio::null()).stdout(out).stderr(err).process_group(0);
        let child = command.spawn().map_err(|error| Error::Command {
            command: self.settings.program.display().to_string(),
            what: error.to_string(),
        })?;
        let pid = child.id();
        self.children.insert(pid, child);
        Ok(Handle(format!("{pid} {}", job.folder.display())))
    }
}

/// Limits as options of `attempt`.
pub(super) fn limits(limits: &Limits) -> Vec<String> {
    let Limits { seconds, cores, memory } = limits;
    let mut options = vec![format!("--seconds={seconds}"), format!("--cores={cores}")];
    options.extend(memory.map(|memory| format!("--memory={memory}")));
    options
}

/// The supervisor of a handle, if that process is still one for the same folder: numbers of processes are used again.
fn supervisor(handle: &Handle) -> Option<Pid> {
    let (pid, folder) = handle.0.split_once(' ')?;
    let pid: i32 = pid.parse().ok()?;
    let line = fs::read(Path::new("/proc").join(pid.to_string()).join("cmdline")).ok()?;
    let same = line.split(|byte| *byte == 0).any(|word| word == folder.as_bytes());
    same.then(|| Pid::from_raw(pid))
}

impl Backend for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn room(&mut self, busy: &[Limits], next: &Limits) -> usize {
        self.reap();
        let cores = free(self.settings.cores.into(), busy.iter().map(|one| one.cores.into()));
        let by_cores = cores / u64::from(next.cores.max(1));
        let by_memory = match (self.settings.memory, next.memory) {
            (Some(all), Some(memory)) => {
                free(all, busy.iter().map(|one| one.memory.unwrap_or(0))) / memory.max(1)
            }
            _ => u64::MAX,
        };
        let room = usize::try_from(by_cores.min(by_memory)).unwrap_or(usize::MAX);
        // A job that wants more than there is runs alone.
        if busy.is_empty() { room.max(1) } else { room }
    }

    fn submit(&mut self, batch: &Batch) -> Result<Vec<Handle>, Error> {
        let mut handles = Vec::new();
        for job in &batch.first {
            match self.start(job) {
                Ok(handle) => handles.push(handle),
                // Those that run are known by their names; the others are tried again.
                Err(error) if handles.is_empty() => return Err(error),
                Err(_) => break,
            }
        }
        Ok(handles)
    }

    fn ask(&mut self, handles: &[Handle]) -> Vec<Hint> {
        self.reap();
        let hint = |handle: &Handle| {
            if supervisor(handle).is_some() { Hint::Running } else { Hint::Gone }
        };
        handles.iter().map(hint).collect()
    }

    fn cancel(&mut self, handle: &Handle) -> Result<(), Error> {
        let Some(pid) = supervisor(handle) else { return Ok(()) };
        match kill(pid, Signal::SIGTERM) {
            Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
            Err(error) => {
                Err(Error::Command { command: format!("kill {pid}"), what: error.to_string() })
            }
        }
    }
}

fn free(all: u64, busy: impl Iterator<Item = u64>) -> u64 {
    all.saturating_sub(busy.fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_what_the_others_leave() {
        let one = |cores, memory| Limits { seconds: 60, cores, memory };
        let settings = LocalSettings { program: "x".into(), cores: 4, memory: Some(100) };
        let mut local = Local::new(settings);
        assert_eq!(local.room(&[], &one(1, None)), 4);
        assert_eq!(local.room(&[one(1, None), one(2, None)], &one(1, None)), 1);
        assert_eq!(local.room(&[one(4, None)], &one(1, None)), 0);
        assert_eq!(local.room(&[one(1, Some(60))], &one(1, Some(30))), 1);
        assert_eq!(local.room(&[], &one(9, Some(1000))), 1);
    }
}
