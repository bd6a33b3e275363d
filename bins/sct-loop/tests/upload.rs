//! `sct-loop upload` as shifters and the hourly job run it, also when it is killed, and twice at once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]
#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use sct_conditions::{MONITORING, Row, monitoring_row};
use sct_cool::{
    Clock, Database, FolderContent, Selection, StoreTarget, Writer, create_master, verify,
    write_file,
};
use sct_id::{Iov, ModuleHash, RunNumber};
use sct_run::order::{self, Event, Note, State, Verdict};
use tempfile::TempDir;

const LOOP: &str = env!("CARGO_BIN_EXE_sct-loop");
const MODULES: usize = 30;

struct Data {
    folder: TempDir,
}

fn rows(run: u32, list: &str) -> Vec<Row> {
    let iov = Iov::run(RunNumber::new(run).unwrap());
    let modules = ModuleHash::all().take(MODULES);
    modules.map(|module| monitoring_row(module, iov, 0.015, list).unwrap()).collect()
}

impl Data {
    fn new() -> Self {
        let data = Self { folder: tempfile::tempdir().unwrap() };
        create_master(&data.path("CONDBR2.db"), "CONDBR2").unwrap();
        let mut writer = Writer::open(&data.path("CONDBR2.db"), None, Clock::system()).unwrap();
        let tag = StoreTarget::Tag(MONITORING.tag.to_owned());
        writer.store(MONITORING.path, &tag, &rows(300_000, "")).unwrap();
        data
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn result(&self, run: u32, list: &str, flag: &str) -> PathBuf {
        let path = self.path(&format!("r{run}.mycool.db"));
        let tag = MONITORING.tag.to_owned();
        write_file(
            &path,
            "CONDBR2",
            &[FolderContent { folder: MONITORING.folder(), tag, rows: rows(run, list) }],
        )
        .unwrap();
        let summary = format!(
            "<run><value name=\"RunNumber\">{run}</value><value name=\"Flag\">{flag}</value></run>"
        );
        fs::write(self.path(&format!("r{run}.BadStripsSummaryFile.xml")), summary).unwrap();
        path
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(LOOP);
        command.arg("upload").args(words.split_whitespace()).arg("--data").arg(self.folder.path());
        command
    }

    fn upload(&self, words: &str) -> Output {
        self.command(words).output().unwrap()
    }

    fn request(&self, run: u32, more: &[&str]) -> Output {
        let words = format!("request --run {run} --task noisy-strip --who shifter");
        self.command(&words)
            .arg("--file")
            .arg(self.path(&format!("r{run}.mycool.db")))
            .args(more)
            .output()
            .unwrap()
    }

    fn states(&self) -> Vec<String> {
        let list: serde_json::Value =
            serde_json::from_slice(&self.upload("list --json").stdout).unwrap();
        let list = list.as_array().unwrap().iter();
        list.map(|upload| upload["state"].as_str().unwrap().to_owned()).collect()
    }

    /// Objects of a run, in a master that is sound.
    fn objects(&self, run: u32) -> usize {
        let master = self.path("CONDBR2.db");
        assert_eq!(verify(&master).unwrap(), []);
        let at = Selection::tag(MONITORING.tag).at(Iov::run(RunNumber::new(run).unwrap()).since());
        Database::open(&master).unwrap().objects(MONITORING.path, &at).unwrap().len()
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn assert_code(output: &Output, expected: i32) {
    assert_eq!(output.status.code(), Some(expected), "{}", text(output));
}

#[test]
fn a_shifter_accepts_a_result() {
    let data = Data::new();
    data.result(300_001, " 5 ", "G");
    data.result(300_002, " 6 ", "Y");
    assert_code(&data.upload(""), 0);
    assert_code(&data.request(300_001, &[]), 0);
    let twice = data.request(300_001, &[]);
    assert_code(&twice, 1);
    assert!(text(&twice).contains("requested already"), "{}", text(&twice));
    assert_code(&data.request(300_002, &[]), 1);
    assert_code(&data.request(300_002, &["--sha256", "00"]), 1);
    assert_code(&data.request(300_002, &["--confirm-flag", "--comment", "looked at: fine"]), 0);
    let pass = data.upload("");
    assert_code(&pass, 0);
    assert!(text(&pass).contains("run 300001  noisy-strip  CONDBR2  done"), "{}", text(&pass));
    assert_eq!((data.objects(300_001), data.objects(300_002)), (MODULES, MODULES));
    assert_eq!(fs::read_to_string(data.path("lastRun")).unwrap(), "300002\n");

    let mut undo = Command::new(LOOP);
    undo.args(["undo", "2", "--reason", "mistaken", "--data"]).arg(data.folder.path());
    assert_code(&undo.output().unwrap(), 0);
    assert_eq!((data.objects(300_001), data.objects(300_002)), (MODULES, 0));
    assert_eq!(fs::read_to_string(data.path("lastRun")).unwrap(), "300002\n", "never goes back");
    assert_code(&data.upload("undo 2 --reason mistaken"), 1);
    assert_code(&data.upload("bad --run 300002 --task noisy-strip --reason standby"), 0);
    let again = data.request(300_002, &["--confirm-flag", "--comment", "again"]);
    assert_code(&again, 1);
    assert!(text(&again).contains("is marked bad by"), "{}", text(&again));
    assert_eq!(data.states(), ["done", "undone"]);
}

/// Later runs wait for a run until it is uploaded or marked bad.
#[test]
fn the_order_of_noisy_strips_is_told() {
    let data = Data::new();
    let run = |number| RunNumber::new(number).unwrap();
    let ledger = data.path("ledger.db");
    let open = || order::Queue::open(&ledger).unwrap();
    for number in [300_001, 300_002, 300_003] {
        data.result(number, " 5 ", "G");
        open().apply(run(number), Event::Finish, &Note::at(1)).unwrap();
    }
    let state = |number| open().order().unwrap().places()[&run(number)].state;
    let waits = |number| match open().order().unwrap().ask(run(number)) {
        Verdict::Wait(blockers) => blockers.len(),
        _ => 0,
    };
    assert_eq!(waits(300_003), 2);
    assert_code(&data.request(300_001, &[]), 0);
    assert_code(&data.upload(""), 0);
    assert_eq!((state(300_001), waits(300_003)), (State::Uploaded, 1));
    // A mark for another task says nothing about noisy strips.
    assert_code(&data.upload("bad --run 300002 --task dead-chip"), 0);
    assert_eq!(waits(300_003), 1);
    assert_code(&data.upload("bad --run 300002 --task noisy-strip --reason standby --who me"), 0);
    assert_eq!((state(300_002), waits(300_003)), (State::Bad, 0));
    let note = open().order().unwrap().places()[&run(300_002)].note.clone();
    assert_eq!((note.who.as_str(), note.reason.as_str()), ("me", "standby"));
    assert_code(&data.upload("bad --run 300002 --task noisy-strip --unmark"), 0);
    assert_eq!((state(300_002), waits(300_003)), (State::Expected, 1));
    // What is taken back may come again; whoever was not kept waiting by it is not kept waiting now.
    assert_code(&data.upload("undo 1 --reason mistaken"), 0);
    assert_eq!((state(300_001), waits(300_002)), (State::Finished, 0));
    assert_code(&data.upload("retry 1"), 0);
    assert_code(&data.upload(""), 0);
    assert_eq!(state(300_001), State::Uploaded);
    assert_eq!(open().order().unwrap().last(), Some(run(300_001)));
}

/// Programs are stopped between queue and order: the next pass compares the two.
#[test]
fn the_next_pass_tells_the_order_what_was_left() {
    let data = Data::new();
    data.result(300_001, " 5 ", "G");
    assert_code(&data.request(300_001, &[]), 0);
    let settings = sct_upload::Settings::of(data.folder.path());
    let mut queue = sct_upload::Queue::open(&settings.ledger()).unwrap();
    let (first, second) = (RunNumber::new(300_001).unwrap(), RunNumber::new(300_002).unwrap());
    let task = sct_upload::Task::NoisyStrip;
    queue.mark_bad(second, task, "shifter", "standby").unwrap();
    assert_eq!(sct_upload::pass(&settings, &mut queue).unwrap().done, [1]);
    let places = || {
        let order = order::Queue::open(&settings.ledger()).unwrap().order().unwrap();
        order.places().iter().map(|(run, place)| (*run, place.state)).collect::<Vec<_>>()
    };
    assert_eq!(places(), []);
    assert_code(&data.upload(""), 0);
    assert_eq!(places(), [(first, State::Uploaded), (second, State::Bad)]);
    sct_upload::undo(&settings, &mut queue, 1, "shifter", "mistaken").unwrap();
    assert_code(&data.upload(""), 0);
    assert_eq!(places(), [(first, State::Finished), (second, State::Bad)]);
    let mut order = order::Queue::open(&settings.ledger()).unwrap();
    let later = Note::at(i64::from(u32::MAX));
    order.apply(first, Event::Upload, &later).unwrap();
    assert_code(&data.upload(""), 0);
    assert_eq!(places()[0], (first, State::Uploaded), "somebody has uploaded it in another way");
}

#[test]
fn refusals_and_failures_have_codes_of_their_own() {
    let data = Data::new();
    data.result(300_001, " 5 ", "G");
    assert_code(&data.request(300_001, &["--historic"]), 0);
    let request = data.path("toupload/300001.noisy.UPD4.up");
    assert!(request.exists());
    let mut writer = Writer::open(&data.path("CONDBR2.db"), None, Clock::system()).unwrap();
    writer.set_lock(MONITORING.path, MONITORING.tag, sct_cool::LockStatus::Locked).unwrap();
    let refused = data.upload("");
    assert_code(&refused, 1);
    assert!(text(&refused).contains("is locked"), "{}", text(&refused));
    assert_eq!(data.states(), ["refused"]);
    writer.set_lock(MONITORING.path, MONITORING.tag, sct_cool::LockStatus::Unlocked).unwrap();
    drop(writer);
    let good = fs::read(data.path("CONDBR2.db")).unwrap();
    fs::write(data.path("CONDBR2.db"), &good[..good.len() / 3]).unwrap();
    assert_code(&data.upload("retry 1"), 0);
    assert_code(&data.upload(""), 65);
    assert_eq!(data.states(), ["failed"]);
    assert!(request.exists());
    fs::write(data.path("CONDBR2.db"), good).unwrap();
    assert_code(&data.upload("retry 1 --reason mended"), 0);
    assert_code(&data.upload(""), 0);
    assert_eq!((data.states(), data.objects(300_001)), (vec!["done".to_owned()], MODULES));
    assert!(!request.exists());
    assert_code(&data.upload("retry 7"), 1);
    assert_code(&Command::new(LOOP).args(["upload", "--data", "/nowhere"]).output().unwrap(), 74);
}

#[test]
fn two_uploaders_at_once_upload_once() {
    let data = Data::new();
    data.result(300_001, " 5 ", "G");
    assert_code(&data.request(300_001, &[]), 0);
    let start = || data.command("").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let passes = [start(), start(), start()];
    let codes: Vec<i32> =
        passes.into_iter().map(|mut pass| pass.wait().unwrap().code().unwrap()).collect();
    assert!(codes.contains(&0) && codes.iter().all(|code| [0, 40].contains(code)), "{codes:?}");
    assert_eq!((data.states(), data.objects(300_001)), (vec!["done".to_owned()], MODULES));
}

#[test]
fn a_pass_waits_for_a_master_that_is_held() {
    let data = Data::new();
    data.result(300_001, " 5 ", "G");
    assert_code(&data.request(300_001, &[]), 0);
    let other = sct_ledger::sql::Connection::open(data.path("CONDBR2.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut pass = data.command("").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while data.states() != ["running"] {
        assert!(pass.try_wait().unwrap().is_none(), "it waits");
    }
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(pass.wait().unwrap().code(), Some(0));
    assert_eq!((data.states(), data.objects(300_001)), (vec!["done".to_owned()], MODULES));
}

/// After a kill: nothing or all of it; after the next pass: exactly once, and the queue knows.
fn goes_on(data: &Data) {
    let objects = data.objects(300_001);
    assert!(objects == 0 || objects == MODULES, "{objects}");
    assert_code(&data.upload(""), 0);
    assert_eq!((data.states(), data.objects(300_001)), (vec!["done".to_owned()], MODULES));
    assert_eq!(fs::read_to_string(data.path("lastRun")).unwrap(), "300001\n");
    let node_rows = Database::open(&data.path("CONDBR2.db")).unwrap();
    let all = node_rows.objects(MONITORING.path, &Selection::tag(MONITORING.tag)).unwrap();
    assert_eq!(all.len(), 2 * MODULES);
}

#[test]
fn a_killed_pass_is_taken_up_by_the_next() {
    let fresh = || {
        let data = Data::new();
        data.result(300_001, " 5 ", "G");
        assert_code(&data.request(300_001, &["--historic"]), 0);
        data
    };
    // The system ends the process at the first write past the limit: of ledger, log, journal, master.
    let mut killed = 0;
    for blocks in [1, 20, 60, 120] {
        let data = fresh();
        let script = format!(
            "ulimit -c 0; ulimit -f {blocks}; exec {LOOP} upload --data {} --nobackup -q",
            data.folder.path().display()
        );
        let output = Command::new("bash").args(["-c", &script]).output().unwrap();
        killed += usize::from(output.status.code().is_none());
        goes_on(&data);
    }
    assert!(killed > 0, "no limit was met");
    let traced = |data: &Data, inject: &str| {
        let mut command = Command::new("strace");
        command.args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            inject,
            LOOP,
            "upload",
            "--nobackup",
            "-q",
            "--data",
        ]);
        command.arg(data.folder.path()).stdout(Stdio::null()).stderr(Stdio::null()).status()
    };
    if !traced(&fresh(), "trace=none").is_ok_and(|status| status.success()) {
        eprintln!("skipped in part: strace is not there, or may not trace");
        return;
    }
    for (call, number) in [
        ("pwrite64", 30),
        ("pwrite64", 120),
        ("fdatasync", 3),
        ("rename", 1),
        ("rename", 2),
        ("rename", 3),
        ("unlink", 1),
    ] {
        let data = fresh();
        traced(&data, &format!("inject={call}:signal=KILL:when={number}")).unwrap();
        goes_on(&data);
    }
}
