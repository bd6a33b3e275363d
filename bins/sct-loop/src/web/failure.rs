//! What goes wrong, as a page.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::frame::Simple;

/// Why a request gets no answer.
#[derive(Debug)]
pub enum Failure {
    /// There is no such thing: what was looked for.
    Missing(String),
    /// The request cannot be right, or what it asks for does not fit: why.
    Refused(String),
    /// The visitor must sign in first.
    SignIn,
    /// The visitor may not do this: what it needs.
    Forbidden(String),
    /// Too often, with the seconds to wait.
    TooMany(i64),
    /// Something broke here.
    Broken(anyhow::Error),
}

impl Failure {
    /// Status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the visitor reads.
    pub fn sentence(&self) -> String {
        match self {
            Self::Missing(what) | Self::Refused(what) | Self::Forbidden(what) => what.clone(),
            Self::SignIn => "Please sign in; your session may have ended.".to_owned(),
            Self::TooMany(seconds) => {
                format!("Too many attempts. Please try again in {seconds} seconds.")
            }
            // Paths and statements are for the log.
            Self::Broken(_) => {
                "Something broke here. It is in the log of the service; please tell an expert."
                    .to_owned()
            }
        }
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Self::Broken(error) = &self {
            tracing::error!("page: {}", sct_tasks::failure::message(error));
        }
        let status = self.status();
        let title = status.canonical_reason().unwrap_or("Not possible");
        let link = matches!(self, Self::SignIn).then_some(("/sign-in", "Sign in"));
        (status, Simple::page(title, &self.sentence(), link)).into_response()
    }
}

/// The answer to addresses that are no page.
pub(super) async fn nothing_here() -> Failure {
    Failure::Missing("There is no such page.".to_owned())
}
