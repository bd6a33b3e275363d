//! The summary of a shift, from a small data folder with everything in it.

use sct_run::order::{self, Event, Note};
use sct_upload::{NewUpload, Queue, State, Task};

use super::*;

fn run(number: u32) -> sct_id::RunNumber {
    sct_id::RunNumber::new(number).unwrap()
}

fn summary(data: &Data, number: u32, end: i64, flag: char) {
    let folder = data.path(&format!("results/{number:08}/sctns"));
    fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "<run><value name=\"RunNumber\">{number}</value><value name=\"EndTime\">{end}</value><value name=\"Flag\">{flag}</value>\
         <value name=\"FlagReason\">FAILED in &lt;script&gt;alert(1)&lt;/script&gt;; </value></run>"
    );
    fs::write(folder.join(format!("r{number}.BadStripsSummaryFile.xml")), text).unwrap();
}

fn request(queue: &mut Queue, number: u32) -> i64 {
    let new = NewUpload {
        run: run(number),
        task: Task::NoisyStrip,
        tag: "t".to_owned(),
        file: PathBuf::from("/x.mycool.db"),
        sha256: format!("{number}"),
        flag: None,
        replace: false,
        who: "ann".to_owned(),
        comment: String::new(),
        request_file: None,
    };
    queue.request(&new).unwrap()
}

