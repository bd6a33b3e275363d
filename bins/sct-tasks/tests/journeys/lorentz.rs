//! `sct-lorentz-angle` and `doLorentzAngle`: files, flags and words.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use sct_conditions::{LorentzAngle, Value};
use sct_id::{Crystal, Sensors};
use sct_lorentz_angle::Parameters;
use sct_roothist::{Contents, Histogram, RootFile};
use sct_xml::{LorentzAngleFile, LorentzAngleSummary};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::{
    calib::{report, run as calib},
    calib_hist::{job, output, outputs, reported},
    code,
    hist::{
        PROGRAMS, rows, run,
        sample::{EVENTS, Sample},
    },
    names, program, stderr, stdout,
};

/// What the profiles are made of.
const TRUTH: Parameters = Parameters { a: 1.1, angle: -4.2, b: 1.15, sigma: 2.0 };

/// Fills a profile with 20000 clusters a bin, half of them a strip wider than the mean and half a strip narrower.
fn fill(profile: &mut Histogram) {
    let entries = 20_000.0;
    let Contents::F64(sums) = &mut profile.contents else { return };
    let bins = &mut profile.profile.as_mut().unwrap().bin_entries;
    for bin in 100..=250 {
        let width = TRUTH.cluster_width(profile.x.center(bin));
        (sums[bin], bins[bin]) = (entries * width, entries);
        profile.sumw2[bin] = entries * (width * width + 1.0);
    }
}

/// A run as it should be.
pub(crate) fn usual(map: &mut Histogram) {
    let layer_without = ["h_phiVsNstrips_100_1Side0", "h_phiVsNstrips_100_1Side1"];
    if map.name.contains("phiVsNstrips") && !layer_without.contains(&map.name.as_str()) {
        fill(map);
    }
    if map.name.contains("eff_") {
        let Contents::F64(sums) = &mut map.contents else { return };
        sums.fill(0.99 * EVENTS);
    }
}

/// The same with one profile cut to two bins.
fn one_fails(map: &mut Histogram) {
    usual(map);
    if map.name == "h_phiVsNstrips_111_2Side1" {
        let bins = &mut map.profile.as_mut().unwrap().bin_entries;
        bins[168..].fill(0.0);
        bins[..166].fill(0.0);
    }
}

pub(crate) fn made(change: fn(&mut Histogram)) -> (TempDir, PathBuf) {
    Sample { change, ..Sample::default() }.written()
}

pub(crate) static USUAL: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| made(usual));

#[test]
fn fourteen_fits_in_all_files() {
    let folder = tempfile::tempdir().unwrap();
    let [plots, ntuple] = ["plots", "n.root"].map(|name| folder.path().join(name));
    let out = folder.path().join("out");
    let more = ["--set", "LorentzAngleDebugMode=true", "--json", "--plots"];
    let more =
        [&more[..], &[plots.to_str().unwrap(), "--ntuple", ntuple.to_str().unwrap()]].concat();
    let ran = run("sct-lorentz-angle", &USUAL.1, &out, &more);
    assert_eq!(code(&ran), 0, "{}", stderr(&ran));
    let files = [
        "FittingDebugFile.root",
        "LorentzAngleFile.xml",
        "LorentzAngleSummaryFile.xml",
        "mycool.db",
    ];
    assert_eq!(names(&out), files);
    let json: Json = serde_json::from_str(&stdout(&ran)).unwrap();
    assert_eq!(
        (&json["flag"], &json["good"], &json["standby"]),
        (&"G".into(), &14.into(), &Json::Null)
    );
    let summary = LorentzAngleSummary::read(&out.join(files[2])).unwrap();
    assert_eq!((summary.flag, summary.parts.len(), summary.head.events), ('G', 16, 20_000));
    for part in &summary.parts {
        assert_eq!(part.good, part.sensors.exist(), "{}", part.sensors);
        let expected = if part.good { TRUTH.angle } else { 0.0 };
        assert!((f64::from(part.angle) - expected).abs() < 0.01, "{part:?}");
    }
    let list = LorentzAngleFile::read(&out.join(files[1])).unwrap();
    check_rows(&list, &rows(&out, "LorentzAngleRun2_v2"));
    check_debug_file(&out.join(files[0]));
    assert_eq!(names(&plots).len(), 14);
    let plot = fs::read_to_string(plots.join("lorentz-angle-layer-0-side-0-type-111.svg")).unwrap();
    assert!(plot.contains("L = -4.200"), "the result is written on the plot");
    let mut ntuple = oxyroot::RootFile::open(&ntuple).unwrap();
    let tree = ntuple.get_tree("lorentz_angle").unwrap();
    let fits: Vec<i32> = tree.branch("fit").unwrap().as_iter::<i32>().unwrap().collect();
    assert_eq!((fits.len(), fits.iter().sum::<i32>()), (16, 14));
}

