//! Programs that look and explain: `sct-cool`, `sct-hitmap events`, help, completions, man pages, `sct-sim`.

use std::fs;

use crate::{RUN, code, names, program, stderr, stdout};

#[test]
fn cool_files_are_listed_and_dumped() {
    let database = RUN.path("conditions.db");
    let output = program("sct-cool").arg("ls").arg(&database).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stdout(&output).contains("/SCT/Derived/Monitoring  multi-version, separate"),
        "{}",
        stdout(&output)
    );
    let output = program("sct-cool").args(["dump", "--json"]).arg(&database).output().unwrap();
    let text = stdout(&output);
    let line: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    for key in ["folder", "channel", "since", "until", "tag", "payload"] {
        assert!(!line[key].is_null(), "{key} in {line}");
    }
    let output =
        program("sct-cool").args(["show"]).arg(&database).arg("/SCT/None").output().unwrap();
    assert_eq!(code(&output), 74);
    assert!(stderr(&output).contains("has no folder /SCT/None"));
}

#[test]
fn masters_are_created_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.db");
    let create = || {
        program("sct-cool").args(["--instance", "MONP200", "create"]).arg(&path).output().unwrap()
    };
    assert_eq!(code(&create()), 0);
    assert_eq!(code(&create()), 11, "an existing file is not replaced");
    let output = program("sct-cool").args(["ls", "--json"]).arg(&path).output().unwrap();
    let listed: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(listed["folders"].as_array().unwrap().len(), 8);
}

#[test]
fn events_are_counted() {
    let files = RUN.both("SCTHitMaps.root");
    let output = program("sct-hitmap").arg("events").args(&files).output().unwrap();
    let counts = stdout(&output);
    let counts: Vec<u64> =
        counts.lines().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
    assert_eq!(counts.iter().sum::<u64>(), RUN.settings.events);
}

#[test]
fn every_program_explains_itself() {
    for name in ["sct-calib", "sct-cool", "sct-hitmap", "sct-noisy-strip", "sct-sim"] {
        for (arguments, expected) in [
            (&["--help"][..], "Usage:"),
            (&["--version"][..], name),
            (&["--completions", "bash"][..], "complete"),
            (&["--man"][..], ".TH"),
        ] {
            let output = program(name).args(arguments).output().unwrap();
            assert_eq!(code(&output), 0, "{name} {arguments:?}");
            assert!(
                stdout(&output).contains(expected),
                "{name} {arguments:?}: {}",
                stdout(&output)
            );
        }
        assert_eq!(
            code(
                &program(name).arg("--nosuch").current_dir(std::env::temp_dir()).output().unwrap()
            ),
            7,
            "{name}"
        );
    }
}

#[test]
fn simulated_runs_are_the_same_for_the_same_seed() {
    let made = |folder: &std::path::Path| {
        let output = program("sct-sim")
            .args(["run", "--small", "--events", "2000", "--seed", "7", "--out"])
            .arg(folder)
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let names = names(folder);
        let bytes = names
            .iter()
            .filter(|name| *name != "conditions.db")
            .map(|name| fs::read(folder.join(name)).unwrap());
        (names.clone(), bytes.collect::<Vec<_>>())
    };
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (names, bytes) = made(one.path());
    assert!(
        names.contains(&"truth.json".to_owned()) && names.contains(&"runInfo.txt".to_owned()),
        "{names:?}"
    );
    assert_eq!((names, bytes), made(other.path()));
}

#[test]
fn simulated_conditions_leave_other_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("conditions.db"), "somebody's").unwrap();
    let output = program("sct-sim")
        .args(["conditions", "--small", "--out"])
        .arg(folder.path().join("other.db"))
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let expected = [
        "cabling.dat",
        "conditions.db",
        "hv-truth.json",
        "known-bad.csv",
        "modules.csv",
        "other.db",
    ];
    assert_eq!(names(folder.path()), expected);
    assert_eq!(fs::read(folder.path().join("conditions.db")).unwrap(), b"somebody's");
}

#[test]
fn a_simulation_tells_a_bad_setting_from_a_bad_folder() {
    let folder = tempfile::tempdir().unwrap();
    let simulate = |events: &str, out: std::path::PathBuf| {
        let output = program("sct-sim")
            .args(["run", "--small", "--events", events, "--out"])
            .arg(out)
            .output()
            .unwrap();
        code(&output)
    };
    assert_eq!(simulate("0", folder.path().join("run")), 5);
    // A folder where a file is to be.
    let taken = folder.path().join("taken");
    fs::create_dir_all(taken.join("truth.json")).unwrap();
    assert_eq!(simulate("2000", taken), 11);
}
