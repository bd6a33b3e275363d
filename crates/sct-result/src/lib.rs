//! The index of results: what the tasks of every run have left in the results folder.
//!
//! Results lie in `results/RRRRRRRR/KIND/`, a folder for each run and kind of task; the files of one attempt share a prefix
//! (`DATASET._NNNN.`). [`Index::refresh`] looks at the folders that have changed and remembers what their summaries say, so
//! that a page of runs is one query. The index is a file of its own that may be deleted: it is made again.
//!
//! A damaged file never stops a refresh. It is told, and its attempt shows with the complaint.

mod error;
mod index;
mod key;
mod refresh;
mod scan;
mod summary;
mod trend;
mod types;

pub use self::{
    error::Error,
    index::Index,
    refresh::Refreshed,
    scan::summary_name,
    trend::{Measure, Point},
    types::{Part, ResultFile, RunResult, Summary},
};
