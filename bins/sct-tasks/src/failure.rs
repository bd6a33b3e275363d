//! From errors to exit codes.

use std::{fmt, process};

use sct_job::ExitCode;

/// An error with the exit code its place in the program asks for; wins over what the cause alone would give.
#[derive(Debug)]
pub struct Coded {
    code: ExitCode,
    what: String,
}

impl Coded {
    /// A context that fixes the exit code.
    pub fn new(code: ExitCode, what: impl Into<String>) -> Self {
        Self { code, what: what.into() }
    }
}

impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Coded {}

/// The exit code of an error: the outermost [`Coded`], else what the typed causes say, else `TRF_EXEC_FAIL`.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    if let Some(coded) = error.downcast_ref::<Coded>() {
        return coded.code;
    }
    let of_cause = |cause: &(dyn std::error::Error + 'static)| {
        if let Some(error) = cause.downcast_ref::<sct_job::Error>() {
            return Some(error.exit_code());
        }
        if let Some(error) = cause.downcast_ref::<sct_sim::Error>() {
            return Some(of_simulation(error));
        }
        if let Some(error) = cause.downcast_ref::<sct_fill::Error>() {
            return Some(match error {
                sct_fill::Error::Open { .. }
                | sct_fill::Error::File { .. }
                | sct_fill::Error::Truncated { .. } => ExitCode::InputFileValidationFail,
                sct_fill::Error::Run { .. } => ExitCode::ArgDataset,
                sct_fill::Error::Twice { .. } => ExitCode::ArgError,
                _ => ExitCode::ExecFail,
            });
        }
        if cause.is::<crate::root::Different>() {
            return Some(crate::root::Different::CODE);
        }
        if let Some(error) = cause.downcast_ref::<sct_run::Error>() {
            return of_runs(error);
        }
        if cause.is::<sct_hitmap::TooFewEvents>() {
            return Some(ExitCode::NeedCheck);
        }
        if cause.is::<sct_wholefile::Error>() || cause.is::<sct_roothist::WriteError>() {
            return Some(ExitCode::OutputFileError);
        }
        let input = cause.is::<sct_roothist::Error>()
            || cause.is::<sct_histfile::Error>()
            || cause.is::<sct_cool::Error>()
            || cause.is::<sct_ledger::Error>()
            || cause.is::<sct_xml::Error>();
        input.then_some(ExitCode::InputFileValidationFail)
    };
    error.chain().find_map(of_cause).unwrap_or(ExitCode::ExecFail)
}

/// What run control does not say is a failure of its own; damage is one of the input. Others have their cause.
fn of_runs(error: &sct_run::Error) -> Option<ExitCode> {
    use sct_run::Error;
    match error {
        Error::Folder { .. } | Error::Absent { .. } | Error::GoesOn { .. } => {
            Some(ExitCode::RuntimeError)
        }
        Error::Mask { .. }
        | Error::Content { .. }
        | Error::Import { .. }
        | Error::Cool(_)
        | Error::Ledger(_) => Some(ExitCode::InputFileValidationFail),
        Error::Syntax(_) | Error::Refused(_) => Some(ExitCode::ArgError),
        Error::Unavailable { .. } => Some(ExitCode::ExecutionPathError),
        Error::Job(error) => Some(error.exit_code()),
        Error::Write(_) => Some(ExitCode::OutputFileError),
        _ => None,
    }
}

/// A simulation reads nothing but its truth: what else fails is a setting, or a file to be written.
fn of_simulation(error: &sct_sim::Error) -> ExitCode {
    use sct_sim::Error;
    match error {
        Error::Setting { .. } | Error::NoWaferLeft => ExitCode::ArgOutOfRange,
        Error::Folder { .. }
        | Error::Write(_)
        | Error::Histograms(_)
        | Error::Monitoring(_)
        | Error::Cool { .. } => ExitCode::OutputFileError,
        Error::Read { .. } | Error::Truth { .. } => ExitCode::InputFileValidationFail,
        _ => ExitCode::ExecFail,
    }
}

/// One line for the user: the error and its causes, outermost first.
pub fn message(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Ends a program: the error, if any, on standard error, and the exit code.
pub fn finish(result: &anyhow::Result<()>) -> process::ExitCode {
    match result {
        Ok(()) => process::ExitCode::SUCCESS,
        Err(error) => {
            let code = exit_code(error);
            tracing::error!("{}", message(error));
            process::ExitCode::from(u8::try_from(code.number()).unwrap_or(u8::MAX))
        }
    }
}
