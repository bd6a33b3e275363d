//! From a mark on the page to the master, and back.

use axum::http::StatusCode;

use crate::site::{Browser, Site, between};

pub(crate) const CONFIRM: &str = "/noisy-strips/send/confirm";

/// The value of a run's check-box: the run with the digest of its file.
pub(crate) async fn mark(site: &Site, browser: &Browser, run: u32) -> String {
    let page = site.get(browser, "/noisy-strips").await.text;
    let sha256 = between(&page, &format!("name=\"upload\" value=\"{run} "), "\"");
    format!("{run} {sha256}")
}

#[tokio::test]
async fn a_run_is_sent_uploaded_and_undone() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'G', "");
    let shifter = site.sign_in("sam").await;
    let page = site.get(&shifter, "/noisy-strips").await;
    page.assert(StatusCode::OK, &["300001", "1234", "green", "processed but not uploaded"]);
    let upload = mark(&site, &shifter, 300_001).await;

    let review = site.send(&shifter, "/noisy-strips/send", &[("upload", &upload)]).await;
    review.assert(StatusCode::OK, &["Nothing has happened yet", "30 objects in", "dry run"]);
    // Strip 4 of 30 modules was masked; strips 5 to 9 would be.
    let counts =
        "<strong>150</strong> newly masked, <strong>30</strong> no longer masked, 0 unchanged";
    review.assert(StatusCode::OK, &[counts, "end-cap C disk 0", "The modules that change most"]);
    assert_eq!(review.text.matches("<td class=\"number\">5</td>").count(), 10, "ten modules");
    assert!(!review.text.contains("name=\"looked\""), "a green flag needs no second look");
    site.get(&shifter, "/uploads").await.assert(StatusCode::OK, &["No uploads"]);

    let sent = site.send(&shifter, CONFIRM, &[("upload", &upload), ("reason", "fine")]).await;
    sent.assert(StatusCode::OK, &["requested as upload 1"]);
    let again = site.send(&shifter, CONFIRM, &[("upload", &upload)]).await;
    again.assert(StatusCode::OK, &["requested already, as upload 1"]);
    assert_eq!(site.objects(300_001), 0, "nothing happens before the pass");
    assert_eq!(site.pass().done, [1]);
    assert_eq!(site.objects(300_001), 30);
    site.get(&shifter, "/noisy-strips")
        .await
        .assert(StatusCode::OK, &["has been uploaded", "done"]);
    let shown = site.get(&shifter, "/uploads/1").await;
    shown.assert(StatusCode::OK, &["upload OK", "sam", "Receipt"]);

    let admin = site.sign_in("root").await;
    let silent = site.send(&admin, "/uploads/1/undo", &[("reason", " ")]).await;
    silent.assert(StatusCode::UNPROCESSABLE_ENTITY, &["give a reason"]);
    let undone = site.send(&admin, "/uploads/1/undo", &[("reason", "wrong run")]).await;
    undone.assert(StatusCode::SEE_OTHER, &[]);
    assert_eq!(site.objects(300_001), 0);
    site.get(&admin, "/uploads/1").await.assert(StatusCode::OK, &["undone", "wrong run"]);
}

#[tokio::test]
async fn doubtful_flags_are_looked_at_twice() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'Y', "FAILED in StripDiff");
    let shifter = site.sign_in("sam").await;
    let upload = mark(&site, &shifter, 300_001).await;
    let review = site.send(&shifter, "/noisy-strips/send", &[("upload", &upload)]).await;
    review.assert(StatusCode::OK, &["FAILED in StripDiff", "name=\"looked\"", "required"]);
    let sent = site.send(&shifter, CONFIRM, &[("upload", &upload)]).await;
    sent.assert(StatusCode::OK, &["look at it, then confirm the flag"]);
    let form = [("upload", upload.as_str()), ("looked", "300001"), ("reason", "cosmics")];
    site.send(&shifter, CONFIRM, &form).await.assert(StatusCode::OK, &["requested as upload 1"]);
}

#[tokio::test]
async fn what_was_seen_is_what_is_uploaded() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'G', "");
    let shifter = site.sign_in("sam").await;
    let seen = mark(&site, &shifter, 300_001).await;
    // The run is processed once more while the page is open.
    std::thread::sleep(std::time::Duration::from_millis(20));
    site.noisy(300_001, " 5-11 ", 'G', "");
    let sent = site.send(&shifter, CONFIRM, &[("upload", &seen)]).await;
    sent.assert(StatusCode::OK, &["load the page again"]);
    assert_ne!(mark(&site, &shifter, 300_001).await, seen);
    for wrong in ["300001", "300001 zz", "300001 ../../etc/passwd", "x y", ""] {
        let answer = site.send(&shifter, CONFIRM, &[("upload", wrong)]).await;
        answer.assert(StatusCode::UNPROCESSABLE_ENTITY, &["no mark of this page"]);
    }
}

#[tokio::test]
async fn bad_marks_come_and_go() {
    let site = Site::new();
    site.noisy(300_001, " 5-9 ", 'R', "FAILED");
    let (sam, tom) = (site.sign_in("sam").await, site.sign_in("tom").await);
    let upload = mark(&site, &sam, 300_001).await;
    let both = [("upload", upload.as_str()), ("bad", "300001"), ("reason", "x")];
    let answer = site.send(&sam, "/noisy-strips/send", &both).await;
    answer.assert(StatusCode::UNPROCESSABLE_ENTITY, &["choose one"]);
    let silent = site.send(&sam, CONFIRM, &[("bad", "300001")]).await;
    silent.assert(StatusCode::UNPROCESSABLE_ENTITY, &["give a reason"]);
    let marked = site.send(&sam, CONFIRM, &[("bad", "300001"), ("reason", "STANDBY")]).await;
    marked.assert(StatusCode::OK, &["marked bad"]);
    // The other shifter still has the page from before.
    let late = [("upload", upload.as_str()), ("looked", "300001")];
    let late = site.send(&tom, CONFIRM, &late).await;
    late.assert(StatusCode::OK, &["is marked bad by sam: STANDBY"]);
    let page = site.get(&tom, "/noisy-strips").await;
    page.assert(StatusCode::OK, &["bad: STANDBY (sam, ", "is marked bad"]);
    let taken = site.send(&tom, CONFIRM, &[("unmark", "300001")]).await;
    taken.assert(StatusCode::OK, &["no longer marked bad"]);
}

#[tokio::test]
async fn text_stays_text() {
    let site = Site::new();
    let attack = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    site.noisy(300_001, " 5-9 ", 'Y', attack);
    let shifter = site.sign_in("sam").await;
    let upload = mark(&site, &shifter, 300_001).await;
    let form = [("upload", upload.as_str()), ("looked", "300001"), ("reason", attack)];
    site.send(&shifter, CONFIRM, &form).await.assert(StatusCode::OK, &["requested as upload 1"]);
    site.pass();
    for path in ["/noisy-strips", "/uploads", "/uploads/1"] {
        let page = site.get(&shifter, path).await;
        assert!(!page.text.contains("<script") && !page.text.contains("<img src=x"), "{path}");
    }
    site.get(&shifter, "/uploads/1").await.assert(StatusCode::OK, &["&#60;script&#62;"]);
}
