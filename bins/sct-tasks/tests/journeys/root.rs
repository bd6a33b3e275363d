//! Files of histograms listed, shown and compared.

use std::{fs, path::Path, process::Output};

use serde_json::Value;

use crate::{
    code, program,
    sim_hist::{FIRST, simulated},
    stderr, stdout,
};

fn sct_root(arguments: &[&str], file: &Path, more: &[&str]) -> Output {
    program("sct-root").args(arguments).arg(file).args(more).output().unwrap()
}

const NOISE: &str = "run_440199/SCT/SCTB/Noise/hitoccupancymap_0_0";
const ANGLES: &str = "run_440199/SCT/GENERAL/lorentz/h_phiVsNstrips_111_2Side1";

#[test]
fn a_file_is_listed_as_a_tree_and_as_json() {
    let output = sct_root(&["ls"], &FIRST.1, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    let start = "run_440199/\n  SCT/\n    GENERAL/\n      Conf/\n        NumberOfEventsVsLB  TH1F  20000 entries  Num \
                 of events per LB\n";
    assert!(text.starts_with(start), "{}", &text[..400]);
    assert_eq!(text.lines().filter(|line| line.contains(" entries ")).count(), 2451 - 410);
    let below = sct_root(&["ls"], &FIRST.1, &["run_440199/SCT/GENERAL", "--json"]);
    let objects: Vec<Value> =
        stdout(&below).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 17);
    assert_eq!(objects[0]["class"], "TH1F");
    assert_eq!(objects[0]["entries"], 20_000.0);
    let missing = sct_root(&["ls"], &FIRST.1, &["run_1"]);
    assert_eq!(code(&missing), 74, "{}", stderr(&missing));
    assert!(stderr(&missing).contains("run_1"), "{}", stderr(&missing));
}

#[test]
fn a_histogram_is_drawn() {
    let output = sct_root(&["show"], &FIRST.1, &[ANGLES, "--width", "60"]);
    let text = stdout(&output);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(text.contains("x  360 bins from -90 to 90  #phi to Wafer\n"), "{text}");
    assert!(text.contains('█') && text.lines().count() > 20, "{text}");
    let folder = tempfile::tempdir().unwrap();
    for (path, word) in [(ANGLES, "#phi to Wafer"), (NOISE, "bin of x, -6.5 to 6.5")] {
        let svg = folder.path().join("h.svg");
        let output = sct_root(&["show"], &FIRST.1, &[path, "--svg", svg.to_str().unwrap()]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let svg = fs::read_to_string(svg).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains(word), "{path}");
    }
    let map = stdout(&sct_root(&["show"], &FIRST.1, &[NOISE, "--colour", "never"]));
    assert!(map.lines().filter(|line| line.contains('│')).count() == 56, "{map}");
    assert!(!map.contains('\x1b'));
    let coloured = stdout(&sct_root(&["show"], &FIRST.1, &[NOISE, "--colour", "always"]));
    assert!(coloured.contains("\x1b[48;5;"));
    let bins = stdout(&sct_root(&["show"], &FIRST.1, &[NOISE, "--bins"]));
    assert!(bins.lines().filter(|line| line.contains(" +- ")).count() == 13 * 56, "{bins}");
    let json = stdout(&sct_root(&["show"], &FIRST.1, &[NOISE, "--json"]));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["cells"].as_array().unwrap().len(), 15 * 58);
    assert_eq!((&json["y"]["bins"], &json["entries"]), (&56.into(), &json["entries"]));
}

#[test]
fn what_cannot_be_shown_says_why() {
    let missing = sct_root(&["show"], &FIRST.1, &["no/such/map"]);
    assert_eq!(code(&missing), 74);
    assert!(stderr(&missing).contains("no/such/map"), "{}", stderr(&missing));
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.root");
    let whole = fs::read(&FIRST.1).unwrap();
    fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    for verb in ["ls", "show"] {
        let more: &[&str] = if verb == "show" { &[NOISE] } else { &[] };
        assert_eq!(code(&sct_root(&[verb], &cut, more)), 74);
    }
    let diff = sct_root(&["diff"], &FIRST.1, &[cut.to_str().unwrap()]);
    assert_eq!(code(&diff), 74, "a damaged file is no difference: {}", stdout(&diff));
    assert_eq!(code(&sct_root(&["show"], &FIRST.1, &[])), 7);
}

#[test]
fn equal_files_end_with_0_and_others_with_1() {
    let same = sct_root(&["diff"], &FIRST.1, &[FIRST.1.to_str().unwrap()]);
    assert_eq!((code(&same), &*stdout(&same)), (0, "2451 histograms are equal\n"));
    // The same detector, other hits: the maps differ by chance, the booking does not.
    let (_folder, other) = simulated(&["--seed", "2", "--defect-seed", "1"]);
    let other = other.to_str().unwrap();
    let output = sct_root(&["diff", "--json"], &FIRST.1, &[other]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("of 2451 histograms differ, 0 are in one file only"));
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let differences = json["differences"].as_array().unwrap();
    assert_eq!(json["equal"], false);
    assert!(differences.iter().all(|found| found["shape"].is_null()));
    assert!(differences.iter().any(|found| found["path"] == NOISE));
    let entries = ["diff", "--path", "run_440199/SCT/SCTB/hits", "--tolerance", "0.5"];
    let lax = sct_root(&entries, &FIRST.1, &[other]);
    assert_eq!(code(&lax), 0, "{}", stdout(&lax));
}

#[test]
fn maps_of_one_producer_are_missing_in_the_other() {
    let (_folder, other) = simulated(&["--style", "run2"]);
    let arguments = ["diff", "--path", "run_440199/SCT/SCTEC/Noise"];
    let output = sct_root(&arguments, &FIRST.1, &[other.to_str().unwrap()]);
    assert_eq!(code(&output), 1);
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 36, "{text}");
    assert!(text.contains("hitoccupancymaptriggerECm_0_0: only in the second file\n"), "{text}");
    let quiet = sct_root(&arguments, &FIRST.1, &[other.to_str().unwrap(), "-q"]);
    assert_eq!((code(&quiet), &*stdout(&quiet)), (1, ""));
}

#[test]
fn completions_and_the_manual_are_there() {
    for arguments in [&["--completions", "bash"][..], &["--man"]] {
        let output = program("sct-root").args(arguments).output().unwrap();
        assert_eq!(code(&output), 0);
        assert!(stdout(&output).contains("sct-root"));
    }
}
