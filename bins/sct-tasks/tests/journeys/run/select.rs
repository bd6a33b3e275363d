//! `sct-run select` and `order`, and jobs that ask run control.

use std::{fs, path::Path, process::Output};

use sct_sim::{GivenRun, RunKind};
use serde_json::Value;
use tempfile::TempDir;

use super::{folder, made, now, of, one, sct_run};
use crate::{RUN, code, names, stderr};

fn select(run: u32, stream: &str, more: &[&str], files: &Path) -> Output {
    sct_run(&[
        "select",
        "--json",
        "--run",
        &run.to_string(),
        "--stream",
        stream,
        "--now",
        &now(),
        "--data",
    ])
    .arg(folder())
    .args(more)
    .current_dir(files)
    .output()
    .unwrap()
}

fn decision(output: &Output) -> (String, String) {
    let json: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(output)));
    (json["decision"].as_str().unwrap().to_owned(), json["sentence"].as_str().unwrap().to_owned())
}

#[test]
fn runs_without_stable_beams_are_not_selected_and_cosmics_need_none() {
    let files = tempfile::tempdir().unwrap();
    let output =
        select(one(RunKind::Unstable).run.to_u32(), "13p6TeV", &["--skip-queue"], files.path());
    let (word, sentence) = decision(&output);
    assert_eq!((code(&output), word.as_str()), (0, "not selected"));
    assert!(
        sentence.contains("didn't pass Stable Beam check (not met: lhc stablebeams TRUE)"),
        "{sentence}"
    );
    let short = decision(&select(
        one(RunKind::Short).run.to_u32(),
        "13p6TeV",
        &["--skip-queue"],
        files.path(),
    ))
    .1;
    assert!(
        short.contains(
            "didn't pass Stable Beam check (not met: streams *calibration_SCTNoise 10000+)"
        ),
        "{short}"
    );
    let cosmic = select(one(RunKind::Cosmic).run.to_u32(), "cos", &["--skip-queue"], files.path());
    assert_eq!(decision(&cosmic).0, "take");
    let ions = select(one(RunKind::HeavyIon).run.to_u32(), "hi", &["--skip-queue"], files.path());
    assert_eq!(decision(&ions).0, "take");
    let dead = select(
        one(RunKind::Stable).run.to_u32(),
        "13p6TeV",
        &["--part", "doDeadStrip"],
        files.path(),
    );
    assert!(decision(&dead).1.contains("streams *express 200000+"), "{}", decision(&dead).1);
    let unknown = select(5, "13p6TeV", &[], files.path());
    assert_eq!(code(&unknown), 37);
}

/// Runs that queue before the simulated run.
fn queued() -> Vec<u32> {
    use RunKind::{NoField, NotInTable, Partial, Stable, Standby};
    let kinds = [Stable, Partial, Standby, NotInTable, NoField];
    let mut runs: Vec<u32> =
        of(|run| kinds.contains(&run.kind) && run.run < RUN.settings.run).into_iter().collect();
    runs.sort_unstable();
    runs
}

fn order(files: &Path, args: &[&str]) -> Output {
    let mut command = sct_run(&["order"]);
    command
        .args(args)
        .args(["--ledger", "ledger.db", "--last-run", "lastRun", "--now", &now()])
        .current_dir(files);
    command.output().unwrap()
}

