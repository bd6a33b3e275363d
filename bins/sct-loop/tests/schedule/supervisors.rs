//! Supervisors of attempts: limits, kills, two of them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    batch::raw_run,
    data::{Data, names},
};

/// A run whose one job takes seconds, with a further line in its row of the table.
fn long_job(line: &str) -> Data {
    let data = raw_run("kind = 'local'");
    let settings = fs::read_to_string(data.path("sct-loop.toml")).unwrap();
    fs::write(data.path("sct-loop.toml"), format!("table = 'tasks.toml'\n{settings}")).unwrap();
    let row = "[task.scthm]\nname = 'Hitmap'\nreads = 'RAW'\ndatasets = ['*']\npart = ['doNoisyStrip']\n\
               splitNoisyStrip = 0\nresult = 'NOISYSTRIP.c0'\n";
    fs::write(data.path("tasks.toml"), format!("{row}{line}\n")).unwrap();
    data
}

/// The processes that work in a folder.
fn at_work(folder: &Path) -> Vec<String> {
    let here = |name: &String| {
        fs::read_link(Path::new("/proc").join(name).join("cwd")).is_ok_and(|at| at == folder)
    };
    names("/proc".as_ref()).into_iter().filter(here).collect()
}

fn wait_for(what: &str, done: impl Fn() -> bool) {
    let since = Instant::now();
    while !done() {
        assert!(since.elapsed() < Duration::from_secs(30), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The folder of the first attempt, whose job is at work.
fn begun(data: &Data) -> PathBuf {
    let folder = data.path("jobs/00440199/scthm-1-0001/attempt-1");
    let folder = fs::canonicalize(&folder).unwrap_or(folder);
    wait_for("the job has not begun", || !at_work(&folder).is_empty());
    folder
}

#[test]
fn a_job_that_takes_too_long_is_ended() {
    // A second; the events of the run take longer.
    let data = long_job("hours = 0.0003");
    data.text("run-once", 1);
    let shown = data.json("tasks show scthm-440199");
    assert_eq!(shown["task"]["reason"], "it took longer than 1 s");
    // The job heard of it and left its report, and the record says how it ended.
    assert_eq!(shown["attempts"][0]["exit_code"], 143);
    assert!(shown["attempts"][0]["wall"].as_f64().unwrap() < 10.0, "{shown:#}");
    assert!(!data.path("results/00440199/scthm").exists());
}

#[test]
fn a_job_gets_no_more_memory_than_its_limit() {
    let data = long_job("memory_mb = 40");
    data.text("run-once", 1);
    let shown = data.json("tasks show scthm-440199");
    assert_eq!(shown["attempts"][0]["exit_code"], 134, "{shown:#}");
    assert_eq!(shown["task"]["reason"], "it was ended by signal 6");
}

#[test]
fn a_job_ends_with_its_supervisor_and_is_made_again() {
    let data = long_job("");
    let mut command = data.command("serve --no-web --quiet");
    let mut scheduler = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let folder = begun(&data);
    let handle = || {
        let shown = data.json("tasks show scthm-440199");
        shown["attempts"][0]["handle"].as_str().map(str::to_owned)
    };
    // The job may be at work before the ledger has been told who looks after it.
    wait_for("nobody looks after the job", || handle().is_some());
    let supervisor = handle().unwrap().split(' ').next().unwrap().to_owned();
    assert!(Command::new("kill").args(["-KILL", &supervisor]).status().unwrap().success());
    wait_for("the job goes on alone", || at_work(&folder).is_empty());
    assert!(!folder.join("jobReport.json").exists());
    let finished = || data.states() == [("scthm".to_owned(), "FINISHED".to_owned())];
    wait_for("the job is not made again", finished);
    scheduler.kill().unwrap();
    scheduler.wait().unwrap();
    let shown = data.json("tasks show scthm-440199");
    let attempts = shown["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2, "{shown:#}");
    assert_eq!((&attempts[0]["is_lost"], &attempts[1]["exit_code"]), (&true.into(), &0.into()));
}

#[test]
fn of_two_supervisors_one_runs_the_job() {
    let data = long_job("");
    data.text("run-once --no-wait", 0);
    let folder = begun(&data);
    let again = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sct-loop"));
        command.arg("attempt").arg(&folder).stderr(Stdio::null()).status().unwrap().code()
    };
    // A batch system must not take this for the end of the job.
    assert_eq!(again(), Some(40));
    wait_for("the job does not end", || folder.join("attempt.json").exists());
    assert_eq!(again(), Some(0), "as the job ended");
    data.text("run-once", 0);
    let shown = data.json("tasks show scthm-440199");
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 1, "{shown:#}");
}
