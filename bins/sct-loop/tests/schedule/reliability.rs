//! Kills, full disks, two schedulers.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::data::{Data, RUN, names};

/// Processes whose command line names the folder.
fn processes(data: &Data) -> Vec<String> {
    let folder = data.folder.path().as_os_str().as_encoded_bytes().to_vec();
    let line = |name: String| {
        let line = fs::read(format!("/proc/{name}/cmdline")).ok()?;
        let names = line.windows(folder.len()).any(|part| part == folder);
        names.then(|| String::from_utf8_lossy(&line).replace('\0', " "))
    };
    names("/proc".as_ref()).into_iter().filter_map(line).collect()
}

/// Kills the scheduler again and again while it works through many jobs: every result is there once, nothing is left.
/// `SCT_KILLS` says how often, for campaigns.
#[test]
fn a_scheduler_that_is_killed_loses_nothing() {
    let kills: u64 = std::env::var("SCT_KILLS").map_or(6, |text| text.parse().unwrap());
    let data = Data::new("");
    for version in 1..=8 {
        data.hist(RUN, &format!("f{version}"));
    }
    for kill in 0..kills {
        let mut command = data.command("serve --no-web --quiet");
        let mut scheduler = command.stdout(Stdio::null()).spawn().unwrap();
        // From before the ledger is open to the middle of the jobs.
        thread::sleep(Duration::from_millis(30 + (kill * 7919) % 1500));
        scheduler.kill().unwrap();
        scheduler.wait().unwrap();
    }
    data.text("run-once", 0);
    let tasks = data.json("tasks --older --older --older");
    let tasks = tasks.as_array().unwrap();
    assert_eq!(tasks.len(), 40);
    for task in tasks {
        assert_eq!(task["state"], "FINISHED", "{task:#}");
        let shown = data.json(&format!("tasks show {}", task["id"]));
        let attempts = shown["attempts"].as_array().unwrap();
        let good = |attempt: &&Value| attempt["exit_code"] == 0;
        assert_eq!(attempts.iter().filter(good).count(), 1, "{shown:#}");
        assert!(
            attempts.iter().all(|attempt| good(&attempt) || attempt["is_lost"] == true),
            "{shown:#}"
        );
    }
    for kind in ["sctbse", "scteff", "sctla", "sctno", "sctro"] {
        let results = names(&data.path("results/00440199").join(kind));
        let reports = results.iter().filter(|name| name.ends_with("jobReport.json")).count();
        // The results of one kind and run have one name: the newest data set is shown.
        assert_eq!(reports, 1, "{results:?}");
        assert!(!results.iter().any(|name| name.starts_with('.')), "{results:?}");
    }
    let since = Instant::now();
    while !processes(&data).is_empty() && since.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(processes(&data), Vec::<String>::new());
}

#[test]
fn two_schedulers_do_not_work_on_one_folder() {
    let data = Data::new("");
    data.hist(RUN, "f1");
    let mut command = data.command("serve --no-web --quiet");
    let mut first = command.stdout(Stdio::null()).spawn().unwrap();
    let since = Instant::now();
    while !data.text("status", 0).contains("a scheduler is at work") {
        assert!(since.elapsed() < Duration::from_secs(20), "the scheduler has not begun");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(data.text("run-once", 40).contains("another scheduler works"));
    let pid = first.id().to_string();
    std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert_eq!(first.wait().unwrap().code(), Some(0));
    data.text("run-once", 0);
    assert_eq!(data.states().len(), 5);
}

#[test]
fn a_folder_that_cannot_be_written_is_said_and_nothing_is_lost() {
    let data = Data::new("");
    data.hist(RUN, "f1");
    // Even the superuser cannot make folders in a file.
    fs::write(data.path("jobs"), "").unwrap();
    let said = data.text("run-once", 11);
    assert!(said.contains("folder of an attempt"), "{said}");
    fs::remove_file(data.path("jobs")).unwrap();
    // Results that cannot be stored wait in the folders of their attempts.
    fs::write(data.path("results"), "").unwrap();
    fs::set_permissions(data.path("results"), fs::Permissions::from_mode(0o444)).unwrap();
    let mut command = data.command("serve --no-web --quiet");
    let mut scheduler = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let since = Instant::now();
    while !data.states().iter().any(|(_, state)| state == "VALIDATING") {
        assert!(since.elapsed() < Duration::from_mins(1), "{:?}", data.states());
        thread::sleep(Duration::from_millis(100));
    }
    fs::remove_file(data.path("results")).unwrap();
    while !data.states().iter().all(|(_, state)| state == "FINISHED") {
        assert!(since.elapsed() < Duration::from_mins(2), "{:?}", data.states());
        thread::sleep(Duration::from_millis(100));
    }
    scheduler.kill().unwrap();
    scheduler.wait().unwrap();
    let attempts = data.json("tasks show sctla-440199")["attempts"].as_array().unwrap().len();
    assert_eq!(attempts, 1);
}