#[test]
fn the_order_of_runs_is_kept_in_the_ledger() {
    let files = tempfile::tempdir().unwrap();
    let (run, queued) = (RUN.settings.run.to_u32(), queued());
    let [.., fourth, third, second, first] = queued[..] else { panic!("four runs queue") };
    let before = queued[queued.len() - 5];
    fs::write(files.path().join("lastRun"), format!("{before}\n")).unwrap();
    let ask = || {
        decision(&select(
            run,
            "13p6TeV",
            &["--ledger", "ledger.db", "--deadline", "240"],
            files.path(),
        ))
    };
    let (word, sentence) = ask();
    assert_eq!(word, "wait");
    for blocker in [fourth, third, second, first] {
        assert!(sentence.contains(&format!("run {blocker} is to be processed")), "{sentence}");
    }
    // Bad, skipped and released runs keep nobody waiting.
    for (args, expected) in [
        (&["fail", &fourth.to_string()][..], 0),
        (&["release", &fourth.to_string()], 7),
        (&["release", &fourth.to_string(), "--reason", "power cut", "--who", "expert"], 0),
        (&["bad", &third.to_string()], 0),
        (&["skip", &second.to_string()], 0),
        (&["finish", &first.to_string()], 0),
        (&["show"], 0),
    ] {
        let output = order(files.path(), args);
        assert_eq!(code(&output), expected, "{args:?}: {}", stderr(&output));
    }
    let (word, sentence) = ask();
    assert_eq!(word, "wait");
    assert!(
        sentence.ends_with(&format!(
            "waits for previous runs: run {first} is processed and to be uploaded"
        )),
        "{sentence}"
    );
    let shown: Value =
        serde_json::from_slice(&order(files.path(), &["show", "--json"]).stdout).unwrap();
    assert_eq!(shown["waiting"].as_array().unwrap().len(), 1, "{shown:#}");
    assert_eq!(shown["waiting"][0]["waits_for"], first);
    let released =
        shown["runs"].as_array().unwrap().iter().find(|shown| shown["run"] == fourth).unwrap();
    assert_eq!(
        (&released["state"], &released["reason"], &released["who"]),
        (&"released".into(), &"power cut".into(), &"expert".into())
    );
    assert_eq!(code(&order(files.path(), &["upload", &first.to_string()])), 0);
    assert_eq!(fs::read_to_string(files.path().join("lastRun")).unwrap(), format!("{first}\n"));
    assert_eq!(ask().0, "take");
    // A later upload overtakes it.
    let later = one(RunKind::Running).run.to_u32();
    assert_eq!(code(&order(files.path(), &["upload", &later.to_string()])), 0);
    assert_eq!(ask().0, "overtaken");
}

#[test]
fn waiting_ends_at_the_deadline_and_damage_is_shown() {
    let files = tempfile::tempdir().unwrap();
    let run = RUN.settings.run.to_u32();
    let output = select(run, "13p6TeV", &["--wait", "--deadline", "0"], files.path());
    assert_eq!(code(&output), 1);
    assert_eq!(decision(&output).0, "overdue");
    let later = one(RunKind::Running).run.to_u32() + 1;
    for text in [String::new(), "yesterday".to_owned(), format!("{later}\n")] {
        fs::write(files.path().join("lastRun"), &text).unwrap();
        let output = select(run, "13p6TeV", &[], files.path());
        assert_eq!(code(&output), 37, "{text:?}: {}", stderr(&output));
        assert_eq!(fs::read_to_string(files.path().join("lastRun")).unwrap(), text);
    }
}

fn job(world: &Path, last: u32) -> (TempDir, Output) {
    let (folder, mut dictionary) = crate::calib::job();
    dictionary["doRunInfo"] = "True".into();
    dictionary["doRunSelector"] = "True".into();
    dictionary["runControl"] = world.display().to_string().into();
    dictionary["ledger"] = "ledger.db".into();
    fs::write(folder.path().join("lastRun"), format!("{last}\n")).unwrap();
    let output = crate::calib::run(folder.path(), &dictionary, &[]);
    (folder, output)
}

#[test]
fn a_job_reads_run_control_and_tells_the_order_of_runs() {
    let last = *queued().last().unwrap();
    let (work, output) = job(folder(), last);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = fs::read_to_string(work.path().join("runInfo.txt")).unwrap();
    let settings = &RUN.settings;
    let (start, end) = (settings.start, settings.end());
    let blocks = settings.last_lumi_block();
    assert_eq!(
        text,
        format!(
            "{} data22_13p6TeV {start}.0 {end}.5 {blocks} SCTBA,SCTBC,SCTEA,SCTEC",
            settings.run
        )
    );
    let shown: Value =
        serde_json::from_slice(&order(work.path(), &["show", "--json"]).stdout).unwrap();
    let run = shown["runs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|run| run["run"] == settings.run.to_u32())
        .unwrap();
    assert_eq!((&run["state"], &run["blocks"]), (&"finished".into(), &true.into()));
}

#[test]
fn a_job_of_a_run_that_is_not_selected_ends_well_without_files() {
    let (world, _) = made(GivenRun { events: 9_000, ..GivenRun::of(&RUN.settings) });
    let (folder, output) = job(world.path(), 1);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report: Value =
        serde_json::from_slice(&fs::read(folder.path().join("jobReport.json")).unwrap()).unwrap();
    assert!(
        report["exitMsg"].as_str().unwrap().contains("didn't pass Stable Beam check"),
        "{report:#}"
    );
    assert_eq!(report["files"]["output"].as_array().unwrap().len(), 0);
    assert!(!names(folder.path()).iter().any(|name| name.ends_with("mycool.db")));
}
