//! The table of tasks: what is done with which data sets.

use std::{collections::BTreeMap, fmt};

use sct_id::RunNumber;
use sct_job::{DatasetName, Part};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wildmatch::WildMatch;

use crate::attempt::Limits;

mod parse;

pub use self::parse::TableError;

/// Short name of a task, as `sctns`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Kind(String);

impl Kind {
    /// A name of lower-case letters and digits; it becomes part of file names.
    pub fn new(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let good = (1..=16).contains(&text.len()) && text.bytes().all(plain);
        good.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a task reads: the type in names of data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Reads {
    /// Events.
    Raw,
    /// Hit maps.
    Hitmap,
    /// Monitoring histograms.
    Hist,
}

impl Reads {
    /// The type in names.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Raw => "RAW",
            Self::Hitmap => "HITMAP",
            Self::Hist => "HIST",
        }
    }
}

/// How runs that are too short by themselves are kept until their hit maps are enough together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collect {
    /// So many runs at most; with one more the oldest is given up.
    pub runs: usize,
    /// So long at most, seconds; then a run is given up.
    pub seconds: i64,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Short name.
    pub kind: Kind,
    /// Name for people.
    pub name: String,
    /// Comment.
    pub comment: String,
    /// What it reads.
    pub reads: Reads,
    /// A data set must have more events than this.
    pub min_events: u64,
    /// Runs later than this.
    pub run_above: u32,
    /// Patterns of the project; any of them.
    pub projects: Vec<WildMatch>,
    /// Patterns of the stream, whole or one side of its `_`; any of them, or all streams when empty.
    pub streams: Vec<WildMatch>,
    /// Patterns of the data set, whole or what follows project and run; any of them.
    pub datasets: Vec<WildMatch>,
    /// Algorithms.
    pub parts: Vec<Part>,
    /// Keys of the job dictionary besides input and prefix.
    pub dictionary: BTreeMap<String, Value>,
    /// Tasks whose results it reads.
    pub after: Vec<Kind>,
    /// Whether runs are taken in order: noisy strips are compared with the run before.
    pub in_order: bool,
    /// What becomes of runs with too few events; none: they are skipped.
    pub collect: Option<Collect>,
    /// Further attempts after a failed one.
    pub retries: u32,
    /// What an attempt may use.
    pub limits: Limits,
    /// Files for one job; all of them when absent.
    pub files_per_job: Option<usize>,
    /// End of the data set name of its results, as `NOISYSTRIP.c0_c0`.
    pub result: String,
}

impl Rule {
    /// Why a data set does not belong to the task; none when it does.
    pub fn objection(&self, dataset: &str, name: &DatasetName) -> Option<String> {
        let any = |patterns: &[WildMatch], texts: &[&str]| {
            patterns.iter().any(|pattern| texts.iter().any(|text| pattern.matches(text)))
        };
        let quoted = |patterns: &[WildMatch]| {
            patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        if name.input_type != self.reads.word() {
            return Some(format!("it reads {}, not {}", self.reads.word(), name.input_type));
        }
        // Project and run are the first two fields.
        let rest = dataset.splitn(3, '.').nth(2).unwrap_or_default();
        if !any(&self.datasets, &[dataset, rest]) {
            return Some(format!("its name is none of {}", quoted(&self.datasets)));
        }
        if !any(&self.projects, &[&name.project]) {
            let (project, projects) = (&name.project, quoted(&self.projects));
            return Some(format!("project {project} is none of {projects}"));
        }
        let (kind, stream) = name.stream.split_once('_').unwrap_or((&name.stream, ""));
        if !self.streams.is_empty() && !any(&self.streams, &[&name.stream, kind, stream]) {
            let (stream, streams) = (&name.stream, quoted(&self.streams));
            return Some(format!("stream {stream} is none of {streams}"));
        }
        if name.run.to_u32() <= self.run_above {
            return Some(format!("run {} is not above {}", name.run, self.run_above));
        }
        None
    }

    /// Data set of the results: that of the input up to the stream, then the loop's own step.
    pub fn result_dataset(&self, input: &DatasetName) -> String {
        let DatasetName { project, run, stream, .. } = input;
        format!("{project}.{:08}.{stream}.sctcal.{}", run.to_u32(), self.result)
    }
}

/// The whole table, in its own order.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    rules: Vec<Rule>,
}

