//! The pages, one file each.

use axum::{Router, response::Redirect, routing::get};

use super::{App, tab::TABS};

mod audit;
pub(super) mod columns;
mod help;
pub(super) mod history;
pub(super) mod module;
mod passes;
pub(super) mod query;
pub(super) mod run;
pub(super) mod runs;
mod send;
pub(super) mod tasks;
pub(super) mod uploads;
mod why;

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
        .merge(tasks::routes())
        .merge(why::routes())
        .merge(query::routes())
        .merge(help::routes())
        .merge(passes::routes())
        .merge(audit::routes())
}
