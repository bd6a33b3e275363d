//! The scheduler as operators run it: files become tasks, jobs and results, also when it is killed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod batch;
mod data;
mod operators;
mod reliability;
mod runs;
mod short_runs;
mod supervisors;
