//! Counts the byte-stream errors of one run.

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use sct_bs_error::ErrorCounts;
use sct_tasks::{
    cli::{self, AFTER_HELP},
    failure::finish,
    hist::{self, HistOptions, Task},
    options::hide_unused_and_conditions,
};

/// Counts byte-stream errors from monitoring histograms: events with each of twelve errors, by wafer, and links with errors
/// by layer and ring.
///
/// Writes BSErrorModuleSummary.xml, BSErrorSummaryFile.xml and mycool.db.
#[derive(Debug, Parser)]
#[command(name = "sct-bs-error", version, after_help = AFTER_HELP, mut_args(hide_unused_and_conditions))]
struct Options {
    #[command(flatten)]
    hist: HistOptions,
    /// How maps are counted: `truncate` cuts their content to a whole number, as the original does, so that newer files give
    /// only links with an error in every event, with count 1; `mean` gives the events with the error. `mean` is what is
    /// meant.
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    error_counts: Counts,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Counts {
    #[default]
    Truncate,
    Mean,
}

fn main() -> ExitCode {
    let options: Options = cli::parse();
    let counts = match options.error_counts {
        Counts::Truncate => ErrorCounts::Truncate,
        Counts::Mean => ErrorCounts::Mean,
    };
    finish(&hist::run(&options.hist, Task::BsErrors, counts))
}
