//! Known-bad components from the conditions database: the same as from the table, and damage is named.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use sct_conditions::{
    CHIP_FOLDERS, ChannelId, FolderDescription, MODULE_FOLDERS, Majority, VectorRow, module_row,
};
use sct_cool::{Clock, StoreTarget, Writer};
use sct_id::{Iov, ModuleHash};
use sct_tasks::conditions::majority;

use crate::{RUN, code, merged, names, program, stderr, stdout};

/// A search that is told nothing but the serial numbers.
fn command(out: &Path) -> Command {
    let (hitmaps, lumi_blocks) = merged();
    let mut command = program("sct-noisy-strip");
    command.args(["--run", &RUN.settings.run.to_string(), "--hitmaps"]).arg(hitmaps);
    command.arg("--lb").arg(lumi_blocks).arg("--modules").arg(RUN.path("modules.csv"));
    command.arg("--out").arg(out);
    command
}

/// The XML lists of a search, by name, and what it said.
fn lists(conditions: &Path, more: &[&str]) -> (Vec<(String, String)>, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path())
        .arg("-v")
        .arg("--conditions")
        .arg(conditions)
        .args(more)
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let lists = ["BadStripsAllFile.xml", "BadStripsNewFile.xml", "BadStripsSummaryFile.xml"];
    let read =
        |name: &str| (name.to_owned(), fs::read_to_string(folder.path().join(name)).unwrap());
    (lists.map(read).to_vec(), stderr(&output))
}

/// A database with the lists of earlier runs alone.
fn reference_alone(folder: &Path) -> PathBuf {
    let path = folder.join("reference.db");
    sct_sim::write_reference(&RUN.settings, 3, &path).unwrap();
    path
}

fn failure(conditions: &Path) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let output = command(folder.path()).arg("--conditions").arg(conditions).output().unwrap();
    assert!(names(folder.path()).is_empty());
    output
}

#[test]
fn the_database_alone_says_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let reference = reference_alone(folder.path());
    let table = RUN.path("known-bad.csv");
    let table = ["--known-bad", table.to_str().unwrap()];
    let (expected, _) = lists(&reference, &table);
    let (found, log) = lists(&RUN.path("conditions.db"), &[]);
    assert!(found == expected);
    assert!(!log.contains("nothing valid") && !log.contains("names a module"), "{log}");
    // Both together change nothing; neither makes more strips new.
    assert!(lists(&RUN.path("conditions.db"), &table).0 == expected);
    let (unknown, log) = lists(&reference, &[]);
    assert!(unknown != expected);
    assert!(log.contains("has no /SCT/DAQ/Config/Module, /SCT/DAQ/Configuration/Module"), "{log}");
}

#[test]
fn a_job_reads_the_database_as_the_program_does() {
    let (folder, dictionary) = crate::calib::job();
    let output = crate::calib::run(folder.path(), &dictionary, &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let new = names(folder.path());
    let new = new.iter().find(|name| name.ends_with("BadStripsNewFile.xml")).unwrap();
    let (lists, _) = lists(&RUN.path("conditions.db"), &[]);
    let expected = &lists.iter().find(|(name, _)| name == "BadStripsNewFile.xml").unwrap().1;
    assert!(fs::read_to_string(folder.path().join(new)).unwrap() == *expected);
}

#[test]
fn components_of_another_run_do_not_count() {
    let earlier = RUN.settings.previous_run().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (hitmaps, _) = merged();
    let output = program("sct-noisy-strip")
        .args(["--run", &earlier.run.to_string(), "--hitmaps"])
        .arg(hitmaps)
        .arg("--conditions")
        .arg(RUN.path("conditions.db"))
        .arg("--out")
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let expected = format!("folder /SCT/DAQ/Config/Chip has nothing valid at run {}", earlier.run);
    assert!(stderr(&output).contains(&expected), "{}", stderr(&output));
}

#[test]
fn damaged_rows_are_named_and_fail() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.db");
    fs::copy(RUN.path("conditions.db"), &path).unwrap();
    let serial = sct_sim::serial_number(ModuleHash::new(0).unwrap());
    let channel = CHIP_FOLDERS[0].channel(serial);
    let start = Iov::from_run(RUN.settings.run).since();
    let row = VectorRow {
        channel: ChannelId(channel),
        iov: Iov::new(start + 1, Iov::INFINITY).unwrap(),
        items: vec![sct_conditions::chip_row(
            sct_id::Chip::new(3).unwrap(),
            sct_conditions::ChipMask::ALL,
        )],
    };
    let mut writer = Writer::open(&path, None, Clock::fixed(0)).unwrap();
    writer.store_vectors(CHIP_FOLDERS[0].path, &StoreTarget::Head, &[row]).unwrap();
    drop(writer);
    let output = failure(&path);
    let message = format!("/SCT/DAQ/Config/Chip channel {channel}: 1 chips, expected 12");
    assert!(stderr(&output).contains(&message), "{}", stderr(&output));
    assert_ne!(code(&output), 0);
}

