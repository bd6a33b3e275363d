//! What the lines at the top of every page say, and what there is to do.

use std::collections::{BTreeMap, BTreeSet};

use axum::{Json, extract::State, routing::get};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    super::{
        App, Reader,
        state::{Banner, LoopState},
    },
    Answer,
    routes::Routes,
};
use crate::{
    schedule::{Settings, now},
    tasks::status::Work,
};

pub(super) fn routes() -> Routes {
    Routes::new().route("/status", get(status))
}

/// How the loop stands.
#[derive(Debug, Serialize, ToSchema)]
struct StatusOut {
    #[serde(flatten)]
    state: LoopState,
    /// The same in lines, as pages show them.
    banners: Vec<Banner>,
    /// Tasks that have changed in three days, by state.
    tasks: BTreeMap<&'static str, usize>,
    /// Runs that wait for others: run, run it waits for, why, since when, until when, whether that is over.
    waiting: Vec<Value>,
    /// Short runs that are kept until there are enough of them.
    kept: BTreeSet<String>,
}

/// How the loop stands: what the lines at the top of pages and `sct-loop status` say.
#[utoipa::path(get, path = "/status", tag = "state", responses((status = 200, body = StatusOut)))]
async fn status(State(app): State<App>) -> Answer<StatusOut> {
    let work = |reader: &mut Reader, settings: &Settings| {
        let state = LoopState::find(reader, settings, now())?;
        let work = Work::find(settings, &reader.tasks, state.time)?;
        let waiting = work.waiting.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
        Ok(StatusOut {
            banners: state.banners(),
            tasks: work.by_word(),
            waiting,
            kept: work.kept(),
            state,
        })
    };
    Ok(Json(app.read(work).await?))
}
