//! Runs that are too short by themselves: kept, and searched together when there are enough events.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    thread,
    time::Duration,
};

use sct_conditions::MONITORING;
use sct_cool::{Database, Selection};
use sct_id::{Iov, RunNumber};
use sct_job::Properties;
use sct_run::order::{Queue, State};
use sct_sched::Table;
use sct_sim::{
    GivenRun, RawSettings, RunKind, Settings, WorldSettings, simulate_raw, simulate_run,
    write_conditions,
};
use sct_tasks::{
    conditions::Moment,
    detector::{Detector, Sources},
    noisy_strip::{self, Reference, RunTimes},
    simulation,
};
use sct_xml::BadStripsList;

use crate::data::{Data, names};

/// The table that ships, with a further line for noisy strips.
fn table(data: &Data, line: &str) {
    let after = "after = [\"scthm\"]\n";
    let text = Table::DEFAULT.replacen(after, &format!("{after}{line}\n"), 1);
    // Times of the runs are asked for in both steps.
    let split = "splitNoisyStrip = 1\n";
    let text = text.replacen(split, &format!("{split}doRunInfo = true\n"), 1);
    fs::write(data.path("tasks.toml"), text).unwrap();
}

/// State and reason of the search of a run.
fn state(data: &Data, run: RunNumber) -> (String, String) {
    let tasks = data.json(&format!("tasks --task sctns --run {run}"));
    let text = |key: &str| tasks[0][key].as_str().unwrap().to_owned();
    (text("state"), text("reason"))
}

fn check(data: &Data, run: RunNumber, expected: &str, words: &str) {
    let (state, reason) = state(data, run);
    assert!(state == expected && reason.contains(words), "run {run}: {state}: {reason}");
}

/// A file of the results of a run.
fn result(data: &Data, run: RunNumber, kind: &str, end: &str) -> PathBuf {
    let folder = data.path(&format!("results/{:08}/{kind}", run.to_u32()));
    let name = names(&folder).into_iter().find(|name| name.ends_with(end));
    folder.join(name.unwrap_or_else(|| panic!("{} has no {end}", folder.display())))
}

/// Puts RAW files of a run into the spool.
fn take_data(data: &Data, settings: &Settings) {
    simulate_raw(settings, &RawSettings::default(), &data.path("spool")).unwrap();
}

/// A scheduler that is killed again and again, from before the ledger is open to the middle of the jobs.
fn kill_often(data: &Data) {
    for kill in 0..4 {
        let mut command = data.command("serve --no-web --quiet");
        let mut scheduler = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(40 + (kill * 7919) % 700));
        scheduler.kill().unwrap();
        scheduler.wait().unwrap();
    }
    data.text("run-once", 0);
}