/// Fourteen rows, one for each good fit, with the numbers of the list.
fn check_rows(list: &LorentzAngleFile, rows: &[(u32, Vec<Value>)]) {
    assert_eq!(rows.len(), 14);
    for (sensors, numbers) in list.fits.iter().filter(|(sensors, _)| sensors.exist()) {
        let second = sensors.side.index() == 1;
        let wafer = 167_784_448 + (u32::from(sensors.layer) << 21) + if second { 1024 } else { 0 };
        let channel = wafer + u32::from(sensors.crystal == Crystal::Plane100);
        let (_, row) = rows.iter().find(|(found, _)| *found == channel).unwrap();
        let type_of = i64::from(sensors.crystal.number());
        let place = [10_000, 0, sensors.layer.into(), i64::from(second), type_of];
        assert_eq!(row[..5], place.map(Value::Int));
        for (stored, printed) in row[5..].iter().zip(numbers.to_array()) {
            let Value::Real(stored) = stored else { panic!("{stored:?} is no number") };
            let printed = f64::from(printed);
            assert!((stored - printed).abs() <= 1e-5 * stored.abs(), "{stored} {printed}");
        }
    }
    let empty = list.fits.iter().filter(|(sensors, _)| !sensors.exist());
    assert!(
        empty.clone().count() == 2 && empty.into_iter().all(|(_, n)| *n == LorentzAngle::default())
    );
}

/// Profiles as they were, and curves that follow the truth.
fn check_debug_file(path: &Path) {
    let (debug, hist) = (RootFile::open(path).unwrap(), RootFile::open(&USUAL.1).unwrap());
    for sensors in Sensors::all().filter(|sensors| sensors.exist()) {
        let name = sct_histfile::lorentz_profile(sensors);
        let copy = debug.histogram(&format!("{name}/{name}_First_Fit")).unwrap();
        let original = hist.histogram(&format!("run_440199/SCT/GENERAL/lorentz/{name}")).unwrap();
        assert_eq!((&copy.contents, &copy.profile), (&original.contents, &original.profile));
        let curve = debug.histogram(&format!("{name}/{name}_First_Fit_curve")).unwrap();
        for bin in [1, 150, 440] {
            let expected = TRUTH.cluster_width(curve.x.center(bin));
            assert!((curve.value(bin).unwrap() - expected).abs() < 1e-3);
        }
    }
    assert_eq!(debug.keys().filter(|key| !key.is_directory()).count(), 28);
}

#[test]
fn a_fit_that_fails_says_why_and_is_not_stored() {
    let (_kept, hist) = made(one_fails);
    let (folder, dictionary) = job(&["doLorentzAngle"], &hist);
    let ran = calib(folder.path(), &dictionary, &[]);
    assert_eq!(code(&ran), 0, "{}", stderr(&ran));
    let why = "fit of layer 2 side 1 type 111 failed: 2 bins with entries of different widths";
    assert!(stderr(&ran).contains(why), "{}", stderr(&ran));
    let files = ["LorentzAngleFile.xml", "LorentzAngleSummaryFile.xml", "mycool.db"];
    assert_eq!(outputs(folder.path()), files);
    let report = report(folder.path());
    let arguments: Vec<String> =
        reported(&report).into_iter().map(|(argument, _)| argument).collect();
    assert_eq!(arguments, ["outputLAFile", "outputLASummaryFile", "outputCOOL"]);
    let sctcalib = &report["sctcalib"];
    assert_eq!(
        (&sctcalib["lorentzAngle"]["flag"], &sctcalib["stored"][0]["rows"]),
        (&"R".into(), &13.into())
    );
    assert!(sctcalib["warnings"][0].as_str().unwrap().starts_with(why));
    let summary = LorentzAngleSummary::read(&output(folder.path(), files[1])).unwrap();
    let failed: Vec<Sensors> = summary
        .parts
        .iter()
        .filter(|part| !part.good && part.sensors.exist())
        .map(|p| p.sensors)
        .collect();
    assert_eq!((summary.flag, failed.len(), failed[0].index()), ('R', 1, 11));
}

#[test]
fn without_a_good_fit_there_is_no_database() {
    let (_kept, hist) = made(|map| {
        if map.name.contains("eff_") {
            usual(map);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let ran = run("sct-lorentz-angle", &hist, folder.path(), &[]);
    assert_eq!(code(&ran), 0, "{}", stderr(&ran));
    assert!(!folder.path().join("mycool.db").exists());
    assert!(
        stdout(&ran).contains("no mycool.db: no fit of the Lorentz angle is good"),
        "{}",
        stdout(&ran)
    );
    assert!(stderr(&ran).contains("no bin from -9 to 2 degrees has entries"), "{}", stderr(&ran));
}

#[test]
fn a_missing_profile_is_named() {
    let wanted = |name: &str| !name.contains("h_phiVsNstrips_100_3Side0");
    let (_kept, hist) = Sample { wanted, change: usual, ..Sample::default() }.written();
    let folder = tempfile::tempdir().unwrap();
    let ran = run("sct-lorentz-angle", &hist, folder.path(), &[]);
    assert_eq!(code(&ran), 74, "{}", stderr(&ran));
    let text = "has no object run_440199/SCT/GENERAL/lorentz/h_phiVsNstrips_100_3Side0";
    assert!(stderr(&ran).contains(text), "{}", stderr(&ran));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn options_of_other_tasks_are_warned_of_alike() {
    let folder = tempfile::tempdir().unwrap();
    for name in PROGRAMS {
        for option in ["--conditions", "--known-bad", "--swap", "--swap-barrel"] {
            let value = if option == "--swap-barrel" { "none" } else { "nowhere" };
            let ran = run(name, &USUAL.1, folder.path(), &[option, value]);
            assert_eq!(code(&ran), 0, "{name} {option}: {}", stderr(&ran));
            let text = format!("{option} has no effect on tasks that read monitoring histograms");
            assert!(stderr(&ran).contains(&text), "{name} {option}: {}", stderr(&ran));
        }
    }
    let ran = program("sct-lorentz-angle").arg("--help").output().unwrap();
    assert!(stdout(&ran).contains("LorentzAngleSummaryFile.xml"));
}
