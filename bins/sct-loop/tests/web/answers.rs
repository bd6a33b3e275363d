//! What the API answers: every address once, and what it says when it cannot.

use std::{collections::BTreeSet, fs};

use axum::http::{Method, StatusCode, header};
use sct_account::Role;
use sct_loop::passes::{Outcome, Pass};
use serde_json::{Value, json};

use crate::{
    api::{call, token},
    lasting::shown,
    passes::{beat, well},
    results::{Results, prefix},
    site::Site,
    tasks,
};

/// The run of every task.
const RUN: u32 = 440_199;
/// A run that is uploaded.
const UPLOADED: u32 = 440_100;

/// Results of all tasks, tasks of three runs, an upload and a bad mark.
async fn site() -> Site {
    let settings = "[job]\ncabling = 'cabling.dat'\n[order]\nrun_control = ['world']\nruns = 'world/runs.db'\n";
    let site = Site::with(settings, |data| {
        let results = Results::new(&data.join("results"), "said by a task", (RUN, 1_669_852_800));
        for number in [RUN, RUN + 11] {
            results.noisy(number, &[(17, 5), (2469, 35)]);
            results.noise(number, 2.0);
        }
        results.others(RUN);
        let cabling = sct_cabling::text::write(&sct_sim::default_cabling()).unwrap();
        fs::write(data.join("cabling.dat"), cabling).unwrap();
        let world = sct_sim::WorldSettings::default();
        sct_tasks::simulation::world(&world, &data.join("world")).unwrap();
    });
    site.noisy(UPLOADED, " 5-9 ", 'G', "");
    tasks::fill(&site, "no such file");
    let shifter = token(&site, "sam", Role::Shifter);
    let row = call(&site, "", Method::GET, &format!("/runs/{UPLOADED}"), &Value::Null).await;
    let row: Value = serde_json::from_str(&row.text).unwrap();
    let wanted = json!({ "run": UPLOADED, "task": "noisy-strip", "sha256": row[0]["sha256"], "comment": "by script" });
    let made = call(&site, &shifter, Method::POST, "/uploads", &wanted).await;
    made.assert(StatusCode::CREATED, &[]);
    assert_eq!(site.pass().done, [1]);
    let why = json!({ "reason": "no beam" });
    let path = format!("/bad/noisy-strip/{}", RUN + 11);
    call(&site, &shifter, Method::PUT, &path, &why).await.assert(StatusCode::NO_CONTENT, &[]);
    site
}

#[tokio::test]
async fn every_address_answers() {
    let site = site().await;
    let admin = token(&site, "root", Role::Admin);
    let log = format!("{}.log", prefix(RUN, "calibration_SCTNoise", "SCTNS"));
    let of = |kind: &str, rest: &str| format!("/runs/{RUN}/{kind}/{rest}");
    let cases: Vec<(&str, String)> = [
        ("/status", "/status"),
        ("/tabs", "/tabs"),
        ("/tabs/{tab}", "/tabs/lorentz-angle"),
        ("/tabs/{tab}/results", "/tabs/noisy-strips/results"),
        ("/runs/{run}", "/runs/440199"),
        ("/runs/{run}/state", "/runs/440100/state"),
        ("/runs/{run}/{tab}", "/runs/440199/lorentz-angle"),
        ("/modules/{module}", "/modules/0.3.3.-1"),
        ("/modules/{module}/facts", "/modules/2469/facts"),
        ("/history/measures", "/history/measures"),
        ("/history", "/history?kind=sctns&name=StripsOfflineAll&first=440150"),
        ("/history/thresholds", "/history/thresholds?kind=sctns&name=Modules"),
        ("/uploads", "/uploads"),
        ("/uploads/{id}", "/uploads/1"),
        ("/kinds", "/kinds"),
        ("/tasks", "/tasks?days=0"),
        ("/tasks/{id}", "/tasks/3"),
        ("/why/{run}", "/why/440200"),
        ("/passes", "/passes"),
        ("/bad/{task}", "/bad/noisy-strip"),
        ("/audit", "/audit?action=upload"),
        ("/query", "/query?q=find%20last%203%20/%20show%20run"),
    ]
    .map(|(template, path)| (template, path.to_owned()))
    .into_iter()
    .chain([
        ("/runs/{run}/{tab}/tables", of("noisy-strips", "tables")),
        ("/runs/{run}/{tab}/maps", of("noisy-strips", "maps")),
        ("/runs/{run}/{tab}/maps/{map}", of("bytestream-errors", "maps/errors")),
        ("/runs/{run}/{tab}/fits", of("lorentz-angle", "fits")),
        ("/runs/{run}/{tab}/fits/{fit}", of("lorentz-angle", "fits/5")),
        ("/runs/{run}/{tab}/lumi-blocks", of("noisy-strips", "lumi-blocks")),
        ("/runs/{run}/{tab}/files", of("noisy-strips", "files")),
        ("/runs/{run}/{tab}/files/{name}", of("noisy-strips", &format!("files/{log}"))),
        (
            "/runs/{run}/{tab}/files/{name}/digest",
            of("noisy-strips", &format!("files/{log}/digest")),
        ),
        ("/runs/{run}/{tab}/log/{name}", of("noisy-strips", &format!("log/{log}"))),
    ])
    .collect();
    let folder = site.path("");
    let data = folder.to_str().unwrap().trim_end_matches('/');
    for (template, path) in &cases {
        let token = if *template == "/audit" { admin.as_str() } else { "" };
        let answer = call(&site, token, Method::GET, path, &Value::Null).await;
        answer.assert(StatusCode::OK, &[]);
        let name = template.replace(['{', '}'], "").replace('/', "_");
        insta::assert_snapshot!(
            format!("get{name}"),
            format!("GET {path}\n{}", shown(&answer, data))
        );
    }
    // None is left out.
    let document = call(&site, "", Method::GET, "/openapi.json", &Value::Null).await;
    let document: Value = serde_json::from_str(&document.text).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let described: BTreeSet<&str> = paths
        .iter()
        .filter(|(_, at)| at["get"].is_object())
        .map(|(path, _)| path.as_str())
        .collect();
    let asked: BTreeSet<&str> = cases.iter().map(|(template, _)| *template).collect();
    assert_eq!(asked, described);
}

