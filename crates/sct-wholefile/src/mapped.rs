//! Files in memory without reading them first.

use std::{fs::File, io, ops::Deref, path::Path};

use memmap2::Mmap;

/// The bytes of a file, mapped: pages come and go as the system likes.
#[derive(Debug)]
pub struct Mapped {
    /// Nothing for an empty file, which cannot be mapped.
    map: Option<Mmap>,
}

impl Mapped {
    /// Maps a file.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, or is a folder.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::new(&File::open(path)?)
    }

    /// Maps an open file.
    ///
    /// # Errors
    ///
    /// When it cannot be mapped, or is a folder.
    #[expect(
        unsafe_code,
        reason = "mapping a file is the one thing here that the language cannot vouch for"
    )]
    pub fn new(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        if metadata.len() == 0 {
            return Ok(Self { map: None });
        }
        // SAFETY: the map is read only and its length is fixed when it is made. What remains is another process that changes
        // the file meanwhile: data files and results appear under their name complete and are never written again.
        let map = unsafe { Mmap::map(file) }?;
        Ok(Self { map: Some(map) })
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for bytes in [&b""[..], b"some"] {
            crate::write(&path, bytes).unwrap();
            assert_eq!(&*Mapped::open(&path).unwrap(), bytes);
        }
        let error = Mapped::open(folder.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::IsADirectory);
        assert!(Mapped::open(&folder.path().join("missing")).is_err());
    }
}
