//! What the page says of passes: all of them on their page, those that want somebody on every page.

use std::{fs, os::unix::fs::PermissionsExt as _};

use axum::http::StatusCode;
use sct_loop::passes::{Beats, Outcome, Pass};
use serde_json::Value;

use crate::site::{Browser, Site, between};

fn nobody() -> Browser {
    Browser::default()
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A pass that was made so many seconds ago.
pub(crate) fn beat(site: &Site, pass: Pass, ago: i64, outcome: &Outcome) {
    let mut beats = Beats::open(&site.settings().ledger()).unwrap();
    let (begin, every) = (now() - ago, pass.interval(site.settings()));
    let id = beats.begin(pass, begin, "test", every.map(|every| begin + every)).unwrap();
    beats.end(id, begin + 1, outcome).unwrap();
}

pub(crate) fn well(text: &str) -> Outcome {
    Outcome::ok(text, Value::Null)
}

/// The line of a pass.
async fn line(site: &Site, pass: &str) -> String {
    let page = site.get(&nobody(), "/passes").await.text;
    between(&page, &format!("<tr><th scope=\"row\">{pass}</th>"), "</tr>").to_owned()
}

async fn banners(site: &Site) -> String {
    let page = site.get(&nobody(), "/noisy-strips").await;
    page.assert(StatusCode::OK, &[]);
    between(&page.text, "<aside class=\"banners\"", "</aside>").to_owned()
}

#[tokio::test]
async fn all_passes_have_their_line() {
    let site = Site::new();
    let page = site.get(&nobody(), "/passes").await.text;
    for pass in Pass::ALL {
        let count = page.matches(&format!("<th scope=\"row\">{pass}</th>")).count();
        assert_eq!(count, 1, "{pass}");
    }
    beat(&site, Pass::Mail, 60, &well("2 <b>mails</b>"));
    let mail = line(&site, "mail").await;
    assert!(mail.contains("state green") && mail.contains("ok: 2 &#60;b&#62;mails"), "{mail}");
    beat(&site, Pass::Mail, 30, &Outcome::failed("no server", Value::Null));
    let mail = line(&site, "mail").await;
    assert!(mail.contains("state red") && mail.contains("failed: no server"), "{mail}");
    // A heartbeat does not make an upload pass alive whose log is missing; the log does.
    beat(&site, Pass::Upload, 30, &well("nothing to do"));
    assert!(line(&site, "upload").await.contains("state red"));
    site.pass();
    let upload = line(&site, "upload").await;
    assert!(upload.contains("state green") && upload.contains("ok: nothing to do"), "{upload}");
    beat(&site, Pass::Upload, 20, &Outcome::attention("1 refused", Value::Null));
    assert!(line(&site, "upload").await.contains("attention: 1 refused"));
}

#[tokio::test]
async fn trouble_is_said_on_every_page() {
    let site = Site::new();
    let quiet = banners(&site).await;
    assert!(!quiet.contains("The pass"), "{quiet}");
    beat(&site, Pass::LastRun, 60, &well("run 300001"));
    assert_eq!(banners(&site).await, quiet, "what is well needs no words");
    beat(&site, Pass::Mail, 60, &Outcome::failed("no <i>server</i>", Value::Null));
    let loud = banners(&site).await;
    assert!(loud.contains("The pass mail of ") && loud.contains("no &#60;i&#62;server"), "{loud}");
    let days = 40 * 86_400;
    beat(&site, Pass::Credentials, days, &well("2 files looked at"));
    let loud = banners(&site).await;
    assert!(loud.contains("The pass credentials is late: the last one was at"), "{loud}");
    beat(&site, Pass::Credentials, 5, &Outcome::attention("key.txt runs out", Value::Null));
    let loud = banners(&site).await;
    assert!(loud.contains("wants attention: key.txt runs out"), "{loud}");
}

#[tokio::test]
async fn the_age_of_the_copy_is_said_where_results_are_copied() {
    let site = Site::with("[copy]\nfrom = 'elsewhere'\n", |data| {
        fs::create_dir(data.join("elsewhere")).unwrap();
    });
    assert!(banners(&site).await.contains("No results were copied yet"));
    beat(&site, Pass::Copy, 9_030, &well("2 jobs copied"));
    let said = banners(&site).await;
    assert!(said.contains("Results were copied 2 h 30 min ago, the next one is due at"), "{said}");
    beat(&site, Pass::Copy, 5, &Outcome::failed("no such place", Value::Null));
    let said = banners(&site).await;
    assert!(said.contains("The pass copy of ") && !said.contains("Results were copied"), "{said}");
    assert!(!banners(&Site::new()).await.contains("copied"), "elsewhere nobody copies");
}

#[tokio::test]
async fn a_key_that_may_not_be_used_is_said() {
    let site = Site::with("[upload]\nkey_file = 'key'\n", |data| {
        fs::write(data.join("key"), "secret\n").unwrap();
        fs::set_permissions(data.join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    });
    site.pass();
    assert!(!banners(&site).await.contains("credentials rejected"));
    fs::set_permissions(site.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let said = banners(&site).await;
    assert!(said.contains("Nothing is uploaded: credentials rejected, renew key file"), "{said}");
    let upload = line(&site, "upload").await;
    assert!(upload.contains("state red") && upload.contains("credentials rejected"), "{upload}");
}
