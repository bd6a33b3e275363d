//! A file for as long as it is worked on.

use std::path::{Path, PathBuf};

use sct_bytestream::storage::RawFile;

use crate::{Bytes, Error, Open};

/// A file is held for about so many bytes and then opened anew: what a map of it takes up is given back.
pub(crate) const STEP: u64 = 16 << 20;

/// A file that is open.
pub(crate) struct Held<'a> {
    path: PathBuf,
    bytes: Bytes<'a>,
}

impl<'a> Held<'a> {
    pub(crate) fn open(path: &Path, open: Open<'a>) -> Result<Self, Error> {
        let bytes = open(path)
            .map_err(|error| Error::Open { path: path.to_owned(), reason: error.to_string() })?;
        Ok(Self { path: path.to_owned(), bytes })
    }

    pub(crate) fn file(&self) -> Result<RawFile<'_>, Error> {
        RawFile::new(&self.bytes).map_err(|source| Error::File { path: self.path.clone(), source })
    }

    /// The error for a file that is another one when it is opened again.
    pub(crate) fn changed(&self) -> Error {
        Error::Open { path: self.path.clone(), reason: "it changed while it was read".to_owned() }
    }
}
