//! Histograms and directories in ROOT files, read and written.
//!
//! A ROOT file is a list of keyed records, big-endian throughout, gathered in directories. This crate reads and writes
//! the part of the format that monitoring and calibration files use: nested directories of one- and two-dimensional
//! histograms and profiles ([`Class`]). Other classes are listed and passed over. Nothing here knows about the detector.
//!
//! The format is described in `docs/formats/root.md`.

mod compress;
mod encode;
mod model;
mod streamer;
mod writer;

pub use self::model::{
    Axis, AxisStyle, Class, Contents, Histogram, LineStyle, Profile, Stats, UnknownClass,
};
pub use self::{
    compress::Compression,
    writer::{Date, Duplicates, Encoded, Encoder, FileWriter, Summary, WriteError, WriteOptions},
};
