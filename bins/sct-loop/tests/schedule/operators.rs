//! What operators ask and do.

use std::fs;

use serde_json::Value;

use crate::data::{Data, RUN};

/// A table with one task of monitoring files, with further lines.
fn table(data: &Data, more: &str) {
    let row = "[task.scteff]\nname = 'Efficiency'\nreads = 'HIST'\ndatasets = ['*HIST.f*']\npart = ['doEfficiency']\n\
               result = 'EFFICIENCY.c0'\n";
    fs::write(data.path("tasks.toml"), format!("{row}{more}")).unwrap();
}

/// A table whose task takes its runs in order, and fails at once on monitoring files.
fn in_order(data: &Data) {
    let row = "[task.sctns]\nname = 'Noisy'\nreads = 'HIST'\ndatasets = ['*HIST.f*']\npart = ['doNoisyStrip']\n\
               doRunSelector = true\nresult = 'NOISYSTRIP.c0'\n";
    fs::write(data.path("tasks.toml"), row).unwrap();
}

#[test]
fn a_failed_job_runs_again_with_a_corrected_dictionary() {
    let data = Data::new("table = 'tasks.toml'");
    table(&data, "retries = 1\ndictionary = { SCTCalibConfig = ['absent.py'] }\n");
    data.hist(RUN, "f1");
    let said = data.text("run-once", 1);
    assert!(said.contains("1 tasks failed"), "{said}");
    let shown = data.json("tasks show scteff-440199");
    assert_eq!(shown["task"]["state"], "FAILED");
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 2, "one retry");
    assert!(shown["task"]["reason"].as_str().unwrap().contains("absent.py"), "{shown:#}");
    let log = data.text("tasks log scteff-440199", 0);
    assert!(log.contains("absent.py"), "{log}");

    let key = data.text("tasks retry scteff-440199 --set colour=1", 7);
    assert!(key.contains("'colour' is no key"), "{key}");
    data.text("tasks retry scteff-440199 --set SCTCalibConfig=[] --reason corrected", 0);
    data.text("run-once", 0);
    let shown = data.json("tasks show scteff-440199");
    assert_eq!(shown["task"]["state"], "FINISHED");
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 3);
    let history = shown["history"].to_string();
    assert!(history.contains("reactivated with {\\\"SCTCalibConfig\\\":[]}"), "{history}");
    assert!(history.contains("\"who\":\"ann\"") && history.contains("corrected"), "{history}");
    // Peeking at a job that is over prints its log and ends.
    assert!(data.text("tasks peek scteff-440199", 0).contains("run 440199"));
    // For scripts the whole log with its attempt, and an object for every line.
    let log = data.json("tasks log scteff-440199");
    let text = log["text"].as_str().unwrap();
    assert!(text.contains("run 440199"), "{log}");
    let peeked = data.run("tasks peek scteff-440199 --json").stdout;
    let line = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    let peeked: Vec<Value> = std::str::from_utf8(&peeked).unwrap().lines().map(line).collect();
    let lines: Vec<&str> = peeked.iter().map(|line| line["line"].as_str().unwrap()).collect();
    assert_eq!(lines, text.lines().collect::<Vec<_>>());
    assert!(data.text("tasks retry scteff-440199", 1).contains("no job of it has failed"));
}

#[test]
fn a_run_waits_for_an_earlier_one_until_somebody_lets_it_go() {
    let data = Data::new("table = 'tasks.toml'");
    in_order(&data);
    data.hist(440_100, "f1");
    data.hist(440_200, "f1");
    data.text("run-once", 1);
    let state = |run: u32| data.json(&format!("tasks --run {run}"))[0]["state"].clone();
    assert_eq!((state(440_100), state(440_200)), ("FAILED".into(), "HELD".into()));
    let why = data.text("why 440200", 0);
    assert!(why.contains("run 440200 waits for run 440100, which has failed"), "{why}");
    let status = data.text("status", 0);
    assert!(
        status.contains("1 HELD, 1 FAILED") && status.contains("waits for run 440100"),
        "{status}"
    );

    assert!(data.text("tasks truncate sctns-440100 --reason x", 1).contains("say --confirm"));
    data.text("tasks truncate sctns-440100 --reason nobeam --confirm", 0);
    assert_eq!(state(440_100), "TRUNCATED");
    data.text("run-once", 1);
    assert_eq!(state(440_200), "FAILED", "its turn came");
    // A third run waits for the second, and a release lets it go.
    data.hist(440_300, "f1");
    data.text("run-once", 1);
    assert_eq!(state(440_300), "HELD");
    data.text("release 440200 --reason known", 0);
    data.text("run-once", 1);
    assert_eq!(state(440_300), "FAILED");
}

#[test]
fn faults_of_settings_and_tables_have_their_line() {
    let data = Data::new("table = 'tasks.toml'");
    table(&data, "colour = 1\n");
    let said = data.text("run-once", 7);
    assert!(said.contains("tasks.toml, line 7: unknown field `colour`"), "{said}");
    fs::write(data.path("sct-loop.toml"), "poll = 1\ncolour = 2\n").unwrap();
    let said = data.text("status", 7);
    assert!(said.contains("sct-loop.toml, line 2: unknown field `colour`"), "{said}");
    fs::write(data.path("sct-loop.toml"), "[backend]\nkind = 'magic'\n").unwrap();
    assert!(data.text("run-once", 16).contains("none of local, slurm, condor"));
    assert!(data.text("tasks log 5", 7).contains("there is no task 5"));
}

#[test]
fn filters_choose_tasks() {
    let data = Data::new("");
    data.hist(RUN, "f1");
    data.text("run-once --no-wait", 0);
    let count = |line: &str| data.json(line).as_array().unwrap().len();
    assert_eq!(count("tasks"), 5);
    assert_eq!(count("tasks --task sctla"), 1);
    assert_eq!(count("tasks --run 1-440198"), 0);
    assert_eq!(count("tasks --run 440199 --stream express_express"), 5);
    assert_eq!(count("tasks --state FAILED"), 0);
    data.text("run-once", 0);
    let text = data.text("tasks", 0);
    assert_eq!(text.matches("FINISHED").count(), 10, "own and historic word: {text}");
}
