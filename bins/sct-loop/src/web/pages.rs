//! The pages, one file each.

use axum::{Router, response::Redirect, routing::get};

use super::{App, tab::TABS};

mod columns;
mod history;
mod module;
mod run;
mod runs;
mod send;
mod uploads;

pub(super) fn routes() -> Router<App> {
    let newest = TABS[0].slug;
    Router::new()
        .route("/", get(move || async move { Redirect::to(&format!("/{newest}")) }))
        .merge(history::routes())
        .merge(module::routes())
        .merge(run::routes())
        .merge(runs::routes())
        .merge(send::routes())
        .merge(uploads::routes())
}
