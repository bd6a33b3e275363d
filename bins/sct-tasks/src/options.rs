//! Options that the task programs share. Names and meaning are fixed: other people's scripts use them.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::{Arg, Args};
use sct_id::{BarrelSwap, RunNumber};
use sct_job::{ExitCode, Properties};

use crate::{cli::Verbosity, failure::Coded};

/// Options of every program that runs a task, beside its inputs.
#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "the texts would show in --help")]
pub struct TaskOptions {
    #[command(flatten)]
    pub run: RunOptions,
    #[command(flatten)]
    pub properties: PropertyOptions,
    #[command(flatten)]
    pub detector: DetectorOptions,
    #[command(flatten)]
    pub output: OutputOptions,
    #[command(flatten)]
    pub verbosity: Verbosity,
}

/// Which run, and when it was.
#[derive(Args, Clone, Debug)]
pub struct RunOptions {
    /// Run number.
    #[arg(long, value_name = "N")]
    pub run: RunNumber,
    /// Run information as one line: run, project, start, end, number of lumi blocks, detectors.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["start", "end", "lumi_blocks"])]
    pub run_info: Option<PathBuf>,
    /// Start of the run, seconds since 1970; fractions allowed.
    #[arg(long, value_name = "SECONDS", requires = "end")]
    pub start: Option<f64>,
    /// End of the run, seconds since 1970; fractions allowed.
    #[arg(long, value_name = "SECONDS", requires = "start")]
    pub end: Option<f64>,
    /// Number of lumi blocks of the run; without it, those of the histograms.
    #[arg(long, value_name = "N")]
    pub lumi_blocks: Option<u32>,
}

/// Thresholds and other properties.
#[derive(Args, Clone, Debug, Default)]
pub struct PropertyOptions {
    /// Properties as TOML or JSON under the original's names (`NoisyStripThrOffline = 0.015`); repeatable, later wins.
    #[arg(long, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// One property, wins over the files; repeatable.
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
}

/// What is known about the detector.
#[derive(Args, Clone, Debug, Default)]
pub struct DetectorOptions {
    /// Serial numbers as CSV: `serial_number,module_compact_id,bec,layer_disk,phi,eta`. Without it the simulator's own.
    #[arg(long, value_name = "FILE")]
    pub modules: Option<PathBuf>,
    /// COOL database: lists of earlier runs, and components known to be bad (configuration and calibration folders).
    #[arg(long, value_name = "FILE")]
    pub conditions: Option<PathBuf>,
    /// More components known to be bad, as CSV: `source,kind,bec,layer_disk,phi,eta,side,number`.
    #[arg(long, value_name = "FILE")]
    pub known_bad: Option<PathBuf>,
    /// Barrel side with reversed read-out: side0, side1 or none [default: side1].
    #[arg(long, value_name = "SIDE")]
    pub swap_barrel: Option<BarrelSwap>,
    /// Read-out direction of all wafers as CSV: hash,swap.
    #[arg(long, value_name = "FILE", conflicts_with = "swap_barrel")]
    pub swap: Option<PathBuf>,
}

/// Takes [`DetectorOptions`] that say nothing to a task out of its `--help`, those of read-out and known-bad components.
/// They are still taken, so that one call fits all programs.
pub fn hide_unused(arg: Arg) -> Arg {
    let unused = matches!(arg.get_id().as_str(), "known_bad" | "swap" | "swap_barrel");
    if unused { arg.hide(true) } else { arg }
}

/// The same, conditions included.
pub fn hide_unused_and_conditions(arg: Arg) -> Arg {
    let conditions = arg.get_id() == "conditions";
    hide_unused(if conditions { arg.hide(true) } else { arg })
}

impl DetectorOptions {
    /// Warns of options that all programs take and that say nothing to this `task`; `conditions` when that is one.
    pub fn warn_of_unused(&self, task: &str, conditions: bool) {
        let given = [
            ("--conditions", conditions && self.conditions.is_some()),
            ("--known-bad", self.known_bad.is_some()),
            ("--swap", self.swap.is_some()),
            ("--swap-barrel", self.swap_barrel.is_some()),
        ];
        for (option, _) in given.into_iter().filter(|(_, given)| *given) {
            tracing::warn!("{option} has no effect on {task}");
        }
    }
}

impl PropertyOptions {
    /// The defaults with the files and the single properties in turn.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, names that are not known and values that cannot be.
    pub fn read(&self) -> Result<Properties, sct_job::Error> {
        let mut properties = Properties::default();
        self.config.iter().try_for_each(|path| properties.add_file(path))?;
        self.set.iter().try_for_each(|assignment| properties.set_text(assignment))?;
        Ok(properties)
    }
}

/// Folder and names of the outputs.
#[derive(Args, Clone, Debug)]
pub struct OutputPlace {
    /// Folder for the outputs.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Outputs are this, a dot, and their name.
    #[arg(long, value_name = "P", default_value = "", hide_default_value = true)]
    pub prefix: String,
}

impl OutputPlace {
    /// Path of the output `name` under the folder and prefix.
    pub fn path(&self, name: &str) -> PathBuf {
        let prefix = self.prefix.trim_end_matches('.');
        self.out.join(if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") })
    }

    /// Makes the folder.
    ///
    /// # Errors
    ///
    /// When it cannot be made; exit code `TRF_OUTPUT_FILE_ERROR`.
    pub fn create(&self) -> anyhow::Result<()> {
        fs::create_dir_all(&self.out).with_context(|| {
            Coded::new(ExitCode::OutputFileError, format!("output folder {}", self.out.display()))
        })
    }
}

/// Where results go.
#[derive(Args, Clone, Debug)]
pub struct OutputOptions {
    #[command(flatten)]
    #[expect(missing_docs, reason = "the text would show in --help")]
    pub place: OutputPlace,
    /// Print a summary of the result as JSON on standard output.
    #[arg(long)]
    pub json: bool,
    /// Draw the result into this folder, as SVG.
    #[arg(long, value_name = "DIR")]
    pub plots: Option<PathBuf>,
    /// Write the result as a ROOT TTree: one row per noisy strip, or per wafer.
    #[arg(long, value_name = "FILE")]
    pub ntuple: Option<PathBuf>,
}
