//! Signing in with a provider that runs in the test, as a browser does it, and with providers that lie.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod provider;

use std::{fs, os::unix::fs::PermissionsExt as _};

use provider::{CLIENT, Lie, NOW, SECRET, Served};
use sct_account::{Accounts, External, Hashing, Role};
use sct_openid::{Begun, Error, Identity, Provider, Settings};
use tempfile::TempDir;

const REDIRECT: &str = "https://loop.example/sign-in/back";

/// Settings and secret in a folder, as the page has them.
struct Page {
    folder: TempDir,
    settings: Settings,
}

impl Page {
    fn new(issuer: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        fs::write(&secret, format!("{SECRET}\n")).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        let settings = serde_json::json!({
            "issuer": issuer, "client_id": CLIENT, "client_secret_file": "secret",
            "roles": { "sct-shift": "shifter", "sct-expert": "expert" },
        });
        Self { folder, settings: serde_json::from_value(settings).unwrap() }
    }

    fn provider(&self) -> Result<Provider, Error> {
        Provider::new(&self.settings, self.folder.path(), REDIRECT)
    }
}

/// Goes to the provider and comes back with state and code.
async fn visit(begun: &Begun) -> (String, String) {
    let browser =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = browser.get(&begun.url).send().await.unwrap();
    assert_eq!(answer.status(), 303, "{}", answer.text().await.unwrap());
    let back = answer.headers()["location"].to_str().unwrap();
    let query = back.strip_prefix(REDIRECT).unwrap().strip_prefix('?').unwrap();
    let value = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(found, _)| *found == name).unwrap().1.to_owned()
    };
    (value("state"), value("code"))
}

async fn sign_in(lie: Lie) -> Result<Identity, Error> {
    let served = Served::new(lie).await;
    let provider = Page::new(&served.issuer).provider().unwrap();
    let begun = provider.begin().await?;
    let (state, code) = visit(&begun).await;
    assert_eq!(state, begun.state);
    provider.finish(&begun.kept, &code, NOW).await
}

#[tokio::test]
async fn somebody_signs_in_and_gets_the_role_of_the_group() {
    let served = Served::new(Lie::None).await;
    let page = Page::new(&served.issuer);
    let provider = page.provider().unwrap();
    let ledger = page.folder.path().join("ledger.db");
    let quick =
        sct_account::Settings { hashing: Hashing::LEAST, ..sct_account::Settings::default() };
    let mut accounts = Accounts::open_with(&ledger, quick).unwrap();

    let begun = provider.begin().await.unwrap();
    accounts.hold(&begun.state, &begun.kept, NOW + 600, NOW).unwrap();
    let (state, code) = visit(&begun).await;
    let kept = accounts.claim(&state, NOW + 30).unwrap().unwrap();
    let who = provider.finish(&kept, &code, NOW + 30).await.unwrap();
    assert_eq!(who.subject, format!("{} 4711", served.issuer));
    assert_eq!((who.name.as_str(), who.full_name.as_str()), ("jdoe", "Jane Doe"));
    assert_eq!(who.email, "jane@example.org");
    assert_eq!(who.groups, ["sct-shift", "all-staff"]);

    let role = who.roles(&page.settings).map(|word| word.parse::<Role>().unwrap()).max();
    let Identity { subject, name, full_name, email, .. } = who;
    let person = External { subject, name, full_name, email, role };
    let entered = accounts.sign_in_external(&person, "10.0.0.1", NOW + 30).unwrap();
    let session = accounts.session(&entered.token, NOW + 40).unwrap().unwrap();
    assert_eq!((session.account.name.as_str(), session.account.role), ("jdoe", Role::Shifter));

    // The way back is open once: neither the state nor the code is good again.
    assert_eq!(accounts.claim(&state, NOW + 31).unwrap(), None);
    let again = provider.finish(&kept, &code, NOW + 31).await;
    assert!(matches!(again, Err(Error::Provider { .. })), "{again:?}");
}

#[tokio::test]
async fn lies_are_not_believed() {
    for (lie, word) in [
        (Lie::Nonce, "nonce"),
        (Lie::NoNonce, "nonce"),
        (Lie::Audience, "audience"),
        (Lie::FurtherAudience, "audience"),
        (Lie::Issuer, "issuer"),
        (Lie::Expired, "expired"),
        (Lie::Key, "signature"),
        (Lie::Unsigned, "signature"),
        (Lie::SharedSecret, "signature"),
        (Lie::AccessToken, "access token"),
        (Lie::NoIdentity, "no identity"),
    ] {
        match sign_in(lie).await {
            Err(Error::Refused(what)) => {
                assert!(what.to_lowercase().contains(word), "{lie:?}: {what}");
            }
            other => panic!("{lie:?}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_way_back_is_of_the_one_who_began() {
    let served = Served::new(Lie::None).await;
    let provider = Page::new(&served.issuer).provider().unwrap();
    let (mine, other) = (provider.begin().await.unwrap(), provider.begin().await.unwrap());
    assert_ne!(mine.state, other.state);
    // A code that somebody else got: the provider asks for the verifier of its own sign-in.
    let (_, code) = visit(&other).await;
    let mixed = provider.finish(&mine.kept, &code, NOW).await;
    assert!(matches!(mixed, Err(Error::Provider { .. })), "{mixed:?}");
    let made_up = provider.finish("{}", &code, NOW).await;
    assert!(matches!(made_up, Err(Error::Refused(_))), "{made_up:?}");
}

#[tokio::test]
async fn addresses_that_are_not_verified_are_left_out() {
    let who = sign_in(Lie::Unverified).await.unwrap();
    assert_eq!(who.email, "");
    assert_eq!(who.groups, ["sct-expert"], "one group as a word");
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_named() {
    let page = Page::new("http://127.0.0.1:9");
    let error = page.provider().unwrap().begin().await.unwrap_err();
    assert!(error.to_string().contains("provider http://127.0.0.1:9: discovery"), "{error}");
    // One whose document names another issuer is somebody else.
    let served = Served::new(Lie::Discovery).await;
    let begun = Page::new(&served.issuer).provider().unwrap().begin().await;
    assert!(matches!(begun, Err(Error::Provider { .. })), "{begun:?}");
}

#[test]
fn settings_that_leak_secrets_are_refused() {
    for issuer in ["http://idp.example", "ftp://idp.example", "idp.example", ""] {
        let refused = Page::new(issuer).provider().unwrap_err();
        assert!(matches!(refused, Error::Setting { key: "issuer", .. }), "{refused}");
    }
    let page = Page::new("https://idp.example/realms/one");
    page.provider().unwrap();
    let secret = page.folder.path().join("secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = page.provider().unwrap_err();
    assert!(refused.to_string().contains("others can read it"), "{refused}");
}
