//! Who did what, from where and why: every action of the page is written down, also those that were refused.

use sct_account::Entry;

use super::{Failure, Reader, visitor::Visitor};
use crate::schedule::now;

/// Something a visitor did.
#[derive(Clone, Copy, Debug)]
pub struct Action<'a> {
    /// What was done, as `upload request`.
    pub what: &'a str,
    /// What it was done to, as `noisy-strip of run 437548`.
    pub subject: &'a str,
    /// Why, in the visitor's words.
    pub reason: &'a str,
    /// How it ended.
    pub outcome: &'a str,
}

/// Writes an action down.
///
/// # Errors
///
/// When the ledger cannot be written.
pub fn write(reader: &mut Reader, visitor: &Visitor, action: &Action<'_>) -> Result<(), Failure> {
    let Action { what, subject, reason, outcome } = action;
    Ok(reader.accounts.audit(&Entry {
        time: now(),
        who: visitor.name().to_owned(),
        from: visitor.from.clone(),
        action: (*what).to_owned(),
        subject: (*subject).to_owned(),
        reason: (*reason).to_owned(),
        outcome: (*outcome).to_owned(),
    })?)
}
