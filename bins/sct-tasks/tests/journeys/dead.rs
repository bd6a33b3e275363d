//! `sct-dead`: finds exactly what is dead or quiet, says the same in lists, summary and database, and takes bad input well.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
    sync::LazyLock,
};

use sct_conditions::{Value, parse_defect_list};
use sct_cool::{Database, Selection};
use sct_sim::{Settings, Silent, mean_hit_map};
use sct_xml::{DeadChipsList, DeadStripsList, DeadSummary};
use tempfile::TempDir;

use serde_json::{Value as Json, json};

use crate::{
    RUN,
    calib::{report, run},
    code, names, program, stderr, stdout,
};

/// A run of the detector of [`RUN`] without chance and with many hits, as files: dead and quiet are what was made so.
static FILES: LazyLock<(TempDir, PathBuf, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let [hitmaps, errors] =
        ["SCTHitMaps.root", "SCTBSErrors.root"].map(|name| folder.path().join(name));
    let settings = Settings { occupancy: 5e-3, physics: 1e-3, spread: 0.1, ..RUN.settings.clone() };
    sct_histfile::write_hit_maps(&hitmaps, &mean_hit_map(&settings).unwrap()).unwrap();
    let merged = program("sct-hitmap")
        .args(["merge", "-o"])
        .arg(&errors)
        .args(RUN.both("SCTBSErrors.root"))
        .output()
        .unwrap();
    assert_eq!(code(&merged), 0, "{}", stderr(&merged));
    (folder, hitmaps, errors)
});

fn search(hitmaps: &Path, out: &Path, more: &[&str]) -> Output {
    program("sct-dead")
        .args(["--run", &RUN.settings.run.to_string(), "--lumi-blocks", "40", "--hitmaps"])
        .arg(hitmaps)
        .arg("--bs-errors")
        .arg(&FILES.2)
        .arg("--modules")
        .arg(RUN.path("modules.csv"))
        .arg("--known-bad")
        .arg(RUN.path("known-bad.csv"))
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

/// What lists and summary say; they must say the same.
fn found(out: &Path, kind: &str) -> (Silent, DeadSummary) {
    let path = |name: &str| out.join(format!("{kind}{name}File.xml"));
    let strips = DeadStripsList::read(&path("Strips")).unwrap();
    let chips = DeadChipsList::read(&path("Chips")).unwrap();
    let summary = DeadSummary::read(&path("Summary")).unwrap();
    assert_eq!(strips.defect.name(), kind.to_uppercase());
    let (swap, mut found) = (RUN.settings.readout_swap(), Silent::default());
    for module in &summary.modules {
        let no_chips = Vec::new();
        let listed = chips.modules.get(&module.module).unwrap_or(&no_chips);
        assert_eq!(&module.chips, listed);
        assert_eq!(module.strips, strips.modules.get(&module.module).copied().unwrap_or_default());
        let links = module.links.clone();
        found.add_found(module.module, &module.strips, listed.clone(), links, &swap);
    }
    let both = summary.modules.iter().filter(|module| module.links.len() == 2).count() as u64;
    assert_eq!(summary.modules_count, both);
    assert_eq!(summary.links, found.links.len() as u64 - 2 * both);
    assert_eq!(summary.chips, found.chips.len() as u64);
    assert_eq!(summary.strips, found.strips.len() as u64);
    (found, summary)
}

/// Numbers in all lists of a folder of the database, and the types and thresholds they have.
fn stored(out: &Path, component: &str) -> (usize, String, String) {
    let database = Database::open(&out.join("mycool.db")).unwrap();
    let folder = format!("/SCT/Derived/Dead{component}");
    let tag = Selection::tag(&format!("SctDerivedDead{component}-003-00"));
    let objects = database.objects(&folder, &tag).unwrap();
    let text = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    };
    let numbers = objects
        .iter()
        .map(|object| parse_defect_list(&text(&object.row.payload[7])).unwrap().len());
    let payload = &objects[0].row.payload;
    (numbers.sum(), text(&payload[5]), text(&payload[6]))
}

