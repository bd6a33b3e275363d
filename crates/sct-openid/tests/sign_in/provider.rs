//! A small provider: discovery, keys, sign-in, tokens signed with ES256. It checks what it is asked, and lies on demand.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use ring::{
    digest, hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const CLIENT: &str = "sct-loop";
pub(crate) const SECRET: &str = "s3cret";
pub(crate) const NOW: i64 = 1_764_000_000;
const ACCESS: &str = "access";

/// What is wrong with the provider's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    None,
    Nonce,
    NoNonce,
    Audience,
    FurtherAudience,
    Issuer,
    Expired,
    /// Signed with a key that is not published.
    Key,
    Unsigned,
    /// Signed with the secret of the page, which others may know.
    SharedSecret,
    AccessToken,
    NoIdentity,
    Unverified,
    Discovery,
}

pub(crate) struct Served {
    pub(crate) issuer: String,
}

struct Inner {
    issuer: String,
    lie: Lie,
    /// Present time, seconds since 1970.
    now: i64,
    key: EcdsaKeyPair,
    /// Nonce and challenge of each code that was not used.
    codes: Mutex<HashMap<String, (String, String)>>,
}

type Provider = State<Arc<Inner>>;

impl Served {
    /// Serves until the test ends.
    pub(crate) async fn new(lie: Lie) -> Self {
        Self::at(lie, NOW).await
    }

    /// The same at another time.
    pub(crate) async fn at(lie: Lie, now: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner { issuer: issuer.clone(), lie, now, key: key(), codes: Mutex::default() };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(Arc::new(inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { issuer }
    }
}

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap()
}

async fn discovery(State(provider): Provider) -> Json<Value> {
    let issuer = &provider.issuer;
    let said = if provider.lie == Lie::Discovery { "http://127.0.0.1:1" } else { issuer };
    Json(json!({
        "issuer": said,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    }))
}

async fn keys(State(provider): Provider) -> Json<Value> {
    // 4, then both coordinates.
    let point = provider.key.public_key().as_ref();
    let (x, y) = (url64(&point[1..33]), url64(&point[33..65]));
    Json(
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "one", "x": x, "y": y }] }),
    )
}

async fn authorize(
    State(provider): Provider,
    Query(asked): Query<HashMap<String, String>>,
) -> Response {
    let wanted =
        [("response_type", "code"), ("client_id", CLIENT), ("code_challenge_method", "S256")];
    let missing = wanted
        .into_iter()
        .find(|(name, value)| asked.get(*name).is_none_or(|found| found != value));
    let scope = asked["scope"].split(' ').collect::<Vec<_>>();
    if missing.is_some() || scope != ["openid", "profile", "email"] {
        return (StatusCode::BAD_REQUEST, format!("{missing:?} {scope:?}")).into_response();
    }
    let mut codes = provider.codes.lock().unwrap();
    let code = format!("code{}", codes.len());
    codes.insert(code.clone(), (asked["nonce"].clone(), asked["code_challenge"].clone()));
    Redirect::to(&format!("{}?code={code}&state={}", asked["redirect_uri"], asked["state"]))
        .into_response()
}

async fn token(
    State(provider): Provider,
    headers: HeaderMap,
    Form(asked): Form<HashMap<String, String>>,
) -> Response {
    let basic =
        format!("Basic {}", base64(format!("{CLIENT}:{SECRET}").as_bytes(), STANDARD, true));
    let refused =
        |what: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": what }))).into_response();
    if headers.get(header::AUTHORIZATION).is_none_or(|found| found.as_bytes() != basic.as_bytes()) {
        return refused("invalid_client");
    }
    let Some((nonce, challenge)) = provider.codes.lock().unwrap().remove(&asked["code"]) else {
        return refused("invalid_grant");
    };
    let verifier = digest::digest(&digest::SHA256, asked["code_verifier"].as_bytes());
    if url64(verifier.as_ref()) != challenge || asked["grant_type"] != "authorization_code" {
        return refused("invalid_grant");
    }
    let mut answer = json!({ "access_token": ACCESS, "token_type": "Bearer", "expires_in": 300 });
    if provider.lie != Lie::NoIdentity {
        answer["id_token"] = json!(provider.identity(&nonce));
    }
    Json(answer).into_response()
}

impl Inner {
    fn identity(&self, nonce: &str) -> String {
        let hash = digest::digest(&digest::SHA256, ACCESS.as_bytes());
        let mut claims = json!({
            "iss": self.issuer, "sub": "4711", "aud": CLIENT, "iat": self.now, "exp": self.now + 300, "nonce": nonce,
            "at_hash": url64(&hash.as_ref()[..16]), "preferred_username": "jdoe", "name": "Jane Doe",
            "email": "jane@example.org", "email_verified": true, "groups": ["sct-shift", "all-staff"],
        });
        match self.lie {
            Lie::Nonce => claims["nonce"] = json!("another"),
            Lie::NoNonce => drop(claims.as_object_mut().unwrap().remove("nonce")),
            Lie::Audience => claims["aud"] = json!("another"),
            Lie::FurtherAudience => claims["aud"] = json!([CLIENT, "another"]),
            Lie::Issuer => claims["iss"] = json!("https://another.example"),
            Lie::Expired => claims["exp"] = json!(self.now - 1),
            Lie::AccessToken => claims["at_hash"] = json!(url64(&[0; 16])),
            Lie::Unverified => {
                claims["email_verified"] = json!(false);
                claims["groups"] = json!("sct-expert");
            }
            _ => {}
        }
        let algorithm = match self.lie {
            Lie::Unsigned => "none",
            Lie::SharedSecret => "HS256",
            _ => "ES256",
        };
        let head = json!({ "alg": algorithm, "kid": "one", "typ": "JWT" });
        let text = format!(
            "{}.{}",
            url64(head.to_string().as_bytes()),
            url64(claims.to_string().as_bytes())
        );
        let sign = |key: &EcdsaKeyPair| {
            key.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec()
        };
        let signature = match self.lie {
            Lie::Unsigned => Vec::new(),
            Lie::Key => sign(&key()),
            Lie::SharedSecret => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
                hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
            _ => sign(&self.key),
        };
        format!("{text}.{}", url64(&signature))
    }
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn url64(bytes: &[u8]) -> String {
    base64(bytes, URL, false)
}

fn base64(bytes: &[u8], alphabet: &[u8; 64], padded: bool) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for place in 0..=chunk.len() {
            let index = (bits >> (18 - 6 * place)) & 63;
            text.push(char::from(alphabet[index as usize]));
        }
        if padded {
            text.push_str(&"=".repeat(3 - chunk.len()));
        }
    }
    text
}
