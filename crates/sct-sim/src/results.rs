//! What the tasks of many runs leave, without running them: for pages and loads that need many results.
//!
//! Everything about a run follows from the seed and its number. Values drift slowly from run to run, and have noise.

mod content;
mod details;
mod drawn;
mod earlier;

use std::{
    fs,
    path::{Path, PathBuf},
};

use rayon::prelude::*;
use sct_id::RunNumber;

pub use self::earlier::{EarlierRun, Like, write_earlier_results};
use self::{content::Content, drawn::Drawn};
use crate::{Error, output::make_folder};

/// Which results are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultSettings {
    /// Seed.
    pub seed: u64,
    /// First run; the others follow it.
    pub first_run: RunNumber,
    /// Runs.
    pub runs: u32,
    /// Newest runs that have lists by module and databases too.
    pub databases: u32,
}

/// A kind of task, as folders are named, with the name of the task in data sets.
const KINDS: [(&str, &str); 8] = [
    ("sctns", "NOISYSTRIP"),
    ("sctdc", "DEADCHIP"),
    ("sctds", "DEADSTRIP"),
    ("sctno", "NOISEOCC"),
    ("sctro", "RAWOCC"),
    ("scteff", "EFFICIENCY"),
    ("sctbse", "BSERR"),
    ("sctla", "LORENTZ"),
];

/// Writes `results/RRRRRRRR/KIND/` below a folder; results that are there are replaced.
///
/// # Errors
///
/// When a run number is too large or a file cannot be written.
pub fn write_results(settings: &ResultSettings, data: &Path) -> Result<(), Error> {
    let first = settings.first_run.to_u32();
    let last =
        first.checked_add(settings.runs).and_then(|end| RunNumber::new(end.saturating_sub(1)).ok());
    let last = last.ok_or_else(|| Error::Setting {
        name: "runs",
        value: settings.runs.to_string(),
        expected: "run numbers that exist",
    })?;
    let detailed = (last.to_u32() + 1).saturating_sub(settings.databases);
    (first..first + settings.runs).into_par_iter().try_for_each(|number| {
        let run = RunNumber::new(number).unwrap_or(last);
        let drawn = Drawn::new(settings.seed, run);
        KINDS
            .iter()
            .try_for_each(|(kind, task)| write_kind(&drawn, kind, task, number >= detailed, data))
    })
}

fn write_kind(
    drawn: &Drawn,
    kind: &str,
    task: &str,
    is_detailed: bool,
    data: &Path,
) -> Result<(), Error> {
    let run = drawn.head.run;
    let folder = data.join("results").join(format!("{:08}", run.to_u32())).join(kind);
    make_folder(&folder)?;
    let stream = if kind == "sctns" { "calibration_SCTNoise" } else { "express_express" };
    let prefix = format!("data22_13p6TeV.{:08}.{stream}.sctcal.{task}.c0_c0._0001", run.to_u32());
    let place = Place { folder, prefix };
    let content = Content::new(drawn, kind, is_detailed);
    let (name, summary) = content.summary();
    place.write(name, &summary)?;
    if is_detailed {
        details::write(drawn, kind, &place)?;
    }
    let report = serde_json::json!({
        "exitCode": 0, "exitMsg": "OK", "exitMsgExtra": "",
        "sctcalib": { "part": [kind], "run": run.to_u32() },
        "files": { "output": [{ "argName": "outputXML", "subFiles": [{ "name": format!("{}.{name}", place.prefix) }] }] },
    });
    place.write("jobReport.json", &format!("{report:#}\n"))
}

/// Where the files of an attempt go.
struct Place {
    folder: PathBuf,
    prefix: String,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.{name}", self.prefix))
    }

    /// Nothing waits for the disk after each of hundreds of thousands of files: what a crash leaves is made again.
    fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.path(name);
        fs::write(&path, text).map_err(|source| sct_wholefile::Error { path, source }.into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sct_xml::{BadStripsSummary, RunSummary};

    use super::*;

    fn written(settings: &ResultSettings) -> (tempfile::TempDir, BTreeMap<PathBuf, Vec<u8>>) {
        let folder = tempfile::tempdir().unwrap();
        write_results(settings, folder.path()).unwrap();
        let mut files = BTreeMap::new();
        let mut open = vec![folder.path().to_owned()];
        while let Some(next) = open.pop() {
            for entry in fs::read_dir(next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    let name = path.strip_prefix(folder.path()).unwrap().to_owned();
                    files.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        (folder, files)
    }

    fn is_text(name: &Path) -> bool {
        name.extension().is_some_and(|ending| ending != "db")
    }

    #[test]
    fn results_follow_from_the_seed_and_can_be_read() {
        let first_run = RunNumber::new(420_000).unwrap();
        let settings = ResultSettings { seed: 1, first_run, runs: 2, databases: 1 };
        let (folder, files) = written(&settings);
        // Summary and report of all, a database of each of the newest run, and the lists of three.
        assert_eq!(files.len(), 2 * 8 * 2 + 8 + 3);
        for name in files.keys().filter(|name| name.display().to_string().contains("SummaryFile")) {
            assert!(RunSummary::read(&folder.path().join(name)).is_ok(), "{}", name.display());
        }
        let noisy =
            |name: &&PathBuf| name.display().to_string().ends_with("BadStripsSummaryFile.xml");
        let noisy: Vec<BadStripsSummary> = files
            .keys()
            .filter(noisy)
            .map(|name| BadStripsSummary::read(&folder.path().join(name)).unwrap())
            .collect();
        let [before, newest] = &noisy[..] else { panic!("{} summaries", noisy.len()) };
        assert_eq!(newest.strips_reference, before.strips_all);
        assert_eq!(newest.modules_count, newest.modules.len() as u64);
        // Most strips stay noisy from run to run.
        assert!(newest.strips_new > 0 && 2 * newest.strips_new < newest.strips_all);
        let (_folder, again) = written(&settings);
        assert_eq!(files.keys().collect::<Vec<_>>(), again.keys().collect::<Vec<_>>());
        assert!(
            files.iter().filter(|(name, _)| is_text(name)).all(|(name, text)| again[name] == *text)
        );
        let (_folder, other) = written(&ResultSettings { seed: 2, ..settings });
        assert!(files.iter().any(|(name, text)| other.get(name) != Some(text)));
    }

    #[test]
    fn run_numbers_that_do_not_exist_are_refused() {
        let first_run = RunNumber::new(1).unwrap();
        let settings = ResultSettings { seed: 1, first_run, runs: u32::MAX, databases: 0 };
        let folder = tempfile::tempdir().unwrap();
        assert!(write_results(&settings, folder.path()).is_err());
    }
}
