//! `sct-calib` with the parts that read monitoring histograms: files under the prefix, one database, reports, endings.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use sct_conditions::SCT_FOLDERS;
use sct_cool::{Database, Selection};
use sct_roothist::Histogram;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    calib::{report, run},
    code,
    hist::{WHOLE, sample::Sample},
    names, stderr,
};

const DATASET: &str = "data22_13p6TeV.00440199.express_express.merge.HIST.f1_h2";
pub(crate) const PARTS: [&str; 5] =
    ["doNoiseOccupancy", "doRawOccupancy", "doEfficiency", "doBSErrorDB", "doLorentzAngle"];
const PREFIX: &str = "data22_13p6TeV.00440199.express_express.sctcal.TASK.c0_c0";

/// A job in a folder of its own.
pub(crate) fn job(parts: &[&str], hist: &Path) -> (TempDir, Value) {
    let folder = tempfile::tempdir().unwrap();
    let text = "440199 data22_13p6TeV 1666000000 1666054000 900 SCTBA";
    fs::write(folder.path().join("runInfo.txt"), text).unwrap();
    let dictionary = json!({
        "part": parts,
        "MaxEvents": "-1",
        "prefix": format!("{PREFIX}#{PREFIX}._0001"),
        "input": [format!("{DATASET}#{}", hist.display())],
    });
    (folder, dictionary)
}

/// Runs a job on the whole file, which must end well.
fn done(parts: &[&str], more: &[&str]) -> (TempDir, Output) {
    let (folder, dictionary) = job(parts, &WHOLE.1);
    let output = run(folder.path(), &dictionary, more);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    (folder, output)
}

/// Names of the outputs behind the prefix.
pub(crate) fn outputs(folder: &Path) -> Vec<String> {
    let prefix = format!("{PREFIX}._0001.");
    let names = names(folder);
    names.iter().filter_map(|name| Some(name.strip_prefix(&prefix)?.to_owned())).collect()
}

pub(crate) fn output(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{PREFIX}._0001.{name}"))
}

/// Report argument and name behind the prefix of every output.
pub(crate) fn reported(report: &Value) -> Vec<(String, String)> {
    let entry = |file: &Value| {
        let name = file["subFiles"][0]["name"].as_str()?.rsplit("_0001.").next()?;
        Some((file["argName"].as_str()?.to_owned(), name.to_owned()))
    };
    report["files"]["output"].as_array().unwrap().iter().filter_map(entry).collect()
}

#[test]
fn every_part_leaves_its_files_under_their_report_arguments() {
    let parts = [
        (
            "doNoiseOccupancy",
            vec![
                ("NOFile", "NoiseOccupancyFile.xml"),
                ("NOSummaryFile", "NoiseOccupancySummaryFile.xml"),
            ],
        ),
        ("doRawOccupancy", vec![("ROSummaryFile", "RawOccupancySummaryFile.xml")]),
        (
            "doEfficiency",
            vec![
                ("EffModuleFile", "EfficiencyModuleSummary.xml"),
                ("EffSummaryFile", "EfficiencySummaryFile.xml"),
            ],
        ),
        (
            "doBSErrorDB",
            vec![
                ("BSModuleFile", "BSErrorModuleSummary.xml"),
                ("BSSummaryFile", "BSErrorSummaryFile.xml"),
            ],
        ),
    ];
    for (part, files) in parts {
        let (folder, ran) = done(&[part], &[]);
        let mut expected: Vec<_> = files
            .into_iter()
            .chain([("COOL", "mycool.db")])
            .map(|(argument, name)| (format!("output{argument}"), name.to_owned()))
            .collect();
        let report = report(folder.path());
        assert_eq!(reported(&report), expected, "{part}");
        expected.sort_by(|a, b| a.1.cmp(&b.1));
        let expected: Vec<String> = expected.into_iter().map(|(_, name)| name).collect();
        assert_eq!(outputs(folder.path()), expected, "{part}");
        let warning = "maxEvents is -1, taken as 1";
        assert!(stderr(&ran).contains(warning), "{part}: {}", stderr(&ran));
    }
}

#[test]
fn several_parts_share_one_database() {
    let parts = ["doNoiseOccupancy", "doRawOccupancy", "doEfficiency", "doBSErrorDB"];
    let (folder, _) = done(&parts, &["--ntuple", "n.root", "--plots", "plots"]);
    let database = Database::open(&output(folder.path(), "mycool.db")).unwrap();
    let report = report(folder.path());
    let stored = report["sctcalib"]["stored"].as_array().unwrap();
    assert_eq!(stored.len(), parts.len());
    for stored in stored {
        let path = stored["folder"].as_str().unwrap();
        let folder = SCT_FOLDERS.iter().find(|folder| folder.path == path).unwrap();
        assert_eq!(stored["tag"], folder.tag);
        let rows = database.objects(path, &Selection::tag(folder.tag)).unwrap().len();
        assert_eq!(stored["rows"], rows, "{path}");
    }
    assert_eq!(report["sctcalib"]["noiseOccupancy"]["events"], 20_000);
    assert_eq!(report["sctcalib"]["efficiency"]["parts"].as_array().unwrap().len(), 96);
    let names = names(folder.path());
    for part in ["noise_occupancy", "raw_occupancy", "efficiency", "bs_errors"] {
        assert!(names.contains(&format!("n.{part}.root")), "{names:?}");
    }
    assert_eq!(crate::names(&folder.path().join("plots")).len(), 12);
    let summary = fs::read_to_string(output(folder.path(), "RawOccupancySummaryFile.xml")).unwrap();
    assert!(summary.contains("2022-10-17_") && summary.contains("<value name=\"LB\">900</value>"));
}

