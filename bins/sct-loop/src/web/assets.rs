//! Files that belong to the program.

use axum::{
    extract::Path,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use super::failure;

/// Name, type and content.
const FILES: [(&str, &str, &str); 2] = [
    ("style.css", "text/css; charset=utf-8", include_str!("../../static/style.css")),
    ("icon.svg", "image/svg+xml", include_str!("../../static/icon.svg")),
];

pub(super) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some(&(_, kind, content)) => {
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=3600")], content).into_response()
        }
        None => failure::nothing_here().await.into_response(),
    }
}
