//! What every answer says to the browser.

use axum::{
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::App;

/// No script at all, styles and pictures of our own only, nobody frames us, forms go nowhere else.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// Whether a page of another site asks for a change, which browsers say. Without a session, as when somebody signs in, no
/// token tells it.
fn is_foreign(request: &Request) -> bool {
    let site = request.headers().get("sec-fetch-site");
    !request.method().is_safe() && site.is_some_and(|site| site != "same-origin" && site != "none")
}

pub(super) async fn secure(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = if is_foreign(&request) {
        (StatusCode::FORBIDDEN, "This form came from another site.").into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 4] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.settings().web.is_secure() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    // Pages show the present state and who is signed in: nothing of it belongs into a cache.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
