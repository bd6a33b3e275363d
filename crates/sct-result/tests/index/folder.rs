//! A results folder and its index.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use sct_id::{Part, RunNumber};
use sct_result::{Index, Refreshed};
use sct_xml::{Measure, MonitoringSummary, PartValue, RunHead, SummaryKind};
use tempfile::TempDir;

pub(crate) const START: i64 = 1_669_852_800;

pub(crate) struct Folder {
    folder: TempDir,
    pub(crate) index: Index,
}

pub(crate) fn run(number: u32) -> RunNumber {
    RunNumber::new(number).unwrap()
}

pub(crate) fn head(number: u32) -> RunHead {
    let start = START + i64::from(number) * 10_000;
    RunHead::new(run(number), start, start + 7_200, 120, 20_000)
}

/// Means of three parts of the detector.
pub(crate) fn occupancy(number: u32, mean: f64) -> MonitoringSummary {
    let parts = [0, 22, 47].map(|part| Part::new(part).unwrap());
    let values = parts.map(|part| PartValue {
        part,
        measure: Measure::NoiseOccupancy,
        value: mean * (1 + part.index()) as f64,
    });
    MonitoringSummary {
        kind: SummaryKind::NoiseOccupancy,
        head: head(number),
        values: values.to_vec(),
    }
}

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(&folder.path().join("results.db")).unwrap();
        fs::create_dir(folder.path().join("results")).unwrap();
        Self { folder, index }
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Where a file of an attempt lies; its folder is made.
    pub(crate) fn file(&self, number: u32, kind: &str, attempt: u32, name: &str) -> PathBuf {
        let folder = self.path(format!("results/{number:08}/{kind}"));
        fs::create_dir_all(&folder).unwrap();
        folder.join(format!("data.{number:08}.c0_c0._{attempt:04}.{name}"))
    }

    /// A result of noise occupancies that has lain there for a while.
    pub(crate) fn noise(&self, number: u32, attempt: u32, mean: f64) -> PathBuf {
        let path = self.file(number, "sctno", attempt, "NoiseOccupancySummaryFile.xml");
        occupancy(number, mean).write(&path).unwrap();
        age(&path, 1_000 - u64::from(attempt));
        path
    }

    pub(crate) fn refresh(&mut self) -> Refreshed {
        self.index.refresh(&self.folder.path().join("results")).unwrap()
    }
}

/// Makes a file and its folder look older, seconds.
pub(crate) fn age(path: &Path, seconds: u64) {
    let time = SystemTime::now() - Duration::from_secs(seconds);
    for path in [path, path.parent().unwrap()] {
        fs::File::open(path).unwrap().set_modified(time).unwrap();
    }
}
