//! The same as the pages, for scripts: JSON under `/api/v1`, described by an `OpenAPI` document.
//!
//! Everyone on the network may read. Whoever changes something sends a token (`Authorization: Bearer sctl_...`), made by
//! `sct-loop account token create`; cookies are not asked for here, so that no other page can act in a visitor's name.

use axum::{
    Json, Router,
    body::to_bytes,
    extract::FromRequestParts,
    http::{
        StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
        request::Parts,
    },
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use sct_account::Role;
use serde::Serialize;
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{
    App, Failure,
    visitor::{Visitor, address},
};
use crate::schedule::now;

mod files;
mod history;
mod maps;
mod marks;
mod modules;
mod results;
mod routes;
mod runs;
mod state;
mod status;
mod tables;
mod tabs;
mod tasks;
mod upload;
mod uploads;

use self::routes::Routes;

/// All routes that the document describes.
fn mounted() -> Routes {
    Routes::new()
        .merge(status::routes())
        .merge(tabs::routes())
        .merge(runs::routes())
        .merge(maps::routes())
        .merge(files::routes())
        .merge(modules::routes())
        .merge(history::routes())
        .merge(uploads::routes())
        .merge(upload::routes())
        .merge(marks::routes())
        .merge(tasks::routes())
        .merge(state::routes())
}

pub(super) fn routes() -> Router<App> {
    let versioned = mounted()
        .into_router()
        .route("/openapi.json", get(document))
        .fallback(|| async { Refusal(Failure::Missing("there is no such address".to_owned())) })
        .layer(middleware::map_response(as_json));
    Router::new().nest("/api/v1", versioned)
}

/// The `OpenAPI` document.
#[derive(OpenApi)]
#[openapi(
    info(title = "SCT calibration loop", description = "Results, uploads and tasks of the calibration loop."),
    servers((url = "/api/v1")),
    paths(
        status::status,
        tabs::tabs, tabs::tab, tabs::newest,
        runs::run, runs::state, runs::attempts, runs::tables,
        maps::list, maps::map, maps::fits_of, maps::fit, maps::times,
        files::list, files::file, files::digest, files::log,
        modules::module, modules::facts,
        history::measures, history::trend, history::thresholds,
        uploads::list, upload::one, uploads::preview, uploads::request, uploads::undo, uploads::retry, uploads::cancel,
        marks::list, marks::mark_bad, marks::unmark,
        tasks::list, tasks::kinds, tasks::show, tasks::retry, tasks::truncate, tasks::why, tasks::release,
        state::passes, state::audit, state::query,
    ),
    modifiers(&Bearer)
)]
pub(super) struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Document::openapi())
}

/// Why a request was not done.
#[derive(Debug, Serialize, ToSchema)]
struct Problem {
    /// A sentence for people.
    error: String,
}

/// A failure as JSON.
#[derive(Debug)]
struct Refusal(Failure);

impl<F: Into<Failure>> From<F> for Refusal {
    fn from(failure: F) -> Self {
        Self(failure.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Failure::Broken(error) = &self.0 {
            tracing::error!("API: {}", sct_tasks::failure::message(error));
        }
        let error = match &self.0 {
            Failure::SignIn => "send a token: Authorization: Bearer sctl_...".to_owned(),
            other => other.sentence(),
        };
        (self.0.status(), Json(Problem { error })).into_response()
    }
}

/// What the framework says of requests that cannot be read, as JSON too.
async fn as_json(response: Response) -> Response {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let is_text = kind.is_some_and(|kind| kind.starts_with("text/plain"));
    if !response.status().is_client_error() || !is_text {
        return response;
    }
    let status = response.status();
    let text = to_bytes(response.into_body(), LONGEST).await.unwrap_or_default();
    let error = String::from_utf8_lossy(&text).into_owned();
    (status, Json(Problem { error })).into_response()
}

/// Longest message of the framework, bytes.
const LONGEST: usize = 10_000;

/// What most handlers give.
type Answer<T> = Result<Json<T>, Refusal>;

/// Whoever holds the token of a request.
#[derive(Debug)]
struct Caller(Visitor);

impl Caller {
    /// Asks for a role.
    fn require(&self, role: Role) -> Result<(), Refusal> {
        Ok(self.0.require(role).map(|_| ())?)
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let from = address(parts, &app.settings().web.proxies);
        let value = parts.headers.get(AUTHORIZATION).ok_or(Failure::SignIn)?;
        let token = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        let token = token.ok_or(Failure::SignIn)?.trim().to_owned();
        let account =
            app.read(move |reader, _| Ok(reader.accounts.by_token(&token, now())?)).await?;
        let account = account.ok_or(Failure::SignIn)?;
        Ok(Self(Visitor { account: Some(account), ..Visitor::anonymous(from) }))
    }
}

/// Nothing more to say.
const DONE: StatusCode = StatusCode::NO_CONTENT;
