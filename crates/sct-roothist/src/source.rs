//! Where the bytes of a file come from.

use std::{
    fs::File,
    io,
    ops::Range,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

use sct_wholefile::Mapped;

use crate::Error;

/// The bytes of one file: mapped, read by position, or already in memory.
#[derive(Debug)]
pub(crate) struct Source {
    path: PathBuf,
    length: u64,
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    /// Pages come and go as the system likes: for files of which parts are read.
    Mapped(Mapped),
    /// Only what is read stays resident: for many big files at once.
    Positioned(File),
    Memory(Vec<u8>),
}

/// A stretch of a file that was read at once, because its parts are needed soon: one call instead of many.
#[derive(Debug, Default)]
pub(crate) struct Stretch {
    start: u64,
    bytes: Vec<u8>,
}

impl Stretch {
    /// The bytes `offset..offset + length`, if all of them are here.
    fn get(&self, offset: u64, length: usize) -> Option<&[u8]> {
        let start = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(start..start.checked_add(length)?)
    }
}

impl Source {
    pub(crate) fn map(path: &Path) -> Result<Self, Error> {
        let (file, length) = open(path)?;
        let map =
            Mapped::new(&file).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), length, bytes: Bytes::Mapped(map) })
    }

    pub(crate) fn positioned(path: &Path) -> Result<Self, Error> {
        let (file, length) = open(path)?;
        Ok(Self { path: path.to_owned(), length, bytes: Bytes::Positioned(file) })
    }

    pub(crate) fn memory(name: &Path, bytes: Vec<u8>) -> Self {
        Self { path: name.to_owned(), length: bytes.len() as u64, bytes: Bytes::Memory(bytes) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// The bytes `offset..offset + length`, through `scratch` where they are not in memory.
    pub(crate) fn read<'a>(
        &'a self,
        offset: u64,
        length: usize,
        what: &str,
        scratch: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], Error> {
        let end = offset.checked_add(length as u64).filter(|&end| end <= self.length).ok_or_else(
            || Error::Truncated {
                path: self.path.clone(),
                what: what.to_owned(),
                offset,
                end: offset.saturating_add(length as u64),
                length: self.length,
            },
        )?;
        let whole = match &self.bytes {
            Bytes::Mapped(map) => &map[..],
            Bytes::Memory(bytes) => bytes,
            Bytes::Positioned(file) => {
                scratch.resize(length, 0);
                file.read_exact_at(scratch, offset).map_err(|source| self.io(source))?;
                return Ok(scratch);
            }
        };
        let (Ok(start), Ok(end)) = (usize::try_from(offset), usize::try_from(end)) else {
            return Err(self.io(io::Error::from(io::ErrorKind::FileTooLarge)));
        };
        Ok(&whole[start..end])
    }

    /// Reads `range` ahead where single reads would cost a call each. What goes wrong leaves the stretch empty: reading
    /// the parts will tell which one is concerned.
    pub(crate) fn read_ahead(&self, range: Range<u64>, ahead: &mut Stretch) {
        ahead.bytes.clear();
        let Bytes::Positioned(file) = &self.bytes else { return };
        let length = range.end.min(self.length).saturating_sub(range.start);
        let Ok(length) = usize::try_from(length) else { return };
        ahead.start = range.start;
        ahead.bytes.resize(length, 0);
        if file.read_exact_at(&mut ahead.bytes, range.start).is_err() {
            ahead.bytes.clear();
        }
    }

    /// As [`Source::read`], from `ahead` where it has the bytes.
    pub(crate) fn read_with<'a>(
        &'a self,
        ahead: &'a Stretch,
        offset: u64,
        length: usize,
        what: &str,
        scratch: &'a mut Vec<u8>,
    ) -> Result<&'a [u8], Error> {
        match ahead.get(offset, length) {
            Some(bytes) => Ok(bytes),
            None => self.read(offset, length, what, scratch),
        }
    }

    fn io(&self, source: io::Error) -> Error {
        Error::Io { path: self.path.clone(), source }
    }
}

fn open(path: &Path) -> Result<(File, u64), Error> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    if metadata.is_dir() {
        return Err(io(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    Ok((file, metadata.len()))
}
