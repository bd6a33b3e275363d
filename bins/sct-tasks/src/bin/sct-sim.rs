//! Makes simulated data with known defects.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use sct_id::{BarrelSwap, RunNumber};
use sct_job::ExitCode as Code;
use sct_sim::{
    DefectNumbers, HistSettings, HistStyle, Packing, RawSettings, ResultSettings, Settings,
    Standby, WorldSettings, Zlib, simulate_hist, simulate_raw, simulate_run, write_conditions,
    write_results,
};
use sct_tasks::{
    cli::{self, AFTER_HELP, Verbosity},
    failure::{Coded, finish},
    simulation::{run_info, world},
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
    /// RAW files as the data acquisition names and writes them, truth.json, raw.json (what goes wrong in them), cabling.dat,
    /// modules.csv and runInfo.txt.
    Raw {
        #[command(flatten)]
        what: What,
        #[command(flatten)]
        how: How,
        /// Folder for the files.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Monitoring histograms: a HIST file, and truth.json beside it.
    Hist {
        #[command(flatten)]
        what: Monitoring,
        /// HIST file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// What a search is told: earlier uploads, known-bad components, cabling, majority state, voltages with trips and times of
    /// lumi blocks (COOL), the components and the serial numbers as tables (CSV), the cabling as text, the trips as
    /// hv-truth.json.
    Conditions {
        #[command(flatten)]
        what: What,
        /// COOL file to write; the tables go beside it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// A small world: run control, LHC, magnets and the table of runs of thirty runs of different kinds, and two master
    /// databases; world.json has the truth.
    World {
        /// Seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Number of the first run.
        #[arg(long)]
        first_run: Option<RunNumber>,
        /// Runs, 12 or more: one of each kind at least.
        #[arg(long, default_value_t = 30)]
        runs: usize,
        /// Lumi blocks of a run at most.
        #[arg(long, default_value_t = 120)]
        lumi_blocks: u32,
        /// When the last run has its last lumi block so far, as 2026-11-24T12:00:00Z.
        #[arg(long, value_name = "TIME")]
        until: Option<jiff::Timestamp>,
        /// Folder for the files.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Results of all eight tasks of many runs, as the loop keeps them: results/RUN/KIND/ with summaries and reports; the
    /// newest runs also have lists by module and databases.
    Results {
        /// Seed.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Runs.
        #[arg(long, value_name = "N")]
        runs: u32,
        /// Number of the first run.
        #[arg(long, value_name = "RUN", default_value = "420000")]
        first: RunNumber,
        /// Newest runs with lists by module and databases.
        #[arg(long, value_name = "K", default_value_t = 20)]
        databases: u32,
        /// Folder of the data.
        #[arg(long, value_name = "DATA")]
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
    /// Bursts: lumi blocks in which a large part of the detector is noisy.
    #[arg(long)]
    bursts: Option<usize>,
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

/// What is monitored, and by which producer.
#[derive(Clone, Debug, clap::Args)]
struct Monitoring {
    /// Run number.
    #[arg(long)]
    run: RunNumber,
    /// Events monitored.
    #[arg(long, default_value_t = 200_000)]
    events: u64,
    /// Seed of the numbers.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seed of the detector and its defects; that of the numbers when absent.
    #[arg(long)]
    defect_seed: Option<u64>,
    /// Lumi blocks of the run.
    #[arg(long)]
    lumi_blocks: Option<usize>,
    /// Producer: run2 or run3.
    #[arg(long, default_value_t)]
    style: HistStyle,
    /// Efficiencies by chip too.
    #[arg(long)]
    chips: bool,
    /// Error maps in one folder instead of one for each kind.
    #[arg(long)]
    flat_errors: bool,
    /// A detector that was not ready: empty, sparse or noisy.
    #[arg(long, value_name = "STATE")]
    standby: Option<Standby>,
}

impl Monitoring {
    fn settings(&self) -> HistSettings {
        let base = HistSettings::new(self.run, self.events, self.seed);
        HistSettings {
            defect_seed: self.defect_seed.unwrap_or(base.defect_seed),
            lumi_blocks: self.lumi_blocks.unwrap_or(base.lumi_blocks),
            style: self.style,
            chips: self.chips,
            flat_errors: self.flat_errors,
            standby: self.standby,
            ..base
        }
    }
}

/// How RAW files are written.
#[derive(Clone, Debug, clap::Args)]
struct How {
    /// Packing of hits.
    #[arg(long, value_name = "PACKING", default_value = "condensed", value_parser = named::<Packing>)]
    packing: Packing,
    /// Version of the events: 4 or 5.
    #[arg(long, default_value_t = 5)]
    event_version: u16,
    /// Version of the files: 2, 5 or 6.
    #[arg(long, default_value_t = 6)]
    file_version: u32,
    /// What is compressed: none, events or files.
    #[arg(long, value_name = "WHAT", default_value = "none", value_parser = named::<Zlib>)]
    zlib: Zlib,
    /// No checksums.
    #[arg(long)]
    no_checksums: bool,
    /// Links without hits send header and trailer all the same.
    #[arg(long)]
    empty_links: bool,
    /// RODs that are absent from the whole run.
    #[arg(long, value_name = "N")]
    missing_rods: Option<usize>,
    /// Probability that something is wrong with a ROD in an event.
    #[arg(long, value_name = "P")]
    rod_faults: Option<f64>,
    /// Probability that an event has some clusters on an unknown fibre.
    #[arg(long, value_name = "P")]
    unknown_ids: Option<f64>,
    /// Probability that it has more than ten.
    #[arg(long, value_name = "P")]
    many_unknown_ids: Option<f64>,
}

/// A value by its name in settings.
fn named<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error: serde_json::Error| error.to_string())
}

impl How {
    fn settings(&self) -> RawSettings {
        let base = RawSettings::default();
        RawSettings {
            packing: self.packing,
            event_version: self.event_version,
            file_version: self.file_version,
            zlib: self.zlib,
            checksums: !self.no_checksums,
            empty_links: self.empty_links,
            missing_rods: self.missing_rods.unwrap_or(base.missing_rods),
            rod_faults: self.rod_faults.unwrap_or(base.rod_faults),
            unknown_ids: self.unknown_ids.unwrap_or(base.unknown_ids),
            many_unknown_ids: self.many_unknown_ids.unwrap_or(base.many_unknown_ids),
        }
    }
}

impl What {
    fn settings(&self) -> Settings {
        let base = if self.small { Settings::small() } else { Settings::full_size() };
        let bursts = self.bursts.unwrap_or(base.defects.bursts);
        Settings {
            defects: DefectNumbers { bursts, ..base.defects.clone() },
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
        Command::Raw { what, how, out } => {
            let settings = what.settings();
            fs::create_dir_all(out).with_context(failed)?;
            let run = simulate_raw(&settings, &how.settings(), out)?;
            let counts = serde_json::json!(run.counts);
            let cabling = sct_cabling::text::write(&run.cabling).with_context(failed)?;
            for (name, text) in [
                ("raw.json", format!("{counts:#}\n")),
                ("cabling.dat", cabling),
                ("modules.csv", sct_sim::serial_numbers().to_csv()),
                ("runInfo.txt", run_info(&settings).to_text()),
            ] {
                sct_wholefile::write(&out.join(name), text.as_bytes()).with_context(failed)?;
            }
            Ok(())
        }
        Command::Hist { what, out } => {
            simulate_hist(&what.settings(), out)?;
            Ok(())
        }
        Command::Conditions { what, out } => {
            write_conditions(&what.settings(), out)?;
            Ok(())
        }
        Command::World { seed, first_run, runs, lumi_blocks, until, out } => {
            let base = WorldSettings::default();
            let until = until.map_or(Ok(base.until), |time| u64::try_from(time.as_second()));
            let settings = WorldSettings {
                seed: *seed,
                first_run: first_run.unwrap_or(base.first_run),
                runs: *runs,
                lumi_blocks: *lumi_blocks,
                until: until.context("--until is before 1970")?,
                given: Vec::new(),
            };
            world(&settings, out).map(|_| ())
        }
        Command::Results { seed, runs, first, databases, out } => {
            let (seed, runs, databases) = (*seed, *runs, *databases);
            let settings = ResultSettings { seed, first_run: *first, runs, databases };
            Ok(write_results(&settings, out)?)
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
