//! What is known about the detector before a search: serial numbers, read-out direction, known-bad components.

use std::{fs::File, path::Path};

use anyhow::{Context as _, bail};
use sct_conditions::{KnownBad, SerialNumbers, Source};
use sct_id::{BarrelSwap, ReadoutSwap, WaferHash};
use sct_job::ExitCode;

use crate::{
    conditions::{self, Moment},
    failure::Coded,
    options::DetectorOptions,
};

/// Where the detector is described. What is missing is made up (serial numbers) or unknown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// Serial numbers, CSV.
    pub modules: Option<&'a Path>,
    /// Conditions with the folders of configuration and calibration, COOL.
    pub conditions: Option<&'a Path>,
    /// Known-bad components, CSV; they add to the conditions.
    pub known_bad: Option<&'a Path>,
    /// Read-out direction of all wafers, CSV; it wins over [`Self::barrel`].
    pub swap: Option<&'a Path>,
    /// Barrel side with reversed read-out.
    pub barrel: BarrelSwap,
}

/// The detector as one job sees it.
#[derive(Clone, Debug)]
pub struct Detector {
    /// Serial numbers of all modules.
    pub serials: SerialNumbers,
    /// Read-out direction of all wafers.
    pub swap: ReadoutSwap,
    /// Components known to be bad.
    pub known_bad: KnownBad,
}

impl Detector {
    /// Reads the tables and the database named on the command line.
    ///
    /// # Errors
    ///
    /// When one cannot be read; the exit code is that of a bad input file.
    pub fn read(options: &DetectorOptions, moment: Moment) -> anyhow::Result<Self> {
        let sources = Sources {
            modules: options.modules.as_deref(),
            conditions: options.conditions.as_deref(),
            known_bad: options.known_bad.as_deref(),
            swap: options.swap.as_deref(),
            barrel: options.swap_barrel.unwrap_or_default(),
        };
        Self::from_files(&sources, moment)
    }

    /// Reads the tables and the database that are given.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn from_files(sources: &Sources<'_>, moment: Moment) -> anyhow::Result<Self> {
        let serials = serials(sources.modules)?;
        let swap = swap(sources.swap, sources.barrel)?;
        let mut known_bad = KnownBad::default();
        if let Some(path) = sources.conditions {
            conditions::add_known_bad(&mut known_bad, path, moment, &serials, &swap)?;
        }
        if let Some(path) = sources.known_bad {
            known_bad.add_csv(open(path)?).with_context(|| bad_input(path))?;
        }
        for source in [Source::Configuration, Source::Calibration] {
            let [modules, links, chips, strips] = known_bad.counts(source);
            tracing::info!(
                "{source:?}: {modules} modules, {links} links, {chips} chips and {strips} strips are known to be bad"
            );
        }
        Ok(Self { serials, swap, known_bad })
    }
}

/// Serial numbers of all modules: those of a table if there is one, else the simulator's, with a warning.
///
/// # Errors
///
/// When the table cannot be read; the exit code is that of a bad input file.
pub fn serials(table: Option<&Path>) -> anyhow::Result<SerialNumbers> {
    if let Some(path) = table {
        return SerialNumbers::from_csv(open(path)?).with_context(|| bad_input(path));
    }
    tracing::warn!(
        "no table of serial numbers (--modules): the simulator's made-up numbers are used"
    );
    Ok(sct_sim::serial_numbers())
}

/// Read-out direction of all wafers: a table if there is one, else the rule of the geometry.
///
/// # Errors
///
/// When the table cannot be read; the exit code is that of a bad input file.
pub fn swap(table: Option<&Path>, barrel: BarrelSwap) -> anyhow::Result<ReadoutSwap> {
    match table {
        Some(path) => read_swap(path).with_context(|| bad_input(path)),
        None => Ok(ReadoutSwap::new(barrel)),
    }
}

fn bad_input(path: &Path) -> Coded {
    Coded::new(ExitCode::InputFileValidationFail, path.display().to_string())
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| bad_input(path))
}

/// A table with the header `hash,swap`: all wafers, 0 or 1 each.
fn read_swap(path: &Path) -> anyhow::Result<ReadoutSwap> {
    let mut swapped = vec![None; WaferHash::COUNT];
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(open(path)?);
    if reader.headers()?.iter().ne(["hash", "swap"]) {
        bail!("line 1: expected the header hash,swap");
    }
    for (record, line) in reader.deserialize::<(usize, u8)>().zip(2..) {
        let (hash, swap) = record?;
        let wafer = WaferHash::new(hash).with_context(|| format!("line {line}"))?;
        if swap > 1 || swapped[wafer.index()].replace(swap == 1).is_some() {
            bail!(
                "line {line}: swap of wafer {hash} is {swap} or given twice, expected 0 or 1 once"
            );
        }
    }
    let missing = swapped.iter().filter(|swap| swap.is_none()).count();
    if missing > 0 {
        bail!("{missing} wafers are missing, expected all {}", WaferHash::COUNT);
    }
    Ok(ReadoutSwap::from_fn(|wafer| swapped[wafer.index()].unwrap_or(false)))
}
