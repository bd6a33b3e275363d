//! How the loop stands: passes, the audit log, and the run query.

#![expect(unused_qualifications, reason = "what the macro makes of parameters")]

use axum::{
    Json,
    extract::{Query, State},
    routing::get,
};
use sct_account::{Entry, Filter, Role};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        App, Failure, Reader,
        pages::query::{Outcome, ask},
    },
    Answer, Caller,
    routes::Routes,
};
use crate::{
    passes::Passes,
    schedule::{Settings, now},
};

pub(super) fn routes() -> Routes {
    Routes::new()
        .route("/passes", get(passes))
        .route("/audit", get(audit))
        .route("/query", get(query))
}

/// All passes with interval, last and next time; as `sct-loop pass list --json`.
#[utoipa::path(get, path = "/passes", tag = "state", responses((status = 200, body = [Value])))]
async fn passes(State(app): State<App>) -> Answer<Vec<Value>> {
    let work = |_: &mut Reader, settings: &Settings| {
        let standings = Passes::open(settings.clone())?.standings(now())?;
        Ok(standings.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>()?)
    };
    Ok(Json(app.read(work).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
struct Which {
    /// Only what this account did.
    who: Option<String>,
    /// Only actions that begin so, as `upload`.
    action: Option<String>,
    /// Only entries with a number below this.
    before: Option<i64>,
    /// As many as this, 1000 at most.
    rows: Option<u32>,
}

/// What everybody did, newest first; needs the role admin.
#[utoipa::path(
    get, path = "/audit", tag = "state", params(Which), security(("token" = [])),
    responses((status = 200, body = [Value]), (status = 403, body = super::Problem))
)]
async fn audit(
    State(app): State<App>,
    Query(Which { who, action, before, rows }): Query<Which>,
    caller: Caller,
) -> Answer<Vec<Value>> {
    caller.require(Role::Admin)?;
    let work = move |reader: &mut Reader, _: &Settings| {
        let filter = Filter { who, action, before, ..Filter::default() };
        let entries = reader.accounts.entries(&filter, rows.unwrap_or(100).clamp(1, 1000))?;
        let out = |(id, entry): &(i64, Entry)| {
            let mut value = serde_json::to_value(entry)?;
            value["id"] = (*id).into();
            Ok(value)
        };
        entries.iter().map(out).collect()
    };
    Ok(Json(app.read(work).await?))
}

#[derive(Debug, Deserialize, IntoParams)]
struct Asked {
    /// A sentence of the query language, or the options of `sct-run query`.
    q: String,
}

/// Runs that a query finds.
#[derive(Debug, Serialize, ToSchema)]
struct FoundOut {
    /// Titles of the columns.
    titles: Vec<String>,
    /// Rows of as many texts.
    rows: Vec<Vec<String>>,
    /// Runs beyond the longest list.
    left_out: usize,
    /// What could not be known.
    warnings: Vec<String>,
}

/// Asks run control for runs.
#[utoipa::path(
    get, path = "/query", tag = "state", params(Asked),
    responses((status = 200, body = FoundOut), (status = 422, body = super::Problem))
)]
async fn query(State(app): State<App>, Query(Asked { q }): Query<Asked>) -> Answer<FoundOut> {
    match app.read(move |_, settings| ask(settings, &q)).await? {
        Outcome::Answer { titles, rows, left_out, warnings } => {
            Ok(Json(FoundOut { titles, rows, left_out, warnings }))
        }
        Outcome::Wrong { word, what, suggestion, .. } => {
            let perhaps = match suggestion.as_str() {
                "" => String::new(),
                suggestion => format!("; perhaps {suggestion}"),
            };
            Err(Failure::Refused(format!("at '{word}': {what}{perhaps}")).into())
        }
        Outcome::Not(why) => Err(Failure::Refused(why).into()),
    }
}
