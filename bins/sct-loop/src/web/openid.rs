//! Signing in with an `OpenID` Connect provider.

use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
    routing::get,
};
use sct_account::{External, Role};
use sct_openid::{Error, Provider};
use serde::Deserialize;

use super::{
    App, Failure, sign_in,
    visitor::{Visitor, cookie, set_cookie},
};
use crate::schedule::{Settings, now};

/// Name of the cookie with the state of a sign-in.
const STATE: &str = "sct_openid";

/// Seconds within which somebody comes back from the provider.
const PATIENCE: i64 = 600;

/// Where the provider sends people back to, behind the address of the page.
const RETURN: &str = "/sign-in/openid/return";

pub(super) fn routes() -> Router<App> {
    Router::new().route("/sign-in/openid", get(begin)).route(RETURN, get(come_back))
}

/// The provider of the settings; none when there is none.
///
/// # Errors
///
/// When a setting is wrong, or the secret cannot be read: said at the start.
pub(super) fn provider(settings: &Settings) -> anyhow::Result<Option<Provider>> {
    let Some(openid) = &settings.web.openid else { return Ok(None) };
    let wrong = |what: String| anyhow::Error::msg(format!("[web.openid] {what}"));
    if settings.web.url.is_empty() {
        return Err(wrong("needs the address of the page: set url in [web]".to_owned()));
    }
    for (group, role) in &openid.roles {
        if role.parse::<Role>().is_err() {
            return Err(wrong(format!("roles gives {group} the role '{role}', which is none")));
        }
    }
    let redirect = format!("{}{RETURN}", settings.web.url.trim_end_matches('/'));
    Provider::new(openid, &settings.data, &redirect)
        .map(Some)
        .map_err(|error| wrong(error.to_string()))
}

fn ours(app: &App) -> Result<&Provider, Failure> {
    app.openid()
        .ok_or_else(|| Failure::Missing("No provider is set up to sign in with.".to_owned()))
}

/// What the provider did is for the log, and in one sentence for the visitor.
fn failed(error: &Error) -> Failure {
    tracing::warn!("sign-in by the provider: {error}");
    Failure::Refused("Signing in with the provider did not work. Please try again.".to_owned())
}

async fn begin(State(app): State<App>) -> Result<Response, Failure> {
    let begun = ours(&app)?.begin().await.map_err(|error| failed(&error))?;
    let (state, kept) = (begun.state.clone(), begun.kept);
    app.read(move |reader, _| {
        let now = now();
        Ok(reader.accounts.hold(&state, &kept, now + PATIENCE, now)?)
    })
    .await?;
    let cookie = set_cookie(STATE, &begun.state, PATIENCE, app.settings().web.is_secure());
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(&begun.url)).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Back {
    state: String,
    code: String,
    error: String,
}

async fn come_back(
    State(app): State<App>,
    Query(back): Query<Back>,
    headers: HeaderMap,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let provider = ours(&app)?;
    // Only the browser that began may end: nobody is signed in as somebody else by an address.
    let mine = cookie(&headers, STATE).is_some_and(|state| state == back.state);
    if !mine || back.state.is_empty() {
        let what =
            "This sign-in did not begin in this browser, or took too long. Please try again.";
        return Err(Failure::Refused(what.to_owned()));
    }
    let state = back.state.clone();
    let kept = app.read(move |reader, _| Ok(reader.accounts.claim(&state, now())?)).await?;
    if !back.error.is_empty() {
        return Err(Failure::Refused("The provider did not sign you in.".to_owned()));
    }
    let kept = kept.ok_or_else(|| {
        Failure::Refused(
            "This sign-in took too long, or was used before. Please try again.".to_owned(),
        )
    })?;
    let identity =
        provider.finish(&kept, &back.code, now()).await.map_err(|error| failed(&error))?;
    // A group that is lost takes its role away; without a map of groups, roles are given here.
    let mapped = !provider.settings().roles.is_empty();
    let roles = identity.roles(provider.settings());
    let best = roles.filter_map(|role| role.parse::<Role>().ok()).max();
    let person = External {
        subject: identity.subject,
        name: identity.name,
        full_name: identity.full_name,
        email: identity.email,
        role: mapped.then(|| best.unwrap_or_default()),
    };
    let from = visitor.from;
    let signed = app
        .read(move |reader, _| Ok(reader.accounts.sign_in_external(&person, &from, now())))
        .await?;
    match signed {
        Ok(session) => Ok(sign_in::enter(&app, &session, "/")),
        Err(sct_account::Error::Disabled) => {
            Err(Failure::Forbidden("This account is disabled. Please ask an admin.".to_owned()))
        }
        Err(sct_account::Error::Refused(what)) => Err(Failure::Refused(what)),
        Err(error) => Err(error.into()),
    }
}
