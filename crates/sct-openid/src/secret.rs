//! The secret of this page at the provider.

use std::{fs, io::Read as _, os::unix::fs::MetadataExt as _, path::Path};

use openidconnect::ClientSecret;

use crate::Error;

/// Bytes of the longest secret.
const LONGEST: u64 = 4_096;

/// Reads a file that nobody but its owner may read.
pub(crate) fn read(path: &Path) -> Result<ClientSecret, Error> {
    let wrong = |what: String| Error::Secret { path: path.to_owned(), what };
    let file = fs::File::open(path).map_err(|error| wrong(error.to_string()))?;
    // Of the open file: its name may come to mean another one.
    let mode = file.metadata().map_err(|error| wrong(error.to_string()))?.mode();
    if mode & 0o077 != 0 {
        return Err(wrong(format!("others can read it (mode {:o}); chmod 600", mode & 0o777)));
    }
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(|error| wrong(error.to_string()))?;
    match text.trim() {
        "" => Err(wrong("it is empty".to_owned())),
        secret => Ok(ClientSecret::new(secret.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_that_others_can_read_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let says =
            || read(&path).map(|secret| secret.secret().clone()).map_err(|error| error.to_string());
        assert!(says().unwrap_err().contains("No such file"));
        fs::write(&path, "  s3cret\n").unwrap();
        for (mode, good) in
            [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o666, false)]
        {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(says().is_ok(), good, "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(says().unwrap(), "s3cret");
        fs::write(&path, "\n").unwrap();
        assert!(says().unwrap_err().contains("empty"));
    }
}
