//! The tasks that read monitoring histograms: what is in the files they leave, and how they fail.

#[path = "../../../../crates/sct-histfile/tests/histfile/hist/sample.rs"]
#[allow(dead_code, reason = "the reader's own tests use more of it")]
pub(crate) mod sample;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    sync::LazyLock,
};

use sct_conditions::{SCT_FOLDERS, Value};
use sct_cool::{Database, Selection};
use sct_hitmap::ByteStreamError;
use sct_id::{Plane, Region, WaferHash};
use sct_xml::{
    BsErrorModules, EfficiencyChips, EfficiencyModules, Measure, MonitoringSummary,
    NoiseOccupancyList, SummaryKind,
};
use tempfile::TempDir;

use self::sample::{EVENTS, RUN, Sample, number};
use crate::{code, names, program, stderr, stdout};

/// A whole file, made once.
pub(crate) static WHOLE: LazyLock<(TempDir, PathBuf)> =
    LazyLock::new(|| Sample::default().written());

pub(crate) const PROGRAMS: [&str; 5] = [
    "sct-noise-occupancy",
    "sct-raw-occupancy",
    "sct-efficiency",
    "sct-bs-error",
    "sct-lorentz-angle",
];

pub(crate) fn run(name: &str, hist: &Path, out: &Path, more: &[&str]) -> Output {
    program(name)
        .args(["--start", "1666000000", "--end", "1666054000", "--lumi-blocks", "900"])
        .arg("--hist")
        .arg(hist)
        .arg("--out")
        .arg(out)
        .args(["--run", &RUN.to_string()])
        .args(more)
        .output()
        .unwrap()
}

/// Runs a program on the whole file, which must end well.
fn done(name: &str, more: &[&str]) -> (TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    let output = run(name, &WHOLE.1, folder.path(), more);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    (folder, output)
}

/// Payload by channel of the folder whose path ends so.
pub(crate) fn rows(folder: &Path, end: &str) -> Vec<(u32, Vec<Value>)> {
    let database = Database::open(&folder.join("mycool.db")).unwrap();
    let found = SCT_FOLDERS.iter().find(|found| found.path.ends_with(end)).unwrap();
    let objects = database.objects(found.path, &Selection::tag(found.tag)).unwrap();
    objects.into_iter().map(|object| (object.row.channel.0, object.row.payload)).collect()
}

fn summary(folder: &Path, name: &str) -> MonitoringSummary {
    MonitoringSummary::read(&folder.join(name)).unwrap()
}

/// Mean of a value over a part, for comparison in six digits.
fn close(found: f64, expected: f64) -> bool {
    (found / expected - 1.0).abs() < 1e-5
}

#[test]
fn noise_occupancy_of_every_wafer() {
    let (folder, _) = done("sct-noise-occupancy", &[]);
    let files = ["NoiseOccupancyFile.xml", "NoiseOccupancySummaryFile.xml", "mycool.db"];
    assert_eq!(names(folder.path()), files);
    let list = NoiseOccupancyList::read(&folder.path().join(files[0])).unwrap();
    let occupancy = |wafer: WaferHash| number(wafer) / EVENTS / 3.0 / 1e5;
    assert!(
        list.wafers
            .iter()
            .all(|found| { close(f64::from(found.occupancy), occupancy(found.wafer)) })
    );
    let order: Vec<WaferHash> = list.wafers.iter().map(|found| found.wafer).collect();
    let expected: Vec<WaferHash> = Plane::all().flat_map(Plane::wafers).copied().collect();
    assert_eq!(order, expected);
    let summary = summary(folder.path(), files[1]);
    assert_eq!((summary.kind, summary.values.len()), (SummaryKind::NoiseOccupancy, 48));
    assert_eq!(
        (summary.head.events, summary.head.lumi_blocks, summary.head.duration),
        (20_000, 900, 54_000)
    );
    for value in &summary.values {
        let wafers = value.part.wafers();
        let mean = wafers.iter().map(|&wafer| occupancy(wafer)).sum::<f64>() / wafers.len() as f64;
        assert!(close(value.value, mean), "{}", value.part.name());
    }
    let rows = rows(folder.path(), "NoiseOccupancy");
    assert_eq!(rows.len(), WaferHash::COUNT);
    assert!(rows.iter().all(|(_, payload)| payload[0] == Value::Int(10_000)));
}