#[test]
fn chips_have_a_file_when_they_are_asked_for() {
    let (folder, dictionary) = job(&["doEfficiency"], &WHOLE.1);
    fs::write(folder.path().join("chips.toml"), "EfficiencyDoChips = true").unwrap();
    let ran = run(folder.path(), &dictionary, &["--SCTCalibConfig", "chips.toml"]);
    assert_eq!(code(&ran), 0, "{}", stderr(&ran));
    let found = reported(&report(folder.path()));
    let chips = ("outputEffChipFile".to_owned(), "EfficiencyChipSummary.xml".to_owned());
    assert!(found.contains(&chips), "{found:?}");
}

#[test]
fn of_several_files_the_last_is_used() {
    let (folder, mut dictionary) = job(&["doRawOccupancy"], &WHOLE.1);
    let empty = folder.path().join("first.root");
    fs::write(&empty, "").unwrap();
    let last = dictionary["input"][0].clone();
    dictionary["input"] = json!([format!("{DATASET}#{}", empty.display()), last]);
    let ran = run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&ran), 0, "{}", stderr(&ran));
    assert!(stderr(&ran).contains("of 2 HIST files the last is used"), "{}", stderr(&ran));
}

#[test]
fn nothing_is_stored_when_that_is_switched_off() {
    let (folder, dictionary) = job(&["doRawOccupancy", "doEfficiency"], &WHOLE.1);
    fs::write(folder.path().join("off.toml"), "WriteToCool = false").unwrap();
    fs::write(output(folder.path(), "mycool.db"), "of an earlier job").unwrap();
    let ran = run(folder.path(), &dictionary, &["--SCTCalibConfig", "off.toml"]);
    assert_eq!(code(&ran), 0, "{}", stderr(&ran));
    assert!(!output(folder.path(), "mycool.db").exists());
    let reason = &report(folder.path())["sctcalib"]["absentOutputs"]["mycool.db"];
    assert_eq!(reason, "writing is switched off (WriteToCool)");
}

/// A job must fail with this code and text in message, report and log, and leave none of its files.
fn check_failure(hist: &Path, expected: i32, text: &str) {
    for part in PARTS {
        let (folder, dictionary) = job(&[part], hist);
        let ran = run(folder.path(), &dictionary, &[]);
        assert_eq!(code(&ran), expected, "{part}: {}", stderr(&ran));
        let report = report(folder.path());
        assert_eq!(report["exitCode"], expected, "{part}");
        let message = format!(
            "{}{}",
            report["exitMsg"].as_str().unwrap(),
            report["exitMsgExtra"].as_str().unwrap()
        );
        assert!(message.replace(" (truncated)", "").contains(text), "{part}: {message}");
        let log = fs::read_to_string(folder.path().join("log.sctcalib")).unwrap();
        assert!(log.lines().any(|line| line.contains("ERROR") && line.contains(text)), "{log}");
        assert_eq!(outputs(folder.path()), Vec::<String>::new(), "{part}");
    }
}

fn few_events(map: &mut Histogram) {
    if map.name == "NumberOfEventsVsLB" {
        map.entries = 4999.0;
    }
}

#[test]
fn too_few_events_need_a_look_and_store_nothing() {
    let (_kept, hist) = Sample { change: few_events, ..Sample::default() }.written();
    let text =
        "Number of events in HIST: 4999 is less than the required minimum number of events 5000";
    check_failure(&hist, 1, text);
}

#[test]
fn inputs_that_are_of_no_use_are_named() {
    let (folder, mut dictionary) = job(&["doEfficiency"], &WHOLE.1);
    let other = dictionary["input"][0].as_str().unwrap().replacen("00440199", "00440200", 1);
    dictionary["input"] = json!([other]);
    fs::remove_file(folder.path().join("runInfo.txt")).unwrap();
    let ran = run(folder.path(), &dictionary, &[]);
    let text = "there is no directory run_440200: the file has run 440199";
    assert_eq!((code(&ran), stderr(&ran).contains(text)), (74, true), "{}", stderr(&ran));
    let sample = Sample { wanted: |name| !name.contains("Conf"), ..Sample::default() };
    let (_kept, hist) = sample.written();
    check_failure(&hist, 74, "has no object run_440199/SCT/GENERAL/Conf");
    let sample = Sample { wanted: |name| name.contains("Conf"), ..Sample::default() };
    let (_kept, hist) = sample.written();
    check_failure(&hist, 74, "run_440199/SCT/");
    let bytes = fs::read(&WHOLE.1).unwrap();
    let cut = folder.path().join("cut.root");
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    check_failure(&cut, 74, "truncated or damaged");
    check_failure(&folder.path().join("absent.root"), 74, "not found");
}

#[test]
fn parts_that_read_different_things_are_separate_jobs() {
    let (folder, dictionary) = job(&["doEfficiency", "doNoisyStrip"], &WHOLE.1);
    let ran = run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&ran), 7, "{}", stderr(&ran));
    let text = "part doEfficiency reads monitoring histograms, part doNoisyStrip reads hit maps";
    assert!(stderr(&ran).contains(text), "{}", stderr(&ran));
}
