//! Runs in STANDBY: every task that reads monitoring histograms gives one verdict, in one sentence.

use std::{fs, path::Path};

use sct_roothist::{Contents, Histogram};
use serde_json::Value as Json;

use crate::{
    calib::{report, run as calib},
    calib_hist::{PARTS, job},
    code,
    hist::{PROGRAMS, run, sample::EVENTS},
    lorentz::{USUAL, made, usual},
    sim_hist::simulated,
    stderr, stdout,
};

/// The sentence in a log, which must have it once or not at all.
fn sentence(log: &str) -> Option<String> {
    let found = |line: &str| Some(line[line.find("SCT probably in STANDBY")?..].to_owned());
    let found: Vec<String> = log.lines().filter_map(found).collect();
    assert!(found.len() < 2, "{found:#?}");
    found.into_iter().next()
}

/// Every program and every part must say the same of a run, once; what is said of it, if anything.
fn verdict(hist: &Path, expected_code: i32) -> Option<String> {
    let mut all = Vec::new();
    for name in PROGRAMS {
        let folder = tempfile::tempdir().unwrap();
        let ran = run(name, hist, folder.path(), &["--json"]);
        assert_eq!(code(&ran), expected_code, "{name}: {}", stderr(&ran));
        all.push(sentence(&stderr(&ran)));
        if expected_code == 0 {
            let json: Json = serde_json::from_str(&stdout(&ran)).unwrap();
            all.push(json["standby"].as_str().map(str::to_owned));
        }
    }
    let parts: Vec<&[&str]> = PARTS.chunks(1).chain([&PARTS[..]]).collect();
    for parts in parts {
        let (folder, dictionary) = job(parts, hist);
        let ran = calib(folder.path(), &dictionary, &[]);
        assert_eq!(code(&ran), expected_code, "{parts:?}: {}", stderr(&ran));
        all.push(sentence(&fs::read_to_string(folder.path().join("log.sctcalib")).unwrap()));
        all.push(report(folder.path())["sctcalib"]["standby"].as_str().map(str::to_owned));
    }
    let first = all.first().cloned().flatten();
    assert!(all.iter().all(|said| *said == first), "{all:#?}");
    first
}

#[test]
fn a_usual_run_is_not_taken_for_standby() {
    assert_eq!(verdict(&USUAL.1, 0), None);
}

fn nothing(map: &mut Histogram) {
    match &mut map.contents {
        Contents::F32(contents) => contents.fill(0.0),
        Contents::F64(contents) => contents.fill(0.0),
        Contents::I32(_) => {}
    }
    if let Some(profile) = &mut map.profile {
        profile.bin_entries.fill(0.0);
    }
}

#[test]
fn empty_maps_are_recognised_as_standby() {
    let (_kept, hist) = made(nothing);
    let expected = "SCT probably in STANDBY in run 440199: no hits in 48 of 48 parts, no noise in 48 of 48 parts, \
                    no track crossings, too few clusters for the Lorentz angle in 14 of 14 profiles";
    assert_eq!(verdict(&hist, 0).as_deref(), Some(expected));
}

#[test]
fn nearly_empty_maps_are_recognised_as_standby() {
    // A few cells have something in them, as of a few noisy wafers; tracks find no hits.
    let (_kept, hist) = made(|map| {
        let tracks = map.name.contains("eff_");
        let nearly = map.name.contains("map") || tracks;
        nothing(map);
        if nearly {
            match &mut map.contents {
                Contents::F32(contents) => contents[..60].fill(7.0),
                Contents::F64(contents) => contents[..60].fill(7.0),
                Contents::I32(_) => {}
            }
            if let Some(profile) = &mut map.profile {
                profile.bin_entries.fill(EVENTS);
            }
        }
    });
    let said = verdict(&hist, 0).unwrap();
    assert!(said.starts_with("SCT probably in STANDBY in run 440199: no hits in 4"), "{said}");
    assert!(said.contains("efficiency near 0 in 48 of 48 parts"), "{said}");
}

#[test]
fn huge_occupancies_are_recognised_as_standby() {
    let (_kept, hist) = made(|map| {
        usual(map);
        let size = if map.name.contains("hitoccupancymap") {
            // Forty hits in a hundred strips, in 20000 events.
            0.4 * 3e5 * EVENTS
        } else if map.name.starts_with("hitsmap") {
            0.4 * 768.0 * EVENTS
        } else {
            return;
        };
        #[expect(clippy::cast_possible_truncation, reason = "a round number")]
        match &mut map.contents {
            Contents::F32(contents) => contents.fill(size as f32),
            Contents::F64(contents) => contents.fill(size),
            Contents::I32(_) => {}
        }
    });
    let expected = "SCT probably in STANDBY in run 440199: very large raw occupancy in 48 of 48 parts, \
                    very large noise occupancy in 48 of 48 parts";
    assert_eq!(verdict(&hist, 0).as_deref(), Some(expected));
}

#[test]
fn a_run_without_events_is_both_too_short_and_in_standby() {
    let (_kept, hist) = made(|map| {
        nothing(map);
        if map.name == "NumberOfEventsVsLB" {
            map.entries = 0.0;
        }
    });
    assert!(verdict(&hist, 1).is_some());
}

/// The verdict on a simulated run of one kind, which must be the same for both producers.
fn simulated_verdict(kind: &[&str]) -> Option<String> {
    let of_style = |style: &str| {
        let (_kept, hist) = simulated(&[kind, &["--style", style]].concat());
        verdict(&hist, 0)
    };
    let (run2, run3) = (of_style("run2"), of_style("run3"));
    assert_eq!(run2, run3, "{kind:?}");
    run2
}

const SENTENCE: &str = "SCT probably in STANDBY in run 440199: ";

#[test]
fn simulated_runs_are_no_standby() {
    assert_eq!(simulated_verdict(&[]), None);
}

#[test]
fn simulated_runs_of_nothing_are_standby() {
    let expected = "no hits in 48 of 48 parts, no noise in 48 of 48 parts, no track crossings, \
                    too few clusters for the Lorentz angle in 14 of 14 profiles";
    assert_eq!(simulated_verdict(&["--standby", "empty"]), Some(format!("{SENTENCE}{expected}")));
}

#[test]
fn simulated_runs_of_next_to_nothing_are_standby() {
    let said = simulated_verdict(&["--standby", "sparse"]).unwrap();
    let begin = format!("{SENTENCE}no hits in 48 of 48 parts, no noise in 48 of 48 parts, ");
    assert!(said.starts_with(&begin), "{said}");
}

#[test]
fn simulated_runs_of_much_noise_are_standby() {
    let said = simulated_verdict(&["--standby", "noisy"]).unwrap();
    assert!(said.starts_with(SENTENCE), "{said}");
    assert!(said.contains("efficiency near 0 in 48 of 48 parts"), "{said}");
}
