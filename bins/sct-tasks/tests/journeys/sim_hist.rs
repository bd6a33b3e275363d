//! Simulated monitoring through the programs, against the truth beside it.

use std::{path::PathBuf, sync::LazyLock};

use sct_conditions::{SCT_FOLDERS, Value};
use sct_cool::{Database, Selection};
use sct_id::WaferHash;
use sct_sim::HistTruth;
use tempfile::TempDir;

use crate::{code, names, program, stderr, stdout};

pub(crate) const RUN: &str = "440199";

/// A simulated file in a folder of its own.
pub(crate) fn simulated(more: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("HIST.root");
    let mut command = program("sct-sim");
    command.args(["hist", "--run", RUN, "--events", "20000", "--out"]).arg(&path).args(more);
    let output = command.output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    (folder, path)
}

pub(crate) static FIRST: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| simulated(&[]));

/// Channel and payload of all rows a task stored about a simulated file.
fn stored(task: &str, end: &str, more: &[&str]) -> Vec<(u32, Vec<Value>)> {
    let out = tempfile::tempdir().unwrap();
    let output = program(task)
        .args(["--run", RUN, "--lumi-blocks", "900", "--start", "0", "--end", "1", "--hist"])
        .arg(&FIRST.1)
        .arg("--out")
        .arg(out.path())
        .args(more)
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let folder = SCT_FOLDERS.iter().find(|folder| folder.path.ends_with(end)).unwrap();
    let database = Database::open(&out.path().join("mycool.db")).unwrap();
    database.check_integrity().unwrap();
    let objects = database.objects(folder.path, &Selection::tag(folder.tag)).unwrap();
    objects.into_iter().map(|object| (object.row.channel.0, object.row.payload)).collect()
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Real(number) => *number,
        Value::Int(number) => *number as f64,
        other => panic!("{other:?} is no number"),
    }
}

#[test]
fn the_counting_tasks_store_what_was_simulated() {
    let truth = HistTruth::read(&FIRST.0.path().join(HistTruth::FILE)).unwrap();
    let trials = 20_000.0 * 768.0;
    let check = |task: &str, end: &str, column: usize, expected: &dyn Fn(WaferHash) -> f64| {
        let rows = stored(task, end, &[]);
        assert_eq!(rows.len(), WaferHash::COUNT, "{task}");
        let channels: std::collections::HashMap<u32, Vec<Value>> = rows.into_iter().collect();
        for wafer in WaferHash::all() {
            let found = number(&channels[&wafer.position().id().to_u32()][column]);
            let expected = expected(wafer);
            let place = wafer.position();
            assert!(
                (found - expected).abs() <= 1e-6 * expected,
                "{task} {place}: {found} {expected}"
            );
        }
    };
    let hits = |hits: &[u64], wafer: WaferHash| hits[wafer.index()] as f64 / trials;
    check("sct-noise-occupancy", "NoiseOccupancy", 5, &|wafer| {
        hits(&truth.seen.noise_hits, wafer) / 3.0
    });
    check("sct-raw-occupancy", "RawOccupancy", 5, &|wafer| hits(&truth.seen.hits, wafer));
    check("sct-efficiency", "Efficiency", 5, &|wafer| {
        let seen = truth.seen.crossings[wafer.index()];
        if seen.tracks == 0 { 0.0 } else { seen.found as f64 / seen.tracks as f64 }
    });
    let rows = stored("sct-bs-error", "BSErrorsRun2", &["--error-counts", "mean"]);
    let text = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    };
    for error in truth.errors.iter().filter(|error| error.kind == "RawError" && error.events > 0) {
        let channel = error.place.wafer.position().id().to_u32();
        let (_, payload) = rows.iter().find(|(found, _)| *found == channel).unwrap();
        let counts = text(&payload[5]);
        assert_eq!(counts.split(' ').nth(10), Some(&*error.events.to_string()), "{counts}");
    }
}

#[test]
fn a_file_of_nothing_is_made_on_request() {
    let (folder, _) = simulated(&["--standby", "empty", "--style", "run2"]);
    assert_eq!(names(folder.path()), ["HIST.root", "truth.json"]);
    let truth = HistTruth::read(&folder.path().join(HistTruth::FILE)).unwrap();
    assert_eq!((truth.no_data.len(), truth.seen.hits.iter().sum::<u64>()), (8176, 0));
}

#[test]
fn wrong_settings_have_their_exit_codes() {
    let refused = |arguments: &[&str], expected: i32, words: &str| {
        let output = program("sct-sim").arg("hist").args(arguments).output().unwrap();
        assert_eq!(code(&output), expected, "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}{}", stdout(&output), stderr(&output));
    };
    let out = ["--run", "1", "--out", "none/HIST.root"];
    refused(&[&out[..], &["--style", "run4"]].concat(), 7, "expected run2, run3");
    refused(&[&out[..], &["--events", "9000000"]].concat(), 5, "setting events is 9000000");
    refused(&["--run", "1", "--out", "/proc/HIST.root"], 11, "HIST.root");
}