/// Everything that the lines at the top can say: passes, copies, a key, STANDBY.
#[tokio::test]
async fn trouble_is_in_the_status() {
    let settings = "[copy]\nfrom = 'elsewhere'\n[upload]\nkey_file = 'key'\n";
    let site = Site::with(settings, |data| {
        fs::create_dir(data.join("elsewhere")).unwrap();
    });
    site.noisy(UPLOADED, " 5-9 ", 'G', "");
    let folder = site.path(&format!("results/{UPLOADED:08}/sctns"));
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let report =
        files.into_iter().find(|path| path.to_string_lossy().ends_with("jobReport.json")).unwrap();
    let mut text: Value = serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
    text["sctcalib"]["doNoisyStrip"] = json!({ "standby": "no hits in 3 of 4 layers" });
    fs::write(report, text.to_string()).unwrap();
    site.refresh();
    beat(&site, Pass::Copy, 9_030, &well("2 jobs copied"));
    beat(&site, Pass::Mail, 60, &Outcome::failed("no server", Value::Null));
    beat(&site, Pass::Credentials, 40 * 86_400, &well("2 files looked at"));
    let answer = call(&site, "", Method::GET, "/status", &Value::Null).await;
    let folder = site.path("");
    let data = folder.to_str().unwrap().trim_end_matches('/');
    insta::assert_snapshot!("trouble", shown(&answer, data));
}

