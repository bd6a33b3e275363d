//! The web page: results of the newest runs by task, and what shifters do with them.
//!
//! A handler asks for data on a thread of its own ([`App::read`]), because everything is in files and SQLite; it gives the
//! data to a template, and the template is the page. Nothing here knows how a result was found, and nothing is decided here
//! that the command line decides otherwise: both act through [`crate::uploader`] and the stores.

use axum::{Router, middleware, routing::get};

mod act;
mod api;
mod app;
mod assets;
mod audit;
mod failure;
mod flag;
mod form;
mod frame;
mod headers;
mod local;
mod maps;
pub(crate) mod number;
mod openid;
mod pages;
mod place;
mod result;
mod server;
mod sign_in;
mod standby;
mod state;
pub(crate) mod tab;
mod table;
mod visitor;

pub use self::{
    app::{App, Reader},
    failure::Failure,
    server::{Server, serve},
};

/// All pages. A request needs nothing but this: tests ask it without a socket.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(pages::routes())
        .merge(sign_in::routes())
        .merge(openid::routes())
        .merge(api::routes())
        .route("/static/{name}", get(assets::file))
        .fallback(failure::nothing_here)
        .layer(middleware::from_fn_with_state(app.clone(), local::names))
        .layer(middleware::from_fn_with_state(app.clone(), headers::secure))
        .with_state(app)
}
