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
        if let Some(error) = cause.downcast_ref::<sct_upload::Error>() {
            return Some(of_upload(error));
        }
        if let Some(error) = cause.downcast_ref::<sct_cool::MergeError>() {
            return Some(of_merge(error));
        }
        if let Some(error) = cause.downcast_ref::<sct_cool::Error>() {
            return Some(of_cool(error));
        }
        let input = cause.is::<sct_roothist::Error>()
            || cause.is::<sct_histfile::Error>()
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

fn of_upload(error: &sct_upload::Error) -> ExitCode {
    use sct_upload::Error;
    match error {
        Error::Request(_) => ExitCode::NeedCheck,
        Error::Locked { .. } => ExitCode::CoolBusy,
        Error::Cool(error) => of_cool(error),
        Error::Merge(error) => of_merge(error),
        Error::LastRun(error) => error.exit_code(),
        Error::Receipt { .. } => ExitCode::InputFileValidationFail,
        Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            ExitCode::InputFileValidationFail
        }
        Error::Io { .. } | Error::Ledger(_) | Error::Write(_) => ExitCode::OutputFileError,
        _ => ExitCode::ExecFail,
    }
}

/// The largest code of all reasons, as the copy tool of the experiment has it.
fn of_merge(error: &sct_cool::MergeError) -> ExitCode {
    use sct_cool::{MergeError, Refusal};
    let reason = |refusal: &Refusal| match refusal {
        Refusal::Empty(_) => ExitCode::CoolSource,
        Refusal::Folder(_) => ExitCode::CoolFolder,
        Refusal::Specification { .. } => ExitCode::CoolSpecification,
        Refusal::Channel { .. } => ExitCode::CoolChannel,
        Refusal::Tag { .. } | Refusal::TagName { .. } => ExitCode::CoolTag,
        Refusal::Content { .. } => ExitCode::CoolContent,
        Refusal::Mode { .. } => ExitCode::CoolMode,
        Refusal::Undo(_) => ExitCode::CoolUndo,
        _ => ExitCode::CoolStore,
    };
    match error {
        MergeError::Refused(refusals) => {
            refusals.iter().map(reason).max().unwrap_or(ExitCode::CoolStore)
        }
        MergeError::Receipt(_) => ExitCode::OutputFileError,
        MergeError::Database(error) => of_cool(error),
        _ => ExitCode::CoolStore,
    }
}

fn of_cool(error: &sct_cool::Error) -> ExitCode {
    use sct_cool::Trouble;
    match error.trouble() {
        Some(Trouble::Busy) => ExitCode::CoolBusy,
        Some(Trouble::ReadOnly | Trouble::Full) => ExitCode::OutputFileError,
        _ if matches!(error, sct_cool::Error::Write(_)) => ExitCode::OutputFileError,
        _ => ExitCode::InputFileValidationFail,
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
