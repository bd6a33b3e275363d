//! Why a file was not read.

use std::{io, path::PathBuf};

/// Why a ROOT file, or an object in it, was not read. Offsets are bytes from the start of the file; inside a compressed
/// object they count from the start of its unpacked payload, and the message says so.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file system refused.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not begin like a ROOT file.
    #[error("{} is no ROOT file: it does not begin with 'root'", path.display())]
    NotRoot {
        /// The file.
        path: PathBuf,
    },
    /// The file ends before it should, or points outside itself.
    #[error("{}: {what} needs bytes {offset} to {end}, the file has {length}; it is truncated or damaged", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// What was to be read.
        what: String,
        /// First byte needed.
        offset: u64,
        /// First byte past the need.
        end: u64,
        /// Length of the file.
        length: u64,
    },
    /// The structure of the file contradicts itself.
    #[error("{}: {place} is damaged at byte {offset}: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Object or structure.
        place: String,
        /// Byte in the file, or in the unpacked payload where `place` says so.
        offset: u64,
        /// What was found and what was expected.
        detail: String,
    },
    /// A form of an object that this crate does not read.
    #[error("{}: {object} cannot be read: {detail}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Path of the object.
        object: String,
        /// Class and version, or feature.
        detail: String,
    },
    /// The file has no such object.
    #[error("{} has no object {object}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// Path of the object.
        object: String,
    },
}
