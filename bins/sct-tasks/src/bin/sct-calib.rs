//! The job transformation.

use std::{fs::File, process::ExitCode};

use sct_job::ExitCode as Code;
use sct_tasks::{
    calib::{self, LOG, Request},
    cli, failure, logging,
};

fn main() -> ExitCode {
    let matches = cli::matches(calib::command(), calib::refuse);
    let request = Request::new(&matches);
    if request.dump.is_some() || request.dump_args {
        logging::start(request.verbosity, None);
        return failure::finish(&dump(&request));
    }
    let code = calib::run_logged(&request, File::create(LOG));
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
    if request.dump_args { cli::print(&text) } else { Ok(()) }
}
