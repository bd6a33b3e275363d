//! One attempt at a job: its folder, and the record it leaves.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::Error;

mod supervise;

pub(crate) use self::supervise::output;
pub use self::supervise::{Supervised, follow_supervisor, supervise};

/// Job dictionary, read by the job.
pub const DICTIONARY: &str = "job.json";
/// Record of how the attempt ended, written whole when it has.
pub const RECORD: &str = "attempt.json";
/// Held locked by the supervisor of the attempt as long as it lives.
pub const LOCK: &str = "attempt.lock";
/// What supervisor and job printed besides the job's own log.
pub const OUTPUT: &str = "log.attempt";
/// Report of the job itself.
pub const REPORT: &str = "jobReport.json";

/// What an attempt may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Limits {
    /// Seconds on the clock; then the whole process group is killed.
    pub seconds: u64,
    /// Threads.
    pub cores: u32,
    /// Bytes of memory, not counting mapped files; no limit when absent.
    pub memory: Option<u64>,
}

/// How an attempt ended. Its supervisor writes this, on whatever machine it ran.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Record {
    /// Exit code of the job, or 128 plus the number of the signal that ended it.
    pub exit_code: i32,
    /// Why it was ended from outside: time limit, a command; empty otherwise.
    pub killed: String,
    /// Start, seconds since 1970.
    pub started: i64,
    /// End, seconds since 1970.
    pub ended: i64,
    /// Seconds on the clock.
    pub wall: f64,
    /// Seconds of processor time.
    pub cpu: f64,
    /// Largest resident size, bytes.
    pub memory: u64,
    /// Machine.
    pub host: String,
}

/// What a folder says of its attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Trace {
    /// It has not begun, or its supervisor was killed before it could write: without a batch system one cannot tell.
    Nothing,
    /// Its supervisor lives.
    Running,
    /// It has ended.
    Ended(Record),
}

/// Reads the trace of an attempt.
///
/// # Errors
///
/// [`Error::Io`] when the folder cannot be read, [`Error::Content`] for a damaged record.
pub fn trace(folder: &Path) -> Result<Trace, Error> {
    // The lock first: a supervisor that ends in between has written its record.
    let lock = folder.join(LOCK);
    let running = match File::open(&lock) {
        Ok(file) => match file.try_lock_shared() {
            Ok(()) => false,
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(source)) => return Err(Error::Io { path: lock, source }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(source) => return Err(Error::Io { path: lock, source }),
    };
    let path = folder.join(RECORD);
    match std::fs::read(&path) {
        Ok(bytes) => {
            let record = serde_json::from_slice(&bytes)
                .map_err(|error| Error::Content { path, what: error.to_string() })?;
            Ok(Trace::Ended(record))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(if running { Trace::Running } else { Trace::Nothing })
        }
        Err(source) => Err(Error::Io { path, source }),
    }
}

/// What stands in the record of an attempt of which nothing was left.
pub const LOST: &str = "lost";

/// Gives up an attempt that has left no trace, so that it cannot begin any more: a supervisor that comes late finds a record
/// and does nothing. Gives the trace as it is then; a supervisor that lives keeps its attempt.
///
/// # Errors
///
/// As [`trace`], and [`Error::Write`].
pub fn abandon(folder: &Path, now: i64) -> Result<Trace, Error> {
    std::fs::create_dir_all(folder)
        .map_err(|source| Error::Io { path: folder.to_owned(), source })?;
    let Some(lock) = supervise::take(folder)? else { return Ok(Trace::Running) };
    let record = folder.join(RECORD);
    if !record.exists() {
        let lost = Record {
            exit_code: 137,
            killed: LOST.to_owned(),
            started: now,
            ended: now,
            wall: 0.0,
            cpu: 0.0,
            memory: 0,
            host: String::new(),
        };
        let text = serde_json::to_vec_pretty(&lost).expect("numbers and texts");
        sct_wholefile::write(&record, &text)?;
    }
    // The lock is free again when it is read.
    drop(lock);
    trace(folder)
}
