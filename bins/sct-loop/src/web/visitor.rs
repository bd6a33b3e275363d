//! Who asks.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{
        HeaderMap,
        header::{COOKIE, HeaderValue},
        request::Parts,
    },
};
use sct_account::{Account, Role};

use super::{App, Failure};
use crate::schedule::now;

/// Name of the cookie with the session.
pub(super) const SESSION: &str = "sct_session";

/// The person behind a request. Everyone on the network may look; whoever signed in may do more.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The account of the session.
    pub account: Option<Account>,
    /// Token of the session.
    pub token: String,
    /// Token that forms of the session carry.
    pub csrf: String,
    /// Address the request came from.
    pub from: String,
}

impl Visitor {
    /// Somebody who did not sign in.
    pub(crate) fn anonymous(from: String) -> Self {
        Self { account: None, token: String::new(), csrf: String::new(), from }
    }

    /// What the visitor may do.
    pub(crate) fn role(&self) -> Role {
        self.account.as_ref().map_or(Role::Viewer, |account| account.role)
    }

    /// Name in ledger and audit log.
    pub(crate) fn name(&self) -> &str {
        self.account.as_ref().map_or("", |account| &account.name)
    }

    /// Whether the visitor has this role or more.
    pub(crate) fn is(&self, role: Role) -> bool {
        self.account.is_some() && self.role() >= role
    }

    /// Whether the visitor may mark and send; for templates.
    pub(crate) fn is_shifter(&self) -> bool {
        self.is(Role::Shifter)
    }

    /// Whether the visitor may release, retry and truncate; for templates.
    pub(crate) fn is_expert(&self) -> bool {
        self.is(Role::Expert)
    }

    /// Whether the visitor may undo uploads and see the audit log; for templates.
    pub(crate) fn is_admin(&self) -> bool {
        self.is(Role::Admin)
    }

    /// Asks for a role.
    ///
    /// # Errors
    ///
    /// [`Failure::SignIn`] for those who did not sign in, [`Failure::Forbidden`] for others.
    pub(crate) fn require(&self, role: Role) -> Result<&Account, Failure> {
        match &self.account {
            None => Err(Failure::SignIn),
            Some(account) if account.role >= role => Ok(account),
            Some(account) => Err(Failure::Forbidden(format!(
                "This needs the role {role}; {} has the role {}.",
                account.name, account.role
            ))),
        }
    }
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let from = address(parts, &app.settings().web.proxies);
        let Some(token) = cookie(&parts.headers, SESSION).map(str::to_owned) else {
            return Ok(Self::anonymous(from));
        };
        let asked = token.clone();
        let session =
            app.read(move |reader, _| Ok(reader.accounts.session(&asked, now())?)).await?;
        Ok(match session {
            Some(session) => {
                Self { account: Some(session.account), token, csrf: session.csrf, from }
            }
            None => Self::anonymous(from),
        })
    }
}

/// Value of a cookie.
pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(found, _)| found.trim() == name).map(|(_, value)| value.trim())
}

/// The header that sets a cookie; an empty value takes it away.
pub(super) fn set_cookie(name: &str, value: &str, seconds: i64, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("our cookies are letters and digits")
}

/// The address of the visitor; behind a proxy of ours the last one it names.
pub(super) fn address(parts: &Parts, proxies: &[IpAddr]) -> String {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let Some(peer) = peer else { return "unknown".to_owned() };
    let forwarded = parts.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let named = forwarded.and_then(|list| list.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    match named {
        Some(named) if proxies.contains(&peer) => named.to_string(),
        _ => peer.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(forwarded: Option<&str>) -> Parts {
        let mut request = Request::builder();
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        let mut parts = request.body(()).unwrap().into_parts().0;
        parts.extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 4711))));
        parts
    }

    #[test]
    fn only_our_proxies_are_believed() {
        let ours: IpAddr = [10, 0, 0, 1].into();
        assert_eq!(address(&parts(Some("1.2.3.4")), &[]), "10.0.0.1");
        assert_eq!(address(&parts(Some("6.6.6.6, 1.2.3.4")), &[ours]), "1.2.3.4");
        assert_eq!(address(&parts(Some("<script>")), &[ours]), "10.0.0.1");
        assert_eq!(address(&parts(None), &[ours]), "10.0.0.1");
    }

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("a=1; sct_session=abc; sct_sessions=x"));
        assert_eq!(cookie(&headers, SESSION), Some("abc"));
        assert_eq!(cookie(&headers, "b"), None);
    }
}
