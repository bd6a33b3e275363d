//! Run information, run selection, run query.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sct_tasks::{
    cli::{self, AFTER_HELP},
    failure::finish,
    run::{info, order, query, select},
};

/// What run control knows of a run and of many, and whether a run is calibrated.
#[derive(Debug, Parser)]
#[command(name = "sct-run", version, after_help = AFTER_HELP)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes runInfo.txt: start, end, lumi blocks and SCT parts of a run.
    Info(info::Args),
    /// Says whether a run is calibrated: conditions on the run, then the order of runs.
    Select(select::Args),
    /// Asks which runs there were, in the language of the run query.
    Query(Box<query::Args>),
    /// Fills the table of runs from CSV, JSON, or reports of jobs that filled hit maps.
    Import(query::Import),
    /// Shows and changes the order of runs: which run waits for which, since when and why.
    Order(order::Args),
}

fn main() -> ExitCode {
    let args: Args = cli::parse();
    finish(&match &args.command {
        Command::Info(args) => info::run(args),
        Command::Select(args) => select::run(args),
        Command::Query(args) => query::run(args),
        Command::Import(args) => query::import(args),
        Command::Order(args) => order::run(args),
    })
}
