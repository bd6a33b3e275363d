//! A data folder with one run of every task, made by the writers of the tasks, with texts that would like to be markup.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header::HeaderMap},
};
use sct_conditions::{LorentzAngle, RAW_OCCUPANCY, StripSet, raw_occupancy_row};
use sct_cool::{FolderContent, write_file};
use sct_id::{
    Chip, Iov, ModuleHash, ModuleStrip, Part, RunNumber, Sensors, SerialNumber, Side, WaferHash,
};
use sct_loop::{
    schedule::Settings,
    web::{App, router},
};
use sct_result::Index;
use sct_xml::{
    BadStripsSummary, BsErrorModules, BsErrorWafer, DeadSummary, DeadSummaryModule,
    EfficiencyModules, EfficiencyWafer, LorentzAngleFile, LorentzAnglePart, LorentzAngleSummary,
    Measure, MonitoringSummary, NoiseOccupancyList, NoiseWafer, PartValue, RunHead, SummaryChip,
    SummaryKind, SummaryModule,
};
use tempfile::TempDir;
use tower::ServiceExt as _;

pub(crate) const RUN: u32 = 440_199;
/// What somebody writes who wants to be more than text.
pub(crate) const MARKUP: &str = "<script>alert('x')</script>\" onload=\"y";

pub(crate) struct Site {
    pub(crate) folder: TempDir,
    router: Router,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn assert(&self, status: StatusCode, words: &[&str]) {
        let text = self.text();
        assert_eq!(self.status, status, "{text}");
        for word in words {
            assert!(text.contains(word), "'{word}' is not in\n{text}");
        }
    }
}

pub(crate) fn run(number: u32) -> RunNumber {
    RunNumber::new(number).unwrap()
}

pub(crate) fn module(hash: usize) -> ModuleHash {
    ModuleHash::new(hash).unwrap()
}

pub(crate) fn serial(module: ModuleHash) -> SerialNumber {
    SerialNumber::from_truncated(u32::try_from(170_200_000 + module.index()).unwrap()).unwrap()
}

impl Site {
    /// Three runs; the middle one has everything.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let site = Folder(folder.path().to_owned());
        for (number, strips) in [(RUN - 7, 3), (RUN, 5), (RUN + 11, 4)] {
            site.noisy(number, strips);
            site.noise(number, f32::from(u16::try_from(strips).unwrap()));
        }
        site.dead(RUN);
        site.efficiency(RUN);
        site.errors(RUN);
        site.raw(RUN);
        site.lorentz(RUN);
        Self::open(folder)
    }

    pub(crate) fn open(folder: TempDir) -> Self {
        let settings = Settings::read(folder.path()).unwrap();
        let mut index = Index::open(&settings.results_index()).unwrap();
        index.refresh(&settings.results()).unwrap();
        index.read_lists(usize::MAX).unwrap();
        let router = router(App::open(settings).unwrap());
        Self { folder, router }
    }

    pub(crate) fn refresh(&self) {
        let settings = Settings::read(self.folder.path()).unwrap();
        let mut index = Index::open(&settings.results_index()).unwrap();
        index.refresh(&settings.results()).unwrap();
        index.read_lists(usize::MAX).unwrap();
    }

    /// Folder of the results of a task of [`RUN`].
    pub(crate) fn results(&self, kind: &str) -> PathBuf {
        self.folder.path().join(format!("results/{RUN:08}/{kind}"))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        answer.assert(StatusCode::OK, &["<main id=\"main\""]);
        answer.text()
    }
}

/// What the tasks leave behind.
struct Folder(PathBuf);

/// The beginning of all names of a task.
pub(crate) fn prefix(number: u32, stream: &str, kind: &str) -> String {
    format!("data22_13p6TeV.{number:08}.{stream}.merge.{kind}.c0._0001")
}

fn head(number: u32) -> RunHead {
    RunHead::new(run(number), 1_669_852_800, 1_669_890_000, 120, 20_000)
}

