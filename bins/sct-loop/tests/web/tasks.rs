//! Tasks on the page.

use std::{fs, path::Path};

use axum::http::{StatusCode, header};
use sct_account::{Accounts, Filter};
use sct_run::order::{self, Event, Queue};
use sct_sched::{
    JobState, Kind, Note, Store, TaskState,
    attempt::Record,
    store::{Ended, NewAttempt, NewJob, NewTask},
};
use serde_json::json;

use crate::site::{Answer, Browser, Site, between, run};

/// Text that would be a script if it were not text.
const HOSTILE: &str = "<script>alert('x')</script>\" onload=\"x";

const BEGIN: i64 = 1_660_000_000;

fn note(minutes: i64, why: &str) -> Note {
    Note { time: BEGIN + 60 * minutes, who: "scheduler".to_owned(), why: why.to_owned() }
}

fn define(store: &mut Store, kind: &str, number: u32, stream: &str) -> i64 {
    let new = NewTask {
        kind: Kind::new(kind).unwrap(),
        dataset: format!("data22_13p6TeV.{number:08}.{stream}.merge.HIST.f1"),
        run: run(number),
        project: "data22_13p6TeV".to_owned(),
        stream: stream.to_owned(),
    };
    store.define(&new, &note(0, "")).unwrap().unwrap()
}

/// One attempt that has ended: its folder has a dictionary, a log and a report.
fn attempt(store: &mut Store, data: &Path, task: i64, number: u32, exit_code: i32, message: &str) {
    let job = store.jobs(task).unwrap().into_iter().find(|job| job.number == number).unwrap();
    let folder = data.join(format!("jobs/{task}-{number}/attempt-1"));
    fs::create_dir_all(&folder).unwrap();
    let dictionary = json!({
        "input": ["HIST.root"], "prefix": "D#D._0001", "part": ["doEfficiency"], "SCTCalibConfig": ["absent.py"],
    });
    fs::write(folder.join("job.json"), dictionary.to_string()).unwrap();
    fs::write(folder.join("log.sctcalib"), format!("first line\n{message}\n")).unwrap();
    fs::write(folder.join("jobReport.json"), json!({ "exitCode": exit_code }).to_string()).unwrap();
    let new = NewAttempt {
        job: job.id,
        number: 1,
        backend: "local".to_owned(),
        folder,
        dictionary: dictionary.to_string(),
    };
    store.begin(&[new], &note(1, "")).unwrap();
    let under_way = store.under_way().unwrap();
    let attempt = under_way.iter().find(|attempt| attempt.job == job.id).unwrap();
    store.started(attempt, &note(2, "")).unwrap();
    let record = Record {
        exit_code,
        killed: String::new(),
        started: BEGIN + 120,
        ended: BEGIN + 180,
        wall: 60.0,
        cpu: 58.5,
        memory: 300 << 20,
        host: "node7".to_owned(),
    };
    let job = if exit_code == 0 { JobState::Done } else { JobState::Failed };
    let ended = Ended { record: Some(record), message: message.to_owned(), job, is_empty: false };
    store.end(attempt, &ended, &note(3, message)).unwrap();
}

fn site() -> Site {
    let site = Site::new();
    fill(&site, HOSTILE);
    site
}