#[test]
fn raw_occupancy_of_every_wafer() {
    let (folder, output) = done("sct-raw-occupancy", &["--json", "--prefix", "p"]);
    assert_eq!(names(folder.path()), ["p.RawOccupancySummaryFile.xml", "p.mycool.db"]);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&json["events"], &json["stored"]["rows"]), (&20_000.into(), &8176.into()));
    assert_eq!(json["parts"].as_array().map(Vec::len), Some(48));
    fs::rename(folder.path().join("p.mycool.db"), folder.path().join("mycool.db")).unwrap();
    for (wafer, (channel, payload)) in WaferHash::all().zip(rows(folder.path(), "RawOccupancy")) {
        assert_eq!((channel, &payload[0]), (wafer.position().id().to_u32(), &Value::Int(20_000)));
        let Value::Real(found) = payload[5] else { panic!("{:?} is no number", payload[5]) };
        assert!(close(found, number(wafer) / EVENTS / 768.0), "{wafer}");
    }
}

#[test]
fn efficiency_of_every_wafer_and_chip() {
    let (folder, output) = done("sct-efficiency", &["--set", "EfficiencyDoChips=true"]);
    let files = [
        "EfficiencyChipSummary.xml",
        "EfficiencyModuleSummary.xml",
        "EfficiencySummaryFile.xml",
        "mycool.db",
    ];
    assert_eq!(names(folder.path()), files);
    // The sample has maps of one chip of six.
    let warning = "220 efficiency maps of chips are missing (first end-cap C layer 0 side 0)";
    assert!(stderr(&output).contains(warning), "{}", stderr(&output));
    let chips = EfficiencyChips::read(&folder.path().join(files[0])).unwrap().chips;
    assert_eq!(chips.len(), WaferHash::COUNT);
    assert!(chips.iter().all(|chip| {
        let expected = number(chip.wafer) / EVENTS;
        chip.chip == 4
            && close(f64::from(chip.efficiency), expected)
            && close(f64::from(chip.first_bunch.unwrap()), expected / 2.0)
    }));
    let modules = EfficiencyModules::read(&folder.path().join(files[1])).unwrap().wafers;
    let regions: Vec<Region> =
        [0, 4000, 8175].map(|at| modules[at].wafer.position().module().region()).to_vec();
    assert_eq!(regions, [Region::EndCapC, Region::Barrel, Region::Barrel]);
    let summary = summary(folder.path(), files[2]);
    let measures: Vec<Measure> = summary.values.iter().map(|value| value.measure).collect();
    assert_eq!(measures, [Measure::Efficiency, Measure::EfficiencyFirstBunch].repeat(48));
    let rows = rows(folder.path(), "Efficiency");
    assert!(rows.len() == 8176 && rows.iter().all(|(_, row)| row[0] == Value::Int(20_000)));
}

#[test]
fn efficiency_without_maps_of_the_first_bunch_is_a_warning() {
    let sample = Sample { wanted: |name| !name.ends_with("_bcid"), ..Sample::default() };
    let (_kept, hist) = sample.written();
    let folder = tempfile::tempdir().unwrap();
    let output = run("sct-efficiency", &hist, folder.path(), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("44 efficiency maps of the first bunch are missing"));
    let summary = summary(folder.path(), "EfficiencySummaryFile.xml");
    assert!(summary.values.iter().all(|value| value.measure == Measure::Efficiency));
    assert!(!folder.path().join("EfficiencyChipSummary.xml").exists());
}

/// Counts of byte-stream errors, and links with errors, rows.
fn bs_errors(how: &[&str]) -> (BsErrorModules, f64, usize) {
    let (folder, _) = done("sct-bs-error", how);
    let modules = BsErrorModules::read(&folder.path().join("BSErrorModuleSummary.xml")).unwrap();
    let summary = summary(folder.path(), "BSErrorSummaryFile.xml");
    let links = summary.values.iter().map(|value| value.value).sum();
    (modules, links, rows(folder.path(), "BSErrorsRun2").len())
}

