use std::{
    fs::File,
    io::{self, BufWriter, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use sct_wholefile::Pending;

use crate::writer::error::WriteError;

/// Bytes gathered before they go to the system.
const BUFFER: usize = 1 << 20;

/// A file without a name yet, written from front to back and patched at the end.
#[derive(Debug)]
pub(super) struct Output {
    target: PathBuf,
    pending: Pending,
    /// To the pending file.
    file: BufWriter<File>,
    position: u64,
    patches: Vec<(u64, Vec<u8>)>,
}

impl Output {
    pub(super) fn create(target: &Path) -> Result<Self, WriteError> {
        let pending = Pending::create(target)?;
        let file = BufWriter::with_capacity(BUFFER, pending.handle()?);
        Ok(Self { target: target.to_owned(), pending, file, position: 0, patches: Vec::new() })
    }

    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// Bytes written so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.file.write_all(bytes).map_err(io_error(&self.target))?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Remembers bytes that replace others when the file is complete.
    pub(super) fn patch(&mut self, at: u64, bytes: &[u8]) {
        self.patches.push((at, bytes.to_vec()));
    }

    /// Patches the file, which then lacks nothing but its name. Gives its length too.
    pub(super) fn complete(self) -> Result<(Pending, u64), WriteError> {
        let Self { target, pending, file, position, patches } = self;
        put_patches(file, &patches).map_err(io_error(&target))?;
        Ok((pending, position))
    }
}

fn put_patches(mut file: BufWriter<File>, patches: &[(u64, Vec<u8>)]) -> io::Result<()> {
    for (at, bytes) in patches {
        file.seek(SeekFrom::Start(*at))?;
        file.write_all(bytes)?;
    }
    file.flush()
}

/// Adds the path of the file.
fn io_error(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    |source| WriteError::Io { path: path.to_owned(), source }
}
