//! Folders and whole files.

use std::path::Path;

use crate::Error;

/// Makes a folder and those above it.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder)
        .map_err(|source| Error::Folder { path: folder.to_owned(), source })
}

/// Writes a file, whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    Ok(sct_wholefile::write(path, bytes)?)
}