#[test]
fn the_dead_strips_chips_and_links_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let output = search(&FILES.1, folder.path(), &["--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let (found, summary) = found(folder.path(), "Dead");
    let comparison = RUN.truth.dead().compare(&found);
    assert!(comparison.strips.is_exact() && comparison.strips.common > 4000);
    assert!(comparison.chips.is_exact() && comparison.chips.common > 30);
    assert!(comparison.links.is_exact() && comparison.links.common == 4);
    assert_eq!((summary.flag, summary.head.lumi_blocks, summary.head.events), ('G', 40, 12_000));
    let (strips, defect, threshold) = stored(folder.path(), "Strips");
    assert_eq!(
        (strips, defect.as_str(), threshold.as_str()),
        (found.strips.len(), "DEAD", "Real(6.0)")
    );
    assert_eq!(stored(folder.path(), "Chips").0, found.chips.len());
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["strips"], summary.strips);
    assert_eq!((&json["flag"], &json["uploadRequest"]), (&"G".into(), &true.into()));
    // Noisy strips that the configuration calls bad fire all the same.
    assert!(json["disabledStripsWithHits"].as_u64().unwrap() > 0);
    assert!(stderr(&output).contains("hits in disabled strips: "));
    let off = 2 * RUN.settings.defects.masked_modules + RUN.settings.defects.masked_links;
    assert_eq!(json["sidesDisabled"], off);
    assert_eq!(names(folder.path()).len(), 4);
}

#[test]
fn the_quiet_strips_and_chips_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let more = ["--search", "quiet-strips,quiet-chips", "--prefix", "P"];
    let output = search(&FILES.1, folder.path(), &more);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for name in ["QuietStripsFile.xml", "QuietChipsFile.xml", "QuietSummaryFile.xml", "mycool.db"] {
        fs::rename(folder.path().join(format!("P.{name}")), folder.path().join(name)).unwrap();
    }
    let (found, summary) = found(folder.path(), "Quiet");
    let comparison = RUN.truth.quiet().compare(&found);
    assert!(comparison.strips.is_exact() && comparison.chips.is_exact(), "{comparison:?}");
    assert!(comparison.strips.common > RUN.truth.dead().strips.len() + 1000);
    assert_eq!(summary.untestable.unwrap(), []);
    assert_eq!(stored(folder.path(), "Strips").1, "QUIET");
    assert_eq!(
        stored(folder.path(), "Chips"),
        (found.chips.len(), "QUIET".into(), "Real(0.5)".into())
    );
}

#[test]
fn one_kind_alone_leaves_its_own_files() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        search(&FILES.1, folder.path(), &["--search", "chips", "--set", "WriteToCool=false"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(names(folder.path()), ["DeadChipsFile.xml", "DeadSummaryFile.xml"]);
    let summary = DeadSummary::read(&folder.path().join("DeadSummaryFile.xml")).unwrap();
    assert_eq!((summary.strips, summary.flag), (0, 'G'));
    assert!(stdout(&output).contains("no mycool.db: writing is switched off"));
}

#[test]
fn plots_ntuple_and_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (plots, ntuple) = (folder.path().join("plots"), folder.path().join("n.root"));
    let more = ["--plots", plots.to_str().unwrap(), "--ntuple", ntuple.to_str().unwrap()];
    let output = search(&FILES.1, folder.path(), &more);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(names(&plots), ["dead-chips.svg", "dead-relative-hits.svg", "dead-strips.svg"]);
    let mut file = oxyroot::RootFile::open(&ntuple).unwrap();
    let tree = file.get_tree("dead_components").unwrap();
    let strips: Vec<i32> = tree.branch("strip").unwrap().as_iter::<i32>().unwrap().collect();
    let summary = DeadSummary::read(&folder.path().join("DeadSummaryFile.xml")).unwrap();
    assert_eq!(strips.iter().filter(|&&strip| strip >= 0).count() as u64, summary.strips);
    assert_eq!(strips.len() as u64, summary.strips + summary.chips);
    let one = tempfile::tempdir().unwrap();
    let alone = program("sct-dead")
        .env("RAYON_NUM_THREADS", "1")
        .args(["--run", "1", "--hitmaps"])
        .arg(&FILES.1)
        .arg("--out")
        .arg(one.path())
        .output()
        .unwrap();
    assert_eq!(code(&alone), 0, "{}", stderr(&alone));
    assert!(stderr(&alone).contains("no byte-stream errors (SCTBSErrors.root)"));
    let three = tempfile::tempdir().unwrap();
    program("sct-dead")
        .env("RAYON_NUM_THREADS", "3")
        .args(["--run", "1", "--hitmaps"])
        .arg(&FILES.1)
        .arg("--out")
        .arg(three.path())
        .output()
        .unwrap();
    for name in ["DeadStripsFile.xml", "DeadChipsFile.xml", "DeadSummaryFile.xml"] {
        let [one, three] = [&one, &three].map(|folder| fs::read(folder.path().join(name)).unwrap());
        assert!(one == three, "{name} differs");
    }
}

