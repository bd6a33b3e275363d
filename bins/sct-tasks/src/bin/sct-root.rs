//! Looks into files of histograms, and compares them.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use sct_tasks::{
    cli::{self, AFTER_HELP, Verbosity},
    failure::finish,
    root::{self, DiffOptions, ShowOptions},
};

/// Looks into ROOT files with histograms of any origin, and compares them. Objects are decoded when they are asked for;
/// other classes are listed and passed over.
#[derive(Debug, Parser)]
#[command(name = "sct-root", version, after_help = AFTER_HELP)]
struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lists the objects of a file: name, cycle, class, title, entries.
    Ls {
        /// ROOT file.
        file: PathBuf,
        /// Only what is at or below this path.
        path: Option<String>,
        /// One JSON object a line, with the sizes too.
        #[arg(long)]
        json: bool,
    },
    /// Shows one histogram: statistics, axes, bins; drawn in the terminal.
    Show(ShowOptions),
    /// Compares all histograms of two files bin by bin. Ends with 0 when they are equal, with 1 when anything differs.
    Diff(DiffOptions),
}

fn main() -> ExitCode {
    let args: Args = cli::parse();
    args.verbosity.start_logging();
    finish(&match &args.command {
        Command::Ls { file, path, json } => root::list(file, path.as_deref(), *json),
        Command::Show(options) => root::show(options),
        Command::Diff(options) => root::diff(options, args.verbosity.quiet),
    })
}
