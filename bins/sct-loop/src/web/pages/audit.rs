//! The audit log, for the administrator.

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Html,
    routing::get,
};
use sct_account::{Entry, Filter, Role};

use super::{
    super::{
        App, Failure, Reader,
        frame::{Frame, framed, html},
        visitor::Visitor,
    },
    tasks::{Fields, encoded, field},
};
use crate::tasks::time_text;

/// Entries on a page.
const ROWS: u32 = 100;

pub(super) fn routes() -> Router<App> {
    Router::new().route("/audit", get(page))
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    frame: Frame,
    who: String,
    action: String,
    entries: Vec<(String, Entry)>,
    /// Address of the page with older entries; empty when there are none.
    older: String,
}

async fn page(
    State(app): State<App>,
    Query(fields): Query<Fields>,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    visitor.require(Role::Admin)?;
    let given = |name: &str| field(&fields, name).map(str::to_owned);
    let filter = Filter {
        who: given("who"),
        action: given("action"),
        before: field(&fields, "before").and_then(|id| id.parse().ok()),
        ..Filter::default()
    };
    let work = move |reader: &mut Reader, _: &_| Ok(reader.accounts.entries(&filter, ROWS)?);
    let (frame, entries) = framed(&app, visitor, "audit", "Audit log", work).await?;
    let (who, action) = (given("who").unwrap_or_default(), given("action").unwrap_or_default());
    let last = entries.last().filter(|_| entries.len() == ROWS as usize);
    let older = last.map_or_else(String::new, |(id, _)| {
        format!("/audit?who={}&action={}&before={id}", encoded(&who), encoded(&action))
    });
    let entries = entries.into_iter().map(|(_, entry)| (time_text(entry.time), entry)).collect();
    html(&Page { frame, who, action, entries, older })
}
