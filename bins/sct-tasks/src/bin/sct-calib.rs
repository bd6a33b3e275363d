//! The job transformation.

use std::{fs::File, io::Write as _, process::ExitCode};

use sct_job::ExitCode as Code;
use sct_tasks::{
    calib::{self, LOG, Request},
    cli, failure, logging,
};

fn main() -> ExitCode {
    let request = Request::new(&cli::matches(calib::command()));
    if request.dump.is_some() || request.dump_args {
        logging::start(request.verbosity, None);
        return failure::finish(&dump(&request));
    }
    logging::start(request.verbosity, File::create(LOG).ok());
    let code = calib::run(&request);
    ExitCode::from(u8::try_from(code.number()).unwrap_or(u8::MAX))
}

/// Writes or prints the resolved keys.
fn dump(request: &Request) -> anyhow::Result<()> {
    let text = request.arguments()?.to_json();
    if let Some(path) = &request.dump {
        let failed = |error| {
            anyhow::Error::new(error)
                .context(failure::Coded::new(Code::OutputFileError, "dumped keys"))
        };
        sct_wholefile::write(path, text.as_bytes()).map_err(failed)?;
    }
    if request.dump_args {
        std::io::stdout().write_all(text.as_bytes())?;
    }
    Ok(())
}
