//! The command line as every program has it: logging flags, completions, man pages, usage errors with their exit code.

use std::{ffi::OsString, io, process};

use anyhow::Context as _;
use clap::{ArgMatches, Args, Command, CommandFactory, Parser};
use sct_job::ExitCode;

use crate::logging;

/// Flags of every program.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Verbosity {
    /// Say more on standard error; twice for details.
    #[arg(short, long, action = clap::ArgAction::Count, global = true, display_order = 900)]
    pub verbose: u8,
    /// Say only errors.
    #[arg(short, long, global = true, conflicts_with = "verbose", display_order = 901)]
    pub quiet: bool,
}

/// The line at the end of every `--help`.
pub const AFTER_HELP: &str = "Shell completions: PROGRAM --completions bash|zsh|fish|elvish|powershell. Man page: PROGRAM --man.\nExit codes: docs/operations.md; 0 is success, also when there was nothing to store.";

/// Parses the command line of a program; answers `--help`, `--version`, `--completions SHELL` and `--man`.
///
/// A wrong command line ends the program with the code of `TRF_ARG_ERROR`.
pub fn parse<A: Parser + CommandFactory>() -> A {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    answer_generated(A::command(), &arguments);
    A::try_parse_from(arguments).unwrap_or_else(|error| stop(&error))
}

/// The same for a command that is put together at run time; `refused` hears of a wrong command line before the program
/// ends.
pub fn matches(command: Command, refused: impl FnOnce(&str)) -> ArgMatches {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    answer_generated(command.clone(), &arguments);
    command.try_get_matches_from(arguments).unwrap_or_else(|error| {
        if error.use_stderr() {
            refused(&error.to_string());
        }
        stop(&error)
    })
}

/// Prints text on standard output. A reader that closes the pipe early, as `head` does, is no failure.
///
/// # Errors
///
/// When standard output cannot be written.
pub fn print(text: &str) -> anyhow::Result<()> {
    match io::Write::write_all(&mut io::stdout(), text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("standard output")
        }
        _ => Ok(()),
    }
}

fn answer_generated(command: Command, arguments: &[OsString]) {
    if let Some(text) = generated(command, arguments) {
        // A reader that closes the pipe early is no failure of ours.
        let _ = io::Write::write_all(&mut io::stdout(), &text);
        process::exit(0);
    }
}

/// Prints help or a complaint and ends the program.
fn stop(error: &clap::Error) -> ! {
    let code = if error.use_stderr() { ExitCode::ArgError.number() } else { 0 };
    let _ = error.print();
    process::exit(code)
}

/// The completion script or man page asked for by the first argument, if it asks for one.
fn generated(mut command: Command, arguments: &[OsString]) -> Option<Vec<u8>> {
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    match (arguments.get(1)?.to_str()?, arguments.get(2).and_then(|shell| shell.to_str())) {
        ("--completions", Some(shell)) => {
            let shell: clap_complete::Shell = shell.parse().ok()?;
            clap_complete::generate(shell, &mut command, name, &mut text);
        }
        ("--man", None) => clap_mangen::Man::new(command).render(&mut text).ok()?,
        _ => return None,
    }
    Some(text)
}

impl Verbosity {
    /// Starts logging to standard error at this level.
    pub fn start_logging(self) {
        logging::start(self, None);
    }
}
