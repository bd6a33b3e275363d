//! From RAW files: simulate, look, fill, merge, search.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use sct_hitmap::BsErrorMap;
use sct_id::WaferHash;
use sct_sim::{RawRun, RawSettings, Settings, Truth, simulate_raw, write_conditions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{calib::run, code, names, program, stderr, stdout};

struct Simulated {
    folder: TempDir,
    settings: Settings,
    run: RawRun,
}

/// A run in three RAW files, with events enough for a search.
static RAW: LazyLock<Simulated> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { files: 3, events: 10_500, ..Settings::small() };
    let run = simulate_raw(&settings, &RawSettings::default(), folder.path()).unwrap();
    write_conditions(&settings, &folder.path().join("conditions.db")).unwrap();
    Simulated { folder, settings, run }
});

fn run_info(folder: &Path) {
    let text = sct_tasks::simulation::run_info(&RAW.settings).to_text();
    fs::write(folder.join("runInfo.txt"), text).unwrap();
}

fn fill(out: &Path, more: &[&str]) -> std::process::Output {
    program("sct-hitmap")
        .arg("fill")
        .args(&RAW.run.files)
        .args(["--lumi-blocks", "40", "--set", "LbsPerWindow=10", "--conditions"])
        .arg(RAW.folder.path().join("conditions.db"))
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

fn same_errors(found: &BsErrorMap, expected: &BsErrorMap) {
    assert_eq!(found.events(), expected.events());
    for wafer in WaferHash::all() {
        assert_eq!(found.wafer(wafer), expected.wafer(wafer), "{wafer}");
        assert_eq!(found.outside(wafer), expected.outside(wafer), "{wafer}");
    }
}

#[test]
fn files_are_filled_as_the_truth_says() {
    let out = tempfile::tempdir().unwrap();
    let output = fill(out.path(), &["--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let summary: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let counts = &RAW.run.counts;
    assert_eq!(summary["read"], counts.events);
    assert_eq!(summary["left_out"], counts.left_out);
    assert_eq!(summary["unplaced_clusters"], counts.unplaced);
    assert_eq!(names(out.path()), ["SCTBSErrors.root", "SCTHitMaps.root", "SCTLB.root"]);
    let options = sct_histfile::ReadOptions { max_missing_wafers: 0 };
    let path = out.path().join("SCTHitMaps.root");
    let (hits, odd) = sct_histfile::read_hit_maps(&path, options).unwrap();
    assert!(odd.is_empty() && hits == RAW.run.maps.hits);
    let (errors, _) = sct_histfile::read_bs_errors(&out.path().join("SCTBSErrors.root")).unwrap();
    same_errors(&errors, &RAW.run.errors);
    let file = sct_histfile::LumiBlockFile::open(&out.path().join("SCTLB.root")).unwrap();
    let maps = RAW.run.maps.lumi_blocks.as_ref().unwrap();
    for wafer in WaferHash::all().step_by(97) {
        for in_side in 0..6 {
            let found = file.chip_hits(wafer, in_side).unwrap().unwrap();
            assert_eq!(found, maps.chips.hits(wafer, in_side));
        }
    }
}

#[test]
fn threads_and_the_order_of_files_do_not_change_a_byte() {
    let bytes = |threads: &str, reverse: bool| {
        let out = tempfile::tempdir().unwrap();
        let mut files = RAW.run.files.clone();
        if reverse {
            files.reverse();
        }
        let output = program("sct-hitmap")
            .env("RAYON_NUM_THREADS", threads)
            .arg("fill")
            .args(files)
            .args(["--lumi-blocks", "40", "--out"])
            .arg(out.path())
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        names(out.path()).iter().map(|name| fs::read(out.path().join(name)).unwrap()).collect()
    };
    let one: Vec<Vec<u8>> = bytes("1", false);
    assert!(one == bytes("3", true));
}

#[test]
fn raw_files_are_inspected() {
    let output = program("sct-hitmap")
        .args(["inspect", "--dump", "7"])
        .arg(&RAW.run.files[0])
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = stdout(&output);
    for expected in [
        "run                437548",
        "lumi blocks        1 to ",
        "89 seen, 1 missing",
        ", complete",
        "event at byte",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let output =
        program("sct-hitmap").args(["inspect", "--json"]).args(&RAW.run.files).output().unwrap();
    let events: u64 = stdout(&output)
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["events"].as_u64().unwrap())
        .sum();
    assert_eq!(events, RAW.run.counts.events);
    let output = program("sct-hitmap")
        .args(["inspect", "--dump", "70000"])
        .arg(&RAW.run.files[0])
        .output()
        .unwrap();
    assert_eq!(code(&output), 5, "{}", stderr(&output));
}

#[test]
fn simulated_raw_files_are_the_same_for_the_same_seed() {
    let made = || {
        let out = tempfile::tempdir().unwrap();
        let output = program("sct-sim")
            .args([
                "raw", "--small", "--events", "300", "--files", "2", "--zlib", "events", "--out",
            ])
            .arg(out.path())
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let names = names(out.path());
        let bytes: Vec<Vec<u8>> =
            names.iter().map(|name| fs::read(out.path().join(name)).unwrap()).collect();
        (names, bytes)
    };
    let (names, bytes) = made();
    let first = "data22_13p6TeV.00437548.calibration_SCTNoise.daq.RAW._lb0001._SFO-1._0001.data";
    assert!(names.iter().any(|name| name == first), "{names:?}");
    for beside in ["cabling.dat", "modules.csv", "raw.json", "runInfo.txt", "truth.json"] {
        assert!(names.iter().any(|name| name == beside), "{names:?}");
    }
    assert!((names, bytes) == made());
    let output = program("sct-sim")
        .args(["raw", "--small", "--event-version", "4", "--zlib", "events", "--out", "x"])
        .output()
        .unwrap();
    assert_eq!(code(&output), 5, "{}", stderr(&output));
}

#[test]
fn bad_raw_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = fs::read(&RAW.run.files[0]).unwrap();
    let name = RAW.run.files[0].file_name().unwrap();
    let fill = |bytes: &[u8], more: &[&str]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let out = folder.path().join("out");
        let output = program("sct-hitmap")
            .arg("fill")
            .arg(&path)
            .arg("--out")
            .arg(&out)
            .args(more)
            .output()
            .unwrap();
        let made = out.exists() && !names(&out).is_empty();
        (code(&output), stderr(&output), made)
    };
    let (exit, message, made) = fill(&good[..good.len() / 3], &[]);
    assert!(exit == 74 && message.contains("cut short after byte") && !made, "{message}");
    let (exit, message, _) = fill(&good[..good.len() / 3], &["--accept-truncated"]);
    assert!(exit == 0 && message.contains("cut short after byte"), "{exit} {message}");
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    for bytes in [&b""[..], b"{}", &[0; 400], &good[4..]] {
        let (exit, message, made) = fill(bytes, &[]);
        assert!(exit == 74 && message.contains("_SFO-1._0001.data") && !made, "{exit} {message}");
    }
    let (exit, message, made) = fill(&good, &["--run", "17"]);
    assert!(
        exit == 8 && message.contains("belongs to run 437548, expected run 17") && !made,
        "{message}"
    );
    // Every event damaged: more than the allowed part is lost.
    let mut bad = good.clone();
    let marker = 0xAA12_34AA_u32.to_le_bytes();
    for at in (0..bad.len() - 4).step_by(4) {
        if bad[at..at + 4] == marker {
            bad[at] ^= 1;
        }
    }
    let (exit, message, made) = fill(&bad, &[]);
    assert!(exit == 38 && message.contains("MaxSkippedFraction") && !made, "{exit} {message}");
}

fn dictionary(split: u32, input: &[PathBuf], number: u32) -> Value {
    let kind = if split == 1 { "HITMAP" } else { "NOISYSTRIP" };
    let set = format!("data22_13p6TeV.00437548.calibration_SCTNoise.sctcal.{kind}.c0_c0");
    json!({
        "part": ["doNoisyStrip"],
        "splitNoisyStrip": split,
        "prefix": format!("{set}#{set}._{number:04}"),
        "input": input,
        "modules": RAW.folder.path().join("modules.csv"),
        "conditions": RAW.folder.path().join("conditions.db"),
    })
}

/// All and summary lists of a job, with its report.
fn results(folder: &Path, made: &str) -> (String, Value) {
    let name = names(folder).into_iter().find(|name| name.ends_with(made)).unwrap();
    let report = fs::read(folder.join("jobReport.json")).unwrap();
    (fs::read_to_string(folder.join(name)).unwrap(), serde_json::from_slice(&report).unwrap())
}

#[test]
fn one_job_or_many_give_the_same_list() {
    let whole = tempfile::tempdir().unwrap();
    run_info(whole.path());
    let output = run(whole.path(), &dictionary(0, &RAW.run.files, 1), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let (list, report) = results(whole.path(), "BadStripsAllFile.xml");
    let truth: &Truth = &RAW.run.truth;
    let strips = &report["sctcalib"]["noisyStrip"]["stripsAll"];
    assert_eq!(strips.as_u64().unwrap(), truth.expected.strips.len() as u64);
    assert_eq!(report["sctcalib"]["events"]["read"], RAW.run.counts.events);

    let many = tempfile::tempdir().unwrap();
    let mut hit_maps = Vec::new();
    let mut table = sct_run::RunTable::open(&many.path().join("runs.db")).unwrap();
    for (file, number) in RAW.run.files.iter().zip(1..) {
        let own = many.path().join(format!("fill{number}"));
        fs::create_dir(&own).unwrap();
        run_info(&own);
        let output = run(&own, &dictionary(1, std::slice::from_ref(file), number), &[]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let report = results(&own, "jobReport.json").1;
        // The run query learns from the job how many events the stream has; once, however often it is told.
        let imported = [(); 2].map(|()| table.import(&own.join("jobReport.json")).unwrap());
        assert_eq!(imported[0]["SFO_TZ_FILE"], 1);
        let outputs = report["files"]["output"].as_array().unwrap();
        assert_eq!(outputs.len(), 2, "{report:#}");
        for output in outputs {
            let file = &output["subFiles"][0];
            assert!(file["nentries"].as_u64().unwrap() > 3000, "{report:#}");
            hit_maps.push(own.join(file["name"].as_str().unwrap()));
        }
    }
    let run_number = RAW.settings.run;
    let streams = &table.streams(run_number, run_number).unwrap()[&run_number];
    assert_eq!(streams["calibration_SCTNoise"].events, RAW.run.counts.events);
    assert_eq!(streams.len(), 1);
    run_info(many.path());
    let output = run(many.path(), &dictionary(2, &hit_maps, 1), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let (merged_list, _) = results(many.path(), "BadStripsAllFile.xml");
    assert!(list == merged_list);
}

#[test]
fn dead_parts_fill_hit_maps_and_errors() {
    let folder = tempfile::tempdir().unwrap();
    run_info(folder.path());
    let mut job = dictionary(1, &RAW.run.files[..1], 1);
    job["part"] = json!(["doDeadStrip", "doDeadChip"]);
    job["MaxEvents"] = json!(100);
    let output = run(folder.path(), &job, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let made: Vec<String> =
        names(folder.path()).into_iter().filter(|name| name.contains(".SCT")).collect();
    assert_eq!(made.len(), 2);
    assert!(made[0].ends_with("SCTBSErrors.root") && made[1].ends_with("SCTHitMaps.root"));
    assert_eq!(sct_tasks::merge::events(&folder.path().join(&made[0])).unwrap(), 100);
    // What follows from these files is what one job finds that fills and searches.
    job["splitNoisyStrip"] = json!(2);
    job["input"] = json!(made.iter().map(|name| folder.path().join(name)).collect::<Vec<_>>());
    let merged = tempfile::tempdir().unwrap();
    run_info(merged.path());
    let output = run(merged.path(), &job, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let whole = tempfile::tempdir().unwrap();
    run_info(whole.path());
    let mut one = dictionary(0, &RAW.run.files[..1], 1);
    one["part"] = job["part"].clone();
    one["MaxEvents"] = json!(100);
    let output = run(whole.path(), &one, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for name in ["DeadStripsFile.xml", "DeadChipsFile.xml", "DeadSummaryFile.xml"] {
        let ((list, report), (other, _)) =
            (results(whole.path(), name), results(merged.path(), name));
        assert!(list == other, "{name} differs");
        assert_eq!(report["sctcalib"]["dead"]["events"], 100);
    }
    // A RAW file holds no histograms.
    job["input"] = json!(&RAW.run.files[..1]);
    job["part"] = json!(["doEfficiency"]);
    assert_eq!(code(&run(folder.path(), &job, &[])), 74);
}
