//! Where the data folder lies on this machine is on no page and in no answer; and what run control says of the read-out.

use std::fs;

use axum::http::StatusCode;
use sct_sim::{RunKind, WorldSettings, world_runs};
use sct_upload::{NewUpload, Queue, State, Task};

use crate::{
    gallery::{FULL, gallery, pages},
    send::{CONFIRM, mark},
    site::{Browser, Site, run},
};

/// Puts an upload into the queue that has failed with a full path in its reason.
fn fail(site: &Site, number: u32, reason: &str) {
    let mut queue = Queue::open(&site.path("ledger.db")).unwrap();
    let new = NewUpload {
        run: run(number),
        task: Task::NoisyStrip,
        tag: "t".to_owned(),
        file: site.path("results/x.mycool.db"),
        sha256: number.to_string(),
        flag: None,
        replace: false,
        who: "sam".to_owned(),
        comment: String::new(),
        request_file: None,
    };
    let id = queue.request(&new).unwrap();
    queue.set(id, &[State::Requested], State::Running, "scheduler", "").unwrap();
    queue.set(id, &[State::Running], State::Failed, "scheduler", reason).unwrap();
}

#[tokio::test]
async fn nobody_reads_where_the_data_folder_lies() {
    let site = gallery();
    let folder = site.path("results").parent().unwrap().display().to_string();
    let root = site.sign_in("root").await;
    let upload = mark(&site, &root, FULL + 1).await;
    let fields = [("upload", upload.as_str())];
    let review = site.send(&root, "/noisy-strips/send", &fields).await;
    review.assert(StatusCode::OK, &["dry run", &format!("results/{:08}/sctns/", FULL + 1)]);
    assert!(!review.text.contains(&folder), "{}", review.text);
    site.send(&root, CONFIRM, &fields).await.assert(StatusCode::OK, &["requested as upload 1"]);
    assert_eq!(site.pass().done, [1]);
    fail(&site, FULL + 3, &format!("cannot read {folder}/results/x.mycool.db"));
    let damaged = site.path(&format!("results/{:08}/sctno", FULL + 5));
    fs::create_dir_all(&damaged).unwrap();
    fs::write(damaged.join("d._0001.NoiseOccupancySummaryFile.xml"), "<run>").unwrap();
    site.refresh();

    let api = [
        "tabs/noisy-strips/results".to_owned(),
        "tabs/noise-occupancy/results".to_owned(),
        format!("runs/{FULL}"),
        "uploads".to_owned(),
        "uploads/1".to_owned(),
        "uploads/2".to_owned(),
        "bad/noisy-strip".to_owned(),
        "tasks".to_owned(),
        "tasks/2".to_owned(),
        format!("why/{FULL}"),
        "passes".to_owned(),
        "query?q=find+last+5".to_owned(),
        "query?q=find+rnu+5".to_owned(),
    ];
    let addresses = pages().into_iter().map(|(_, path)| path);
    let addresses = addresses.chain(["/uploads/2".to_owned(), format!("/why?run={FULL}")]);
    for path in addresses.chain(api.iter().map(|path| format!("/api/v1/{path}"))) {
        let answer = site.get(&root, &path).await;
        let about = answer.text.find(&folder).map(|at| &answer.text[at.saturating_sub(200)..]);
        let about = about.map(|text| text.chars().take(400).collect::<String>());
        assert_eq!(about, None, "{path}");
        assert!(answer.status.is_success() || answer.status.is_client_error(), "{path}");
    }
    // The names are still there, and logs on the disk have everything.
    for path in ["/uploads", "/uploads/2", "/api/v1/uploads/2"] {
        site.get(&root, path).await.assert(StatusCode::OK, &["cannot read results/x.mycool.db"]);
    }
    let complaint = format!("results/{:08}/sctno/d._0001.NoiseOccupancySummaryFile.xml", FULL + 5);
    for path in ["/noise-occupancy", "/api/v1/tabs/noise-occupancy/results"] {
        site.get(&root, path).await.assert(StatusCode::OK, &[&complaint]);
    }
    let shown = site.get(&root, "/uploads/1").await;
    shown.assert(StatusCode::OK, &[&format!("results/{:08}/sctns/", FULL + 1)]);
    let upload = Queue::open(&site.path("ledger.db")).unwrap().upload(1).unwrap();
    let log = fs::read_to_string(site.settings().uploads("").log(&upload)).unwrap();
    assert!(log.contains(&format!("{folder}/results/")), "{log}");
}

#[tokio::test]
async fn a_bad_mark_has_its_time_on_the_page_and_in_the_api() {
    let site = gallery();
    let marks = site.get(&Browser::default(), "/api/v1/bad/noisy-strip").await;
    marks.assert(StatusCode::OK, &["SCT in STANDBY for the whole run", "\"who\":\"sam\""]);
    let marks: serde_json::Value = serde_json::from_str(&marks.text).unwrap();
    assert_eq!(marks[0]["run"], FULL + 2);
    let minute = marks[0]["time"].as_str().unwrap()[..16].replace('_', " ");
    let page = site.get(&Browser::default(), "/noisy-strips").await;
    page.assert(StatusCode::OK, &[&format!("for the whole run (sam, {minute})")]);
    site.get(&Browser::default(), "/api/v1/bad/nothing").await.assert(StatusCode::NOT_FOUND, &[]);
}

#[tokio::test]
async fn parts_that_are_out_of_the_read_out_are_named() {
    let world = WorldSettings::default();
    let runs = world_runs(&world).unwrap();
    let last = |kind: RunKind| {
        runs.iter().rev().find(|run| run.kind == kind).map(|run| run.run.to_u32()).unwrap()
    };
    let settings = "[order]\nrun_control = ['world']\nruns = 'world/runs.db'\n";
    for (kind, words) in [
        (RunKind::Partial, Some("SCTEC")),
        (RunKind::NoSct, Some("SCTBA, SCTBC, SCTEA, SCTEC")),
        (RunKind::Stable, None),
    ] {
        let site = Site::with(settings, |data| {
            sct_tasks::simulation::world(&world, &data.join("world")).unwrap();
        });
        let number = last(kind);
        site.noisy(number, " 5 ", 'G', "");
        let parts: Vec<&str> = words.iter().flat_map(|words| words.split(", ")).collect();
        let parts = format!("\"out_of_read_out\":{}", serde_json::to_string(&parts).unwrap());
        for path in ["/api/v1/status".to_owned(), format!("/api/v1/runs/{number}/state")] {
            site.get(&Browser::default(), &path).await.assert(StatusCode::OK, &[&parts]);
        }
        for path in ["/noisy-strips".to_owned(), format!("/runs/{number}")] {
            // Asked twice: run control is asked once.
            for _ in 0..2 {
                let page = site.get(&Browser::default(), &path).await;
                page.assert(StatusCode::OK, &[]);
                let said = "by the detector mask";
                assert_eq!(page.text.contains(said), words.is_some(), "{kind:?} {path}");
                if let Some(words) = words {
                    let said = format!("Out of the read-out in run {number}, {said}: {words}.");
                    page.assert(StatusCode::OK, &[&said]);
                }
            }
        }
    }
}
