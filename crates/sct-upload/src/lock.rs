//! One uploader at a time.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    process,
};

use crate::{Error, now};

/// The right to upload, until it is dropped or the process ends, however it ends: the system holds it, not the file.
#[derive(Debug)]
pub struct Lock {
    file: File,
    /// Owner named in the file by an uploader that ended without clearing it.
    pub taken_over: Option<String>,
}

impl Lock {
    /// Takes the lock.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] with the owner and the time since when, and [`Error::Io`].
    pub fn take(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        let locked = file.try_lock();
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        let (owner, since) =
            text.trim().split_once(" since ").unwrap_or(("an unknown process", "an unknown time"));
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Locked { owner: owner.to_owned(), since: since.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let taken_over = (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let line = format!("process {} on {} since {}\n", process::id(), host.trim(), now());
        let mut write = || {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(line.as_bytes())
        };
        write().map_err(failed)?;
        Ok(Self { file, taken_over })
    }

    /// Where the lock of a data folder is.
    pub fn path(data: &Path) -> PathBuf {
        data.join("upload.lock")
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // An empty file says that the last uploader came to its end.
        let _ = self.file.set_len(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_hears_who_is_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = Lock::path(folder.path());
        let first = Lock::take(&path).unwrap();
        assert_eq!(first.taken_over, None);
        let error = Lock::take(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("process {} on ", process::id())), "{error}");
        drop(first);
        assert_eq!(Lock::take(&path).unwrap().taken_over, None);
    }

    #[test]
    fn what_a_dead_uploader_left_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = Lock::path(folder.path());
        std::fs::write(&path, "process 1 on there since then\n").unwrap();
        let lock = Lock::take(&path).unwrap();
        assert_eq!(lock.taken_over.as_deref(), Some("process 1 on there since then"));
    }
}
