//! `sct-noisy-lb`, the part `doNoisyLB`, and the noisy-strip search without bursts: exactly what is there, and what ends how.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Output,
    sync::LazyLock,
};

use sct_histfile::{ReadOptions, read_hit_maps};
use sct_id::{LumiBlockSet, WaferHash};
use sct_sim::{DefectNumbers, Settings, Truth, simulate_run};
use sct_xml::{BadStripsList, BadStripsSummary, NoisyLbFile};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    calib::{report, run},
    code, names, program, stderr, stdout,
};

/// A small run with bursts in two files, made once.
static RUN: LazyLock<(TempDir, Settings, Vec<PathBuf>, Truth)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let small = Settings::small();
    let defects = DefectNumbers { bursts: 2, ..small.defects.clone() };
    let settings = Settings { files: 2, window: 5, defects, ..small };
    let run = simulate_run(&settings, folder.path()).unwrap();
    (folder, settings, run.folders, run.truth)
});

/// Both files of the run merged.
static MERGED: LazyLock<(TempDir, PathBuf, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let [strips, lumi_blocks] = ["SCTHitMaps.root", "SCTLB.root"].map(|name| {
        let out = folder.path().join(name);
        let parts = RUN.2.iter().map(|part| part.join(name));
        let output =
            program("sct-hitmap").args(["merge", "-o"]).arg(&out).args(parts).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        out
    });
    (folder, strips, lumi_blocks)
});

