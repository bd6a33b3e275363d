//! Why there is no simulation.

use std::{io, path::PathBuf};

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting out of its range.
    #[error("setting {name} is {value}, expected {expected}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// More defects than wafers.
    #[error("no healthy wafer is left for more defects, expected fewer of them")]
    NoWaferLeft,
    /// A folder that cannot be made.
    #[error("folder {} cannot be made", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file that cannot be written.
    #[error(transparent)]
    Write(#[from] sct_wholefile::Error),
    /// A file that cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A truth file that is none.
    #[error("{} is no truth file of this version", path.display())]
    Truth {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// A histogram file that cannot be written.
    #[error("histogram file of the simulation")]
    Histograms(#[from] sct_histfile::Error),
    /// A monitoring file that cannot be written.
    #[error("monitoring file of the simulation")]
    Monitoring(#[from] sct_roothist::WriteError),
    /// A map that cannot be filled.
    #[error("map of the simulation")]
    Map(#[from] sct_hitmap::Error),
    /// A list that does not fit into the conditions database.
    #[error(transparent)]
    Row(#[from] sct_conditions::DefectRowError),
    /// A cabling that the conditions database cannot hold.
    #[error("folders of the simulated cabling")]
    Cabling(#[from] sct_cabling::cool::Inexpressible),
    /// The same for its text.
    #[error("text of the simulated cabling")]
    CablingText(#[from] sct_cabling::text::MissingSerialNumber),
    /// The conditions database cannot be written.
    #[error("{}: conditions cannot be written", path.display())]
    Cool {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
