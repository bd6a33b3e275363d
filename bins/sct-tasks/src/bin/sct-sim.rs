//! Makes simulated data with known defects.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use sct_id::{BarrelSwap, RunNumber};
use sct_job::ExitCode as Code;
use sct_sim::{Settings, simulate_run, write_conditions};
use sct_tasks::{
    cli::{self, AFTER_HELP, Verbosity},
    failure::{Coded, finish},
    simulation::run_info,
};

/// Makes simulated data with known defects, and the truth beside it. The same seeds give the same bytes.
#[derive(Debug, Parser)]
#[command(name = "sct-sim", version, after_help = AFTER_HELP)]
struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    verbosity: Verbosity,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Hit maps: SCTHitMaps.root, SCTLB.root, SCTBSErrors.root, truth.json and modules.csv.
    Hitmaps {
        #[command(flatten)]
        what: What,
        /// Folder for the files.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// What a search is told: earlier uploads, known-bad components, cabling and majority state (COOL), the components and
    /// the serial numbers as tables (CSV), the cabling as text.
    Conditions {
        #[command(flatten)]
        what: What,
        /// COOL file to write; the tables go beside it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// A whole run: hit maps, conditions, run information and truth.
    Run {
        #[command(flatten)]
        what: What,
        /// Folder for the files.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

#[derive(Clone, Debug, clap::Args)]
struct What {
    /// Seed of the hits.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seed of the detector and its defects.
    #[arg(long)]
    defect_seed: Option<u64>,
    /// Run number.
    #[arg(long)]
    run: Option<RunNumber>,
    /// Events of the run.
    #[arg(long)]
    events: Option<u64>,
    /// Lumi blocks of the run.
    #[arg(long)]
    lumi_blocks: Option<usize>,
    /// Files of the run.
    #[arg(long)]
    files: Option<usize>,
    /// Runs since the detector was new: later ones have earlier uploads.
    #[arg(long)]
    epoch: Option<u32>,
    /// Barrel side with reversed read-out: side0, side1 or none.
    #[arg(long, default_value_t)]
    swap_barrel: BarrelSwap,
    /// A small run for tests instead of a full-size one.
    #[arg(long)]
    small: bool,
}

impl What {
    fn settings(&self) -> Settings {
        let base = if self.small { Settings::small() } else { Settings::full_size() };
        Settings {
            seed: self.seed,
            defect_seed: self.defect_seed.unwrap_or(base.defect_seed),
            run: self.run.unwrap_or(base.run),
            events: self.events.unwrap_or(base.events),
            lumi_blocks: self.lumi_blocks.unwrap_or(base.lumi_blocks),
            files: self.files.unwrap_or(base.files),
            epoch: self.epoch.unwrap_or(base.epoch),
            swap: self.swap_barrel,
            ..base
        }
    }
}

fn main() -> ExitCode {
    let args: Args = cli::parse();
    args.verbosity.start_logging();
    finish(&run(&args.command))
}

fn run(command: &Command) -> anyhow::Result<()> {
    let failed = || Coded::new(Code::OutputFileError, "simulated files");
    match command {
        Command::Hitmaps { what, out } => {
            fs::create_dir_all(out).with_context(failed)?;
            simulate_run(&what.settings(), out)?;
            let modules = sct_sim::serial_numbers().to_csv();
            sct_wholefile::write(&out.join("modules.csv"), modules.as_bytes()).with_context(failed)
        }
        Command::Conditions { what, out } => {
            write_conditions(&what.settings(), out)?;
            Ok(())
        }
        Command::Run { what, out } => {
            let settings = what.settings();
            fs::create_dir_all(out).with_context(failed)?;
            write_conditions(&settings, &out.join("conditions.db"))?;
            simulate_run(&settings, out)?;
            sct_wholefile::write(&out.join("runInfo.txt"), run_info(&settings).to_text().as_bytes())
                .with_context(failed)
        }
    }
}