fn strips(numbers: impl Iterator<Item = usize>) -> StripSet {
    numbers.map(|number| ModuleStrip::new(number).unwrap()).collect()
}

impl Folder {
    /// The path of a file of a task; a report and a log are there as well.
    fn path(&self, number: u32, kind: &str, name: &str) -> PathBuf {
        let folder = self.0.join(format!("results/{number:08}/{kind}"));
        fs::create_dir_all(&folder).unwrap();
        let stream = if kind == "sctns" { "calibration_SCTNoise" } else { "express_express" };
        let prefix = prefix(number, stream, &kind.to_uppercase());
        let path = |name: &str| folder.join(format!("{prefix}.{name}"));
        fs::write(path("log"), format!("first line\n{MARKUP}\nlast line\n")).unwrap();
        let report = serde_json::json!({ "exitCode": 0, "exitMsg": "OK", "exitMsgExtra": "", "files": { "output": [] } });
        fs::write(path("jobReport.json"), report.to_string()).unwrap();
        path(name)
    }

    fn noisy(&self, number: u32, many: usize) {
        let entry = |hash: usize, count: usize| SummaryModule {
            serial: serial(module(hash)),
            module: module(hash),
            links: if hash == 2469 { vec![Side::One] } else { Vec::new() },
            chips: vec![Chip::new(9).unwrap()],
            all: strips(100..100 + count),
            new: strips(100..101),
            reference: strips(99..102),
        };
        let modules = vec![entry(17, many), entry(2469, 7 * many)];
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
            modules_count: 2,
            links: 1,
            chips_count: 2,
            strips_all: 8 * many as u64,
            strips_new: 2,
            modules_reference: 2,
            strips_reference: 6,
            modules_different: 2,
            flag: 'Y',
            flag_reason: format!("FAILED in the number of strips {MARKUP}; FAILED in modules; "),
            flag_enabled: true,
            recent_available: true,
            check_list: format!("{MARKUP}; number of strips"),
            chips: vec![chip(17, vec![3, 4, 5]), chip(2469, vec![4])],
            modules,
        };
        summary.set_times(1_669_852_800, 1_669_890_000);
        summary.write(&self.path(number, "sctns", "BadStripsSummaryFile.xml")).unwrap();
        fs::write(self.path(number, "sctns", "SCTHitMaps.root"), [b'r'; 200_000]).unwrap();
        fs::write(self.path(number, "sctns", "mycool.db"), b"no database").unwrap();
    }

    fn noise(&self, number: u32, factor: f32) {
        let wafer = |wafer: WaferHash| NoiseWafer {
            serial: serial(wafer.module()),
            wafer,
            occupancy: factor * 1e-6 * (1 + wafer.index() % 13) as f32,
        };
        let list = NoiseOccupancyList {
            iov: Iov::run(run(number)),
            tag: MARKUP.to_owned(),
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
            MonitoringSummary { kind: summary, head: head(number), values: values.collect() };
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
                head: head(number),
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
        let list = EfficiencyModules { head: head(number), wafers };
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
        let list =
            BsErrorModules { head: head(number), wafers: WaferHash::all().map(wafer).collect() };
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
        let summary = LorentzAngleSummary { head: head(number), flag: 'R', parts };
        summary.write(&self.path(number, "sctla", "LorentzAngleSummaryFile.xml")).unwrap();
        LorentzAngleFile { fits }
            .write(&self.path(number, "sctla", "LorentzAngleFile.xml"))
            .unwrap();
    }
}

/// Where addresses of a page lead to, without those of other sections of it.
pub(crate) fn links(page: &str) -> BTreeMap<String, usize> {
    let mut links = BTreeMap::new();
    for start in ["href=\"", "src=\""] {
        for piece in page.split(start).skip(1) {
            let link = piece.split('"').next().unwrap_or_default().replace("&amp;", "&");
            let link = link.split('#').next().unwrap_or_default().to_owned();
            *links.entry(link).or_default() += 1;
        }
    }
    links
}

/// Names of the files of a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
