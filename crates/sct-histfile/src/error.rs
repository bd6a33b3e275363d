//! What can be wrong with a histogram file, and what is merely odd.

use std::{fmt, path::PathBuf};

use sct_id::WaferHash;

/// Why a file was not read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The ROOT file or an object in it.
    #[error(transparent)]
    Root(#[from] sct_roothist::Error),
    /// The ROOT file cannot be written.
    #[error(transparent)]
    Write(#[from] sct_roothist::WriteError),
    /// A histogram of another class or binning.
    #[error("{}: {object} is {found}, expected {expected}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Path of the histogram.
        object: String,
        /// Class and axes found.
        found: String,
        /// Class and axes expected.
        expected: String,
    },
    /// A bin content that is no count.
    #[error("{}: {object} has {value} in bin {bin}, expected a whole number from 0 to 4294967295", path.display())]
    NotACount {
        /// The file.
        path: PathBuf,
        /// Path of the histogram.
        object: String,
        /// Bin from 1; 0 is the entry count.
        bin: usize,
        /// Content found.
        value: f64,
    },
    /// More wafers missing than allowed.
    #[error("{}: histograms of {missing} wafers are missing, at most {allowed} may be (first {first})", path.display())]
    MissingWafers {
        /// The file.
        path: PathBuf,
        /// How many.
        missing: usize,
        /// How many may be.
        allowed: usize,
        /// The first of them.
        first: String,
    },
    /// A count too large to be stored exactly in a histogram of single precision.
    #[error("{}: {object} cannot hold {count} exactly in single precision", path.display())]
    TooMany {
        /// The file.
        path: PathBuf,
        /// Path of the histogram.
        object: String,
        /// The count.
        count: u32,
    },
}

/// Something odd that does not stop the work.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// Wafers without a histogram; they count as without hits.
    MissingWafers(Vec<WaferHash>),
    /// Wafers whose entry count differs from the sum of their contents.
    EntriesDiffer(Vec<WaferHash>),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (wafers, what) = match self {
            Self::MissingWafers(wafers) => (wafers, "have no histogram and count as without hits"),
            Self::EntriesDiffer(wafers) => {
                (wafers, "have an entry count that differs from the sum of their contents")
            }
        };
        let first: Vec<String> =
            wafers.iter().take(3).map(|wafer| wafer.position().to_string()).collect();
        let more = if wafers.len() > first.len() { ", ..." } else { "" };
        write!(f, "{} wafers {what} ({}{more})", wafers.len(), first.join(", "))
    }
}