#[test]
fn three_short_runs_are_searched_together() {
    let data = Data::new(
        "table = 'tasks.toml'\n[job]\nconditions = 'conditions.db'\n[order]\nrun_control = ['cool']\nruns = 'cool/runs.db'",
    );
    table(&data, "collect = { runs = 4 }");
    let first = Settings { events: 3_600, files: 1, ..Settings::small() };
    let bad = first.next_run();
    let second = bad.next_run();
    let third = second.next_run();
    let given = [&first, &bad, &second, &third].map(GivenRun::of).to_vec();
    let world = WorldSettings { lumi_blocks: 40, ..WorldSettings::around(given) };
    let world = simulation::world(&world, &data.path("cool")).unwrap();
    let before = world.runs.iter().map(|run| run.run).filter(|run| *run < first.run).max();
    fs::write(data.path("lastRun"), format!("{}\n", before.unwrap())).unwrap();
    let unstable = world.runs.iter().find(|run| run.kind == RunKind::Unstable).unwrap();
    // Conditions from the earliest run on.
    let earliest = Settings { run: unstable.run, start: unstable.start, ..first.clone() };
    write_conditions(&earliest, &data.path("conditions.db")).unwrap();
    let unstable = unstable.run;

    // Two of them are not enough, and one without stable beams is left out.
    for settings in [&first, &bad, &earliest] {
        take_data(&data, settings);
    }
    data.text("run-once", 0);
    let kept = format!("kept: 7200 of more than 10000 events with runs {}, {}", first.run, bad.run);
    check(&data, first.run, "COLLECTING", &kept);
    check(&data, bad.run, "COLLECTING", &kept);
    check(&data, unstable, "SKIPPED", "didn't pass Stable Beam check");
    assert!(data.text("status", 0).contains(&kept));
    let why = data.text(&format!("why {} sctns", first.run), 0);
    assert!(why.contains("sctns is COLLECTING") && why.contains(&kept), "{why}");

    // What run control says of the detector is said as well.
    let partial = world.runs.iter().find(|run| run.kind == RunKind::Partial).unwrap().run;
    let why = data.text(&format!("why {partial}"), 0);
    let mask = format!("out of the read-out in run {partial}, by the detector mask: SCTEC");
    assert_eq!(why.matches(&mask).count(), 1, "{why}");
    assert_eq!(data.json(&format!("why {partial}"))["outOfReadOut"][0], "SCTEC");
    assert!(!data.text("status", 0).contains("out of the read-out"));

    // One is found to be bad; another two are enough with the first.
    let mark = format!("upload bad --run {} --task noisy-strip --reason noise", bad.run);
    data.text(&mark, 0);
    take_data(&data, &second);
    data.text("run-once", 0);
    check(&data, bad.run, "SKIPPED", "marked bad: its hit maps are left out");
    let kept = format!("with runs {}, {}", first.run, second.run);
    check(&data, second.run, "COLLECTING", &kept);
    take_data(&data, &third);
    kill_often(&data);
    let runs = [first.run, second.run, third.run];
    check(&data, third.run, "FINISHED", "OK");
    for run in &runs[..2] {
        let part = format!("its hit maps are part of the result of run {}", third.run);
        check(&data, *run, "FINISHED", &part);
        assert!(data.text(&format!("why {run}"), 0).contains(&part));
    }
    let shown = data.json(&format!("tasks show sctns-{}", third.run));
    let good = |attempt: &&serde_json::Value| attempt["exit_code"] == 0;
    assert_eq!(shown["attempts"].as_array().unwrap().iter().filter(good).count(), 1, "{shown:#}");
    assert_eq!(shown["jobs"].as_array().unwrap().len(), 1);

    // The same strips as in the sum of all their files, valid from the first run to the last.
    let list = BadStripsList::read(&result(&data, third.run, "sctns", "AllFile.xml")).unwrap();
    let maps = runs.map(|run| result(&data, run, "scthm", "SCTHitMaps.root"));
    assert!(!list.modules.is_empty());
    assert_eq!(list.modules, sum_searched(&data, &maps, &first));
    let whole = Iov::runs(first.run, third.run).unwrap();
    assert_eq!(list.iov, whole);
    let file = result(&data, third.run, "sctns", "mycool.db");
    let objects = Database::open(&file)
        .unwrap()
        .objects(MONITORING.path, &Selection::tag(MONITORING.tag))
        .unwrap();
    assert!(!objects.is_empty());
    assert!(objects.iter().all(|object| object.row.iov == whole));
    // It can be uploaded, and later runs wait for that; for the others nobody waits.
    let request = format!("upload request --run {} --task noisy-strip --file", third.run);
    let order = Queue::open(&data.path("ledger.db")).unwrap().order().unwrap();
    let places = runs.map(|run| order.places()[&run].state);
    assert_eq!(places, [State::Skipped, State::Skipped, State::Finished]);
    data.text(&format!("{request} {} --confirm-flag --comment test", file.display()), 0);
    // Nothing is done twice.
    let said = data.text("run-once", 0);
    assert!(said.contains("0 tasks defined, 0 attempts submitted"), "{said}");
}

/// Noisy strips of the sum of some files.
fn sum_searched(data: &Data, maps: &[PathBuf], first: &Settings) -> sct_conditions::StripSets {
    let hitmaps = data.path("sum.root");
    sct_tasks::merge::merge(maps, &hitmaps, &sct_roothist::MergeOptions::default(), true).unwrap();
    let times = RunTimes { start: i64::try_from(first.start).unwrap(), ..RunTimes::default() };
    let conditions = data.path("conditions.db");
    let sources = Sources {
        modules: None,
        conditions: Some(&conditions),
        known_bad: None,
        swap: None,
        barrel: sct_id::BarrelSwap::default(),
    };
    let job = noisy_strip::Job {
        run: first.run,
        iov: Iov::run(first.run),
        hitmaps: &hitmaps,
        lumi_blocks: None,
        times,
        properties: &Properties::default(),
        detector: &Detector::from_files(&sources, Moment::new(first.run, &times)).unwrap(),
        reference: &Reference::default(),
    };
    let outcome = noisy_strip::search(&job).unwrap().outcome;
    let strips = outcome.modules.iter().map(|module| (module.module, module.all));
    strips.filter(|(_, strips)| !strips.is_empty()).collect()
}

