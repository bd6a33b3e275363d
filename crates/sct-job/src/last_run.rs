//! The lastRun file: the last run that was taken.

use std::{fs, path::Path};

use sct_id::RunNumber;

use crate::{Error, ExitCode};

/// Reads the last run; none when the file does not exist. The number is followed by one character, and the last line wins.
///
/// # Errors
///
/// [`Error::Content`] with what was found: a damaged file is never taken for run 0.
pub fn read_last_run(path: &Path) -> Result<Option<RunNumber>, Error> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
    };
    let last = text.lines().next_back().unwrap_or_default().trim();
    last.parse().map(Some).map_err(|_| {
        let found: String = text.chars().take(40).collect();
        let what = format!("its last line is no run number: {found:?}");
        Error::Content { path: path.to_owned(), what, code: ExitCode::RuntimeError }
    })
}

/// Writes the last run; an earlier run than the one recorded is left unwritten unless forced. Gives whether it was written.
///
/// # Errors
///
/// As [`read_last_run`], and [`Error::Write`].
pub fn write_last_run(path: &Path, run: RunNumber, force: bool) -> Result<bool, Error> {
    let recorded = if force { None } else { read_last_run(path)? };
    if recorded.is_some_and(|recorded| recorded > run) {
        return Ok(false);
    }
    sct_wholefile::write(path, format!("{run}\n").as_bytes())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_only_go_forward() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lastRun");
        let run = |number| RunNumber::new(number).unwrap();
        assert_eq!(read_last_run(&path).unwrap(), None);
        assert!(write_last_run(&path, run(5), false).unwrap());
        assert!(!write_last_run(&path, run(4), false).unwrap());
        assert_eq!(read_last_run(&path).unwrap(), Some(run(5)));
        assert!(write_last_run(&path, run(4), true).unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"4\n");
    }

    #[test]
    fn a_damaged_file_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lastRun");
        for text in ["", "yesterday", "12x"] {
            fs::write(&path, text).unwrap();
            let error =
                write_last_run(&path, RunNumber::new(5).unwrap(), false).unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
