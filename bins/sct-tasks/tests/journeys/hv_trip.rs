//! `sct-hv-trip` and the part `doHV`: the true times and nothing else, and databases that are not good enough.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use sct_conditions::{
    CHANNEL_STATE_FOLDER, Folder, HV_FOLDER, Row, Value, channel_state_folder, hv_folder,
    run_control::LUMI_BLOCKS,
};
use sct_cool::{Clock, Database, Selection, StoreTarget, Writer};
use sct_sim::{HvTrip, HvTruth, Settings, write_conditions};
use sct_tasks::simulation::run_info;
use sct_xml::BadModulesFile;
use serde_json::json;

use crate::{RUN, calib, code, names, program, stderr, stdout};

const SECOND: u64 = 1_000_000_000;

fn search(conditions: &Path, out: &Path, more: &[&str]) -> Output {
    let settings = &RUN.settings;
    let mut command = program("sct-hv-trip");
    command.args(["--run", &settings.run.to_string()]);
    if !more.contains(&"--start") {
        command.args([
            "--start",
            &settings.start.to_string(),
            "--end",
            &settings.end().to_string(),
        ]);
    }
    command.arg("--conditions").arg(conditions).arg("--out").arg(out);
    command.arg("--modules").arg(RUN.path("modules.csv")).args(more).output().unwrap()
}

fn truth() -> HvTruth {
    HvTruth::read(&RUN.path(HvTruth::FILE)).unwrap()
}

/// The list, as whole seconds that cover the true times.
fn check_list(path: &Path, truth: &HvTruth) {
    let list = BadModulesFile::read(path).unwrap();
    assert!(truth.trips.len() > 12);
    assert_eq!(list.modules.len(), truth.trips.len());
    let length = RUN.settings.lumi_block_seconds * SECOND;
    let start = RUN.settings.start * SECOND;
    for (bad, trip) in list.modules.iter().zip(&truth.trips) {
        assert_eq!(bad.module, trip.module);
        let whole = |key: u64| i64::try_from(key).unwrap();
        assert_eq!(bad.seconds, (whole(trip.since / SECOND), whole(trip.until.div_ceil(SECOND))));
        let lumi_block = |key: u64| u32::try_from((key - start) / length + 1).unwrap();
        let blocks = (bad.lumi_blocks.0.to_u32(), bad.lumi_blocks.1.to_u32());
        assert_eq!(blocks, (lumi_block(trip.since), lumi_block(trip.until - 1)));
    }
}

#[test]
fn the_true_times_are_found() {
    let out = tempfile::tempdir().unwrap();
    let (plots, ntuple) = (out.path().join("plots"), out.path().join("n.root"));
    let more = ["--json", "--plots", plots.to_str().unwrap(), "--ntuple", ntuple.to_str().unwrap()];
    let output = search(&RUN.path("conditions.db"), out.path(), &more);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    check_list(&out.path().join("BadModulesFile.xml"), &truth());
    assert_eq!(names(out.path()), ["BadModulesFile.xml", "n.root", "plots"]);
    assert_eq!(names(&plots), ["hv-detector.svg", "hv-modules.svg", "hv-trips.svg"]);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let found: BTreeSet<(String, u64, u64)> = json["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trip| {
            let key = |name: &str| trip[name].as_u64().unwrap();
            (trip["module"].as_str().unwrap().to_owned(), key("since"), key("until"))
        })
        .collect();
    let name = |trip: &HvTrip| (trip.module.position().to_string(), trip.since, trip.until);
    assert_eq!(found, truth().trips.iter().map(name).collect());
    assert_eq!((&json["modulesKnown"], &json["modulesAlwaysOff"]), (&json!(4088), &json!(1)));
    let mut file = oxyroot::RootFile::open(&ntuple).unwrap();
    let trips = i64::try_from(truth().trips.len()).unwrap();
    assert_eq!(file.get_tree("hv_trips").unwrap().entries(), trips);
}

