//! What the tasks leave behind for a run, made by the writers of the tasks.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sct_conditions::{LorentzAngle, RAW_OCCUPANCY, StripSet, raw_occupancy_row};
use sct_cool::{FolderContent, write_file};
use sct_id::{
    Chip, Iov, ModuleHash, ModuleStrip, Part, RunNumber, Sensors, SerialNumber, Side, WaferHash,
};
use sct_xml::{
    BadStripsSummary, BsErrorModules, BsErrorWafer, DeadSummary, DeadSummaryModule,
    EfficiencyModules, EfficiencyWafer, LorentzAngleFile, LorentzAnglePart, LorentzAngleSummary,
    Measure, MonitoringSummary, NoiseOccupancyList, NoiseWafer, PartValue, RunHead, SummaryChip,
    SummaryKind, SummaryModule,
};

pub(crate) fn run(number: u32) -> RunNumber {
    RunNumber::new(number).unwrap()
}

pub(crate) fn module(hash: usize) -> ModuleHash {
    ModuleHash::new(hash).unwrap()
}

pub(crate) fn serial(module: ModuleHash) -> SerialNumber {
    SerialNumber::from_truncated(u32::try_from(170_200_000 + module.index()).unwrap()).unwrap()
}

/// Results of tasks in a folder of results.
pub(crate) struct Results {
    folder: PathBuf,
    /// Stands wherever a text of a task may stand.
    text: &'static str,
    /// A run, and when it began.
    since: (u32, i64),
}

/// The beginning of all names of a task.
pub(crate) fn prefix(number: u32, stream: &str, kind: &str) -> String {
    format!("data22_13p6TeV.{number:08}.{stream}.merge.{kind}.c0._0001")
}

fn strips(numbers: impl Iterator<Item = usize>) -> StripSet {
    numbers.map(|number| ModuleStrip::new(number).unwrap()).collect()
}

impl Results {
    pub(crate) fn new(folder: &Path, text: &'static str, since: (u32, i64)) -> Self {
        Self { folder: folder.to_owned(), text, since }
    }

    /// Runs begin half a day after each other.
    fn begin(&self, number: u32) -> i64 {
        let (run, time) = self.since;
        time + 43_200 * (i64::from(number) - i64::from(run))
    }

    fn head(&self, number: u32) -> RunHead {
        let begin = self.begin(number);
        RunHead::new(run(number), begin, begin + 37_200, 120, 20_000)
    }

    /// Of every task but noisy strips and noise occupancy.
    pub(crate) fn others(&self, number: u32) {
        self.dead(number);
        self.efficiency(number);
        self.errors(number);
        self.raw(number);
        self.lorentz(number);
    }

    /// The path of a file of a task; a report and a log are there as well.
    fn path(&self, number: u32, kind: &str, name: &str) -> PathBuf {
        let folder = self.folder.join(format!("{number:08}/{kind}"));
        fs::create_dir_all(&folder).unwrap();
        let stream = if kind == "sctns" { "calibration_SCTNoise" } else { "express_express" };
        let prefix = prefix(number, stream, &kind.to_uppercase());
        let path = |name: &str| folder.join(format!("{prefix}.{name}"));
        fs::write(path("log"), format!("first line\n{}\nlast line\n", self.text)).unwrap();
        let report = serde_json::json!({ "exitCode": 0, "exitMsg": "OK", "exitMsgExtra": "", "files": { "output": [] } });
        fs::write(path("jobReport.json"), report.to_string()).unwrap();
        path(name)
    }

    /// Noisy strips of so many strips in modules; the first chip and link of some is noisy as a whole.
    pub(crate) fn noisy(&self, number: u32, strips_of: &[(usize, usize)]) {
        let entry = |hash: usize, count: usize| SummaryModule {
            serial: serial(module(hash)),
            module: module(hash),
            links: if hash == 2469 { vec![Side::One] } else { Vec::new() },
            chips: vec![Chip::new(9).unwrap()],
            all: strips(100..100 + count),
            new: strips(100..101),
            reference: strips(99..102),
        };
        let modules = strips_of.iter().map(|&(hash, count)| entry(hash, count)).collect();
        let count = strips_of.len() as u64;
        let chip = |hash, lumi_blocks| SummaryChip {
            serial: serial(module(hash)),
            module: module(hash),
            chip: Chip::new(9).unwrap(),
            lumi_blocks,
            fraction: 0.05,
        };
        let mut summary = BadStripsSummary {
            run: run(number),
            start: String::new(),
            end: String::new(),
            duration: 0,
            lumi_blocks: 120,
            events: 20_000,
            modules_count: count,
            links: 1,
            chips_count: 2,
            strips_all: strips_of.iter().map(|&(_, strips)| strips as u64).sum(),
            strips_new: count,
            modules_reference: count,
            strips_reference: 3 * count,
            modules_different: count,
            flag: 'Y',
            flag_reason: format!(
                "FAILED in the number of strips {}; FAILED in modules; ",
                self.text
            ),
            flag_enabled: true,
            recent_available: true,
            check_list: format!("{}; number of strips", self.text),
            chips: vec![chip(17, vec![3, 4, 5]), chip(2469, vec![4])],
            modules,
        };
        summary.set_times(self.begin(number), self.begin(number) + 37_200);
        summary.write(&self.path(number, "sctns", "BadStripsSummaryFile.xml")).unwrap();
        fs::write(self.path(number, "sctns", "SCTHitMaps.root"), vec![b'r'; 200_000]).unwrap();
        fs::write(self.path(number, "sctns", "mycool.db"), b"no database").unwrap();
    }

