//! Requests of the historic way: a small file whose name says run, task and tag, and whose content is the path of the
//! database. Source: section (v) 4 of the operations guide, "the uploader takes characters 1-6 as run".

use std::{fmt, path::PathBuf};

use sct_id::RunNumber;

use crate::Task;

/// What the name of a request file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestName {
    /// Run, at most six digits.
    pub run: RunNumber,
    /// Task.
    pub task: Task,
    /// `UPD4` for noisy strips, `UP1` for the others.
    pub mode: String,
}

impl RequestName {
    /// Reads a name: `RRRRRR.noisy.TTTT.up` for noisy strips (run in characters 1 to 6, tag in 14 to 17), and
    /// `RRRRRR.XXXXX.UPx.up` for the other tasks (code in 8 to 12, tag in 14 to 16).
    ///
    /// # Errors
    ///
    /// What is wrong with the name.
    pub fn parse(name: &str) -> Result<Self, String> {
        let stem = name.strip_suffix(".up").ok_or("it does not end in .up")?;
        let parts: Vec<&str> = stem.split('.').collect();
        let [run, code, mode] = parts[..] else {
            return Err(format!(
                "it has {} parts before .up, expected run, task and tag",
                parts.len()
            ));
        };
        if run.len() != 6 || !run.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("'{run}' is no run of six digits"));
        }
        let run: RunNumber = run.parse()?;
        if code.len() != 5 {
            return Err(format!("'{code}' has {} letters, expected five", code.len()));
        }
        let task: Task = code.parse()?;
        let length = if task == Task::NoisyStrip { 4 } else { 3 };
        let sound = mode.len() == length
            && mode.starts_with("UP")
            && mode.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !sound {
            let expected = if length == 4 { "UPD and a digit" } else { "UP and one character" };
            return Err(format!("'{mode}' is no tag of {task}, expected {expected}"));
        }
        Ok(Self { run, task, mode: mode.to_owned() })
    }

    /// A name for a run and task.
    ///
    /// # Errors
    ///
    /// When the run has more than six digits.
    pub fn new(run: RunNumber, task: Task) -> Result<Self, String> {
        if run.to_u32() > 999_999 {
            return Err(format!(
                "run {run} has more than six digits; the names of request files have no room for it"
            ));
        }
        let mode = if task == Task::NoisyStrip { "UPD4" } else { "UP1" };
        Ok(Self { run, task, mode: mode.to_owned() })
    }

    /// Name without its end: request files add `.up`, logs `.log`.
    pub fn stem(&self) -> String {
        format!("{:06}.{}.{}", self.run.to_u32(), self.task.code(), self.mode)
    }

    /// The update mode that the tag of the file must have; none when the name leaves it open.
    pub fn update_mode(&self) -> Option<&str> {
        (self.task == Task::NoisyStrip).then_some(self.mode.as_str())
    }
}

impl fmt::Display for RequestName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.up", self.stem())
    }
}

/// The path in a request file: one line.
///
/// # Errors
///
/// When there is none, or more than one.
pub fn content(text: &str) -> Result<PathBuf, String> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    match (lines.next(), lines.next()) {
        (Some(path), None) => Ok(PathBuf::from(path)),
        (None, _) => Err("it is empty, expected the path of a database".to_owned()),
        (Some(_), Some(_)) => Err("it has several lines, expected one".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn places_of_the_guide() {
        let name = RequestName::parse("267367.noisy.UPD4.up").unwrap();
        assert_eq!(
            (name.run.to_u32(), name.task, name.update_mode()),
            (267_367, Task::NoisyStrip, Some("UPD4"))
        );
        let text = name.to_string();
        assert_eq!((&text[0..6], &text[7..12], &text[13..17]), ("267367", "noisy", "UPD4"));
        let name = RequestName::parse("267367.effic.UP1.up").unwrap();
        assert_eq!(
            (name.task, name.mode.as_str(), name.update_mode()),
            (Task::Efficiency, "UP1", None)
        );
        let text = name.to_string();
        assert_eq!((&text[7..12], &text[13..16]), ("effic", "UP1"));
        assert_eq!(
            RequestName::new(RunNumber::new(1234).unwrap(), Task::BsError).unwrap().to_string(),
            "001234.bserr.UP1.up"
        );
        assert!(RequestName::new(RunNumber::new(1_000_000).unwrap(), Task::BsError).is_err());
    }

    #[test]
    fn other_names_are_refused_with_a_reason() {
        for (name, reason) in [
            ("267367.noisy.UPD4", "does not end in .up"),
            ("267367.noisy.up", "2 parts"),
            ("26736.noisy.UPD4.up", "no run of six digits"),
            ("26736x.noisy.UPD4.up", "no run of six digits"),
            ("267367.nois.UPD4.up", "has 4 letters"),
            ("267367.quiet.UP1.up", "is no task"),
            ("267367.noisy.UP1.up", "expected UPD and a digit"),
            ("267367.effic.UPD4.up", "expected UP and one character"),
        ] {
            let error = RequestName::parse(name).unwrap_err();
            assert!(error.contains(reason), "{name}: {error}");
        }
        assert!(content("\n").is_err() && content("a\nb\n").is_err());
        assert_eq!(content("/x/mycool.db\n"), Ok(PathBuf::from("/x/mycool.db")));
    }

    proptest! {
        #[test]
        fn names_round_trip(run in 0..1_000_000_u32, task in 0..Task::ALL.len()) {
            let name = RequestName::new(RunNumber::new(run).unwrap(), Task::ALL[task]).unwrap();
            prop_assert_eq!(RequestName::parse(&name.to_string()), Ok(name));
        }

        #[test]
        fn any_name_is_read_or_refused(name in ".{0,24}") {
            let _ = RequestName::parse(&name);
        }
    }
}