#[test]
fn folders_keyed_by_time_need_the_start_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("time.db");
    let mut writer = Writer::create(&path, "CONDBR2", Clock::fixed(0)).unwrap();
    let mut modules = MODULE_FOLDERS[0].folder();
    modules.description = FolderDescription {
        time_stamp: sct_conditions::TimeStamp::Time,
        ..FolderDescription::RUN_LUMI_VECTOR
    }
    .to_string();
    writer.create_folder(&modules).unwrap();
    // The first noisy module is off from second 1 666 000 000 on.
    let module = RUN.truth.expected.strips[0].wafer.module();
    let row = |since, good| VectorRow {
        channel: ChannelId(MODULE_FOLDERS[0].channel(sct_sim::serial_number(module))),
        iov: Iov::new(since, Iov::INFINITY).unwrap(),
        items: vec![module_row(1, good)],
    };
    let rows = [row(0, true), row(1_666_000_000_000_000_000, false)];
    writer.store_vectors(&modules.path, &StoreTarget::Head, &rows).unwrap();
    drop(writer);
    let output = failure(&path);
    assert_ne!(code(&output), 0);
    assert!(
        stderr(&output).contains("folder /SCT/DAQ/Config/Module is keyed by time"),
        "{}",
        stderr(&output)
    );
    for (start, bad) in [("1665999999", 0), ("1666000000", 1)] {
        let (_, log) = lists(&path, &["--start", start, "--end", "1666054000"]);
        let expected = format!("Configuration: {bad} modules, 0 links, 0 chips and 0 strips");
        assert!(log.contains(&expected), "{log}");
    }
}

#[test]
fn the_majority_state_is_read_at_any_time() {
    let history = majority(&RUN.path("conditions.db")).unwrap().unwrap();
    let good = |seconds: u64| {
        let majority = history.at(seconds * 1_000_000_000).unwrap();
        majority.is_good(Majority::REQUIRED_FRACTION)
    };
    assert!(good(RUN.settings.start) && good(RUN.settings.end()));
    assert!(!good(RUN.settings.start - 3600));
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(majority(&reference_alone(folder.path())).unwrap(), None);
}

#[test]
fn folders_of_vectors_are_listed_and_shown() {
    let shown = |args: &[&str]| {
        let (command, rest) = args.split_first().unwrap();
        let output = program("sct-cool")
            .arg(command)
            .arg(RUN.path("conditions.db"))
            .args(rest)
            .output()
            .unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stdout(&output)
    };
    let list = shown(&["ls"]);
    assert!(list.contains("/SCT/DAQ/Config/Chip  single-version, vector  4088 channels"), "{list}");
    let folder = shown(&["show", "/SCT/DAQ/Config/Module"]);
    assert!(folder.contains("slavegroup:Int16") && folder.contains("\"slavegroup\":-1"));
}
