//! `sct-calib`: dictionaries, names, reports, early and bad endings.

use std::{fs, path::Path, process::Output};

use serde_json::{Value, json};

use crate::{RUN, code, names, program, stderr};

fn dataset() -> String {
    format!(
        "data22_13p6TeV.{:08}.calibration_SCTNoise.sctcal.HITMAP.c0_c0",
        RUN.settings.run.to_u32()
    )
}

/// A folder with the inputs under production names and a dictionary for them.
pub(crate) fn job() -> (tempfile::TempDir, Value) {
    let folder = tempfile::tempdir().unwrap();
    let mut inputs = Vec::new();
    for (part, number) in RUN.parts.iter().zip(1..) {
        for file in ["SCTHitMaps.root", "SCTLB.root"] {
            let name = format!("{}._{number:04}.{file}", dataset());
            fs::copy(part.join(file), folder.path().join(&name)).unwrap();
            inputs.push(json!(format!("{}#{name}", dataset())));
        }
    }
    let result = dataset().replace("HITMAP", "NOISYSTRIP");
    let dictionary = json!({
        "part": ["doNoisyStrip"],
        "splitNoisyStrip": 2,
        "MaxEvents": "1",
        "doRunInfo": "False",
        "prefix": format!("{result}#{result}._0001"),
        "input": inputs,
        "modules": RUN.path("modules.csv"),
        "conditions": RUN.path("conditions.db"),
    });
    (folder, dictionary)
}

pub(crate) fn run(folder: &Path, dictionary: &Value, more: &[&str]) -> Output {
    fs::write(folder.join("job.json"), dictionary.to_string()).unwrap();
    program("sct-calib").current_dir(folder).arg("--argJSON=job.json").args(more).output().unwrap()
}

pub(crate) fn report(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("jobReport.json")).unwrap()).unwrap()
}

#[test]
fn a_job_leaves_its_files_under_the_prefix_and_a_report() {
    let (folder, dictionary) = job();
    let text = format!("{} data22_13p6TeV 1666000000.5 1666054000.25 40 SCTBA", RUN.settings.run);
    fs::write(folder.path().join("runInfo.txt"), text).unwrap();
    let output = run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let prefix = dataset().replace("HITMAP", "NOISYSTRIP") + "._0001.";
    let made: Vec<String> = names(folder.path())
        .iter()
        .filter_map(|name| name.strip_prefix(&prefix).map(str::to_owned))
        .collect();
    assert_eq!(
        made,
        [
            "BadStripsAllFile.xml",
            "BadStripsNewFile.xml",
            "BadStripsSummaryFile.xml",
            "SCTHitMaps.root",
            "SCTLB.root",
            "mycool.db"
        ]
    );
    let report = report(folder.path());
    assert_eq!(
        (&report["exitCode"], &report["exitAcronym"], &report["exitMsg"]),
        (&json!(0), &json!("OK"), &json!("OK"))
    );
    assert_eq!(report["files"]["output"].as_array().unwrap().len(), 6);
    assert_eq!(report["sctcalib"]["noisyStrip"]["events"], RUN.settings.events);
    assert_eq!(report["executor"][0]["statusOK"], true);
    let log = fs::read_to_string(folder.path().join("log.sctcalib")).unwrap();
    assert!(log.contains("INFO"), "{log}");
}