/// Puts the hit maps of a run into the spool.
fn hit_maps(data: &Data, run: u32, events: u64) -> RunNumber {
    let run = RunNumber::new(run).unwrap();
    let settings = Settings { run, events, files: 1, ..Settings::small() };
    let folder = tempfile::tempdir().unwrap();
    let made = simulate_run(&settings, folder.path()).unwrap();
    let set = format!("data22_13p6TeV.{:08}.calibration_SCTNoise.sctcal.HITMAP.c0", run.to_u32());
    let to: &Path = &data.path("spool");
    let file = made.folders[0].join("SCTHitMaps.root");
    fs::copy(file, to.join(format!("{set}._0001.SCTHitMaps.root"))).unwrap();
    run
}

#[test]
fn without_the_key_a_short_run_is_skipped() {
    let data = Data::new("");
    let run = hit_maps(&data, 440_100, 3_000);
    let raw = Settings {
        run: RunNumber::new(440_101).unwrap(),
        events: 300,
        files: 1,
        ..Settings::small()
    };
    take_data(&data, &raw);
    let said = data.text("run-once", 0);
    assert!(said.contains("0 attempts submitted"), "{said}");
    check(&data, run, "SKIPPED", "3000 events in data22_13p6TeV.00440100");
    check(&data, raw.run, "SKIPPED", "more than 10000 are asked for");
}

#[test]
fn what_is_kept_for_too_long_is_given_up() {
    let data = Data::new("table = 'tasks.toml'");
    table(&data, "collect = { runs = 2 }");
    let [first, second, third] = [440_100, 440_101, 440_102].map(|run| hit_maps(&data, run, 300));
    data.text("run-once", 0);
    check(&data, first, "SKIPPED", "given up: 2 later runs are kept");
    for run in [second, third] {
        check(
            &data,
            run,
            "COLLECTING",
            "kept: 600 of more than 10000 events with runs 440101, 440102",
        );
    }
    // A run with enough events is searched alone, and the interval of others would lie around it.
    let long = hit_maps(&data, 440_103, 12_000);
    data.text("run-once", 0);
    check(&data, long, "FINISHED", "OK");
    let report = fs::read_to_string(result(&data, long, "sctns", "jobReport.json")).unwrap();
    assert!(!report.contains("combinedRuns"));
    for run in [second, third] {
        check(&data, run, "SKIPPED", "given up: run 440103, later, is searched without it");
    }

    // As any other it waits until the result before it is uploaded. The days of a setting are over at once.
    let fourth = hit_maps(&data, 440_104, 300);
    data.text("run-once", 0);
    check(&data, fourth, "HELD", "run 440103 is processed and to be uploaded");
    data.text(&format!("release {long} --reason test"), 0);
    data.text("run-once", 0);
    check(&data, fourth, "COLLECTING", "kept: 300 of more than 10000 events with runs 440104");
    table(&data, "collect = { days = 0 }");
    thread::sleep(Duration::from_millis(1_100));
    data.text("run-once", 0);
    check(&data, fourth, "SKIPPED", "given up: kept for 0 days, and not enough came to it");
    // Somebody may take it up again, and give others up.
    table(&data, "collect = {}");
    data.text(&format!("tasks retry sctns-{fourth} --reason again"), 0);
    data.text("run-once", 0);
    check(&data, fourth, "COLLECTING", "kept: 300 of more");
    data.text(&format!("tasks truncate sctns-{fourth} --reason enough --confirm"), 0);
    table(&data, "");
    data.text("run-once", 0);
    check(&data, fourth, "TRUNCATED", "enough");
}

#[test]
fn a_search_of_several_runs_that_is_given_up_sets_the_others_free() {
    let data = Data::new("table = 'tasks.toml'");
    table(&data, "collect = {}\nretries = 0\ndictionary = { SCTCalibConfig = ['absent.py'] }");
    let [first, second] = [440_100, 440_101].map(|run| hit_maps(&data, run, 6_000));
    data.text("run-once", 1);
    check(&data, second, "FAILED", "absent.py");
    check(&data, first, "COLLECTING", "part of the search of run 440101, which has failed");
    // A later run waits for what becomes of it.
    let third = hit_maps(&data, 440_102, 6_000);
    data.text("run-once", 1);
    check(&data, third, "HELD", "run 440101");
    data.text(&format!("tasks truncate sctns-{second} --reason noise --confirm"), 0);
    table(&data, "collect = {}");
    data.text("run-once", 0);
    check(&data, third, "FINISHED", "OK");
    check(&data, first, "FINISHED", "part of the result of run 440102");
    check(&data, second, "TRUNCATED", "noise");
    let report = fs::read(result(&data, third, "sctns", "jobReport.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["sctcalib"]["combinedRuns"], serde_json::json!([440_100, 440_102]));
}