/// A file with few events or none.
fn few(folder: &Path, events: u64) -> PathBuf {
    let path = folder.join("few.root");
    let mut map = sct_hitmap::Hitmap::new();
    map.set_events(events);
    sct_histfile::write_hit_maps(&path, &map).unwrap();
    path
}

#[test]
fn too_few_events_find_nothing_and_are_a_success() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("mycool.db"), "of an earlier job").unwrap();
    let output = search(&few(folder.path(), 1000), &out, &["--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let lines = |name: &str| fs::read_to_string(out.join(name)).unwrap().lines().count();
    assert_eq!((lines("DeadStripsFile.xml"), lines("DeadSummaryFile.xml")), (2, 20));
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["absent"]["mycool.db"], "no dead strip or chip was found");
    assert_eq!(json["flag"], "R");
    let warning =
        "required minimum statistics is 5000 events for the search for dead strips, found 1000";
    assert!(stderr(&output).contains(warning), "{}", stderr(&output));
    assert!(!out.join("mycool.db").exists());
}

#[test]
fn bad_input_has_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let (out, hitmaps) = (folder.path().join("out"), folder.path().join("h.root"));
    let expect = |hitmaps: &Path, more: &[&str], expected: i32, text: &str| {
        let output = search(hitmaps, &out, more);
        assert_eq!(code(&output), expected, "{}", stderr(&output));
        assert!(stderr(&output).contains(text), "{}", stderr(&output));
        assert!(!out.exists() || names(&out).is_empty());
    };
    expect(&hitmaps, &[], 74, "h.root");
    fs::write(&hitmaps, "").unwrap();
    expect(&hitmaps, &[], 74, "h.root");
    let whole = fs::read(&FILES.1).unwrap();
    fs::write(&hitmaps, &whole[..whole.len() / 2]).unwrap();
    expect(&hitmaps, &[], 74, "h.root");
    // Byte-stream errors have the names of hit maps, and other bins.
    expect(&FILES.2, &[], 74, "expected TH1F of 768 bins");
    expect(&FILES.1, &["--bs-errors", FILES.1.to_str().unwrap()], 7, "--bs-errors");
    expect(&few(folder.path(), 0), &[], 15, "the hit map has no events");
    expect(&FILES.1, &["--search", "strip"], 7, "strip");
    expect(&FILES.1, &["--search", "strips,quiet-chips"], 7, "mixes dead and quiet");
    expect(&FILES.1, &["--set", "QuietThresholdStrip=-1"], 7, "QuietThresholdStrip is \"-1\"");
    let wrong = program("sct-dead")
        .args(["--run", "1", "--hitmaps"])
        .arg(&FILES.1)
        .arg("--bs-errors")
        .arg(&FILES.1)
        .output()
        .unwrap();
    assert_eq!(code(&wrong), 74);
    assert!(stderr(&wrong).contains("expected TH1F of 15 bins"), "{}", stderr(&wrong));
}

/// A dictionary for hit maps and errors under their production names.
fn dictionary(folder: &Path, hitmaps: &Path, parts: &[&str]) -> Json {
    let run = RUN.settings.run.to_u32();
    let set = |kind: &str| format!("data22_13p6TeV.{run:08}.express_express.sctcal.{kind}.c0_c0");
    let mut input = Vec::new();
    for (file, kind) in [(hitmaps, "SCTHitMaps.root"), (&FILES.2, "SCTBSErrors.root")] {
        let name = format!("{}._0001.{kind}", set("HITMAP"));
        fs::copy(file, folder.join(&name)).unwrap();
        input.push(json!(format!("{}#{name}", set("HITMAP"))));
    }
    let result = set("DEADCHIP");
    json!({
        "part": parts,
        "splitNoisyStrip": 2,
        "prefix": format!("{result}#{result}._0001"),
        "input": input,
        "modules": RUN.path("modules.csv"),
        "conditions": RUN.path("conditions.db"),
    })
}

