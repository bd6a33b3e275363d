//! Whole runs, from files to results.

use std::fs;

use sct_id::RunNumber;
use sct_sim::{RawSettings, Settings, simulate_raw, write_conditions};

use crate::data::{Data, RUN, names};

#[test]
fn raw_files_become_noisy_strips() {
    let data = Data::new("[job]\nconditions = 'conditions.db'\nrunInfo = 'runInfo.txt'");
    let run = RunNumber::new(RUN).unwrap();
    let settings = Settings { run, files: 2, events: 10_500, ..Settings::small() };
    let spool = data.path("spool");
    let raw = simulate_raw(&settings, &RawSettings::default(), &spool).unwrap();
    write_conditions(&settings, &data.path("conditions.db")).unwrap();
    let info = sct_tasks::simulation::run_info(&settings).to_text();
    fs::write(data.path("runInfo.txt"), info).unwrap();

    // A file that is still being copied keeps the search waiting.
    let (last, whole) = (&raw.files[1], fs::read(&raw.files[1]).unwrap());
    fs::write(last, &whole[..whole.len() / 2]).unwrap();
    data.text("run-once --no-wait", 0);
    let state = |kind: &str, state: &str| (kind.to_owned(), state.to_owned());
    assert_eq!(data.states(), [state("scthm", "WAITING_INPUT"), state("sctns", "WAITING_INPUT")]);
    let why = data.text(&format!("why {RUN} scthm"), 0);
    assert!(why.contains("no record at its end"), "{why}");

    fs::write(last, &whole).unwrap();
    let said = data.text("run-once", 0);
    assert!(said.contains("3 attempts submitted, 3 ended, 0 under way"), "{said}");
    assert_eq!(data.states(), [state("scthm", "FINISHED"), state("sctns", "FINISHED")]);
    let results = names(&data.path("results/00440199/sctns"));
    for end in ["BadStripsAllFile.xml", "BadStripsSummaryFile.xml", "mycool.db", "jobReport.json"] {
        let dataset = "data22_13p6TeV.00440199.calibration_SCTNoise.sctcal.NOISYSTRIP.c0_c0._0001";
        assert!(results.contains(&format!("{dataset}.{end}")), "{results:?}");
    }
    let all = results.iter().find(|name| name.ends_with("BadStripsAllFile.xml")).unwrap();
    let found =
        sct_xml::BadStripsList::read(&data.path("results/00440199/sctns").join(all)).unwrap();
    let mut strips = sct_sim::Found::default();
    for (module, list) in &found.modules {
        strips.add(*module, list, Vec::new(), Vec::new());
    }
    let comparison = raw.truth.compare(&strips);
    assert!(comparison.strips.is_exact(), "{comparison:?}");
    let order = sct_run::order::Queue::open(&data.path("ledger.db")).unwrap().order().unwrap();
    assert_eq!(order.places()[&run].state, sct_run::order::State::Finished);

    // Nothing is done twice.
    let said = data.text("run-once", 0);
    assert!(said.contains("0 tasks defined, 0 attempts submitted"), "{said}");
}

#[test]
fn monitoring_files_become_five_results() {
    let data = Data::new("");
    data.hist(RUN, "f1_h1");
    data.text("run-once", 0);
    let states = data.states();
    let kinds: Vec<&str> = states.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["sctbse", "scteff", "sctla", "sctno", "sctro"]);
    assert!(states.iter().all(|(_, state)| state == "FINISHED"), "{states:?}");
    for (kind, file) in [
        ("scteff", "EfficiencySummaryFile.xml"),
        ("sctno", "NoiseOccupancySummaryFile.xml"),
        ("sctbse", "BSErrorSummaryFile.xml"),
        ("sctro", "RawOccupancySummaryFile.xml"),
        ("sctla", "LorentzAngleSummaryFile.xml"),
    ] {
        let results = names(&data.path("results/00440199").join(kind));
        assert!(results.iter().any(|name| name.ends_with(file)), "{results:?}");
        assert!(results.iter().any(|name| name.ends_with("mycool.db")), "{results:?}");
    }
    // A second attempt at the same run is another data set, and a task of its own.
    data.hist(RUN, "f2_h1");
    data.text("run-once", 0);
    assert_eq!(data.states().len(), 10);
    // A file of another type, and one without a run, are nobody's.
    fs::write(data.path("spool/data22_13p6TeV.00440199.physics_Main.merge.HIST.f1._0001"), "x")
        .unwrap();
    fs::write(data.path("spool/notes.txt"), "x").unwrap();
    data.text("run-once", 0);
    assert_eq!(data.states().len(), 10);
    let why = data.text("why 440199 sctns", 0);
    assert!(why.contains("no file of run 440199 with HITMAP was found"), "{why}");
}

#[test]
fn a_file_that_is_cut_short_keeps_nobody_and_is_taken_when_it_is_whole() {
    let data = Data::new("");
    data.hist(RUN, "f1");
    let spool = data.path("spool");
    let path = spool.join(&names(&spool)[0]);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let said = data.text("run-once", 0);
    assert!(said.contains("1 file is cut short or damaged"), "{said}");
    assert!(data.states().iter().all(|(_, state)| state == "WAITING_INPUT"), "{:?}", data.states());
    assert!(data.text("tasks files", 0).contains("truncated"));
    fs::write(&path, &whole).unwrap();
    assert!(!data.text("run-once", 0).contains("cut short"));
    assert!(data.states().iter().all(|(_, state)| state == "FINISHED"), "{:?}", data.states());
}
