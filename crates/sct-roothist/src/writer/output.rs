use std::{
    fs::File,
    io::{BufWriter, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use tempfile::{NamedTempFile, TempPath};

use crate::writer::{error::WriteError, io_error};

/// Bytes gathered before they go to the system.
const BUFFER: usize = 1 << 20;

/// A temporary file beside its final path, written from front to back and patched at the end.
#[derive(Debug)]
pub(super) struct Output {
    target: PathBuf,
    file: BufWriter<File>,
    temporary: TempPath,
    position: u64,
    patches: Vec<(u64, Vec<u8>)>,
}

impl Output {
    pub(super) fn create(target: &Path) -> Result<Self, WriteError> {
        let file = temporary(target).map_err(io_error(target))?;
        let (file, temporary) = file.into_parts();
        Ok(Self {
            target: target.to_owned(),
            file: BufWriter::with_capacity(BUFFER, file),
            temporary,
            position: 0,
            patches: Vec::new(),
        })
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

    /// Patches the file, makes it durable, and gives it its name. Returns its length.
    pub(super) fn finish(self) -> Result<u64, WriteError> {
        let Self { target, mut file, temporary, position, patches } = self;
        let written = (|| {
            for (at, bytes) in patches {
                file.seek(SeekFrom::Start(at))?;
                file.write_all(&bytes)?;
            }
            file.flush()?;
            file.get_ref().sync_all()?;
            temporary.persist(&target).map_err(|failed| failed.error)?;
            sync_folder(&target)
        })();
        written.map_err(io_error(&target))?;
        Ok(position)
    }
}

/// The folder a file lies in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn temporary(target: &Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".writing-").suffix(".root");
    // Temporary files are private by default; the result is to be as readable as any other new file.
    #[cfg(unix)]
    {
        use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};
        builder.permissions(Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(target))
}

/// Makes the new name durable.
fn sync_folder(target: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder(target))?.sync_all() } else { Ok(()) }
}
