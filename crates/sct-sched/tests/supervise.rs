//! A supervisor ends everything that its job has started. It takes all processes that are left for its own, so that this is
//! the only test of its process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::{fs, path::Path, process::Command};

use sct_sched::attempt::{Limits, Supervised, supervise};

/// The processes that work in a folder.
fn at_work(folder: &Path) -> Vec<String> {
    let names = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name());
    let here = |name: &std::ffi::OsString| {
        fs::read_link(Path::new("/proc").join(name).join("cwd")).is_ok_and(|at| at == folder)
    };
    names.filter(here).map(|name| name.to_string_lossy().into_owned()).collect()
}

#[test]
fn what_a_job_leaves_behind_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let at = fs::canonicalize(folder.path()).unwrap();
    // One in the group of the job, and one that has left it; both go on when the job has ended.
    let script = "sleep 600 & setsid sleep 601 & echo begun";
    let limits = Limits { seconds: 60, cores: 1, memory: None };
    let mut command = Command::new("sh");
    let done = supervise(&at, &limits, command.args(["-c", script])).unwrap();
    let Supervised::Ended(record) = done else { panic!("{done:?}") };
    assert_eq!((record.exit_code, record.killed.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(at.join("log.attempt")).unwrap(), "begun\n");
    assert_eq!(at_work(&at), Vec::<String>::new());
    // The same when the job is ended for its time.
    let second = at.join("second");
    fs::create_dir(&second).unwrap();
    let limits = Limits { seconds: 1, ..limits };
    let mut command = Command::new("sh");
    let script = "sleep 600 & setsid sleep 601 & wait";
    let done = supervise(&second, &limits, command.args(["-c", script])).unwrap();
    let Supervised::Ended(record) = done else { panic!("{done:?}") };
    assert_eq!((record.exit_code, record.killed.as_str()), (143, "it took longer than 1 s"));
    assert_eq!(at_work(&second), Vec::<String>::new());
}
