//! Who may do what.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

use crate::site::{Browser, Site, between};

/// Every form of the page that changes something, with fields that would be right.
fn forms(sha256: &str) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let upload = || ("upload", format!("300001 {sha256}"));
    let reason = || ("reason", "a reason".to_owned());
    vec![
        ("/noisy-strips/send", vec![upload()]),
        ("/noisy-strips/send/confirm", vec![upload()]),
        ("/noisy-strips/send/confirm", vec![("bad", "300001".to_owned()), reason()]),
        ("/uploads/1/undo", vec![reason()]),
        ("/uploads/1/retry", vec![reason()]),
        ("/uploads/1/cancel", vec![reason()]),
    ]
}

fn fields<'a>(fields: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    fields.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test]
async fn only_shifters_change_anything() {
    let site = Site::new();
    site.noisy(300_001, " 5 ", 'G', "");
    let page = site.get(&site.sign_in("sam").await, "/noisy-strips").await.text;
    let sha256 = between(&page, "value=\"300001 ", "\"").to_owned();
    let viewer = site.sign_in("vic").await;
    for (path, form) in forms(&sha256) {
        let form = fields(&form);
        let nobody = site.post(&Browser::default(), path, &form).await;
        nobody.assert(StatusCode::UNAUTHORIZED, &["sign in"]);
        let answer = site.send(&viewer, path, &form).await;
        answer.assert(StatusCode::FORBIDDEN, &["vic has the role viewer"]);
    }
    let undo = site.send(&site.sign_in("eve").await, "/uploads/1/undo", &[("reason", "x")]).await;
    undo.assert(StatusCode::FORBIDDEN, &["admin"]);
    let queue = site.get(&viewer, "/uploads").await;
    queue.assert(StatusCode::OK, &["No uploads were asked for"]);
    assert_eq!(site.objects(300_001), 0);
}

#[tokio::test]
async fn forms_of_other_pages_are_refused() {
    let site = Site::new();
    site.noisy(300_001, " 5 ", 'G', "");
    let shifter = site.sign_in("sam").await;
    for csrf in [None, Some(""), Some("0000"), Some(site.sign_in("tom").await.csrf.as_str())] {
        let token = csrf.map(|csrf| ("csrf", csrf));
        let form = [("bad", "300001"), ("reason", "x")];
        let form: Vec<_> = token.iter().chain(&form).copied().collect();
        let answer = site.post(&shifter, "/noisy-strips/send/confirm", &form).await;
        answer.assert(StatusCode::FORBIDDEN, &["Load the page again"]);
    }
}

#[tokio::test]
async fn sessions_begin_and_end() {
    let site = Site::new();
    let shifter = site.sign_in("sam").await;
    site.get(&shifter, "/noisy-strips").await.assert(StatusCode::OK, &["sam", "Sign out"]);
    site.send(&shifter, "/sign-out", &[]).await.assert(StatusCode::SEE_OTHER, &[]);
    let page = site.get(&shifter, "/noisy-strips").await;
    page.assert(StatusCode::OK, &["Sign in"]);
    assert!(!page.text.contains("Sign out"));
    // An old form of the ended session.
    let answer = site.send(&shifter, "/noisy-strips/send", &[("bad", "300001")]).await;
    answer.assert(StatusCode::UNAUTHORIZED, &["Sign in"]);
}

#[tokio::test]
async fn wrong_passwords_are_counted() {
    let site = Site::new();
    let mut statuses = Vec::new();
    for attempt in 0..8 {
        let password = format!("wrong password {attempt}");
        let fields = [("name", "sam"), ("password", password.as_str())];
        statuses.push(site.post(&Browser::default(), "/sign-in", &fields).await.status);
    }
    assert_eq!(statuses[0], StatusCode::UNAUTHORIZED);
    assert_eq!(statuses[7], StatusCode::TOO_MANY_REQUESTS, "{statuses:?}");
}

#[tokio::test]
async fn answers_protect_the_browser() {
    let site = Site::new();
    for path in ["/noisy-strips", "/nothing", "/static/style.css"] {
        let answer = site.get(&Browser::default(), path).await;
        let headers = answer.head.headers();
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY");
        assert!(!answer.text.contains("<script") && !answer.text.contains("style=\""));
    }
    let fields = [("name", "sam"), ("password", crate::site::PASSWORD), ("next", "//evil.example")];
    let answer = site.post(&Browser::default(), "/sign-in", &fields).await;
    let headers = answer.head.headers();
    assert_eq!(headers[header::LOCATION], "/");
    let cookie = headers[header::SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn nobody_is_signed_in_by_another_site() {
    let site = Site::new();
    let sign_in = |from: &str| {
        let body = format!("name=sam&password={}", crate::site::PASSWORD.replace(' ', "+"));
        let request = Request::post("/sign-in")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", from);
        site.ask(request.body(Body::from(body)).unwrap())
    };
    // Another host of the same domain is another site as well.
    for site in ["cross-site", "same-site"] {
        let refused = sign_in(site).await;
        refused.assert(StatusCode::FORBIDDEN, &["another site"]);
        assert!(!refused.head.headers().contains_key(header::SET_COOKIE));
        assert!(refused.head.headers().contains_key(header::CONTENT_SECURITY_POLICY));
    }
    sign_in("same-origin").await.assert(StatusCode::SEE_OTHER, &[]);
}
