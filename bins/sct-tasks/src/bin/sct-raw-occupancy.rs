//! Measures the raw occupancy of one run.

use std::process::ExitCode;

use clap::Parser;
use sct_bs_error::ErrorCounts;
use sct_tasks::{
    cli::{self, AFTER_HELP},
    failure::finish,
    hist::{self, HistOptions, Task},
    options::hide_unused_and_conditions,
};

/// Measures raw occupancy from monitoring histograms: all hits per strip and event, by wafer, with means by layer and
/// ring.
///
/// Writes RawOccupancySummaryFile.xml and mycool.db.
#[derive(Debug, Parser)]
#[command(name = "sct-raw-occupancy", version, after_help = AFTER_HELP, mut_args(hide_unused_and_conditions))]
struct Options {
    #[command(flatten)]
    hist: HistOptions,
}

fn main() -> ExitCode {
    let options: Options = cli::parse();
    finish(&hist::run(&options.hist, Task::RawOccupancy, ErrorCounts::default()))
}
