//! Passwords and keys: from files that their owner alone can read.

use std::{
    fmt, fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use crate::{Error, error::io};

/// A password; it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Says what is wrong with the file of a secret, without reading it.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when it is not there, [`Error::Secret`] when group or others may read or change it, or it is no file.
    pub fn check(path: &Path) -> Result<(), Error> {
        let metadata = fs::metadata(path).map_err(io(path))?;
        let wrong = |what: String| Err(Error::Secret { path: path.to_owned(), what });
        if !metadata.is_file() {
            return wrong("it is no file".to_owned());
        }
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return wrong(format!(
                "its permissions are {mode:04o}, so that group or others may use it: chmod 600"
            ));
        }
        Ok(())
    }

    /// Reads the first line of a file.
    ///
    /// # Errors
    ///
    /// As [`Self::check`], and when the line is empty.
    pub fn read(path: &Path) -> Result<Self, Error> {
        Self::check(path)?;
        let text = fs::read_to_string(path).map_err(io(path))?;
        let line = text.lines().next().unwrap_or_default().trim();
        if line.is_empty() {
            let what = "its first line is empty".to_owned();
            return Err(Error::Secret { path: path.to_owned(), what });
        }
        Ok(Self(line.to_owned()))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// What tells one state of the file from another: a rejected secret is not tried again until this changes.
    ///
    /// # Errors
    ///
    /// [`Error::Io`].
    pub fn fingerprint(path: &Path) -> Result<String, Error> {
        let metadata = fs::metadata(path).map_err(io(path))?;
        Ok(format!(
            "{} {} {}.{:09}",
            metadata.ino(),
            metadata.len(),
            metadata.mtime(),
            metadata.mtime_nsec()
        ))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        assert!(matches!(Secret::read(&path), Err(Error::Io { .. })));
        fs::write(&path, "hunter2\nmore\n").unwrap();
        let set = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        for mode in [0o640, 0o604, 0o610, 0o622] {
            set(mode);
            let error = Secret::read(&path).unwrap_err().to_string();
            assert!(error.contains(&format!("{mode:04o}")), "{error}");
        }
        set(0o600);
        let secret = Secret::read(&path).unwrap();
        assert_eq!(secret.reveal(), "hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(****)");
        fs::write(&path, "\n").unwrap();
        assert!(Secret::read(&path).unwrap_err().to_string().contains("first line is empty"));
        assert!(Secret::read(folder.path()).unwrap_err().to_string().contains("no file"));
    }
}
