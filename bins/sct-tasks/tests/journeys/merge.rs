//! `sct-cool merge`, `undo`, `diff` and `verify` as people and scripts run them, on a full detector.

#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use sct_conditions::{Folder, MONITORING, Row, Value, monitoring_row};
use sct_cool::{Clock, FolderContent, LockStatus, StoreTarget, Writer, create_master, write_file};
use sct_id::{Iov, ModuleHash, RunNumber};
use tempfile::TempDir;

use crate::{code, program, stderr, stdout};

struct Masters {
    folder: TempDir,
}

fn rows(run: u32, modules: usize, list: impl Fn(usize) -> String) -> Vec<Row> {
    let iov = Iov::run(RunNumber::new(run).unwrap());
    let row =
        |module: ModuleHash| monitoring_row(module, iov, 0.015, &list(module.index())).unwrap();
    ModuleHash::all().take(modules).map(row).collect()
}

impl Masters {
    /// A master with one upload, run 100: strip 5 of every third module of the detector.
    fn new(modules: usize) -> Self {
        let masters = Self { folder: tempfile::tempdir().unwrap() };
        create_master(&masters.path("master.db"), "CONDBR2").unwrap();
        let mut writer = Writer::open(&masters.path("master.db"), None, Clock::system()).unwrap();
        let first =
            rows(
                100,
                modules,
                |index| if index % 3 == 0 { " 5 ".to_owned() } else { String::new() },
            );
        writer
            .store(MONITORING.path, &StoreTarget::Tag(MONITORING.tag.to_owned()), &first)
            .unwrap();
        masters
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn source(&self, name: &str, rows: Vec<Row>) -> PathBuf {
        self.source_of(name, MONITORING.folder(), MONITORING.tag, rows)
    }

    fn source_of(&self, name: &str, folder: Folder, tag: &str, rows: Vec<Row>) -> PathBuf {
        let path = self.path(name);
        write_file(&path, "CONDBR2", &[FolderContent { folder, tag: tag.to_owned(), rows }])
            .unwrap();
        path
    }

    fn merge(&self, source: &Path, options: &[&str]) -> Output {
        let master = self.path("master.db");
        program("sct-cool").arg("merge").args([source, &master]).args(options).output().unwrap()
    }

    fn verified(&self) {
        let output =
            program("sct-cool").arg("verify").arg(self.path("master.db")).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stdout(&output));
    }

    fn dump(&self) -> String {
        let output = program("sct-cool")
            .args(["dump", "--json"])
            .arg(self.path("master.db"))
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stdout(&output)
    }
}