#[test]
fn byte_stream_errors_are_cut_unless_asked_otherwise() {
    let (modules, links, rows) = bs_errors(&[]);
    assert!(modules.wafers.iter().all(|found| found.total == 0));
    assert!(links.abs() < f64::EPSILON && rows == 1);
    let (modules, links, rows) = bs_errors(&["--error-counts", "mean"]);
    for found in &modules.wafers {
        for kind in ByteStreamError::ALL {
            let events = number(found.wafer) + 100.0 * kind.index() as f64;
            let count = found.counts[kind.index()] as f64;
            assert!((count - events).abs() < f64::EPSILON, "{kind} {}", found.wafer);
        }
    }
    assert!((links - 8176.0).abs() < f64::EPSILON && rows == 8176);
}

#[test]
fn plots_and_ntuple_show_every_wafer() {
    let folder = tempfile::tempdir().unwrap();
    let [plots, ntuple] = ["plots", "n.root"].map(|name| folder.path().join(name));
    let (plots_text, ntuple_text) = (plots.to_str().unwrap(), ntuple.to_str().unwrap());
    done("sct-efficiency", &["--plots", plots_text, "--ntuple", ntuple_text]);
    assert_eq!(
        names(&plots),
        ["efficiency-side-0.svg", "efficiency-side-1.svg", "efficiency-wafers.svg"]
    );
    let mut file = oxyroot::RootFile::open(&ntuple).unwrap();
    let tree = file.get_tree("efficiency").unwrap();
    let values: Vec<f64> = tree.branch("crossings").unwrap().as_iter::<f64>().unwrap().collect();
    assert!(values.len() == 8176 && values.iter().all(|&value| (value - EVENTS).abs() < 0.5));
}

/// All programs must fail with this code and text, and leave nothing.
fn check_failure(hist: &Path, more: &[&str], expected: i32, text: &str) {
    for name in PROGRAMS {
        let folder = tempfile::tempdir().unwrap();
        let output = run(name, hist, folder.path(), more);
        assert_eq!(code(&output), expected, "{name}: {}", stderr(&output));
        assert!(stderr(&output).contains(text), "{name}: {}", stderr(&output));
        assert_eq!(names(folder.path()), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn too_few_events_need_a_look() {
    let low = |map: &mut sct_roothist::Histogram| {
        if map.name == "NumberOfEventsVsLB" {
            map.entries = 4999.0;
        }
    };
    // The number is checked before anything else: there are no maps.
    let sample = Sample { wanted: |name| name.contains("Conf"), change: low, ..Sample::default() };
    let (_kept, hist) = sample.written();
    let text =
        "Number of events in HIST: 4999 is less than the required minimum number of events 5000";
    check_failure(&hist, &[], 1, text);
}

#[test]
fn a_file_of_another_run_is_named_with_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let output = program("sct-raw-occupancy")
        .args(["--run", "440200", "--hist"])
        .arg(&WHOLE.1)
        .arg("--out")
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(code(&output), 74);
    let text = "there is no directory run_440200: the file has run 440199";
    assert!(stderr(&output).contains(text), "{}", stderr(&output));
}

#[test]
fn missing_counters_and_maps_are_named() {
    let sample = Sample { wanted: |name| !name.contains("Conf"), ..Sample::default() };
    let (_kept, hist) = sample.written();
    let text = "has no object run_440199/SCT/GENERAL/Conf/NumberOfEventsVsLB";
    check_failure(&hist, &[], 74, text);
    let sample = Sample { wanted: |name| name.contains("Conf"), ..Sample::default() };
    let (_kept, hist) = sample.written();
    check_failure(&hist, &[], 74, "run_440199/SCT/");
}

#[test]
fn a_truncated_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("HIST.root");
    let bytes = fs::read(&WHOLE.1).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    check_failure(&path, &[], 74, "truncated or damaged");
    check_failure(&folder.path().join("absent.root"), &[], 74, "cannot read");
}

#[test]
fn nothing_is_stored_when_that_is_switched_off() {
    let (folder, output) = done("sct-raw-occupancy", &["--set", "WriteToCool=false"]);
    assert_eq!(names(folder.path()), ["RawOccupancySummaryFile.xml"]);
    assert!(stdout(&output).contains("no mycool.db: writing is switched off (WriteToCool)"));
}
