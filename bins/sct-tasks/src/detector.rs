//! What is known about the detector before a search: serial numbers, read-out direction, known-bad components.

use std::{fs::File, path::Path};

use anyhow::{Context as _, bail};
use sct_conditions::{KnownBad, SerialNumbers};
use sct_id::{BarrelSwap, ReadoutSwap, WaferHash};
use sct_job::ExitCode;

use crate::{failure::Coded, options::DetectorOptions};

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
    /// Reads the tables named on the command line.
    ///
    /// # Errors
    ///
    /// When a table cannot be read; the exit code is that of a bad input file.
    pub fn read(options: &DetectorOptions) -> anyhow::Result<Self> {
        let (modules, known_bad) = (options.modules.as_deref(), options.known_bad.as_deref());
        Self::from_files(modules, known_bad, options.swap.as_deref(), options.swap_barrel)
    }

    /// Reads the tables that are given.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn from_files(
        modules: Option<&Path>,
        known_bad: Option<&Path>,
        swap: Option<&Path>,
        barrel: BarrelSwap,
    ) -> anyhow::Result<Self> {
        let serials = if let Some(path) = modules {
            SerialNumbers::from_csv(open(path)?).with_context(|| bad_input(path))?
        } else {
            tracing::warn!(
                "no table of serial numbers (--modules): the simulator's made-up numbers are used"
            );
            sct_sim::serial_numbers()
        };
        let mut known = KnownBad::default();
        if let Some(path) = known_bad {
            known.add_csv(open(path)?).with_context(|| bad_input(path))?;
        }
        let swap = match swap {
            Some(path) => read_swap(path).with_context(|| bad_input(path))?,
            None => ReadoutSwap::new(barrel),
        };
        Ok(Self { serials, swap, known_bad: known })
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
