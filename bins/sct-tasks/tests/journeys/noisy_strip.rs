//! `sct-noisy-strip`: finds exactly what is there, whatever the number of threads.

use std::{fs, path::Path};

use sct_cool::{Database, Selection};
use sct_sim::Found;
use sct_xml::{BadStripsList, BadStripsSummary};

use crate::{RUN, code, merged, names, program, stderr, stdout};

fn search(out: &Path, more: &[&str]) -> std::process::Output {
    let (hitmaps, lumi_blocks) = merged();
    program("sct-noisy-strip")
        .args([
            "--run",
            &RUN.settings.run.to_string(),
            "--start",
            "1666000000",
            "--end",
            "1666054000",
        ])
        .args(["--lumi-blocks", &RUN.settings.lumi_blocks.to_string()])
        .arg("--hitmaps")
        .arg(hitmaps)
        .arg("--lb")
        .arg(lumi_blocks)
        .arg("--modules")
        .arg(RUN.path("modules.csv"))
        .arg("--known-bad")
        .arg(RUN.path("known-bad.csv"))
        .arg("--conditions")
        .arg(RUN.path("conditions.db"))
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn the_true_strips_chips_and_wafers_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let output = search(folder.path(), &["--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let list = BadStripsList::read(&folder.path().join("BadStripsAllFile.xml")).unwrap();
    let summary = BadStripsSummary::read(&folder.path().join("BadStripsSummaryFile.xml")).unwrap();
    let mut found = Found::default();
    for module in &summary.modules {
        found.add(
            module.module,
            &list.modules[&module.module],
            module.chips.clone(),
            module.links.clone(),
        );
    }
    let comparison = RUN.truth.compare(&found);
    assert!(comparison.is_exact(), "{comparison:?}");
    assert!(
        comparison.strips.common > 100
            && comparison.chips.common > 5
            && comparison.wafers.common > 0
    );
    assert_eq!(summary.strips_all, comparison.strips.common as u64);
    assert!(summary.recent_available && summary.flag != 'U');
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(json["stripsAll"], summary.strips_all);

    // The database says the same as the list.
    let database = Database::open(&folder.path().join("mycool.db")).unwrap();
    let tag = Selection::tag("SctDerivedMonitoring-RUN2-UPD4-005");
    let objects = database.objects("/SCT/Derived/Monitoring", &tag).unwrap();
    assert_eq!(objects.len(), 4088);
    let stored = objects.iter().map(|object| match &object.row.payload[7] {
        sct_conditions::Value::Text(text) => {
            sct_conditions::parse_defect_list(text).unwrap().len() as u64
        }
        other => panic!("{other:?} is no list"),
    });
    assert_eq!(stored.sum::<u64>(), summary.strips_all);
}

#[test]
fn threads_do_not_change_a_byte() {
    let run = |threads: &str| {
        let folder = tempfile::tempdir().unwrap();
        let (hitmaps, _) = merged();
        let output = program("sct-noisy-strip")
            .env("RAYON_NUM_THREADS", threads)
            .args(["--run", "1", "--hitmaps"])
            .arg(hitmaps)
            .arg("--out")
            .arg(folder.path())
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let files = ["BadStripsAllFile.xml", "BadStripsSummaryFile.xml"];
        files.map(|name| fs::read(folder.path().join(name)).unwrap())
    };
    assert_eq!(run("1"), run("3"));
}

#[test]
fn plots_and_ntuple_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let (plots, ntuple) = (folder.path().join("plots"), folder.path().join("n.root"));
    let output = search(
        folder.path(),
        &["--plots", plots.to_str().unwrap(), "--ntuple", ntuple.to_str().unwrap()],
    );
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let plots = names(&plots);
    assert!(
        plots.contains(&"occupancy.svg".to_owned())
            && plots.contains(&"noisy-strips.svg".to_owned()),
        "{plots:?}"
    );
    assert!(plots.iter().any(|name| name.starts_with("chip-")), "{plots:?}");
    let mut file = oxyroot::RootFile::open(&ntuple).unwrap();
    let tree = file.get_tree("noisy_strips").unwrap();
    assert_eq!(tree.entries(), i64::try_from(RUN.truth.expected.strips.len()).unwrap());
}

#[test]
fn update_mode_stores_the_changed_modules_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let output = search(folder.path(), &["--set", "NoisyUpdate=true", "--prefix", "P"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let summary =
        BadStripsSummary::read(&folder.path().join("P.BadStripsSummaryFile.xml")).unwrap();
    let database = Database::open(&folder.path().join("P.mycool.db")).unwrap();
    let tag = Selection::tag("SctDerivedMonitoring-RUN2-UPD4-005");
    let objects = database.objects("/SCT/Derived/Monitoring", &tag).unwrap();
    assert_eq!(objects.len() as u64, summary.modules_different);
    assert!(objects.iter().all(|object| object.row.iov.is_open()));
}

#[test]
fn nothing_noisy_is_a_success_without_a_database() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mycool.db"), "left by an earlier job").unwrap();
    let output = search(folder.path(), &["--set", "NoisyStripThrOffline=1.5"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("no mycool.db: no strip is noisy"));
    assert_eq!(
        names(folder.path()),
        ["BadStripsAllFile.xml", "BadStripsNewFile.xml", "BadStripsSummaryFile.xml"]
    );
}

#[test]
fn an_old_database_that_stays_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    // A folder under the name of the file cannot be removed as a file, whoever runs the test.
    fs::create_dir(folder.path().join("mycool.db")).unwrap();
    let output = search(folder.path(), &["--set", "NoisyStripThrOffline=1.5"]);
    assert_eq!(code(&output), 11, "{}", stderr(&output));
    assert!(stderr(&output).contains("mycool.db, left by an earlier job"), "{}", stderr(&output));
}

#[test]
fn its_own_list_as_reference_leaves_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&search(folder.path(), &[])), 0);
    for name in ["BadStripsAllFile.xml", "mycool.db"] {
        let again = tempfile::tempdir().unwrap();
        let reference = folder.path().join(name);
        let output = search(
            again.path(),
            &["--reference", reference.to_str().unwrap(), "--set", "NoisyUpdate=true"],
        );
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let summary =
            BadStripsSummary::read(&again.path().join("BadStripsSummaryFile.xml")).unwrap();
        assert_eq!((summary.strips_new, summary.modules_different), (0, 0), "{name}");
        assert!(
            stdout(&output).contains("the noisy strips are those of the reference"),
            "{}",
            stdout(&output)
        );
    }
}
