//! What any summary says about its upload.

use std::path::Path;

use sct_id::RunNumber;

use crate::{Error, parse};

/// Run and flag of a summary, of whatever task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Run.
    pub run: RunNumber,
    /// `G`, `Y`, `R` or `U`; none in summaries without a flag.
    pub flag: Option<char>,
    /// Why it is not `G`; empty when the summary does not say.
    pub reason: String,
}

impl Verdict {
    /// Reads a summary.
    ///
    /// # Errors
    ///
    /// [`Error`] with file and line.
    pub fn read(path: &Path) -> Result<Self, Error> {
        parse::file(path, "run", |root| {
            Ok(Self {
                run: root.parsed("RunNumber")?,
                flag: root.value("Flag").ok().and_then(|flag| flag.trim().chars().next()),
                reason: root.value("FlagReason").map(str::trim).unwrap_or_default().to_owned(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn summaries_with_and_without_a_flag() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.xml");
        let read = |text: &str| {
            fs::write(&path, text).unwrap();
            Verdict::read(&path).ok()
        };
        let run = RunNumber::new(5).unwrap();
        let with = "<run><value name=\"RunNumber\">5</value><value name=\"Flag\">Y</value><value name=\"FlagReason\">FAILED in x; </value></run>";
        let reason = "FAILED in x;".to_owned();
        assert_eq!(read(with), Some(Verdict { run, flag: Some('Y'), reason }));
        let without = "<run><value name=\"RunNumber\">5</value></run>";
        assert_eq!(read(without), Some(Verdict { run, flag: None, reason: String::new() }));
        assert_eq!(read("<run></run>"), None);
    }
}
