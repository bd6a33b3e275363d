//! What can be wrong with a histogram file, and what is merely odd.

use std::{fmt, path::PathBuf};

use sct_hitmap::ByteStreamError;
use sct_id::{Plane, RunNumber, WaferHash};

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
    /// Counts that do not fit together.
    #[error(transparent)]
    Map(#[from] sct_hitmap::Error),
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
    /// Events after the last lumi block, whose hits may be in its window.
    #[error("{}: {events} events lie after lumi block {last}, in a window that was to be left out: it cannot be told which hits are theirs", path.display())]
    EventsOutside {
        /// The file.
        path: PathBuf,
        /// How many.
        events: u64,
        /// The last lumi block of the file.
        last: usize,
    },
    /// A HIST file of another run.
    #[error("{}: there is no directory run_{run}: {}", path.display(), runs(found))]
    WrongRun {
        /// The file.
        path: PathBuf,
        /// The run asked for.
        run: RunNumber,
        /// The runs the file has, ascending.
        found: Vec<u32>,
    },
    /// A bin of a map of modules that cannot be what it should.
    #[error("{}: {object} has content {content} and {entries} entries for wafer {}, expected finite numbers, counts not below 0", path.display(), wafer.position())]
    BadBin {
        /// The file.
        path: PathBuf,
        /// Path of the histogram.
        object: String,
        /// The wafer of the bin.
        wafer: WaferHash,
        /// Content, or sum of a profile.
        content: f64,
        /// Entries of the bin of a profile, else 0.
        entries: f64,
    },
    /// No map of a byte-stream error.
    #[error("{}: there is no map of {kind} for the {}, tried {}", path.display(), plane.name(), tried.join(", "))]
    NoErrorMap {
        /// The file.
        path: PathBuf,
        /// The error type.
        kind: ByteStreamError,
        /// The plane.
        plane: Plane,
        /// The names under which it was looked for.
        tried: Vec<String>,
    },
}

/// What a file has instead of the run asked for.
fn runs(found: &[u32]) -> String {
    let list = |runs: &[u32]| runs.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    match found {
        [] => "the file has no run at all, so it is no HIST file".to_owned(),
        [run] => format!("the file has run {run}"),
        runs => format!("the file has runs {}", list(runs)),
    }
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
