//! The supervisor of one attempt: a process that starts the job, watches it, and leaves the record.

use std::{
    fs::{File, TryLockError},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use nix::{
    sys::{
        prctl::{set_child_subreaper, set_pdeathsig},
        resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit},
        signal::{Signal, kill, killpg},
        time::TimeValLike as _,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::{Pid, gethostname, getppid},
};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::{LOCK, Limits, OUTPUT, RECORD, Record, Trace, trace};
use crate::Error;

/// Variable with the number of the supervisor's process, for its job.
const SUPERVISOR: &str = "SCT_SUPERVISOR";
/// From the request to end to the end by force.
const GRACE: Duration = Duration::from_secs(10);
/// A record that cannot be written, on a full disk, is tried again so often, a second apart.
const TRIES: u32 = 30;
/// A lock that is only looked at is free again long before so many looks, 10 ms apart.
const LOOKS: u32 = 100;

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Supervised {
    /// The job ran, and this is its record.
    Ended(Record),
    /// Nothing was done: the attempt runs elsewhere, or has ended before.
    Already(Trace),
}

/// What happens while a job runs.
enum Event {
    Ended(std::io::Result<ExitStatus>),
    Signal,
}

/// Runs a command as the job of an attempt, in its folder and in a process group of its own, within its limits. Everything
/// that it starts ends with it. The record is written when nothing of it is left.
///
/// # Errors
///
/// [`Error::Command`] when the job cannot be started, [`Error::Io`] and [`Error::Write`] when the folder cannot be written.
pub fn supervise(
    folder: &Path,
    limits: &Limits,
    command: &mut Command,
) -> Result<Supervised, Error> {
    let Some(lock) = take_patiently(folder)? else {
        return Ok(Supervised::Already(Trace::Running));
    };
    if let found @ Trace::Ended(_) = ended_before(folder)? {
        return Ok(Supervised::Already(found));
    }
    let (events, heard) = channel();
    listen(events.clone());
    let (clock, started) = (Instant::now(), seconds());
    let child = start(folder, limits, command)?;
    let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    wait_for(child, events);
    let (status, killed) = watch(&heard, group, Duration::from_secs(limits.seconds));
    sweep(group);
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok();
    let cpu = usage.map_or(0, |usage| {
        usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds()
    });
    let record = Record {
        exit_code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
        killed,
        started,
        ended: seconds(),
        wall: clock.elapsed().as_secs_f64(),
        cpu: cpu as f64 / 1e3,
        memory: usage.map_or(0, |usage| usage.max_rss().unsigned_abs() * 1024),
        host: gethostname()
            .map_or_else(|_| String::new(), |name| name.to_string_lossy().into_owned()),
    };
    write(folder, &record)?;
    drop(lock);
    Ok(Supervised::Ended(record))
}

/// The lock of an attempt; none when somebody else has it.
pub(super) fn take(folder: &Path) -> Result<Option<File>, Error> {
    let path = folder.join(LOCK);
    let mut options = File::options();
    let lock = options.create(true).truncate(false).write(true).open(&path);
    let io = |source| Error::Io { path: path.clone(), source };
    let lock = lock.map_err(io)?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// The same for a supervisor that begins: whoever only looks whether the lock is held has it for a moment.
fn take_patiently(folder: &Path) -> Result<Option<File>, Error> {
    for _ in 0..LOOKS {
        if let Some(lock) = take(folder)? {
            return Ok(Some(lock));
        }
        thread::sleep(Duration::from_millis(10));
    }
    take(folder)
}

/// What the folder says, apart from the lock, which is ours.
fn ended_before(folder: &Path) -> Result<Trace, Error> {
    if folder.join(RECORD).exists() { trace(folder) } else { Ok(Trace::Nothing) }
}

fn start(folder: &Path, limits: &Limits, command: &mut Command) -> Result<Child, Error> {
    // What the job leaves behind becomes ours, and ends with us.
    let _ = set_child_subreaper(true);
    if let Some(memory) = limits.memory {
        limit(memory).map_err(|error| Error::Command {
            command: format!("limit of {memory} bytes of memory"),
            what: error.to_string(),
        })?;
    }
    let (out, err) = output(folder)?;
    command
        .current_dir(folder)
        .env(SUPERVISOR, std::process::id().to_string())
        .env("RAYON_NUM_THREADS", limits.cores.to_string())
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0);
    command.spawn().map_err(|error| Error::Command {
        command: command.get_program().to_string_lossy().into_owned(),
        what: error.to_string(),
    })
}

/// Limits the memory of this process and of all it starts. Mapped files do not count.
fn limit(memory: u64) -> nix::Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_DATA)?;
    let memory = memory.min(most);
    setrlimit(Resource::RLIMIT_DATA, memory, memory)
}

