//! Who did what, from where and why: every action of the page is written down, also those that were refused.

use sct_account::Entry;

use sct_job::ExitCode;
use sct_tasks::failure;

use super::{Failure, Reader, visitor::Visitor};
use crate::schedule::now;

/// Something a visitor did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Action<'a> {
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
pub(crate) fn write(
    reader: &mut Reader,
    visitor: &Visitor,
    action: &Action<'_>,
) -> Result<(), Failure> {
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

/// Does something in the name of a visitor and writes it down however it ends: `work` gives what comes of it, and says how
/// it ended.
///
/// # Errors
///
/// That of `work`, and when the ledger cannot be written.
pub(crate) fn recorded<T>(
    reader: &mut Reader,
    visitor: &Visitor,
    (what, subject, reason): (&str, &str, &str),
    work: impl FnOnce(&mut Reader) -> Result<(T, String), Failure>,
) -> Result<T, Failure> {
    let done = work(reader);
    let outcome = match &done {
        Ok((_, outcome)) => outcome.clone(),
        Err(Failure::Broken(error)) => format!("not done: {}", failure::message(error)),
        Err(failure) => format!("not done: {}", failure.sentence()),
    };
    write(reader, visitor, &Action { what, subject, reason, outcome: &outcome })?;
    done.map(|(value, _)| value)
}

/// The same for work that the command line does as well; gives how it ended.
///
/// # Errors
///
/// [`Failure::Refused`] for what the command line would refuse as well, in the same words; others are faults of ours.
pub(crate) fn acting(
    reader: &mut Reader,
    visitor: &Visitor,
    named: (&str, &str, &str),
    work: impl FnOnce(&mut Reader) -> anyhow::Result<String>,
) -> Result<String, Failure> {
    recorded(reader, visitor, named, |reader| {
        let outcome = work(reader).map_err(refused)?;
        Ok((outcome.clone(), outcome))
    })
}

/// What a person asked for wrongly is said to the person; anything else is a fault of ours.
pub(crate) fn refused(error: impl Into<anyhow::Error>) -> Failure {
    let error = error.into();
    match failure::exit_code(&error) {
        ExitCode::NeedCheck
        | ExitCode::ArgError
        | ExitCode::ArgConvFail
        | ExitCode::ArgOutOfRange
        | ExitCode::ArgChoicesFail => Failure::Refused(failure::message(&error)),
        _ => error.into(),
    }
}
