//! What the page of a run says of its tasks, attempts, uploads and STANDBY.

use std::fs;

use axum::http::StatusCode;
use sct_sched::{Kind, Note, Store, TaskState, store::NewTask};
use sct_upload::Task;

use crate::site::{Browser, Site, between, run};

const RUN: u32 = 300_001;

fn nobody() -> Browser {
    Browser::default()
}

/// The section of a task.
fn section<'a>(page: &'a str, kind: &str) -> &'a str {
    between(page, &format!("<section id=\"{kind}\""), "</section>")
}

#[tokio::test]
async fn the_newest_attempt_is_shown_and_all_are_listed() {
    let site = Site::new();
    site.noisy(RUN, " 5-9 ", 'R', "FAILED in StripDiff");
    let page = site.get(&nobody(), &format!("/runs/{RUN}")).await.text;
    assert!(!section(&page, "sctns").contains("Attempts"), "there is one only");
    // The run is processed again: another data set, and files of their own.
    let folder = site.path(&format!("results/{RUN:08}/sctns"));
    let first: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    std::thread::sleep(std::time::Duration::from_millis(20));
    for path in &first {
        let name = path.file_name().unwrap().to_str().unwrap().replace("._0001.", "._0002.");
        let text = fs::read(path).unwrap();
        let green = String::from_utf8(text.clone())
            .map(|text| text.replace(">R<", ">G<").replace("FAILED in StripDiff", "").into_bytes());
        fs::write(folder.join(name), green.unwrap_or(text)).unwrap();
    }
    site.refresh();
    let page = site.get(&nobody(), &format!("/runs/{RUN}")).await.text;
    let own = section(&page, "sctns");
    assert!(own.contains("Attempts, the newest first (2)"), "{own}");
    let attempts = between(own, "Attempts, the newest first (2)", "</details>");
    let (newer, older) = (attempts.find("<td>green</td>"), attempts.find("<td>red</td>"));
    assert!(newer.unwrap() < older.unwrap(), "{attempts}");
    assert!(own.contains("class=\"green\"") && !own.contains("FAILED in StripDiff"), "{own}");
    for number in ["_0001", "_0002"] {
        let file = format!("{number}.BadStripsSummaryFile.xml</a>");
        assert_eq!(own.matches(&file).count(), 1, "files of all attempts can be had");
    }
}

#[tokio::test]
async fn standby_is_said_once_with_the_tasks_that_saw_it() {
    let site = Site::new();
    site.noisy(RUN, " 5-9 ", 'Y', "");
    let sentence =
        "SCT probably in STANDBY in run 300001: <b>because</b> 4000 modules have no hits";
    let results = site.path(&format!("results/{RUN:08}"));
    let report = |path: &std::path::Path| {
        let mut report: serde_json::Value =
            serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        report["sctcalib"]["doNoisyStrip"] = serde_json::json!({ "standby": sentence });
        fs::write(path, report.to_string()).unwrap();
    };
    // Two tasks look at the same run and come to the same conclusion.
    let folder = results.join("sctns");
    fs::create_dir_all(results.join("sctdc")).unwrap();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with("jobReport.json") {
            report(&path);
            fs::copy(&path, results.join("sctdc").join(&name)).unwrap();
        } else if name.ends_with("BadStripsSummaryFile.xml") {
            let name = name.replace("BadStripsSummaryFile", "DeadSummaryFile");
            fs::copy(&path, results.join("sctdc").join(name)).unwrap();
        }
    }
    fs::write(folder.join(".touched"), "").unwrap();
    site.refresh();
    let page = site.get(&nobody(), &format!("/runs/{RUN}")).await.text;
    let main = between(&page, "<main", "</main>");
    assert_eq!(main.matches("SCT probably in STANDBY").count(), 1, "{main}");
    assert!(main.contains("(Dead Chips, Noisy Strips)"), "{main}");
    assert!(!page.contains("<b>because"), "what a file says stays text");
    let banner = format!("SCT probably in STANDBY in run {RUN}.");
    assert_eq!(page.matches(&banner).count(), 1, "the frame says it of the newest run");
}