#[test]
fn other_detectors_have_their_times_too() {
    for seed in [2, 3] {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { seed, defect_seed: 23 + seed, ..RUN.settings.clone() };
        let made = write_conditions(&settings, &folder.path().join("conditions.db")).unwrap();
        let output = search(&made.database, folder.path(), &[]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let truth = HvTruth::read(&made.hv_truth).unwrap();
        assert_ne!(truth, self::truth());
        check_list(&folder.path().join("BadModulesFile.xml"), &truth);
    }
}

#[test]
fn a_wider_gap_joins_more() {
    let out = tempfile::tempdir().unwrap();
    let count = |width: &str| {
        let set = format!("HVBinWidth={width}");
        let output = search(&RUN.path("conditions.db"), out.path(), &["--set", &set]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        BadModulesFile::read(&out.path().join("BadModulesFile.xml")).unwrap().modules.len()
    };
    let modules: BTreeSet<_> = truth().trips.iter().map(|trip| trip.module).collect();
    assert!(count("0") >= truth().trips.len());
    assert_eq!((count("5"), count("1000000")), (truth().trips.len(), modules.len()));
}

#[test]
fn the_part_leaves_a_list_and_no_database() {
    let (folder, mut dictionary) = calib::job();
    dictionary["part"] = json!(["doHV"]);
    dictionary["prefix"] = json!("P");
    fs::write(folder.path().join("runInfo.txt"), run_info(&RUN.settings).to_text()).unwrap();
    let output = calib::run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    check_list(&folder.path().join("P.BadModulesFile.xml"), &truth());
    let report = calib::report(folder.path());
    assert_eq!(report["sctcalib"]["hvTrips"]["trips"], truth().trips.len());
    assert_eq!(report["files"]["output"].as_array().unwrap().len(), 1);
    assert!(!folder.path().join("P.mycool.db").exists());

    fs::remove_file(folder.path().join("runInfo.txt")).unwrap();
    assert_eq!(code(&calib::run(folder.path(), &dictionary, &[])), 37);
    dictionary.as_object_mut().unwrap().remove("conditions");
    assert_eq!(code(&calib::run(folder.path(), &dictionary, &[])), 17);
}

/// A copy of the three folders of the conditions, with `change` applied to each and its rows; none leaves it out.
fn copy(folder: &Path, change: impl Fn(Folder, Vec<Row>) -> Option<(Folder, Vec<Row>)>) -> PathBuf {
    let path = folder.join("changed.db");
    let _ = fs::remove_file(&path);
    let from = Database::open(&RUN.path("conditions.db")).unwrap();
    let mut writer = Writer::create(&path, "CONDBR2", Clock::fixed(0)).unwrap();
    for folder in [hv_folder(), channel_state_folder(), LUMI_BLOCKS.folder()] {
        let objects = from.objects(&folder.path, &Selection::tag("")).unwrap();
        let rows = objects.into_iter().map(|object| object.row).collect();
        if let Some((folder, rows)) = change(folder, rows) {
            writer.create_folder(&folder).unwrap();
            writer.store(&folder.path, &StoreTarget::Head, &rows).unwrap();
        }
    }
    path
}

#[test]
fn databases_that_are_not_good_enough_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let without = |left_out: &'static [&'static str]| {
        copy(folder.path(), move |folder, rows| {
            (!left_out.contains(&folder.path.as_str())).then_some((folder, rows))
        })
    };
    let ends = |path: &Path, more: &[&str], expected: i32, words: &str| {
        let out = folder.path().join("result");
        let output = search(path, &out, more);
        assert_eq!(code(&output), expected, "{words}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{words}: {}", stderr(&output));
        assert_eq!(out.exists(), expected == 0);
    };
    ends(&without(&[HV_FOLDER, CHANNEL_STATE_FOLDER]), &[], 74, "neither a folder /SCT/DCS/HV nor");
    ends(&without(&[LUMI_BLOCKS.path]), &[], 37, "no times of lumi blocks");
    let good = RUN.path("conditions.db");
    ends(&good, &["--start", "0", "--end", "0"], 37, "times of run 437548 are not known");
    ends(
        &good,
        &["--start", "9000", "--end", "9100", "--set", "HVMinVoltage=5000"],
        5,
        "HVMinVoltage",
    );
    ends(&folder.path().join("none.db"), &[], 74, "none.db");
    let damaged = copy(folder.path(), |folder, mut rows| {
        if folder.path == CHANNEL_STATE_FOLDER {
            // The last row of a module has no end, so that it is valid during the run.
            rows.last_mut().unwrap().payload[1] = Value::Int(300);
        }
        Some((folder, rows))
    });
    ends(&damaged, &[], 74, "column STATE is Int(300)");
    let other = copy(folder.path(), |folder, rows| {
        let description = LUMI_BLOCKS.folder().description;
        Some((Folder { description, ..folder }, rows))
    });
    ends(&other, &[], 74, "is not keyed by Time");
    ends(&without(&[HV_FOLDER]), &[], 0, "there is no folder /SCT/DCS/HV");
}
