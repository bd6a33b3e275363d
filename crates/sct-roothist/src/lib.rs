//! Histograms and directories in ROOT files, read and written.
//!
//! A ROOT file is a list of keyed records, big-endian throughout, gathered in directories. This crate reads and writes
//! the part of the format that monitoring and calibration files use: nested directories of one- and two-dimensional
//! histograms and profiles ([`Class`]). Other classes are listed and passed over. Nothing here knows about the detector.
//!
//! The format is described in `docs/formats/root.md`.
//!
//! ```
//! use sct_roothist::{Axis, Class, FileWriter, Histogram, RootFile, WriteOptions};
//!
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("hits.root");
//! let mut hits = Histogram::new(Class::Th1F, "hits", "Hits", Axis::uniform(0, 768, -0.5, 767.5), None);
//! hits.entries = 3.0;
//! let mut writer = FileWriter::create(&path, WriteOptions::default())?;
//! writer.directory("SCTB")?.write(&hits)?;
//! writer.finish()?;
//! assert_eq!(RootFile::open(&path)?.histogram("SCTB/hits")?, hits);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bytes;
mod compare;
mod compress;
mod deflate;
mod directory;
mod encode;
mod error;
mod file;
mod in_order;
mod index;
mod key;
mod merge;
mod model;
mod pool;
mod source;
mod statistics;
mod streamer;
mod unpack;
mod view;
mod writer;

pub use self::model::{
    Axis, AxisStyle, Class, Contents, Histogram, LineStyle, Profile, Stats, UnknownClass,
};
pub use self::{
    bytes::{BeSlice, BigEndian},
    compare::{CellDifferences, Comparison, Quantity},
    compress::Compression,
    error::Error,
    file::{Key, RootFile, Scratch},
    merge::{
        Difference, InputReport, MergeError, MergeOptions, MergeReport, ObjectReport, Progress,
        Skipped, merge,
    },
    statistics::Moments,
    view::{AxisView, ContentsView, ProfileView, View},
    writer::{Date, Duplicates, Encoded, Encoder, FileWriter, Summary, WriteError, WriteOptions},
};
