use std::path::PathBuf;

use crate::{error::Error, merge::difference::Difference, writer::WriteError};

/// Why files were not merged. Nothing is written then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is nothing to merge.
    #[error("no input files to merge")]
    NoInputs,
    /// The same file is given twice: its counts would be counted twice.
    #[error("input {} is the same file as input {}", path.display(), first.display())]
    SameInput {
        /// Path as given the second time.
        path: PathBuf,
        /// Path as given the first time.
        first: PathBuf,
    },
    /// The output would replace an input.
    #[error("output {} is one of the inputs", path.display())]
    OutputIsInput {
        /// Path of the output.
        path: PathBuf,
    },
    /// An input cannot be opened, or its directories cannot be read.
    #[error("cannot read {}", path.display())]
    Input {
        /// Path of the input.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// An object of an input cannot be read.
    #[error("cannot read {object} in {}", path.display())]
    Object {
        /// Path of the input.
        path: PathBuf,
        /// Path of the object in the file.
        object: String,
        /// What is wrong with it.
        source: Box<Error>,
    },
    /// Histograms of one path have different cells.
    #[error("{}: {object}: {difference} as in {}", path.display(), first.display())]
    Different {
        /// Path of the input that differs.
        path: PathBuf,
        /// Path of the object in the file.
        object: String,
        /// What differs.
        difference: Difference,
        /// The input that had the object first.
        first: PathBuf,
    },
    /// An object is of a class that cannot be added up.
    #[error("{}: {object} has class {class}, which cannot be merged", path.display())]
    OtherClass {
        /// Path of the input.
        path: PathBuf,
        /// Path of the object in the file.
        object: String,
        /// Its class.
        class: String,
    },
    /// A path is a directory in one input and an object in another.
    #[error("{}: {object} is a directory in one input and an object in another", path.display())]
    DirectoryAndObject {
        /// Path of the input in which it is the other thing.
        path: PathBuf,
        /// Path of the directory and the object.
        object: String,
    },
    /// The sum of a cell does not fit 32 bits.
    #[error("{}: {object}: the sum in cell {cell} does not fit a 32-bit integer", path.display())]
    Overflow {
        /// Path of the input with which the sum became too large.
        path: PathBuf,
        /// Path of the object in the file.
        object: String,
        /// Cell, with under- and overflow, counted from 0.
        cell: usize,
    },
    /// The output cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}
