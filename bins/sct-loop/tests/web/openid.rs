//! Signing in with a provider: a real browser, a real provider, both on this machine.

use std::{fs, os::unix::fs::PermissionsExt as _};

use axum::http::{StatusCode, header};

use crate::{
    provider::{CLIENT, Lie, SECRET, Served},
    site::{Browser, Site, between},
};

/// A site whose people sign in with a provider, reached at `url`.
fn site(provider: &Served, url: &str) -> Site {
    let settings = format!(
        "[web]\nurl = \"{url}\"\n[web.openid]\nissuer = \"{}\"\nclient_id = \"{CLIENT}\"\nclient_secret_file = \"secret\"\n\
         roles = {{ \"sct-shift\" = \"shifter\" }}\n",
        provider.issuer
    );
    Site::with(&settings, |folder| {
        let secret = folder.join("secret");
        fs::write(&secret, SECRET).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    })
}

/// Follows a visitor to the provider and back; gives the way back and what the browser keeps.
async fn go(site: &Site) -> (String, Browser) {
    let begun = site.get(&Browser::default(), "/sign-in/openid").await;
    begun.assert(StatusCode::SEE_OTHER, &[]);
    let text = |name| begun.head.headers()[name].to_str().unwrap().to_owned();
    let (address, cookie) = (text(header::LOCATION), text(header::SET_COOKIE));
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let answer = client.build().unwrap().get(&address).send().await.unwrap();
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let back = format!("/{}", back.splitn(4, '/').nth(3).unwrap());
    (back, Browser { cookie, csrf: String::new() })
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_with_the_provider() {
    let now = jiff::Timestamp::now().as_second();
    let site = site(&Served::at(Lie::None, now).await, "http://127.0.0.1:8024");
    let page = site.get(&Browser::default(), "/sign-in").await;
    page.assert(StatusCode::OK, &["Sign in with the provider"]);
    let (back, browser) = go(&site).await;
    // Another browser cannot end what this one began.
    let other = site.get(&Browser::default(), &back).await;
    other.assert(StatusCode::UNPROCESSABLE_ENTITY, &["did not begin in this browser"]);
    let signed = site.get(&browser, &back).await;
    signed.assert(StatusCode::SEE_OTHER, &[]);
    let cookie = signed.head.headers()[header::SET_COOKIE].to_str().unwrap();
    let session =
        Browser { cookie: cookie.split(';').next().unwrap().to_owned(), ..browser.clone() };
    let page = site.get(&session, "/noisy-strips").await;
    page.assert(StatusCode::OK, &["jdoe", "(shifter)", "Sign out"]);
    assert!(!between(&page.text, "name=\"csrf\" value=\"", "\"").is_empty());
    // The way back is good once.
    let again = site.get(&browser, &back).await;
    again.assert(StatusCode::UNPROCESSABLE_ENTITY, &["used before"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_lies_is_not_believed() {
    let now = jiff::Timestamp::now().as_second();
    for lie in [Lie::Nonce, Lie::Audience, Lie::Expired, Lie::Key] {
        // A token that ended a moment ago is within what clocks may differ.
        let now = if lie == Lie::Expired { now - 86_400 } else { now };
        let site = site(&Served::at(lie, now).await, "http://127.0.0.1:8024");
        let (back, browser) = go(&site).await;
        let answer = site.get(&browser, &back).await;
        answer.assert(StatusCode::UNPROCESSABLE_ENTITY, &["did not work"]);
        assert!(!answer.head.headers().contains_key(header::SET_COOKIE), "{lie:?}");
    }
}

#[tokio::test]
async fn without_a_provider_nobody_is_sent_anywhere() {
    let site = Site::new();
    let answer = site.get(&Browser::default(), "/sign-in/openid").await;
    answer.assert(StatusCode::NOT_FOUND, &["No provider"]);
}
