//! One upload.

use axum::{
    Json,
    extract::{Path, State},
    routing::get,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    super::{App, Reader, pages::uploads::Details},
    Answer,
    routes::Routes,
    uploads::UploadOut,
};
use crate::schedule::Settings;

pub(super) fn routes() -> Routes {
    Routes::new().route("/uploads/{id}", get(one))
}

/// Everything about an upload.
#[derive(Debug, Serialize, ToSchema)]
struct DetailsOut {
    #[serde(flatten)]
    upload: UploadOut,
    /// What happened to it.
    steps: Vec<StepOut>,
    /// End of its log; empty without one.
    log: String,
    /// Its receipt; null without one.
    receipt: serde_json::Value,
}

/// A step of an upload.
#[derive(Debug, Serialize, ToSchema)]
struct StepOut {
    /// When.
    time: String,
    /// Who.
    who: String,
    /// State from then on.
    state: String,
    /// Why.
    reason: String,
}

/// One upload with its history, log and receipt.
#[utoipa::path(
    get, path = "/uploads/{id}", tag = "uploads", params(("id" = i64, Path)),
    responses((status = 200, body = DetailsOut), (status = 404, body = super::Problem))
)]
async fn one(State(app): State<App>, Path(id): Path<i64>) -> Answer<DetailsOut> {
    let work = move |reader: &mut Reader, settings: &Settings| Details::read(reader, settings, id);
    let Details { upload, steps, log, receipt } = app.read(work).await?;
    let step = |(time, who, state, reason)| StepOut { time, who, state, reason };
    // A receipt that is no JSON is shown as it is.
    let receipt = match receipt.as_str() {
        "" => serde_json::Value::Null,
        text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    };
    let steps = steps.into_iter().map(step).collect();
    Ok(Json(DetailsOut { upload: upload.into(), steps, log, receipt }))
}
