//! The same for scripts: JSON, tokens, and a document that describes both.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use sct_account::{Accounts, Role};
use serde_json::{Value, json};

use crate::site::{Answer, Site, note};

/// A token of an account.
pub(crate) fn token(site: &Site, name: &str, role: Role) -> String {
    let mut accounts = Accounts::open(&site.settings().ledger()).unwrap();
    let note = note();
    accounts.create_token(name, "test", role, note.time + 86_400, &note).unwrap().1
}

pub(crate) async fn call(
    site: &Site,
    token: &str,
    method: Method,
    path: &str,
    body: &Value,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/api/v1{path}"))
        .header(header::CONTENT_TYPE, "application/json");
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    site.ask(request.body(body).unwrap()).await
}

async fn get(site: &Site, path: &str) -> Value {
    let answer = call(site, "", Method::GET, path, &Value::Null).await;
    answer.assert(StatusCode::OK, &[]);
    serde_json::from_str(&answer.text).unwrap()
}

#[tokio::test]
async fn a_script_uploads_a_run() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'Y', "FAILED in a; FAILED in b");
    let newest = get(&site, "/tabs/noisy-strips/results?rows=5").await;
    let result = &newest[0];
    assert_eq!((&result["run"], &result["flag"]), (&json!(300_001), &json!("Y")));
    assert_eq!(result["reasons"], json!(["FAILED in a", "FAILED in b"]));
    assert_eq!(result["values"]["StripsOfflineAll"], "1234");
    assert_eq!(get(&site, "/runs/300001").await[0]["sha256"], result["sha256"]);

    let mut wanted = json!({ "run": 300_001, "task": "noisy-strip", "sha256": result["sha256"], "comment": "by script" });
    let preview = call(&site, "", Method::POST, "/uploads/preview", &wanted).await;
    preview.assert(StatusCode::OK, &["dry run: nothing was written"]);
    let shifter = token(&site, "sam", Role::Shifter);
    let refused = call(&site, &shifter, Method::POST, "/uploads", &wanted).await;
    refused.assert(StatusCode::UNPROCESSABLE_ENTITY, &["confirm the flag"]);
    wanted["confirm_flag"] = json!(true);
    let made = call(&site, &shifter, Method::POST, "/uploads", &wanted).await;
    made.assert(StatusCode::CREATED, &["\"state\":\"requested\"", "\"who\":\"sam\""]);
    assert_eq!(site.pass().done, [1]);
    assert_eq!(get(&site, "/uploads/1").await["state"], "done");

    let why = json!({ "reason": "wrong run" });
    let undone = call(&site, &shifter, Method::POST, "/uploads/1/undo", &why).await;
    undone.assert(StatusCode::FORBIDDEN, &["admin"]);
    let admin = token(&site, "root", Role::Admin);
    let silent = json!({ "reason": "  " });
    let silent = call(&site, &admin, Method::POST, "/uploads/1/undo", &silent).await;
    silent.assert(StatusCode::UNPROCESSABLE_ENTITY, &["give a reason"]);
    let undone = call(&site, &admin, Method::POST, "/uploads/1/undo", &why).await;
    undone.assert(StatusCode::NO_CONTENT, &[]);
    assert_eq!(get(&site, "/uploads?rows=1").await[0]["state"], "undone");
    assert_eq!(site.objects(300_001), 0);
}

#[tokio::test]
async fn only_tokens_change_anything() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'G', "");
    let why = json!({ "reason": "STANDBY" });
    let viewer = token(&site, "vic", Role::Viewer);
    // A token may be weaker than its account.
    let weak = token(&site, "root", Role::Viewer);
    for (token, status) in [
        ("", StatusCode::UNAUTHORIZED),
        ("sctl_0000", StatusCode::UNAUTHORIZED),
        (viewer.as_str(), StatusCode::FORBIDDEN),
        (weak.as_str(), StatusCode::FORBIDDEN),
    ] {
        let answer = call(&site, token, Method::PUT, "/bad/noisy-strip/300001", &why).await;
        answer.assert(status, &["error"]);
    }
    // The session of a browser is no token.
    let browser = site.sign_in("root").await;
    let request = Request::put("/api/v1/bad/noisy-strip/300001")
        .header(header::COOKIE, &browser.cookie)
        .header(header::CONTENT_TYPE, "application/json");
    let answer = site.ask(request.body(Body::from(why.to_string())).unwrap()).await;
    answer.assert(StatusCode::UNAUTHORIZED, &["send a token"]);

    let shifter = token(&site, "sam", Role::Shifter);
    let path = "/bad/noisy-strip/300001";
    call(&site, &shifter, Method::PUT, path, &why).await.assert(StatusCode::NO_CONTENT, &[]);
    let gone = call(&site, &shifter, Method::DELETE, path, &Value::Null).await;
    gone.assert(StatusCode::NO_CONTENT, &[]);
    let twice = call(&site, &shifter, Method::DELETE, path, &Value::Null).await;
    twice.assert(StatusCode::NOT_FOUND, &["is not marked bad"]);
}

