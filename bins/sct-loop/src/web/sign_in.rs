//! Signing in and out.

use askama::Template;
use axum::{
    Form, Router,
    extract::{Query, State},
    http::{StatusCode, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use sct_account::{Error, NewSession};
use serde::Deserialize;

use super::{
    App, Failure,
    form::SignedForm,
    frame::{Frame, html},
    visitor::{SESSION, Visitor, set_cookie},
};
use crate::schedule::now;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/sign-in", get(form).post(sign_in)).route("/sign-out", post(sign_out))
}

#[derive(Debug, Default, Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
struct Credentials {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    frame: Frame,
    said: String,
    name: String,
    next: String,
    /// There is a provider to sign in with.
    has_provider: bool,
}

async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Query(Next { next }): Query<Next>,
) -> Result<Response, Failure> {
    let (said, name) = (String::new(), String::new());
    let has_provider = app.openid().is_some();
    let page = Page { frame: frame(visitor), said, name, next, has_provider };
    Ok(html(&page)?.into_response())
}

fn frame(visitor: Visitor) -> Frame {
    Frame::bare(visitor, "sign-in", "Sign in")
}

async fn sign_in(
    State(app): State<App>,
    visitor: Visitor,
    Form(credentials): Form<Credentials>,
) -> Result<Response, Failure> {
    let Credentials { name, password, next } = credentials;
    let (who, from) = (name.clone(), visitor.from.clone());
    let signed = app
        .read(move |reader, _| Ok(reader.accounts.sign_in(&who, &password, &from, now())))
        .await?;
    let (status, said) = match signed {
        Ok(session) => return Ok(enter(&app, &session, &next)),
        Err(Error::TooMany { until }) => {
            let seconds = (until - now()).max(1);
            let said = format!("Too many attempts. Please try again in {seconds} seconds.");
            (StatusCode::TOO_MANY_REQUESTS, said)
        }
        // Which of the two was wrong is nobody's business.
        Err(Error::Wrong | Error::Disabled) => {
            (StatusCode::UNAUTHORIZED, "Name or password is wrong.".to_owned())
        }
        Err(error) => return Err(error.into()),
    };
    let page =
        Page { frame: frame(visitor), said, name, next, has_provider: app.openid().is_some() };
    Ok((status, html(&page)?).into_response())
}

/// Sets the cookie and goes on to where the visitor wanted to be.
pub(super) fn enter(app: &App, session: &NewSession, next: &str) -> Response {
    let seconds = (session.expires - now()).max(0);
    let cookie = set_cookie(SESSION, &session.token, seconds, app.settings().web.is_secure());
    (AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(own(next))).into_response()
}

/// An address of this page; anything else leads to the first page.
fn own(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if next.starts_with('/') && !next.starts_with("//") && plain { next } else { "/" }
}

async fn sign_out(State(app): State<App>, form: SignedForm) -> Result<Response, Failure> {
    let SignedForm { visitor, .. } = form;
    let secure = app.settings().web.is_secure();
    app.read(move |reader, _| Ok(reader.accounts.sign_out(&visitor.token)?)).await?;
    let cookie = set_cookie(SESSION, "", 0, secure);
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/")).into_response())
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn one_stays_on_this_page() {
        assert_eq!(own("/runs/437548?x=1"), "/runs/437548?x=1");
        for foreign in ["", "https://a", "//a", "/\\a", "/a\r\nSet-Cookie: b", "a"] {
            assert_eq!(own(foreign), "/", "{foreign}");
        }
    }
}