#[tokio::test]
async fn what_is_refused_says_why() {
    let site = site().await;
    let damaged = site.path(&format!("results/{RUN:08}/sctbse"));
    let damaged = fs::read_dir(damaged).unwrap().map(|entry| entry.unwrap().path());
    let list = damaged.into_iter().find(|path| path.to_string_lossy().contains("Module")).unwrap();
    fs::write(&list, "<run><data>").unwrap();
    let viewer = token(&site, "vic", Role::Viewer);
    let shifter = token(&site, "sam", Role::Shifter);
    let why = json!({ "reason": "known" });
    let mut said = String::new();
    for (method, path, token, body) in [
        (Method::GET, "/nowhere", "", Value::Null),
        (Method::GET, "/tabs/nothing", "", Value::Null),
        (Method::GET, "/tabs/noisy-strips/results?rows=all", "", Value::Null),
        (Method::GET, "/runs/1", "", Value::Null),
        (Method::GET, "/runs/x", "", Value::Null),
        (Method::GET, "/runs/4294967295", "", Value::Null),
        (Method::GET, "/runs/1/state", "", Value::Null),
        (Method::GET, "/runs/440199/Nothing/maps", "", Value::Null),
        (Method::GET, "/runs/440210/lorentz-angle/maps", "", Value::Null),
        (Method::GET, "/runs/440199/noise-occupancy/maps/noisy", "", Value::Null),
        (Method::GET, "/runs/440199/bytestream-errors/maps/errors", "", Value::Null),
        (Method::GET, "/runs/440199/noisy-strips/fits", "", Value::Null),
        (Method::GET, "/runs/440199/lorentz-angle/fits/16", "", Value::Null),
        (Method::GET, "/runs/440199/noise-occupancy/lumi-blocks", "", Value::Null),
        (
            Method::GET,
            "/runs/440199/noisy-strips/files/..%2F..%2F..%2Fsct-loop.toml",
            "",
            Value::Null,
        ),
        (Method::GET, "/runs/440199/noisy-strips/files/%2Fetc%2Fpasswd/digest", "", Value::Null),
        (Method::GET, "/runs/440199/noisy-strips/log/mycool.db", "", Value::Null),
        (Method::GET, "/modules/nowhere/facts", "", Value::Null),
        (Method::GET, "/uploads/7", "", Value::Null),
        (Method::GET, "/tasks/7", "", Value::Null),
        (Method::GET, "/tasks?state=GONE", "", Value::Null),
        (Method::GET, "/why/440200?task=nothing", "", Value::Null),
        (Method::GET, "/query?q=find%20rnu%205", "", Value::Null),
        (Method::GET, "/audit", "", Value::Null),
        (Method::GET, "/audit", "sctl_0000", Value::Null),
        (Method::GET, "/audit", &shifter, Value::Null),
        (Method::PUT, "/bad/noisy-strip/440199", &viewer, why.clone()),
        (Method::PUT, "/bad/noisy-strip/440199", &shifter, json!({ "reason": " " })),
        (Method::PUT, "/bad/noisy-strip/440199", &shifter, json!({ "why": "known" })),
        (Method::DELETE, "/bad/noisy-strip/440199", &shifter, Value::Null),
        (Method::POST, "/uploads/1/undo", &shifter, why.clone()),
        (Method::POST, "/uploads/1/retry", &shifter, why.clone()),
        (Method::POST, "/release/440199", &shifter, why),
    ] {
        let answer = call(&site, token, method.clone(), path, &body).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.text);
        let error: Value = serde_json::from_str(&answer.text).unwrap();
        let fields = error.as_object().unwrap();
        assert!(fields.len() == 1, "{}", answer.text);
        let data = site.path("");
        assert!(!answer.text.contains(data.to_str().unwrap()), "{}", answer.text);
        said += &format!("{method} {path}\n  {}: {}\n", answer.status, fields["error"]);
    }
    insta::assert_snapshot!("refused", said);
}

/// Files are those that pages give, byte by byte, with the digest that the list says.
#[tokio::test]
async fn files_are_what_the_list_says() {
    let site = site().await;
    for tab in ["noisy-strips", "sctro", "lorentz-angle"] {
        let list =
            call(&site, "", Method::GET, &format!("/runs/{RUN}/{tab}/files"), &Value::Null).await;
        let list: Vec<Value> = serde_json::from_str(&list.text).unwrap();
        assert!(list.len() >= 4, "{list:?}");
        for file in list {
            let path = file["address"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
            let answer = call(&site, "", Method::GET, path, &Value::Null).await;
            answer.assert(StatusCode::OK, &[]);
            let length = answer.head.headers()[header::CONTENT_LENGTH].to_str().unwrap();
            assert_eq!(length, file["size"].to_string());
            let digest =
                call(&site, "", Method::GET, &format!("{path}/digest"), &Value::Null).await;
            let digest: Value = serde_json::from_str(&digest.text).unwrap();
            assert_eq!(digest["sha256"], file["sha256"]);
            assert_eq!(digest["sha256"].as_str().unwrap().len(), 64);
        }
    }
}

/// A map has the numbers of the page.
#[tokio::test]
async fn a_map_has_every_module() {
    let site = site().await;
    let path = format!("/runs/{RUN}/noisy-strips/maps/noisy");
    let map = call(&site, "", Method::GET, &path, &Value::Null).await;
    let map: Value = serde_json::from_str(&map.text).unwrap();
    let modules = map["modules"].as_array().unwrap();
    assert_eq!(modules.len(), 4088);
    let noisy: Vec<(&Value, &Value)> = modules
        .iter()
        .filter(|module| module["value"] != json!(0.0))
        .map(|module| (&module["module"], &module["value"]))
        .collect();
    assert_eq!(noisy, [(&json!(17), &json!(5.0)), (&json!(2469), &json!(35.0))]);
    let place = &modules[2469];
    assert_eq!(
        (&place["part"], &place["layer"], &place["phi"], &place["eta"], &place["position"]),
        (&json!("Barrel"), &json!(3), &json!(3), &json!(-1), &json!("0.3.3.-1"))
    );
    let serial = sct_sim::default_cabling().serial_number(sct_id::ModuleHash::new(2469).unwrap());
    assert_eq!(place["serial"], json!(serial.unwrap().to_string()));
}