/// Task 1 is done, task 2 has one job done and one that failed with a message, task 3 waits for the run of task 4.
pub(crate) fn fill(site: &Site, message: &str) {
    let (data, ledger) = (site.path(""), site.settings().ledger());
    let data = data.as_path();
    let mut store = Store::open(&ledger).unwrap();
    let job = |number| NewJob { number, inputs: vec![json!("HIST.root")] };
    let done = define(&mut store, "sctno", 440_100, "express_express");
    store.add_jobs(done, &[job(1)], &note(1, "")).unwrap();
    attempt(&mut store, data, done, 1, 0, "OK");
    let failed = define(&mut store, "scteff", 440_100, "express_express");
    store.add_jobs(failed, &[job(1), job(2)], &note(1, "")).unwrap();
    attempt(&mut store, data, failed, 1, 0, "OK");
    attempt(&mut store, data, failed, 2, 7, message);
    let held = define(&mut store, "sctns", 440_200, "calibration_SCTNoise");
    let waits = note(5, "waits for run 440150");
    store.set_state(held, &[TaskState::WaitingInput], TaskState::Held, &waits).unwrap();
    let blocker = define(&mut store, "sctns", 440_150, "calibration_SCTNoise");
    assert_eq!((failed, held, blocker), (2, 3, 4));
    let mut queue = Queue::open(&ledger).unwrap();
    let expect = order::Note::at(BEGIN);
    for number in [440_150, 440_200] {
        queue.apply(run(number), Event::Expect, &expect).unwrap();
    }
    queue.ask(run(440_200), &[run(440_150)], BEGIN, BEGIN + 86_400).unwrap();
}

/// Whoever did not sign in.
fn nobody() -> Browser {
    Browser::default()
}

/// What stands in the frame of a page.
fn main(answer: &Answer) -> &str {
    between(&answer.text, "<main id=\"main\" tabindex=\"-1\">", "</main>")
}

/// A part of a page without the token of its session.
fn part(answer: &Answer, browser: &Browser, before: &str, after: &str) -> String {
    between(&answer.text, before, after).replace(&browser.csrf, "TOKEN")
}

fn header_of<'a>(answer: &'a Answer, name: &header::HeaderName) -> &'a str {
    answer.head.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn the_lister_shows_what_filters_leave() {
    let site = site();
    insta::assert_snapshot!("tasks", main(&site.get(&nobody(), "/tasks?older=3").await));
    // Old tasks that are over do not show at first; those under way do.
    let recent = site.get(&nobody(), "/tasks").await.text;
    assert!(recent.contains("/tasks/3\"") && !recent.contains("/tasks/2\""), "{recent}");
    assert!(recent.contains("href=\"/tasks?older=1\">Get older data"), "{recent}");
    for (query, rows) in [
        ("", 4),
        ("kind=sctns", 2),
        ("kind=sctns&runs=440150", 1),
        ("runs=440100-440150", 3),
        ("state=FAILED", 1),
        ("stream=express_express", 2),
    ] {
        let page = site.get(&nobody(), &format!("/tasks?older=3&{query}")).await.text;
        assert_eq!(page.matches("<th scope=\"row\"").count(), rows, "{query}");
    }
    let kept = site.get(&nobody(), "/tasks?kind=sctns&stream=a%26b").await.text;
    assert!(kept.contains("/tasks?kind=sctns&#38;stream=a%26b&#38;older=1"), "{kept}");
    // What cannot be read is said in the words of the command line.
    let answer = site.get(&nobody(), "/tasks?runs=abc").await;
    answer.assert(StatusCode::OK, &["run &#39;abc&#39;"]);
    let hostile =
        site.get(&nobody(), "/tasks?kind=%3Cb%3E&runs=%3Cb%3E&stream=%22%3E%3Cb%3E").await;
    hostile.assert(StatusCode::OK, &["is no kind of task"]);
    assert!(!hostile.text.contains("<b>"));
}