    pub(crate) fn noise(&self, number: u32, factor: f32) {
        let wafer = |wafer: WaferHash| NoiseWafer {
            serial: serial(wafer.module()),
            wafer,
            occupancy: factor * 1e-6 * (1 + wafer.index() % 13) as f32,
        };
        let list = NoiseOccupancyList {
            iov: Iov::run(run(number)),
            tag: self.text.to_owned(),
            wafers: WaferHash::all().map(wafer).collect(),
        };
        list.write(&self.path(number, "sctno", "NoiseOccupancyFile.xml")).unwrap();
        let value = |part: Part| f64::from(factor) * 1e-6 * (1 + part.index()) as f64;
        self.summary(
            number,
            "sctno",
            "NoiseOccupancySummaryFile.xml",
            SummaryKind::NoiseOccupancy,
            &[Measure::NoiseOccupancy],
            value,
        );
    }

    fn summary(
        &self,
        number: u32,
        kind: &str,
        name: &str,
        summary: SummaryKind,
        measures: &[Measure],
        value: impl Fn(Part) -> f64,
    ) {
        let values =
            Part::all().flat_map(|part| measures.iter().map(move |&measure| (part, measure)));
        let values = values.map(|(part, measure)| PartValue { part, measure, value: value(part) });
        let file =
            MonitoringSummary { kind: summary, head: self.head(number), values: values.collect() };
        file.write(&self.path(number, kind, name)).unwrap();
    }

    fn dead(&self, number: u32) {
        for kind in ["sctdc", "sctds"] {
            let entry = DeadSummaryModule {
                serial: serial(module(1500)),
                module: module(1500),
                links: vec![Side::Zero],
                chips: (0..6).map(|chip| Chip::new(chip).unwrap()).collect(),
                strips: strips(0..768),
            };
            let summary = DeadSummary {
                head: self.head(number),
                modules_count: 0,
                links: 1,
                chips: 6,
                strips: 768,
                flag: 'G',
                flag_reason: String::new(),
                flag_enabled: true,
                check_list: "at least one dead chip".to_owned(),
                modules: vec![entry],
                untestable: None,
            };
            summary.write(&self.path(number, kind, "DeadSummaryFile.xml")).unwrap();
        }
    }

    fn efficiency(&self, number: u32) {
        let wafer = |wafer: WaferHash| EfficiencyWafer {
            serial: serial(wafer.module()),
            wafer,
            efficiency: if wafer.module().index() == 3000 { 0.5 } else { 0.99 },
        };
        let wafers = WaferHash::all().map(wafer).collect();
        let list = EfficiencyModules { head: self.head(number), wafers };
        list.write(&self.path(number, "scteff", "EfficiencyModuleSummary.xml")).unwrap();
        let measures = [Measure::Efficiency, Measure::EfficiencyFirstBunch];
        self.summary(
            number,
            "scteff",
            "EfficiencySummaryFile.xml",
            SummaryKind::Efficiency,
            &measures,
            |_| 0.99,
        );
    }

    fn errors(&self, number: u32) {
        let wafer = |wafer: WaferHash| {
            let mut counts = [0; 12];
            counts[3] = u64::from(wafer.index() == 42) * 1234;
            let total = counts.iter().sum();
            BsErrorWafer { serial: serial(wafer.module()), wafer, total, counts }
        };
        let list = BsErrorModules {
            head: self.head(number),
            wafers: WaferHash::all().map(wafer).collect(),
        };
        list.write(&self.path(number, "sctbse", "BSErrorModuleSummary.xml")).unwrap();
        let links = |part: Part| f64::from(u8::from(part.index() == 0));
        self.summary(
            number,
            "sctbse",
            "BSErrorSummaryFile.xml",
            SummaryKind::BsErrors,
            &[Measure::LinksWithErrors],
            links,
        );
    }

    fn raw(&self, number: u32) {
        let iov = Iov::run(run(number));
        let row = |wafer: WaferHash| {
            let occupancy = 1e-3 * (1 + wafer.index() % 7) as f32;
            raw_occupancy_row(wafer, iov, 20_000, occupancy).unwrap()
        };
        let rows = WaferHash::all().map(row).collect();
        let content =
            FolderContent { folder: RAW_OCCUPANCY.folder(), tag: "Some-Tag".to_owned(), rows };
        write_file(&self.path(number, "sctro", "mycool.db"), "MONP200", &[content]).unwrap();
        self.summary(
            number,
            "sctro",
            "RawOccupancySummaryFile.xml",
            SummaryKind::RawOccupancy,
            &[Measure::RawOccupancy],
            |_| 0.004,
        );
    }

    fn lorentz(&self, number: u32) {
        let fit = |sensors: Sensors| {
            let angle = -4.0 - 0.1 * sensors.index() as f32;
            let numbers = [angle, 0.05, 31.0, 3.0, 0.1, 0.4, 0.02, 2.0, 0.1, 1.25, 0.01];
            (
                sensors,
                if sensors.exist() {
                    LorentzAngle::from_array(numbers)
                } else {
                    LorentzAngle::default()
                },
            )
        };
        let fits: Vec<_> = Sensors::all().map(fit).collect();
        let part = |(sensors, fit): &(Sensors, LorentzAngle)| LorentzAnglePart {
            sensors: *sensors,
            angle: fit.angle[0],
            min_cluster_width: fit.min_cluster_width[0],
            good: sensors.index() != 5,
        };
        let parts = fits.iter().map(part).collect();
        let summary = LorentzAngleSummary { head: self.head(number), flag: 'R', parts };
        summary.write(&self.path(number, "sctla", "LorentzAngleSummaryFile.xml")).unwrap();
        LorentzAngleFile { fits }
            .write(&self.path(number, "sctla", "LorentzAngleFile.xml"))
            .unwrap();
    }
}