#[test]
fn every_mistake_has_its_exit_code_and_report() {
    let cases: [(&str, Value, i32); 9] = [
        ("splitNoisyStrip", json!(3), 5),
        ("doRunInfo", json!("perhaps"), 4),
        ("part", json!(["doNothing"]), 7),
        ("part", json!(["doLorentzAngle"]), 74),
        ("splitNoisyStrip", json!(1), 74),
        ("input", json!([]), 17),
        ("input", json!(["a.b.c.d.e#missing.SCTHitMaps.root"]), 74),
        ("prefix", json!("A#B._0001"), 8),
        ("colour", json!(1), 7),
    ];
    let (folder, dictionary) = job();
    for (key, value, expected) in cases {
        let mut changed = dictionary.clone();
        changed[key] = value.clone();
        let output = run(folder.path(), &changed, &[]);
        assert_eq!(code(&output), expected, "{key} {value}: {}", stderr(&output));
        assert_eq!(report(folder.path())["exitCode"], expected, "{key} {value}");
        assert_eq!(
            stderr(&output).matches("ERROR").count(),
            1,
            "one clear message: {}",
            stderr(&output)
        );
    }
    let output = run(folder.path(), &dictionary, &["--nosuch"]);
    assert_eq!((code(&output), report(folder.path())["exitCode"].as_i64()), (7, Some(7)));
    assert!(
        !names(folder.path()).iter().any(|name| name.contains("NOISYSTRIP")),
        "no output of a refused job"
    );
}

#[test]
fn runs_must_be_told_and_agree() {
    let (folder, mut dictionary) = job();
    let plain = folder.path().join("SCTHitMaps.root");
    fs::copy(RUN.parts[0].join("SCTHitMaps.root"), &plain).unwrap();
    dictionary["input"] = json!(["SCTHitMaps.root"]);
    assert_eq!(code(&run(folder.path(), &dictionary, &[])), 8, "no run in the name");
    dictionary["input"] =
        json!(["d.0001.s.t.HITMAP.v#SCTHitMaps.root", "d.0002.s.t.HITMAP.v#SCTHitMaps.root"]);
    assert_eq!(code(&run(folder.path(), &dictionary, &[])), 8, "two runs");
}

#[test]
fn the_command_line_wins_over_the_dictionary() {
    let (folder, dictionary) = job();
    let output = run(folder.path(), &dictionary, &["--splitHitMap", "7"]);
    assert_eq!(code(&output), 5, "{}", stderr(&output));
    let output = run(folder.path(), &dictionary, &["--dumpargs", "--prefix", "X"]);
    let dumped: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&output), &dumped["prefix"]), (0, &json!("X")));
}

#[test]
fn a_lonely_hit_map_file_is_named() {
    let (folder, mut dictionary) = job();
    dictionary["input"].as_array_mut().unwrap().pop();
    let output = run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&output), 52);
    assert!(stderr(&output).contains("without partner: _0002"), "{}", stderr(&output));
}

#[test]
fn an_empty_run_ends_well_and_moves_the_queue() {
    let (folder, mut dictionary) = job();
    fs::write(folder.path().join("lastRun"), "5\n").unwrap();
    fs::write(folder.path().join("p.toml"), "MinEventsEmptyInput = 1000000\n").unwrap();
    dictionary["SCTCalibConfig"] = json!("p.toml");
    let output = run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = report(folder.path());
    assert!(
        report["exitMsg"].as_str().unwrap().contains("last-run counter is moved"),
        "{report:#}"
    );
    assert_eq!(report["files"], json!({ "input": [], "output": [] }));
    let last = fs::read_to_string(folder.path().join("lastRun")).unwrap();
    assert_eq!(last, format!("{}\n", RUN.settings.run));
}

#[test]
fn a_terminated_job_leaves_a_report_or_is_done() {
    let (folder, dictionary) = job();
    fs::write(folder.path().join("job.json"), dictionary.to_string()).unwrap();
    let mut child = program("sct-calib")
        .current_dir(folder.path())
        .args(["--argJSON=job.json", "-q"])
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(60));
    let pid = child.id().to_string();
    std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    let status = child.wait().unwrap();
    // The signal may come before it is caught, or after the job is done.
    match status.code() {
        Some(143) => assert_eq!(report(folder.path())["exitAcronym"], "TRF_SIG_SIGTERM"),
        Some(other) => {
            assert_eq!((other, report(folder.path())["exitCode"].as_i64()), (0, Some(0)));
        }
        None => {}
    }
}
