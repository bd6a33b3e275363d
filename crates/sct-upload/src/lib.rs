//! Uploads: requests in a queue, checks, the merge into a master, and what is left to tell of it.
//!
//! The queue is in the ledger ([`Queue`]); request files of the historic way ([`RequestName`]) become rows of it at the next
//! pass. A [`pass`] takes the requests in order of task and run, one uploader at a time ([`Lock`]), and leaves a log and a
//! receipt for each. A process that is killed at any moment leaves an upload that is in the master completely or not at
//! all; the next pass finds out which, and goes on.

mod backup;
mod check;
mod error;
mod lock;
mod pass;
mod queue;
mod request_file;
mod settings;
mod task;
mod transfer;
mod upload;
mod what_if;

use std::time::{SystemTime, UNIX_EPOCH};

pub use self::{
    check::{Checked, check, check_flag},
    error::{Class, Error},
    lock::Lock,
    pass::{Done, pass, undo},
    queue::{AREA, BadRun, Queue},
    request_file::{RequestName, content},
    settings::Settings,
    task::Task,
    transfer::{Transfer, Transferred, difference, digest},
    upload::{NewUpload, State, Upload},
    what_if::{LayerChange, Masked, ModuleChange, WhatIf, what_if},
};

/// The present time as COOL writes times.
fn now() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    sct_conditions::time_text(i64::try_from(now.as_secs()).unwrap_or(i64::MAX), now.subsec_nanos())
}
