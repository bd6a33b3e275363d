//! Fits the Lorentz angle of one run.

use std::process::ExitCode;

use clap::Parser;
use sct_bs_error::ErrorCounts;
use sct_tasks::{
    cli::{self, AFTER_HELP},
    failure::finish,
    hist::{self, HistOptions, Task},
    options::hide_unused_and_conditions,
};

/// Fits the Lorentz angle of the barrel sensors to the mean width of clusters against the angle of tracks, by layer, side and
/// crystal orientation.
///
/// Writes LorentzAngleFile.xml, LorentzAngleSummaryFile.xml and mycool.db; FittingDebugFile.root with profiles and curves when
/// the property `LorentzAngleDebugMode` is true.
#[derive(Debug, Parser)]
#[command(name = "sct-lorentz-angle", version, after_help = AFTER_HELP, mut_args(hide_unused_and_conditions))]
struct Options {
    #[command(flatten)]
    hist: HistOptions,
}

fn main() -> ExitCode {
    let options: Options = cli::parse();
    finish(&hist::run(&options.hist, Task::LorentzAngle, ErrorCounts::default()))
}