#[tokio::test]
async fn tasks_show_their_states_and_reasons() {
    let site = Site::new();
    site.noisy(RUN, " 5-9 ", 'G', "");
    let page = site.get(&nobody(), &format!("/runs/{RUN}")).await.text;
    assert!(!page.contains("href=\"/tasks/"), "without tasks nothing is said of them");
    let mut store = Store::open(&site.settings().ledger()).unwrap();
    let note =
        |why: &str| Note { time: 1_660_000_000, who: "scheduler".to_owned(), why: why.to_owned() };
    let mut define = |kind: &str| {
        let new = NewTask {
            kind: Kind::new(kind).unwrap(),
            dataset: format!("data22_13p6TeV.{RUN:08}.express_express.merge.HIST.f1"),
            run: run(RUN),
            project: "data22_13p6TeV".to_owned(),
            stream: "express_express".to_owned(),
        };
        store.define(&new, &note("")).unwrap().unwrap()
    };
    let (noisy, efficiency) = (define("sctns"), define("scteff"));
    let held = note("waits for run 300000 <i>");
    store.set_state(noisy, &[TaskState::WaitingInput], TaskState::Held, &held).unwrap();
    let page = site.get(&nobody(), &format!("/runs/{RUN}")).await;
    page.assert(StatusCode::OK, &[]);
    let own = section(&page.text, "sctns");
    assert!(own.contains(&format!("href=\"/tasks/{noisy}\">{}", TaskState::Held.word())), "{own}");
    assert!(own.contains("since 2022-08-08 23:06"), "{own}");
    assert!(own.contains("waits for run 300000 &#60;i&#62;"), "{own}");
    // A task without a result has its section as well.
    let own = section(&page.text, "scteff");
    let waiting = TaskState::WaitingInput.word();
    assert!(own.contains(&format!("href=\"/tasks/{efficiency}\">{waiting}")), "{own}");
    assert!(!own.contains("Files ("), "{own}");
}

#[tokio::test]
async fn uploads_and_bad_marks_are_listed() {
    let site = Site::new();
    site.noisy(RUN, " 5-9 ", 'G', "");
    let page = site.get(&nobody(), &format!("/runs/{RUN}")).await.text;
    assert!(!page.contains("id=\"uploads\""));
    let shifter = site.sign_in("sam").await;
    let tab = site.get(&shifter, "/noisy-strips").await.text;
    let sha256 = between(&tab, &format!("name=\"upload\" value=\"{RUN} "), "\"");
    let upload = format!("{RUN} {sha256}");
    let form = [("upload", upload.as_str()), ("reason", "stable <u>beams</u>")];
    site.send(&shifter, "/noisy-strips/send/confirm", &form).await.assert(StatusCode::OK, &[]);
    let path = format!("/runs/{RUN}");
    let uploads = |page: &str| between(page, "<section id=\"uploads\"", "</section>").to_owned();
    let own = uploads(&site.get(&nobody(), &path).await.text);
    assert!(
        own.contains("<a href=\"/uploads/1\">Noisy Strips</a></td><td>requested</td>"),
        "{own}"
    );
    assert!(own.contains("<td>sam</td>") && own.contains("stable &#60;u&#62;beams"), "{own}");
    site.pass();
    let own = uploads(&site.get(&nobody(), &path).await.text);
    assert!(own.contains("<td>done</td>"), "{own}");
    let mut uploader = sct_loop::uploader::Uploader::open(site.settings().uploads("tom")).unwrap();
    uploader.mark_bad(run(RUN), Task::Efficiency, "timing scan").unwrap();
    let own = uploads(&site.get(&nobody(), &path).await.text);
    assert!(own.contains("<td>Efficiency</td><td>bad</td><td></td><td>tom</td>"), "{own}");
    assert!(own.contains("<td>timing scan</td>"), "{own}");
}
