//! What data set names and prefixes tell.

use sct_id::RunNumber;

use crate::{Error, ExitCode};

/// Fields of `project.run.stream.step.type.version...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetName {
    /// First field, as `data15_13TeV`.
    pub project: String,
    /// Second field.
    pub run: RunNumber,
    /// Third field, as `calibration_SCTNoise`.
    pub stream: String,
    /// What the original calls the stream: the project's suffix, as `13TeV`.
    pub project_suffix: String,
    /// Fifth field, as `HITMAP`.
    pub input_type: String,
}

impl DatasetName {
    /// Reads the last part of a path.
    ///
    /// # Errors
    ///
    /// [`Error::Argument`] with `TRF_ARG_DATASET` for fewer than five fields or a run that is no number.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let name = name.rsplit('/').next().unwrap_or(name);
        let fields: Vec<&str> = name.split('.').collect();
        let wrong = |what: &str| {
            let example = "data15_13TeV.00267367.calibration_SCTNoise.sctcal.HITMAP.c0";
            Error::coded(
                ExitCode::ArgDataset,
                format!("'{name}' {what}; expected a name like {example}"),
            )
        };
        let [project, run, stream, _, input_type, ..] = fields[..] else {
            return Err(wrong("has fewer than five fields, so its run is not known"));
        };
        let digits = !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit());
        let run = digits
            .then(|| run.parse::<u32>().ok())
            .flatten()
            .and_then(|run| RunNumber::new(run).ok());
        Ok(Self {
            project: project.to_owned(),
            run: run.ok_or_else(|| wrong("has no run number in its second field"))?,
            stream: stream.to_owned(),
            project_suffix: project.split('_').nth(1).unwrap_or_default().to_owned(),
            input_type: input_type.to_owned(),
        })
    }

    /// The year in the project, two digits.
    pub fn year(&self) -> Option<u32> {
        self.project.get(4..6)?.parse().ok()
    }

    /// Database instance of the run's conditions: Run 2 and later use `CONDBR2`.
    pub fn instance(&self) -> &'static str {
        if self.year().is_none_or(|year| year > 13) { "CONDBR2" } else { "COMP200" }
    }
}

/// The prefix of output names, worked out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    /// What stands before a dot and the file's name; empty for bare names.
    pub effective: String,
    /// Job number, as `_0001`; empty without one.
    pub job_number: String,
    /// Data set of the outputs: the text before `#`.
    pub dataset: Option<String>,
}

impl Prefix {
    /// Works out a prefix as given: `DATASET#FILE._0001`, `FILE._0001`, `DATASET#_0001` or a plain text.
    ///
    /// # Errors
    ///
    /// [`Error::Argument`] with `TRF_ARG_DATASET` when the texts before and after `#` name different data sets.
    pub fn parse(given: &str) -> Result<Self, Error> {
        let job_number = match (given.find("._"), given.rfind("#_")) {
            (Some(dot), _) => &given[dot + 1..],
            (None, Some(hash)) => &given[hash + 1..],
            (None, None) => "",
        };
        let stem = match (given.find('#'), given.rfind("._")) {
            (Some(hash), _) => &given[..hash],
            (None, Some(dot)) => &given[..dot],
            (None, None) => given,
        };
        if let Some((dataset, rest)) = given.split_once('#') {
            let file = rest.trim_start_matches('#');
            let file = file.rfind("._").map_or(file, |dot| &file[..dot]);
            if !file.is_empty() && !file.starts_with('_') && file != dataset {
                let what = format!(
                    "prefix '{given}' names data set {dataset} and files of {file}; they must be the same"
                );
                return Err(Error::coded(ExitCode::ArgDataset, what));
            }
        }
        // The original left a dot at the end when there is no job number.
        let effective =
            if job_number.is_empty() { stem.to_owned() } else { format!("{stem}.{job_number}") };
        let dataset = given.split_once('#').map(|(dataset, _)| dataset.to_owned());
        Ok(Self { effective, job_number: job_number.to_owned(), dataset })
    }

    /// Name of an output file.
    pub fn file(&self, name: &str) -> String {
        if self.effective.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.effective)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_the_guide() {
        for (given, effective, number) in [
            ("D#D._0001", "D._0001", "_0001"),
            ("D._0001", "D._0001", "_0001"),
            ("D##_0001", "D._0001", "_0001"),
            ("D#_0001", "D._0001", "_0001"),
            ("", "", ""),
            ("foo", "foo", ""),
            ("a.b.c0_c0#a.b.c0_c0._0007", "a.b.c0_c0._0007", "_0007"),
        ] {
            let prefix = Prefix::parse(given).unwrap();
            assert_eq!(
                (prefix.effective.as_str(), prefix.job_number.as_str()),
                (effective, number),
                "{given}"
            );
        }
        assert_eq!(Prefix::parse("D#D._0001").unwrap().file("mycool.db"), "D._0001.mycool.db");
        assert_eq!(Prefix::parse("foo").unwrap().file("mycool.db"), "foo.mycool.db");
        assert_eq!(Prefix::parse("").unwrap().file("mycool.db"), "mycool.db");
        assert_eq!(Prefix::parse("A#B._0001").unwrap_err().exit_code(), ExitCode::ArgDataset);
    }

    #[test]
    fn names_tell_run_and_type() {
        let name = DatasetName::parse(
            "/a/b/data15_cos.00259237.calibration_SCTNoise.sctcal.HITMAP.c0._0001",
        )
        .unwrap();
        assert_eq!((name.run.to_u32(), name.project_suffix.as_str()), (259_237, "cos"));
        assert_eq!(
            (name.input_type.as_str(), name.year(), name.instance()),
            ("HITMAP", Some(15), "CONDBR2")
        );
        let old = DatasetName::parse("data12_8TeV.00200000.s.daq.RAW").unwrap();
        assert_eq!(old.instance(), "COMP200");
        for bad in ["SCTHitMaps.root", "a.b.c.d", "data15.run.s.t.u", ""] {
            assert_eq!(
                DatasetName::parse(bad).unwrap_err().exit_code(),
                ExitCode::ArgDataset,
                "{bad}"
            );
        }
    }
}
