//! Files that appear under their name complete, or not at all.
//!
//! What is written goes to a temporary file in the same folder, to the disk, and only then takes the name. A full disk, a
//! crash or a kill at any moment leaves the old file or none, never half of the new one.
//!
//! ```
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("result.txt");
//! sct_wholefile::write(&path, b"complete")?;
//! assert_eq!(std::fs::read(&path)?, b"complete");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Files that are never changed once they have their name can be mapped into memory without harm: [`Mapped`].

use std::{
    fs::{File, Permissions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

mod digest;
mod mapped;

pub use self::{digest::sha256, mapped::Mapped};

/// A file that could not be written. Nothing is left behind, unless only its name may not last: [`finish_all`].
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct Error {
    /// The file.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// A file that has no name yet.
#[derive(Debug)]
pub struct Pending {
    path: PathBuf,
    file: NamedTempFile,
}

impl Pending {
    /// Begins a file that will appear under `path`.
    ///
    /// # Errors
    ///
    /// When the folder does not let a file be made.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error { path: path.to_owned(), source };
        if path.file_name().is_none() {
            return Err(failed(io::Error::from(io::ErrorKind::InvalidInput)));
        }
        // As for any new file, the umask decides who may read it.
        let permissions = Permissions::from_mode(0o666);
        let file = tempfile::Builder::new()
            .prefix(".sct-")
            .permissions(permissions)
            .tempfile_in(folder(path));
        Ok(Self { path: path.to_owned(), file: file.map_err(failed)? })
    }

    /// Where the bytes are until then; other libraries may write here.
    pub fn temporary(&self) -> &Path {
        self.file.path()
    }

    /// The handle behind [`Pending::write`] once more, for callers that gather bytes or go back to earlier ones. What
    /// they still hold back when the file is finished is lost.
    ///
    /// # Errors
    ///
    /// When the system has no handle left.
    pub fn handle(&self) -> Result<File, Error> {
        let failed = |source| Error { path: self.path.clone(), source };
        self.file.as_file().try_clone().map_err(failed)
    }

    /// Adds bytes.
    ///
    /// # Errors
    ///
    /// When they cannot be written, as on a full disk.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(|source| Error { path: self.path.clone(), source })
    }

    /// Brings everything to the disk, without giving the file its name: what is left for [`Pending::finish`] is quick.
    ///
    /// # Errors
    ///
    /// When the disk does not take it.
    pub fn sync(&self) -> Result<(), Error> {
        // Another library may have written through a handle of its own.
        let synced = File::open(self.file.path()).and_then(|file| file.sync_all());
        synced.map_err(|source| Error { path: self.path.clone(), source })
    }

    /// Brings everything to the disk and gives the file its name.
    ///
    /// # Errors
    ///
    /// As [`finish_all`]: the file then does not exist or is still the old one, unless only its folder could not be brought to
    /// the disk.
    pub fn finish(self) -> Result<(), Error> {
        finish_all(vec![self])
    }
}

/// Brings several files to the disk, and only then gives them their names, in this order. Quicker than one by one where they
/// lie in one folder.
///
/// # Errors
///
/// When that fails. If the disk did not take one of them, none has a name; if a name could not be given, the files before
/// have theirs; if only a folder could not be brought to the disk, all have theirs, and may lose them when the machine fails.
pub fn finish_all(files: Vec<Pending>) -> Result<(), Error> {
    files.iter().try_for_each(Pending::sync)?;
    // Folders with the first file in each.
    let mut folders: Vec<(PathBuf, PathBuf)> = Vec::new();
    for Pending { path, file } in files {
        let failed = |source| Error { path: path.clone(), source };
        file.persist(&path).map_err(|error| failed(error.error))?;
        let folder = folder(&path);
        if !folders.iter().any(|(known, _)| known == folder) {
            folders.push((folder.to_owned(), path));
        }
    }
    // A name is on the disk when its folder is.
    folders.into_iter().try_for_each(|(folder, path)| {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| Error { path, source })
    })
}

/// Writes a whole file.
///
/// # Errors
///
/// When it cannot be written; nothing is left behind.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut pending = Pending::create(path)?;
    pending.write(bytes)?;
    pending.finish()
}

/// Device and inode of a file, without opening it: another file under the same path has others.
///
/// # Errors
///
/// When there is no such file.
pub fn identity(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_begun_and_dropped_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut pending = Pending::create(&path).unwrap();
        pending.write(b"half").unwrap();
        drop(pending);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_old_file_stays_until_the_new_one_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write(&path, b"old").unwrap();
        let mut pending = Pending::create(&path).unwrap();
        pending.write(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        pending.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o400, 0o400);
    }

    #[test]
    fn several_files_appear_together() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        let pending = |path: &PathBuf| {
            let mut pending = Pending::create(path).unwrap();
            pending.write(b"new").unwrap();
            pending
        };
        let files = paths.each_ref().map(pending);
        assert!(!paths[0].exists());
        finish_all(files.into()).unwrap();
        assert!(paths.iter().all(|path| fs::read(path).unwrap() == b"new"));
    }

    #[test]
    fn of_several_files_none_is_named_when_the_disk_does_not_take_one() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| folder.path().join(name));
        let files = paths.each_ref().map(|path| Pending::create(path).unwrap());
        fs::remove_file(files[1].temporary()).unwrap();
        assert!(finish_all(files.into()).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn handles_share_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let mut pending = Pending::create(&path).unwrap();
        pending.write(b"one").unwrap();
        let mut handle = pending.handle().unwrap();
        handle.write_all(b"two").unwrap();
        pending.write(b"three").unwrap();
        pending.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"onetwothree");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write(&folder.path().join("missing/a"), b"").unwrap_err();
        assert!(error.to_string().ends_with("missing/a"), "{error}");
        assert!(write(Path::new("/"), b"").is_err());
    }
}