fn search(lumi_blocks: &Path, out: &Path, more: &[&str]) -> Output {
    program("sct-noisy-lb")
        .args(["--run", &RUN.1.run.to_string(), "--start", "1666000000", "--end", "1666002400"])
        .args(["--lumi-blocks", "40", "--lb"])
        .arg(lumi_blocks)
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

/// Chips and lumi blocks of a list.
fn found(list: &NoisyLbFile) -> BTreeSet<sct_sim::NoisyTriple> {
    let mut found = BTreeSet::new();
    for module in &list.modules {
        let mut of_module = LumiBlockSet::new();
        for (chip, times) in &module.chips {
            let wafer = module.module.wafer(chip.side());
            found.extend(times.lumi_blocks.iter().map(|number| (wafer, *chip, number)));
            of_module.extend_from(&times.lumi_blocks);
        }
        assert_eq!(of_module, module.times.lumi_blocks);
    }
    found
}

#[test]
fn the_true_lumi_blocks_and_bursts_are_found_in_any_number_of_threads() {
    let (out, truth) = (tempfile::tempdir().unwrap(), &RUN.3);
    let output = search(&MERGED.2, out.path(), &["--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let path = out.path().join("NoisyLBFile.xml");
    let list = NoisyLbFile::read(&path).unwrap();
    let (chips, bursts) = truth.compare_lumi_blocks(&found(&list), &list.bursts);
    assert!(chips.is_exact() && bursts.is_exact(), "{chips:?} {bursts:?}");
    assert!(chips.common > 1000 && bursts.common > 0);
    // The bursts that were put in, where the run has enough events.
    let put_in = truth.bursts.iter().any(|burst| list.bursts.contains(burst.lumi_blocks.first));
    assert!(put_in, "{:?} {}", truth.bursts[0].lumi_blocks, list.bursts);
    let flagged: LumiBlockSet =
        list.lumi_blocks.iter().filter(|block| block.burst).map(|block| block.lumi_block).collect();
    assert_eq!(flagged, list.bursts);
    for block in &list.lumi_blocks {
        let modules =
            list.modules.iter().filter(|m| m.times.lumi_blocks.contains(block.lumi_block));
        assert_eq!(modules.count() as u64, block.modules);
    }
    let json: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["modules"], list.modules.len());
    assert_eq!(json["bursts"], list.bursts.to_string());
    assert_eq!(json["affectedModules"].as_object().unwrap().len(), list.lumi_blocks.len());

    let again = tempfile::tempdir().unwrap();
    let output = program("sct-noisy-lb")
        .env("RAYON_NUM_THREADS", "1")
        .args(["--run", &RUN.1.run.to_string(), "--start", "1666000000", "--end", "1666002400"])
        .arg("--lb")
        .arg(&MERGED.2)
        .arg("--out")
        .arg(again.path())
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(fs::read(again.path().join("NoisyLBFile.xml")).unwrap(), fs::read(path).unwrap());
}

#[test]
fn other_detectors_have_their_lumi_blocks_too() {
    for seed in [2, 3] {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { seed, defect_seed: 23 + seed, files: 1, ..RUN.1.clone() };
        let truth = simulate_run(&settings, folder.path()).unwrap().truth;
        let output = search(&folder.path().join("SCTLB.root"), folder.path(), &[]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let list = NoisyLbFile::read(&folder.path().join("NoisyLBFile.xml")).unwrap();
        let (chips, bursts) = truth.compare_lumi_blocks(&found(&list), &list.bursts);
        assert!(chips.is_exact() && bursts.is_exact(), "{chips:?} {bursts:?}");
        assert!(chips.common > 1000 && bursts.common > 0);
    }
}

#[test]
fn plots_ntuple_and_thresholds() {
    let out = tempfile::tempdir().unwrap();
    let (plots, ntuple) = (out.path().join("plots"), out.path().join("n.root"));
    let more = ["--plots", plots.to_str().unwrap(), "--ntuple", ntuple.to_str().unwrap()];
    assert_eq!(code(&search(&MERGED.2, out.path(), &more)), 0);
    assert_eq!(names(&plots), ["noisy-lb-detector.svg", "noisy-lb-modules.svg", "noisy-lb.svg"]);
    let list = NoisyLbFile::read(&out.path().join("NoisyLBFile.xml")).unwrap();
    let ranges = list.modules.iter().flat_map(|module| &module.chips);
    let ranges: usize = ranges.map(|(_, times)| times.lumi_blocks.ranges().len()).sum();
    let mut file = oxyroot::RootFile::open(&ntuple).unwrap();
    assert_eq!(file.get_tree("noisy_lb").unwrap().entries(), i64::try_from(ranges).unwrap());

    let never = ["--set", "NoisyLBThrChip=1e6"];
    assert_eq!(code(&search(&MERGED.2, out.path(), &never)), 0);
    let list = NoisyLbFile::read(&out.path().join("NoisyLBFile.xml")).unwrap();
    assert!(list.modules.is_empty() && list.bursts.is_empty());
    let output = search(&MERGED.2, out.path(), &["--set", "NoisyLBMinStat=100000000"]);
    assert!(stderr(&output).contains("no lumi block has 100000000 events"), "{}", stderr(&output));
    let output = search(&MERGED.2, out.path(), &["--set", "NoisyLBMinStats=1"]);
    assert_eq!(code(&output), 7);
    assert!(stderr(&output).contains("did you mean NoisyLBMinStat?"), "{}", stderr(&output));
}

#[test]
fn files_that_are_no_lumi_blocks_end_with_74() {
    let out = tempfile::tempdir().unwrap();
    let result = out.path().join("result");
    let output = search(&MERGED.1, &result, &[]);
    assert_eq!(code(&output), 74, "{}", stderr(&output));
    assert!(stderr(&output).contains("hits of no chip by lumi block"), "{}", stderr(&output));
    let cut = out.path().join("SCTLB.root");
    let bytes = fs::read(&MERGED.2).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    for path in [&cut, &out.path().join("missing.root")] {
        assert_eq!(code(&search(path, &result, &[])), 74);
    }
    assert!(!result.exists(), "a failure leaves no files");
}

fn job(parts: &[&str], files: &[&str], config: &str) -> (TempDir, Value) {
    let folder = tempfile::tempdir().unwrap();
    let dataset = format!(
        "data22_13p6TeV.{:08}.calibration_SCTNoise.sctcal.HITMAP.c0_c0",
        RUN.1.run.to_u32()
    );
    let mut inputs = Vec::new();
    for (part, number) in RUN.2.iter().zip(1..) {
        for file in files {
            let name = format!("{dataset}._{number:04}.{file}");
            fs::copy(part.join(file), folder.path().join(&name)).unwrap();
            inputs.push(json!(format!("{dataset}#{name}")));
        }
    }
    fs::write(folder.path().join("p.toml"), config).unwrap();
    let dictionary = json!({
        "part": parts,
        "splitNoisyStrip": 2,
        "prefix": "P",
        "input": inputs,
        "SCTCalibConfig": ["p.toml"],
    });
    (folder, dictionary)
}

#[test]
fn the_part_needs_the_lumi_blocks_alone() {
    let (folder, dictionary) = job(&["doNoisyLB"], &["SCTLB.root"], "");
    let output = run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let list = NoisyLbFile::read(&folder.path().join("P.NoisyLBFile.xml")).unwrap();
    let (chips, bursts) = RUN.3.compare_lumi_blocks(&found(&list), &list.bursts);
    assert!(chips.is_exact() && bursts.is_exact());
    let report = report(folder.path());
    assert_eq!(report["sctcalib"]["noisyLB"]["bursts"], list.bursts.to_string());
    let made: Vec<&str> = report["files"]["output"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|file| file["argName"].as_str())
        .collect();
    assert_eq!(made, ["outputLBFile", "outputNoisyLBFile"]);
    assert!(!folder.path().join("P.mycool.db").exists());

    let (folder, dictionary) = job(&["doNoisyLB"], &["SCTHitMaps.root"], "");
    let output = run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&output), 7, "{}", stderr(&output));
    assert!(stderr(&output).contains("no input has SCTLB in its name"), "{}", stderr(&output));
}

#[test]
fn bursts_are_left_out_of_the_search_with_their_windows() {
    let files = ["SCTHitMaps.root", "SCTLB.root"];
    let (folder, dictionary) =
        job(&["doNoisyStrip", "doNoisyLB"], &files, "NoisyStripLeaveOutBursts = true");
    let output = run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = report(folder.path());
    let left_out = &report["sctcalib"]["noisyStrip"]["leftOut"];
    let gone: LumiBlockSet = left_out["lumiBlocks"].as_str().unwrap().parse().unwrap();
    // Windows of five lumi blocks that hold a burst.
    let bursts = &RUN.3.expected.bursts;
    let windows: BTreeSet<u32> = bursts.iter().map(|number| (number.to_u32() - 1) / 5).collect();
    let expected: LumiBlockSet = windows
        .iter()
        .flat_map(|window| 5 * window + 1..=5 * window + 5)
        .map(sct_id::LumiBlock::new)
        .collect();
    assert!(gone == expected && !gone.is_empty(), "{gone} {bursts}");

    // The definition once more, from the files: hits and events of the other windows.
    let (map, _) = read_hit_maps(&MERGED.1, ReadOptions::default()).unwrap();
    let file = sct_histfile::LumiBlockFile::open(&MERGED.2).unwrap();
    let by_lumi_block = sct_hitmap::ChipHits::events(&file);
    let events: u64 = (1..)
        .zip(by_lumi_block)
        .filter(|(number, _)| !gone.contains(sct_id::LumiBlock::new(*number)))
        .map(|(_, events)| events)
        .sum();
    let list = BadStripsList::read(&folder.path().join("P.BadStripsAllFile.xml")).unwrap();
    for wafer in WaferHash::all().step_by(7) {
        let rows = file.window_hits(wafer).unwrap().unwrap();
        for (strip, &all) in sct_id::Strip::all().zip(map.wafer(wafer)) {
            let less: u32 =
                windows.iter().map(|window| rows[*window as usize][strip.index()]).sum();
            let noisy = (all - less) as f32 / events as f32 > 0.015;
            let listed = list.modules.get(&wafer.module());
            let listed =
                listed.is_some_and(|strips| strips.contains(strip.in_module(wafer.side())));
            assert_eq!(listed, noisy, "{} {strip}", wafer.position());
        }
    }
    let summary =
        BadStripsSummary::read(&folder.path().join("P.BadStripsSummaryFile.xml")).unwrap();
    assert_eq!(summary.events, events);
    for chip in &summary.chips {
        assert!(chip.lumi_blocks.iter().all(|index| {
            !gone.contains(sct_id::LumiBlock::new(u32::try_from(index + 1).unwrap()))
        }));
    }

    // Without lumi blocks it cannot be done.
    let (folder, dictionary) =
        job(&["doNoisyStrip"], &files[..1], "NoisyStripLeaveOutBursts = true");
    let output = run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&output), 17, "{}", stderr(&output));
}