impl Table {
    /// The table that ships: the nine tasks of the guide.
    pub const DEFAULT: &str = include_str!("../tasks.toml");

    /// Rules in the order in which they stand in the file.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of a task.
    pub fn rule(&self, kind: &Kind) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.kind == *kind)
    }

    /// Events that a data set must have more of. Hit maps that may be added to others are filled however few there are.
    pub fn min_events(&self, rule: &Rule) -> u64 {
        let collects = |next: &Rule| next.collect.is_some() && next.after.contains(&rule.kind);
        if self.rules.iter().any(collects) { 0 } else { rule.min_events }
    }

    /// Tasks for a data set.
    pub fn of_dataset<'t>(
        &'t self,
        dataset: &str,
        name: &DatasetName,
    ) -> impl Iterator<Item = &'t Rule> {
        self.rules.iter().filter(|rule| rule.objection(dataset, name).is_none())
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::parse("tasks.toml", Self::DEFAULT).expect("the table that ships is tested")
    }
}

/// The data set of a file: its name up to the part that counts files.
pub fn dataset_of(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.split_once("._").map_or(name, |(dataset, _)| dataset)
}

/// Short text for a run and a task, unique among the tasks of a table.
pub fn label(kind: &Kind, run: RunNumber) -> String {
    format!("{kind}-{run}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(dataset: &str) -> Vec<String> {
        let name = DatasetName::parse(dataset).unwrap();
        Table::default().of_dataset(dataset, &name).map(|rule| rule.kind.to_string()).collect()
    }

    #[test]
    fn data_sets_of_the_guide_find_their_tasks() {
        assert_eq!(kinds("data15_13TeV.00267367.calibration_SCTNoise.daq.RAW"), ["scthm"]);
        assert_eq!(kinds("data15_13TeV.00267367.calibration_SCTNoise.sctcal.HITMAP.c0"), ["sctns"]);
        assert_eq!(
            kinds("data15_13TeV.00267367.express_express.merge.HIST.f600_h89"),
            ["scteff", "sctno", "sctbse", "sctro", "sctla"]
        );
    }

    #[test]
    fn others_find_none() {
        assert!(kinds("data15_13TeV.00266903.calibration_SCTNoise.sctcal.HITMAP.c0").is_empty());
        assert!(kinds("data15_calib.00267367.calibration_SCTNoise.daq.RAW").is_empty());
        assert!(kinds("data15_13TeV.00267367.physics_Main.merge.HIST.f600").is_empty());
        assert!(kinds("data15_13TeV.00267367.express_express.merge.HIST.m600").is_empty());
        // Dead strips and chips are switched off by their runs.
        assert!(kinds("data15_13TeV.00267367.express_express.merge.RAW").is_empty());
        assert_eq!(kinds("data30_13TeV.01000000.express_express.merge.RAW"), ["sctdc", "sctds"]);
    }

    #[test]
    fn an_objection_names_the_pattern() {
        let table = Table::default();
        let rule = table.rule(&Kind::new("sctns").unwrap()).unwrap();
        let dataset = "data15_13TeV.00266903.calibration_SCTNoise.sctcal.HITMAP.c0";
        let name = DatasetName::parse(dataset).unwrap();
        assert_eq!(rule.objection(dataset, &name).unwrap(), "run 266903 is not above 266903");
        let project = DatasetName { project: "mc15_13TeV".to_owned(), ..name.clone() };
        assert_eq!(
            rule.objection(dataset, &project).unwrap(),
            "project mc15_13TeV is none of data??_cos, data??_*eV"
        );
        assert_eq!(
            rule.result_dataset(&name),
            "data15_13TeV.00266903.calibration_SCTNoise.sctcal.NOISYSTRIP.c0_c0"
        );
    }

    #[test]
    fn files_belong_to_data_sets() {
        let raw =
            "spool/data22_13p6TeV.00440199.calibration_SCTNoise.daq.RAW._lb0001._SFO-1._0001.data";
        assert_eq!(dataset_of(raw), "data22_13p6TeV.00440199.calibration_SCTNoise.daq.RAW");
        assert_eq!(
            dataset_of("d.00000001.s.merge.HIST.f6_h8._0001.1"),
            "d.00000001.s.merge.HIST.f6_h8"
        );
    }
}