#[test]
fn a_whole_detector_is_merged_and_taken_back() {
    let masters = Masters::new(ModuleHash::COUNT);
    let before = masters.dump();
    let source = masters.source(
        "mycool.db",
        rows(101, ModuleHash::COUNT, |index| {
            if index % 2 == 0 { " 5-6 ".to_owned() } else { String::new() }
        }),
    );
    let dry = masters.merge(&source, &["--dry-run", "--json"]);
    assert_eq!(code(&dry), 0, "{}", stderr(&dry));
    let dry: serde_json::Value = serde_json::from_str(&stdout(&dry)).unwrap();
    let folder = &dry["folders"][0];
    // Every sixth module had strip 5 and has it still; 1363 had it, 2044 have strips now.
    assert_eq!(
        folder["difference"]["channels"],
        serde_json::json!({"added": 1362, "removed": 681, "changed": 682, "unchanged": 0})
    );
    assert_eq!(folder["difference"]["defects"]["unchanged"], 682);
    assert_eq!(
        (&folder["objects"], &folder["stored"], &dry["changed"]),
        (&4088.into(), &4088.into(), &false.into())
    );
    assert_eq!(masters.dump(), before, "a dry run writes nothing");
    assert!(!masters.path("backup").exists());

    let receipt = masters.path("receipt.json");
    let options = [
        "--comment",
        "SCT NoisyStrips",
        "--nomail",
        "--batch",
        "--who",
        "shifter",
        "--receipt",
        receipt.to_str().unwrap(),
    ];
    let done = masters.merge(&source, &options);
    assert_eq!(code(&done), 0, "{}", stderr(&done));
    let text = stdout(&done);
    assert!(
        text.ends_with("upload OK\n") && text.contains("written: 4088 objects in 4088 channels"),
        "{text}"
    );
    masters.verified();
    let read: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&receipt).unwrap()).unwrap();
    assert_eq!((&read["who"], &read["comment"]), (&"shifter".into(), &"SCT NoisyStrips".into()));
    assert_eq!(read["folders"][0]["rows"].as_array().unwrap().len(), 4088);
    assert_eq!(read["source"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(fs::read_dir(masters.path("backup")).unwrap().count(), 2);

    let again = masters.merge(&source, &options);
    assert_eq!(code(&again), 0);
    assert!(
        stdout(&again).contains("nothing to do: the master has the same content already"),
        "{}",
        stdout(&again)
    );

    let undo = || {
        program("sct-cool")
            .arg("undo")
            .args([&receipt, &masters.path("master.db")])
            .output()
            .unwrap()
    };
    assert_eq!(code(&undo()), 0);
    assert_eq!(masters.dump(), before, "times, numbers and objects are as before");
    masters.verified();
    assert_eq!(code(&undo()), 41);
}

#[test]
fn every_reason_has_its_code() {
    let masters = Masters::new(20);
    let list = |index: usize| if index == 3 { " 9 ".to_owned() } else { String::new() };
    let before = masters.dump();
    let check = |source: &Path, options: &[&str], expected: i32, words: &str| {
        let output = masters.merge(source, options);
        assert_eq!(code(&output), expected, "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
        assert!(stdout(&output).starts_with("upload FAILED: "), "{}", stdout(&output));
        assert_eq!(masters.dump(), before);
    };
    let good = masters.source("good.db", rows(101, 20, list));
    let other = Folder { path: "/SCT/Derived/Other".to_owned(), ..MONITORING.folder() };
    check(
        &masters.source_of("folder.db", other, MONITORING.tag, rows(101, 3, list)),
        &[],
        21,
        "no folder /SCT/Derived/Other",
    );
    let described = Folder { description: "other".to_owned(), ..MONITORING.folder() };
    let described =
        masters.source_of("described.db", described, MONITORING.tag, rows(101, 3, list));
    check(&described, &[], 22, "the description is other in the source");
    let columns = Folder { payload: "x:Int32".parse().unwrap(), ..MONITORING.folder() };
    let mut short = rows(101, 3, list);
    for row in &mut short {
        row.payload = vec![Value::Int(1)];
    }
    check(
        &masters.source_of("columns.db", columns, MONITORING.tag, short),
        &[],
        22,
        "payload specification is x:Int32",
    );
    check(
        &masters.source_of("tag.db", MONITORING.folder(), "T", rows(101, 3, list)),
        &[],
        32,
        "--create-tag",
    );
    check(
        &masters.source_of("head.db", MONITORING.folder(), "", rows(101, 3, list)),
        &[],
        20,
        "nothing to merge",
    );
    check(&masters.source("content.db", rows(100, 20, list)), &[], 33, "give --replace");
    check(&good, &["--processed", "101"], 34, "update mode UPD4");
    check(&good, &["--destdb", "MONP200"], 74, "has no COOL database 'MONP200'");
    check(&masters.path("missing.db"), &[], 74, "missing.db");
    let bytes = fs::read(&good).unwrap();
    fs::write(masters.path("half.db"), &bytes[..bytes.len() / 2]).unwrap();
    check(&masters.path("half.db"), &[], 74, "half.db");
    let output = masters.merge(&good, &["--passopt=-truncate"]);
    assert_eq!(code(&output), 7, "{}", stderr(&output));

    let mut writer = Writer::open(&masters.path("master.db"), None, Clock::system()).unwrap();
    writer.set_lock(MONITORING.path, MONITORING.tag, LockStatus::Locked).unwrap();
    check(&good, &["--nobackup"], 31, "is locked");
    let output = masters.merge(&described, &["--ignoredesc", "--passopt=-al", "--nobackup"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(
        stdout(&output).contains("description 'other' is ignored, the master keeps '<timeStamp>"),
        "{}",
        stdout(&output)
    );
    masters.verified();
}

#[test]
fn files_are_compared_and_damage_is_found() {
    let masters = Masters::new(20);
    let (a, b) = (
        masters.source("a.db", rows(100, 20, |_| " 1-3 ".to_owned())),
        masters.source(
            "b.db",
            rows(100, 19, |index| if index == 0 { " 2 ".to_owned() } else { " 1-3 ".to_owned() }),
        ),
    );
    let diff = |a: &Path, b: &Path| {
        program("sct-cool").args(["diff", "--json"]).args([a, b]).output().unwrap()
    };
    assert_eq!(code(&diff(&a, &a)), 0);
    let output = diff(&a, &b);
    assert_eq!(code(&output), 1);
    let found: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        (&found["tags"][0]["same"], &found["tags"][0]["only_first"]),
        (&18.into(), &1.into())
    );
    assert_eq!(
        found["tags"][0]["difference"]["defects"],
        serde_json::json!({"added": 0, "removed": 5, "unchanged": 1, "unreadable": 0})
    );

    let verify =
        |path: &Path| program("sct-cool").args(["verify", "--json"]).arg(path).output().unwrap();
    assert_eq!(code(&verify(&a)), 0);
    let mut bytes = fs::read(&a).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 2048].fill(0x55);
    fs::write(&b, bytes).unwrap();
    let output = verify(&b);
    assert!(matches!(code(&output), 42 | 74), "{}", stderr(&output));
}

/// Runs a merge with limits of the shell in front.
fn limited(masters: &Masters, source: &Path, limit: &str) -> Output {
    let script = format!(
        "{limit}; exec {} merge {} {} --receipt {} --nobackup -q",
        env!("CARGO_BIN_EXE_sct-cool"),
        source.display(),
        masters.path("master.db").display(),
        masters.path("receipt.json").display()
    );
    Command::new("bash").args(["-c", &script]).output().unwrap()
}

/// After whatever happened: the file is sound, and has the upload with its receipt or is as before. Gives which.
fn whole_or_nothing(masters: &Masters, before: &str) -> bool {
    masters.verified();
    let after = masters.dump();
    let (old, new) = (before.lines().count(), after.lines().count());
    assert!(new == old || new == old + 60, "{new} objects, expected {old} or 60 more");
    if new > old {
        let undo = program("sct-cool")
            .arg("undo")
            .args([masters.path("receipt.json"), masters.path("master.db")])
            .output()
            .unwrap();
        assert_eq!(code(&undo), 0, "an upload that is there has a receipt: {}", stderr(&undo));
        masters.verified();
    }
    assert_eq!(masters.dump(), before);
    new > old
}

#[test]
fn a_kill_or_a_full_disk_leaves_all_or_nothing() {
    let masters = Masters::new(60);
    let source = masters.source("mycool.db", rows(101, 60, |_| " 1-3 ".to_owned()));
    let before = masters.dump();
    let size = fs::metadata(masters.path("master.db")).unwrap().len() / 1024;
    let mut failures = 0;
    for step in 0..8 {
        // The system ends the process at the first write past the limit, or refuses the write.
        let blocks = if step < 2 { 1 + step * 8 } else { size + (step - 2) * 3 };
        let killed = limited(&masters, &source, &format!("ulimit -c 0; ulimit -f {blocks}"));
        failures += usize::from(!whole_or_nothing(&masters, &before));
        let refused = limited(&masters, &source, &format!("trap '' XFSZ; ulimit -f {blocks}"));
        if !refused.status.success() {
            assert_eq!(code(&refused), 11, "{}", stderr(&refused));
        }
        assert_eq!(killed.status.success(), refused.status.success(), "{}", stderr(&refused));
        whole_or_nothing(&masters, &before);
    }
    assert!(failures > 2, "the limits were met");
}

#[test]
fn a_kill_at_a_system_call_leaves_all_or_nothing() {
    let traced = |masters: &Masters, source: &Path, inject: &str| {
        let program = env!("CARGO_BIN_EXE_sct-cool");
        let receipt = masters.path("receipt.json");
        Command::new("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-e", inject, program, "merge"])
            .args([source, &masters.path("master.db")])
            .args(["--nobackup", "-q", "--receipt"])
            .arg(receipt)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
    };
    let masters = Masters::new(60);
    let source = masters.source("mycool.db", rows(101, 60, |_| " 1-3 ".to_owned()));
    let before = masters.dump();
    if !traced(&masters, &source, "trace=none").is_ok_and(|status| status.success()) {
        eprintln!("skipped: strace is not there, or may not trace");
        return;
    }
    assert!(whole_or_nothing(&masters, &before));
    let mut seen = [0; 2];
    for (call, number) in [
        ("pwrite64", 1),
        ("pwrite64", 40),
        ("fdatasync", 1),
        ("fdatasync", 2),
        ("fsync", 1),
        ("rename", 1),
        ("unlink", 1),
    ] {
        let status =
            traced(&masters, &source, &format!("inject={call}:signal=KILL:when={number}")).unwrap();
        let there = whole_or_nothing(&masters, &before);
        seen[usize::from(there)] += 1;
        assert!(there || !status.success());
    }
    assert!(seen[0] > 0, "no call was met");
}

#[test]
fn a_master_that_cannot_be_written_stays_as_it_is() {
    use std::os::unix::{fs::PermissionsExt as _, process::CommandExt as _};
    let masters = Masters::new(60);
    let source = masters.source("mycool.db", rows(101, 60, |_| " 1-3 ".to_owned()));
    let before = masters.dump();
    let root = fs::metadata("/proc/self")
        .is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0);
    // Files of others, readable alone; as root, the program is run as nobody.
    let closed =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    closed(&masters.path("master.db"), 0o444);
    closed(masters.folder.path(), 0o555);
    let mut command = program("sct-cool");
    command.arg("merge").args([&source, &masters.path("master.db")]).arg("--nobackup");
    if root {
        command.uid(65_534).gid(65_534);
    }
    match command.output() {
        Ok(output) => {
            assert_eq!(code(&output), 11, "{}", stderr(&output));
        }
        Err(error) => eprintln!("skipped: the program cannot be run by another account: {error}"),
    }
    closed(masters.folder.path(), 0o755);
    closed(&masters.path("master.db"), 0o644);
    assert_eq!(masters.dump(), before);
    masters.verified();
}