#[tokio::test]
async fn what_cannot_be_is_said_in_json() {
    let site = Site::new();
    for (path, status, words) in [
        ("/runs/300001", StatusCode::NOT_FOUND, "no such result"),
        ("/tabs/nothing/results", StatusCode::NOT_FOUND, "is no task"),
        ("/uploads/7", StatusCode::NOT_FOUND, "there is no upload 7"),
        ("/nothing", StatusCode::NOT_FOUND, "no such address"),
        ("/runs/many", StatusCode::BAD_REQUEST, "many"),
        ("/tabs/noisy-strips/results?rows=all", StatusCode::BAD_REQUEST, "rows"),
        ("/tasks?state=GONE", StatusCode::UNPROCESSABLE_ENTITY, "no state of a task"),
        ("/tasks/7", StatusCode::NOT_FOUND, "no task 7"),
    ] {
        let answer = call(&site, "", Method::GET, path, &Value::Null).await;
        answer.assert(status, &["{\"error\":", words]);
    }
}

/// Every address that the document names is answered, and every handler is in it.
#[tokio::test]
async fn the_document_is_true() {
    let site = Site::new();
    let document = get(&site, "/openapi.json").await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    let mut count = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let filled = path.replace("{run}", "300001").replace("{tab}", "noisy-strips");
            let filled = filled
                .replace("{id}", "1")
                .replace("{task}", "noisy-strip")
                .replace("{module}", "5")
                .replace("{map}", "noisy")
                .replace("{fit}", "0")
                .replace("{name}", "x.log");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = call(&site, "", method.clone(), &filled, &json!({})).await;
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert!(!answer.text.contains("no such address"), "{method} {path}");
            count += 1;
        }
    }
    assert!(count >= 40, "{count}");
}

#[tokio::test]
async fn runs_and_tasks_are_explained() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'G', "");
    let why = get(&site, "/why/300001?task=sctns").await;
    assert!(why["page"]["sctns"].is_string(), "{why}");
    assert_eq!(get(&site, "/tasks?days=0").await, json!([]));
    let shifter = token(&site, "sam", Role::Shifter);
    let reason = json!({ "reason": "x" });
    let answer = call(&site, &shifter, Method::POST, "/release/300001", &reason).await;
    answer.assert(StatusCode::FORBIDDEN, &["expert"]);
    let expert = token(&site, "eve", Role::Expert);
    let answer = call(&site, &expert, Method::POST, "/release/300001", &reason).await;
    assert!(
        answer.status.is_success() || answer.status == StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn the_state_of_the_loop_is_there() {
    let site = Site::new();
    let passes = get(&site, "/passes").await;
    assert_eq!(passes.as_array().unwrap().len(), 5);
    assert_eq!(passes[0]["pass"], "upload");
    let shifter = token(&site, "sam", Role::Shifter);
    let answer = call(&site, &shifter, Method::GET, "/audit", &Value::Null).await;
    answer.assert(StatusCode::FORBIDDEN, &["admin"]);
    let admin = token(&site, "root", Role::Admin);
    let answer = call(&site, &admin, Method::GET, "/audit?who=test", &Value::Null).await;
    answer.assert(StatusCode::OK, &["\"who\":\"test\""]);
    let answer = call(&site, "", Method::GET, "/query?q=find%20rnu%205", &Value::Null).await;
    answer.assert(StatusCode::UNPROCESSABLE_ENTITY, &["unknown condition", "rnu"]);
}

#[tokio::test]
async fn numbers_are_followed_over_runs() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'G', "");
    site.noisy(300_002, " 5-9 ", 'G', "");
    let measures = get(&site, "/history/measures").await;
    let strips = |measure: &&Value| measure["name"] == "StripsOfflineAll";
    assert!(measures.as_array().unwrap().iter().any(|measure| strips(&measure)), "{measures}");
    let points = get(&site, "/history?kind=sctns&name=StripsOfflineAll").await;
    let runs: Vec<_> = points.as_array().unwrap().iter().map(|point| &point["run"]).collect();
    assert_eq!(runs, [&json!(300_001), &json!(300_002)]);
    assert_eq!(points[0]["value"], 1234.0);
    assert!(get(&site, "/modules/5").await.is_array());
    let answer = call(&site, "", Method::GET, "/modules/nowhere", &Value::Null).await;
    answer.assert(StatusCode::UNPROCESSABLE_ENTITY, &["nowhere"]);
}