#[tokio::test]
async fn a_task_shows_its_jobs_and_what_came_of_them() {
    let site = site();
    let page = site.get(&nobody(), "/tasks/2").await;
    insta::assert_snapshot!("task", main(&page));
    assert!(!page.text.contains("<script"), "hostile text stays text");
    assert!(!page.text.contains("<form class=\"card"), "nobody is signed in");
    let only = site.get(&nobody(), "/tasks/2?jobs=DONE").await.text;
    assert!(only.contains("Jobs that are DONE") && !only.contains("/jobs/2/"), "{only}");
    site.get(&nobody(), "/tasks/99").await.assert(StatusCode::NOT_FOUND, &["There is no task 99"]);
    assert_eq!(site.get(&nobody(), "/tasks/x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn files_of_an_attempt_are_text() {
    let site = site();
    let log = site.get(&nobody(), "/tasks/2/jobs/2/log?attempt=1").await;
    assert_eq!(header_of(&log, &header::CONTENT_TYPE), "text/plain; charset=utf-8");
    assert_eq!(header_of(&log, &header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(log.text, format!("first line\n{HOSTILE}\n"));
    let report = site.get(&nobody(), "/tasks/2/jobs/2/report").await;
    assert_eq!(report.text, r#"{"exitCode":7}"#);
    let dictionary = site.get(&nobody(), "/tasks/2/jobs/2/dictionary").await;
    dictionary.assert(StatusCode::OK, &["absent.py"]);
    let peek = site.get(&nobody(), "/tasks/2/jobs/2/log?follow").await;
    peek.assert(StatusCode::OK, &["The attempt is over", "first line"]);
    assert!(!peek.text.contains("http-equiv=\"refresh\"") && !peek.text.contains("<script"));
    for address in ["/tasks/2/jobs/3/log", "/tasks/2/jobs/2/log?attempt=2", "/tasks/99/jobs/1/log"]
    {
        let answer = site.get(&nobody(), address).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{address}");
    }
}

#[tokio::test]
async fn a_log_is_followed_while_its_attempt_runs() {
    let site = site();
    let mut store = Store::open(&site.settings().ledger()).unwrap();
    let task = define(&mut store, "sctla", 440_100, "express_express");
    store.add_jobs(task, &[NewJob { number: 1, inputs: Vec::new() }], &note(1, "")).unwrap();
    let folder = site.settings().jobs().join("5");
    let new = NewAttempt {
        job: store.jobs(task).unwrap()[0].id,
        number: 1,
        backend: "local".to_owned(),
        folder: folder.clone(),
        dictionary: "{}".to_owned(),
    };
    store.begin(&[new], &note(1, "")).unwrap();
    let address = format!("/tasks/{task}/jobs/1/log?follow");
    let page = site.get(&nobody(), &address).await;
    page.assert(StatusCode::OK, &["http-equiv=\"refresh\"", "Nothing yet."]);
    fs::create_dir_all(&folder).unwrap();
    let lines: String = (0..5_000).map(|line| format!("line {line}\n")).collect();
    fs::write(folder.join("log.sctcalib"), lines).unwrap();
    let page = site.get(&nobody(), &address).await;
    page.assert(StatusCode::OK, &["line 4999", "line 4940", "bytes before it are left out"]);
    assert!(!page.text.contains("line 4939"));
    let task = site.get(&nobody(), &format!("/tasks/{task}")).await;
    task.assert(StatusCode::OK, &[">peek</a>"]);
}

#[tokio::test]
async fn only_experts_operate() {
    let site = site();
    let fields = [("reason", "why not"), ("confirm", "yes"), ("run", "440150")];
    let eve = site.sign_in("eve").await;
    for address in ["/tasks/2/retry", "/tasks/4/truncate", "/release"] {
        let answer = site.post(&nobody(), address, &fields).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{address}");
        for name in ["vic", "sam"] {
            let answer = site.send(&site.sign_in(name).await, address, &fields).await;
            answer.assert(StatusCode::FORBIDDEN, &["This needs the role expert"]);
        }
        let answer = site.post(&eve, address, &fields).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address} without the token");
        let foreign = [("csrf", "0123456789abcdef"), ("reason", "x"), ("run", "440150")];
        let answer = site.post(&eve, address, &foreign).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address} with another token");
        let answer = site.send(&eve, address, &[("run", "440150"), ("confirm", "yes")]).await;
        answer.assert(StatusCode::UNPROCESSABLE_ENTITY, &["Please give a reason"]);
    }
    let store = Store::open(&site.settings().ledger()).unwrap();
    assert_eq!(store.task(2).unwrap().unwrap().state, TaskState::Failed);
    assert_eq!(store.task(4).unwrap().unwrap().state, TaskState::WaitingInput);
}

#[tokio::test]
async fn a_failed_job_is_taken_up_again_with_a_corrected_dictionary() {
    let site = site();
    let eve = site.sign_in("eve").await;
    let page = site.get(&eve, "/tasks/2").await;
    insta::assert_snapshot!("retry", part(&page, &eve, "<h2 id=\"retry\">", "<h2>History"));
    let good = r#"{"part": ["doEfficiency"], "SCTCalibConfig": [], "maxEvents": 5}"#;
    let colour = good.replace("maxEvents", "colour");
    let input = good.replace("maxEvents", "input");
    for (dictionary, said) in [
        ("{\"part\": [,]}", "no JSON object: expected value at line 1 column 11"),
        ("[1]</textarea><script>", "no JSON object"),
        (r#"{"part": ["doEfficiency"]}"#, "SCTCalibConfig&#39; is missing"),
        (colour.as_str(), "&#39;colour&#39; is no key"),
        (input.as_str(), "&#39;input&#39; is no key"),
    ] {
        let fields = [("dictionary", dictionary), ("reason", "typed <b>before")];
        let answer = site.send(&eve, "/tasks/2/retry", &fields).await;
        // What was typed is not lost.
        answer.assert(StatusCode::UNPROCESSABLE_ENTITY, &[said, "typed &#60;b&#62;before"]);
        assert!(!answer.text.contains("<script"), "{dictionary}");
    }
    let fields = [("dictionary", good), ("reason", "file was moved")];
    let answer = site.send(&eve, "/tasks/2/retry", &fields).await;
    answer.assert(StatusCode::SEE_OTHER, &[]);
    assert_eq!(header_of(&answer, &header::LOCATION), "/tasks/2");
    let store = Store::open(&site.settings().ledger()).unwrap();
    let jobs = store.jobs(2).unwrap();
    assert_eq!((jobs[0].state, jobs[1].state), (JobState::Done, JobState::Ready));
    assert_eq!(json!(jobs[1].corrections), json!({ "SCTCalibConfig": [], "maxEvents": 5 }));
    let lines = store.history(2).unwrap();
    assert!(
        lines.iter().any(|line| line.who == "eve" && line.why == "file was moved"),
        "{lines:?}"
    );
    // Nothing has failed any more.
    let again = site.send(&eve, "/tasks/2/retry", &fields).await;
    again.assert(StatusCode::UNPROCESSABLE_ENTITY, &["no job of it has failed"]);
    let filter = Filter { action: Some("retry".to_owned()), ..Filter::default() };
    let entries = Accounts::open(&site.settings().ledger()).unwrap().entries(&filter, 100).unwrap();
    let wrote = |outcome: &str| {
        entries.iter().any(|(_, entry)| {
            entry.who == "eve"
                && entry.from == "unknown"
                && entry.subject == "task 2, scteff of run 440100"
                && entry.outcome.starts_with(outcome)
        })
    };
    assert!(wrote("1 jobs again with {"), "{entries:?}");
    assert!(wrote("not done: 'colour' is no key"), "{entries:?}");
}

#[tokio::test]
async fn a_task_is_given_up_when_its_run_is_let_go() {
    let site = site();
    let eve = site.sign_in("eve").await;
    let unsure = site.send(&eve, "/tasks/4/truncate", &[("reason", "no beam")]).await;
    unsure.assert(StatusCode::UNPROCESSABLE_ENTITY, &["later runs will not wait for run 440150"]);
    let fields = [("reason", "no beam"), ("confirm", "yes")];
    let answer = site.send(&eve, "/tasks/4/truncate", &fields).await;
    answer.assert(StatusCode::SEE_OTHER, &[]);
    let store = Store::open(&site.settings().ledger()).unwrap();
    assert_eq!(store.task(4).unwrap().unwrap().state, TaskState::Truncated);
    assert!(Queue::open(&site.settings().ledger()).unwrap().waiting().unwrap().is_empty());
    let again = site.send(&eve, "/tasks/4/truncate", &fields).await;
    again.assert(StatusCode::UNPROCESSABLE_ENTITY, &["is TRUNCATED already"]);
}

#[tokio::test]
async fn a_waiting_run_is_let_go() {
    let site = site();
    let eve = site.sign_in("eve").await;
    let page = site.get(&eve, "/tasks/3").await;
    insta::assert_snapshot!("waiting", part(&page, &eve, "<h2>It waits", "<h2 id=\"jobs\">"));
    let fields = [("run", "440150"), ("reason", "known"), ("task", "3")];
    let answer = site.send(&eve, "/release", &fields).await;
    assert_eq!(header_of(&answer, &header::LOCATION), "/tasks/3");
    let queue = Queue::open(&site.settings().ledger()).unwrap();
    let order = queue.order().unwrap();
    let place = &order.places()[&run(440_150)];
    assert_eq!((place.state, place.note.who.as_str()), (order::State::Released, "eve"));
    assert!(!site.get(&nobody(), "/tasks/3").await.text.contains("It waits"));
    let wrong = site.send(&eve, "/release", &[("run", "x"), ("reason", "y")]).await;
    wrong.assert(StatusCode::UNPROCESSABLE_ENTITY, &["is no run"]);
}

#[tokio::test]
async fn a_run_is_asked_why() {
    let site = site();
    let page = site.get(&nobody(), "/why?run=440200&task=sctns").await;
    page.assert(
        StatusCode::OK,
        &[
            "sctns is HELD since",
            "run 440200 waits for run 440150, which is to be processed",
            "not produced: its task is HELD",
        ],
    );
    site.noisy(440_150, " 5 ", 'G', "");
    let page = site.get(&nobody(), "/why?run=440150").await;
    page.assert(
        StatusCode::OK,
        &[
            "<td>on the page; nobody has asked for its upload</td>",
            "scthm is not there: no file of run 440150",
        ],
    );
    // The result is there, whatever has made it.
    assert!(!page.text.contains("sctns is not there"));
    let mut uploads = sct_upload::Queue::open(&site.settings().ledger()).unwrap();
    let before = sct_upload::NewUpload {
        run: sct_id::RunNumber::new(440_150).unwrap(),
        task: sct_upload::Task::NoisyStrip,
        tag: String::new(),
        file: "before.mycool.db".into(),
        sha256: "of the attempt before".to_owned(),
        flag: Some('G'),
        replace: false,
        who: "sam".to_owned(),
        comment: String::new(),
        request_file: None,
    };
    uploads.request(&before).unwrap();
    let page = site.get(&nobody(), "/why?run=440150").await;
    page.assert(StatusCode::OK, &["on the page; upload 1, of another attempt, is requested since"]);
    let json = site.get(&nobody(), "/api/v1/why/440150").await;
    json.assert(StatusCode::OK, &["upload 1, of another attempt"]);
    assert!(!json.text.contains("[\"sctns\""), "{}", json.text);
    let done = site.get(&nobody(), "/why?run=440100&task=sctno").await;
    done.assert(StatusCode::OK, &["not copied yet"]);
    let wrong = site.get(&nobody(), "/why?run=1%3Cb%3E&task=x").await;
    wrong.assert(StatusCode::OK, &["run &#39;1&#60;b&#62;&#39;"]);
    let wrong = site.get(&nobody(), "/why?run=440100&task=x").await;
    wrong.assert(StatusCode::OK, &["the table has no task &#39;x&#39;"]);
}
