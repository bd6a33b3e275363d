//! Run query, help, passes and audit log.

use std::fs;

use axum::http::StatusCode;
use sct_sim::WorldSettings;

use crate::site::{Browser, Site, between};

fn nobody() -> Browser {
    Browser::default()
}

fn main(text: &str) -> &str {
    between(text, "<main id=\"main\" tabindex=\"-1\">", "</main>")
}

/// A site with run control of thirty runs.
fn with_runs() -> Site {
    Site::with("[order]\nrun_control = ['world']\nruns = 'world/runs.db'\n", |data| {
        sct_tasks::simulation::world(&WorldSettings::default(), &data.join("world")).unwrap();
    })
}

#[tokio::test]
async fn runs_are_found_by_a_sentence_and_by_options() {
    let site = with_runs();
    let page = site.get(&nobody(), "/query?q=find+last+3+/+show+run+and+time+and+projecttag").await;
    page.assert(StatusCode::OK, &["<a href=\"/runs/", "Project tag", "3 runs."]);
    insta::assert_snapshot!("query", between(&page.text, "<div class=\"scroll\"", "<details>"));
    let options = site.get(&nobody(), "/query?q=--run+%22last+3%22+--show+run+--noroot").await;
    options.assert(StatusCode::OK, &["3 runs."]);
    // Quick choices are relative to now, long after these runs.
    let recent = site.get(&nobody(), "/query").await;
    recent.assert(StatusCode::OK, &["No run fits.", "value=\"find time last3d"]);
}

#[tokio::test]
async fn a_wrong_query_is_pointed_at() {
    let site = with_runs();
    let page = site.get(&nobody(), "/query?q=find+rnu+5").await;
    page.assert(
        StatusCode::UNPROCESSABLE_ENTITY,
        &[
            "unknown condition &#39;rnu&#39;",
            "did you mean <strong>run</strong>",
            "find <mark>rnu</mark> 5",
            "aria-invalid=\"true\"",
        ],
    );
    let hostile = site.get(&nobody(), "/query?q=find+%3Cscript%3E+5").await;
    hostile.assert(StatusCode::UNPROCESSABLE_ENTITY, &["<mark>&#60;script&#62;</mark>"]);
    assert!(!hostile.text.contains("<script"));
    let absent = site.get(&nobody(), "/query?q=find+dq+LAr+g").await;
    absent.assert(StatusCode::OK, &["which is not available here"]);
    let long = site.get(&nobody(), &format!("/query?q={}", "x".repeat(3_000))).await;
    long.assert(StatusCode::OK, &["longer than 2000 characters"]);
}

#[tokio::test]
async fn without_run_control_the_panel_says_what_to_set() {
    let page = Site::new().get(&nobody(), "/query").await;
    page.assert(StatusCode::OK, &["run_control in [order] of sct-loop.toml"]);
}

#[tokio::test]
async fn help_is_on_the_page() {
    let settings = "[order]\ndeadline_hours = 30\n[web.links]\n'Shift list' = 'https://shifts.example/?a=1&b=2'\n";
    let site = Site::with(settings, |_| {});
    let page = site.get(&nobody(), "/help").await;
    page.assert(
        StatusCode::OK,
        &[
            "<strong>1 d 6 h</strong>",
            "https://shifts.example/?a=1&#38;b=2",
            "id=\"F18\"",
            "didn&#39;t pass Stable Beam check",
        ],
    );
    insta::assert_snapshot!("help", main(&page.text));
}

#[tokio::test]
async fn passes_show_whether_they_are_alive() {
    let site = Site::new();
    let page = site.get(&nobody(), "/passes").await;
    page.assert(
        StatusCode::OK,
        &["not at work: start sct-loop serve", "<td class=\"when\">never</td>"],
    );
    assert!(page.text.contains("No scheduler is at work"), "a banner says it too");
    site.pass();
    let page = site.get(&nobody(), "/passes").await;
    page.assert(StatusCode::OK, &["<span class=\"state green\">alive</span>"]);
    let lock = fs::File::create(site.path("scheduler.lock")).unwrap();
    lock.lock().unwrap();
    let page = site.get(&nobody(), "/passes").await;
    page.assert(StatusCode::OK, &["<td>at work</td>"]);
    assert!(!page.text.contains("No scheduler is at work"));
}

#[tokio::test]
async fn only_the_administrator_reads_the_audit_log() {
    let site = Site::new();
    site.get(&nobody(), "/audit").await.assert(StatusCode::UNAUTHORIZED, &["sign in"]);
    for name in ["vic", "sam", "eve"] {
        let browser = site.sign_in(name).await;
        site.get(&browser, "/audit").await.assert(StatusCode::FORBIDDEN, &["role admin"]);
    }
    let eve = site.sign_in("eve").await;
    let fields = [("run", "300001"), ("reason", "<b>known</b>")];
    site.send(&eve, "/release", &fields).await.assert(StatusCode::SEE_OTHER, &[]);
    let root = site.sign_in("root").await;
    let page = site.get(&root, "/audit?action=release").await;
    page.assert(
        StatusCode::OK,
        &[
            "<td>eve</td>",
            "<td>run 300001</td>",
            "&#60;b&#62;known",
            "keeps nobody waiting any more",
        ],
    );
    assert!(!page.text.contains("<b>") && !page.text.contains("<td>root</td>"));
    let page = site.get(&root, "/audit?who=nobody").await;
    page.assert(StatusCode::OK, &["No such entries."]);
    assert!(site.get(&root, "/audit?who=root").await.text.contains("<td>root</td>"));
}