/// Lines of a section.
fn lines(report: &Value, name: &str) -> Vec<String> {
    let sections = report["sections"].as_array().unwrap();
    let section = sections.iter().find(|section| section["name"] == name).unwrap();
    let lines = section["lines"].as_array().unwrap().iter();
    lines.map(|line| line.as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_people_did_from_the_page_is_told() {
    let data = Data::new("");
    let now = jiff::Timestamp::now().as_second();
    let mut accounts = sct_account::Accounts::open(&data.path("ledger.db")).unwrap();
    for (time, action, subject, reason, outcome) in [
        (now - 40, "mark bad", "noisy-strip of run 437003", "| standby <b>", "marked"),
        (
            now - 30,
            "undo upload",
            "upload 1, noisy-strip of run 437001",
            "wrong run",
            "9 objects removed",
        ),
        (now - 20, "sign in", "", "", "signed in"),
        (
            now - 9 * 3600,
            "release",
            "run 437000",
            "the shift before",
            "keeps nobody waiting any more",
        ),
    ] {
        let [who, from] = ["dan", "192.0.2.7"].map(str::to_owned);
        let [action, subject, reason, outcome] =
            [action, subject, reason, outcome].map(str::to_owned);
        let entry = sct_account::Entry { time, who, from, action, subject, reason, outcome };
        accounts.audit(&entry).unwrap();
    }
    let report = data.json("shift-report");
    let told = lines(&report, "page");
    let [marked, undone] = &told[..] else { panic!("others are left out: {told:#?}") };
    assert!(
        marked.ends_with(" dan: mark bad, noisy-strip of run 437003: | standby <b> (marked)"),
        "{marked}"
    );
    let words =
        " dan: undo upload, upload 1, noisy-strip of run 437001: wrong run (9 objects removed)";
    assert!(undone.ends_with(words) && undone.starts_with("20"), "{undone}");
    let actions = report["actions"].as_array().unwrap();
    assert_eq!((actions.len(), &actions[1]["reason"]), (2, &json!("wrong run")));
    assert_eq!(actions[0]["time"], now - 40);
    let markdown = data.text("shift-report --markdown", 0);
    assert!(markdown.contains("## Done from the page\n- 20"), "{markdown}");
    let html = data.text("shift-report --html", 0);
    assert!(html.contains("wrong run (9 objects removed)</li>") && !html.contains("<b>"), "{html}");
}

#[test]
fn a_shift_in_one_page() {
    let data = Data::new("");
    let now = jiff::Timestamp::now().as_second();
    summary(&data, 437_001, now - 20 * 3600, 'G');
    summary(&data, 437_002, now - 25 * 3600, 'R');
    summary(&data, 437_003, now - 3600, 'Y');
    summary(&data, 437_004, now - 3600, 'G');
    let mut queue = Queue::open(&data.path("ledger.db")).unwrap();
    for (number, state, reason) in
        [(437_001, State::Done, ""), (437_004, State::Failed, "the disk is full")]
    {
        let id = request(&mut queue, number);
        queue.set(id, &[State::Requested], State::Running, "scheduler", "").unwrap();
        queue.set(id, &[State::Running], state, "scheduler", reason).unwrap();
    }
    queue.mark_bad(run(437_003), Task::NoisyStrip, "bob", "| standby <b>").unwrap();
    let mut order = order::Queue::open(&data.path("ledger.db")).unwrap();
    let note = Note { time: now - 60, who: "cy".to_owned(), reason: "power cut".to_owned() };
    order.apply(run(437_005), Event::Release, &note).unwrap();
    order.apply(run(437_006), Event::Fail, &Note::at(now - 60)).unwrap();
    order.ask(run(437_007), &[run(437_006), run(437_007)], now - 50, now + 3600).unwrap();
    order.apply(run(437_007), Event::Expect, &Note::at(now - 60)).unwrap();
    fs::write(data.path("lastRun"), "tomorrow").unwrap();
    data.run("pass last-run");

    let report = data.json("shift-report");
    let lines = |name: &str| lines(&report, name);
    let has = |name: &str, what: &str| {
        let lines = lines(name);
        assert!(lines.iter().any(|line| line.contains(what)), "{what} in {name}: {lines:#?}");
    };
    has("flags", "run 437002 sctns: red (R): FAILED in <script>");
    has("flags", "run 437003 sctns: yellow (Y)");
    assert_eq!(lines("done"), ["upload 1: noisy-strip of run 437001 is done, requested by ann"]);
    has(
        "failed",
        "upload 2: noisy-strip of run 437004 is failed, requested by ann: the disk is full",
    );
    has("missed", "run 437002: noisy strips were not uploaded until");
    assert_eq!(lines("missed").len(), 1);
    has("bad", " noisy-strip of run 437003 is marked bad by bob: | standby <b>");
    assert!(lines("bad")[0].starts_with("20"), "a mark has its time: {:?}", lines("bad"));
    has("open", "run 437004: noisy strips are to be uploaded or marked bad until");
    has("open", "run 437007 waits for run 437006, which has failed");
    has("passes", "the pass last-run of");
    has("people", "ann: upload 1 (noisy-strip of run 437001) requested");
    has("people", "cy: run 437005 is released: power cut");
    assert!(
        lines("people").iter().all(|line| !line.contains("scheduler")),
        "{:#?}",
        lines("people")
    );

    let markdown = data.text("shift-report --markdown", 0);
    assert!(markdown.contains("## Open points\n- run 437004: "), "{markdown}");
    assert!(markdown.contains("\\| standby \\<b\\>"), "{markdown}");
    let html = data.path("shift.html");
    let words = format!("shift-report --html --out {}", html.display());
    assert_eq!(data.text(&words, 0), "");
    let html = fs::read_to_string(html).unwrap();
    assert!(
        html.contains(" noisy-strip of run 437003 is marked bad by bob: | standby &lt;b&gt;</li>")
    );
    assert!(!html.contains("<script>"), "{html}");

    let before = data.json("shift-report --from 2022-11-20T07:00 --to 2022-11-20T15:00");
    assert_eq!((&before["from"], &before["to"]), (&json!(1_668_927_600), &json!(1_668_956_400)));
    for name in ["done", "failed", "bad", "page", "people", "passes", "runs"] {
        let sections = before["sections"].as_array().unwrap();
        let section = sections.iter().find(|section| section["name"] == name).unwrap();
        assert_eq!(section["lines"], json!([]), "{name}");
    }
    for wrong in ["--from soon", "--from 10 --to 5"] {
        data.text(&format!("shift-report {wrong}"), 7);
    }
}
