//! Why there is no answer about runs.

use std::path::PathBuf;

use sct_id::RunNumber;

use crate::{MaskError, query::Complaint};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A COOL file.
    #[error(transparent)]
    Cool(#[from] sct_cool::Error),
    /// The table of runs or the ledger.
    #[error(transparent)]
    Ledger(#[from] sct_ledger::Error),
    /// None of the COOL files has the folder.
    #[error("no folder {folders} in {files}")]
    Folder {
        /// Folders, any of which would do.
        folders: String,
        /// Files that were looked into.
        files: String,
    },
    /// Run control does not know the run.
    #[error("{}: folder {folder} has no run {run}: nothing valid from key {first} to {last}", path.display())]
    Absent {
        /// The file.
        path: PathBuf,
        /// The folder.
        folder: &'static str,
        /// The run.
        run: RunNumber,
        /// First key.
        first: u64,
        /// Last key.
        last: u64,
    },
    /// The run has begun and not ended.
    #[error("run {run} goes on: it began at {begin} UTC and has no entry in {folder} yet")]
    GoesOn {
        /// The run.
        run: RunNumber,
        /// Its begin.
        begin: String,
        /// The folder.
        folder: &'static str,
    },
    /// A detector mask that is none.
    #[error("{}: folder {folder}, run {run}: {source}", path.display())]
    Mask {
        /// The file.
        path: PathBuf,
        /// The folder.
        folder: &'static str,
        /// The run.
        run: RunNumber,
        /// What was found.
        source: MaskError,
    },
    /// A value of run control that cannot be.
    #[error("{}: folder {folder}, run {run}: {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The folder.
        folder: &'static str,
        /// The run.
        run: RunNumber,
        /// What was found and expected.
        what: String,
    },
    /// A query that cannot be read.
    #[error(transparent)]
    Syntax(#[from] Complaint),
    /// A part of the query language that needs what is not here.
    #[error("{option} needs {needs}, which is not available here")]
    Unavailable {
        /// Option or tag.
        option: String,
        /// What it would be read from.
        needs: &'static str,
    },
    /// A file that cannot be imported.
    #[error("{}: {what}", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// Line or element, and what is wrong.
        what: String,
    },
    /// An event that the order of runs does not allow.
    #[error(transparent)]
    Refused(#[from] crate::order::Refused),
    /// The last-run file.
    #[error(transparent)]
    Job(#[from] sct_job::Error),
    /// A result that cannot be written.
    #[error(transparent)]
    Write(#[from] sct_wholefile::Error),
}
