//! Measures the hit efficiency of one run.

use std::process::ExitCode;

use clap::Parser;
use sct_bs_error::ErrorCounts;
use sct_tasks::{
    cli::{self, AFTER_HELP},
    failure::finish,
    hist::{self, HistOptions, Task},
    options::hide_unused_and_conditions,
};

/// Measures hit efficiency from monitoring histograms, by wafer, for all bunches and for the first of a train, with means
/// by layer and ring.
///
/// Writes EfficiencyModuleSummary.xml, EfficiencySummaryFile.xml and mycool.db; EfficiencyChipSummary.xml when the property
/// `EfficiencyDoChips` is true.
#[derive(Debug, Parser)]
#[command(name = "sct-efficiency", version, after_help = AFTER_HELP, mut_args(hide_unused_and_conditions))]
struct Options {
    #[command(flatten)]
    hist: HistOptions,
}

fn main() -> ExitCode {
    let options: Options = cli::parse();
    finish(&hist::run(&options.hist, Task::Efficiency, ErrorCounts::default()))
}
