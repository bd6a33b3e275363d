//! The table of tasks, what has become of them, and the systems that run their jobs.
//!
//! A *task* is one kind of work on one data set, as noisy strips of one run. It consists of *jobs*, each a job dictionary in a
//! folder of its own; every time a job is run is an *attempt*. A [`backend::Backend`] runs attempts: on this machine, with
//! Slurm or with HTCondor. Whatever a batch system says is a hint; what counts is the record that the attempt leaves in its
//! folder ([`attempt::Record`]) and the report of the job.

pub mod attempt;
pub mod backend;
mod error;
pub mod state;
pub mod store;
pub mod table;

pub use self::{
    error::Error,
    state::{FileState, JobState, TaskState},
    store::{Note, Store},
    table::{Collect, Kind, Rule, Table, TableError},
};