/// Ends this process when its supervisor does, even one that is killed without warning: a job that goes on alone would write
/// into its folder beside the next attempt. Does nothing in a process without supervisor.
///
/// # Errors
///
/// [`Error::Command`] when the supervisor has ended already, or the system refuses.
pub fn follow_supervisor() -> Result<(), Error> {
    let Some(supervisor) = std::env::var(SUPERVISOR).ok().and_then(|text| text.parse().ok()) else {
        return Ok(());
    };
    let failed =
        |what: String| Error::Command { command: "following the supervisor".to_owned(), what };
    set_pdeathsig(Signal::SIGKILL).map_err(|error| failed(error.to_string()))?;
    // It may have ended before it was asked for.
    let parent = getppid();
    if parent == Pid::from_raw(supervisor) {
        Ok(())
    } else {
        Err(failed(format!("it has ended: the parent is process {parent}, not {supervisor}")))
    }
}

/// Standard output and error of an attempt: both at the end of one file.
pub(crate) fn output(folder: &Path) -> Result<(File, File), Error> {
    let path = folder.join(OUTPUT);
    let open = || {
        let file = File::options().create(true).append(true).open(&path)?;
        Ok((file.try_clone()?, file))
    };
    open().map_err(|source| Error::Io { path: path.clone(), source })
}

/// Passes on signals that ask to end.
fn listen(events: Sender<Event>) {
    let Ok(mut signals) = Signals::new([SIGTERM, SIGINT, SIGHUP]) else { return };
    thread::spawn(move || {
        for _ in &mut signals {
            if events.send(Event::Signal).is_err() {
                return;
            }
        }
    });
}

fn wait_for(mut child: Child, events: Sender<Event>) {
    thread::spawn(move || {
        // Nobody listens any more when the supervisor has ended.
        let _ = events.send(Event::Ended(child.wait()));
    });
}

/// Waits for the end of a job: by itself, by its time limit, or because somebody asks for it. Gives why it was ended.
fn watch(heard: &Receiver<Event>, group: Pid, limit: Duration) -> (ExitStatus, String) {
    let mut end = Instant::now().checked_add(limit);
    let mut killed = String::new();
    let mut signal = Signal::SIGTERM;
    loop {
        let left = end
            .map_or(Duration::from_hours(1), |end| end.saturating_duration_since(Instant::now()));
        match heard.recv_timeout(left) {
            Ok(Event::Ended(Ok(status))) => return (status, killed),
            // It cannot be waited for: it is as good as killed.
            Ok(Event::Ended(Err(_))) | Err(RecvTimeoutError::Disconnected) => {
                return (ExitStatus::from_raw(Signal::SIGKILL as i32), killed);
            }
            Ok(Event::Signal) => {
                if killed.is_empty() {
                    "it was ended by a signal to its supervisor".clone_into(&mut killed);
                }
            }
            Err(RecvTimeoutError::Timeout) if end.is_none() => continue,
            Err(RecvTimeoutError::Timeout) => {
                if killed.is_empty() {
                    killed = format!("it took longer than {} s", limit.as_secs());
                }
            }
        }
        let _ = killpg(group, signal);
        signal = Signal::SIGKILL;
        end = Instant::now().checked_add(GRACE);
    }
}

/// Ends what is left of a job, and what it has left behind.
fn sweep(group: Pid) {
    let _ = killpg(group, Signal::SIGKILL);
    let since = Instant::now();
    while since.elapsed() < GRACE {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            // No children.
            Err(_) => return,
            Ok(WaitStatus::StillAlive) => {
                for orphan in orphans() {
                    let _ = kill(orphan, Signal::SIGKILL);
                }
                thread::sleep(Duration::from_millis(5));
            }
            Ok(_) => {}
        }
    }
}

/// Processes that have become our children when their parents ended.
fn orphans() -> Vec<Pid> {
    let path = PathBuf::from(format!("/proc/self/task/{}/children", std::process::id()));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw).collect()
}

fn write(folder: &Path, record: &Record) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(record).expect("numbers and texts");
    let mut tries = 0;
    loop {
        match sct_wholefile::write(&folder.join(RECORD), &text) {
            Ok(()) => return Ok(()),
            Err(_) if tries < TRIES => {
                tries += 1;
                thread::sleep(Duration::from_secs(1));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