/// Results under the prefix, by their names after it.
fn made(folder: &Path) -> Vec<String> {
    let prefixed = names(folder).into_iter().filter(|name| name.contains("DEADCHIP"));
    prefixed.map(|name| name.split_once("_0001.").unwrap().1.to_owned()).collect()
}

#[test]
fn all_four_parts_are_one_job() {
    let folder = tempfile::tempdir().unwrap();
    let parts = ["doQuietChip", "doDeadStrip", "doDeadChip", "doQuietStrip"];
    let output = run(folder.path(), &dictionary(folder.path(), &FILES.1, &parts), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let files = [
        "DeadChipsFile.xml",
        "DeadStripsFile.xml",
        "DeadSummaryFile.xml",
        "QuietChipsFile.xml",
        "QuietStripsFile.xml",
        "QuietSummaryFile.xml",
        "SCTBSErrors.root",
        "SCTHitMaps.root",
        "mycool.db",
    ];
    assert_eq!(made(folder.path()), files);
    let report = report(folder.path());
    let (dead, quiet) = (&report["sctcalib"]["dead"], &report["sctcalib"]["quiet"]);
    assert_eq!(dead["strips"], RUN.truth.dead().strips.len());
    assert_eq!(quiet["chips"], RUN.truth.quiet().chips.len());
    assert_eq!((&dead["uploadRequest"], &quiet["uploadRequest"]), (&json!(true), &json!(false)));
    assert_eq!(report["files"]["output"].as_array().unwrap().len(), files.len());
    // A folder has one list for a module and run: that of dead components.
    let stored = report["sctcalib"]["stored"].as_array().unwrap();
    let folders: Vec<&Json> = stored.iter().map(|stored| &stored["folder"]).collect();
    assert_eq!(folders, ["/SCT/Derived/DeadStrips", "/SCT/Derived/DeadChips"]);
    let log = fs::read_to_string(folder.path().join("log.sctcalib")).unwrap();
    assert!(log.contains("has the dead components: the quiet ones are in their lists only"));
}

#[test]
fn noisy_strips_and_dead_chips_share_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let parts = ["doNoisyStrip", "doDeadChip"];
    let output = run(folder.path(), &dictionary(folder.path(), &FILES.1, &parts), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let made = made(folder.path());
    assert!(made.contains(&"DeadChipsFile.xml".to_owned()), "{made:?}");
    assert!(made.contains(&"BadStripsAllFile.xml".to_owned()), "{made:?}");
    let report = report(folder.path());
    assert_eq!(report["sctcalib"]["dead"]["chips"], RUN.truth.dead().chips.len());
    assert!(report["sctcalib"]["noisyStrip"]["events"].is_u64());
}

#[test]
fn nothing_dead_is_a_success_without_a_database() {
    let folder = tempfile::tempdir().unwrap();
    // Fewer events than noisy strips need, and none of them with hits.
    let hitmaps = few(folder.path(), 9_000);
    let parts = ["doDeadStrip", "doDeadChip"];
    let output = run(folder.path(), &dictionary(folder.path(), &hitmaps, &parts), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report_text = report(folder.path());
    let absent = &report_text["sctcalib"]["absentOutputs"]["mycool.db"];
    assert_eq!(absent, "no dead strip or chip was found");
    assert!(!made(folder.path()).contains(&"mycool.db".to_owned()));
    // Without any event the job ends early and well.
    let empty = tempfile::tempdir().unwrap();
    let hitmaps = few(empty.path(), 0);
    let output = run(empty.path(), &dictionary(empty.path(), &hitmaps, &parts), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let message = report(empty.path())["exitMsg"].as_str().unwrap().to_owned();
    assert!(message.contains("the input has 0 events"), "{message}");
    assert_eq!(made(empty.path()), [""; 0]);
}
