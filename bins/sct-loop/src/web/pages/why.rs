//! Why a run, or a task of it, is where it is: the sentences of the command.

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Html,
    routing::get,
};
use sct_id::RunNumber;

use super::{
    super::{
        App, Failure, Reader,
        audit::refused,
        frame::{Frame, framed, html},
        tab::Tab,
        visitor::Visitor,
    },
    tasks::{Fields, field},
};
use crate::{
    schedule::{Settings, now},
    tasks::{
        shown::{Copies, Shown},
        why::{Placed, Reasons},
    },
};

pub(super) fn routes() -> Router<App> {
    Router::new().route("/why", get(page))
}

/// A result, and where it is.
#[derive(Debug)]
struct Place {
    tab: &'static Tab,
    sentence: String,
    /// Address of the tab where it shows; empty when it does not.
    link: String,
}

#[derive(Template)]
#[template(path = "why.html")]
struct Page {
    frame: Frame,
    run: String,
    kind: String,
    kinds: Vec<(String, String)>,
    /// A run was asked for.
    asked: bool,
    sentences: Vec<String>,
    results: Vec<Place>,
    /// What is wrong with the question.
    said: String,
}

async fn page(
    State(app): State<App>,
    Query(fields): Query<Fields>,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    let text = |name: &str| field(&fields, name).unwrap_or_default().to_owned();
    let (run, kind) = (text("run"), text("task"));
    let (asked_run, asked_kind) = (run.clone(), kind.clone());
    let work = move |reader: &mut Reader, settings: &Settings| {
        let table = settings.table()?;
        let kinds: Vec<(String, String)> =
            table.rules().iter().map(|rule| (rule.kind.to_string(), rule.name.clone())).collect();
        let found = reasons(reader, settings, &asked_run, &asked_kind);
        let (reasons, said) = match found {
            Ok(reasons) => (reasons, String::new()),
            Err(Failure::Refused(said)) => (None, said),
            Err(other) => return Err(other),
        };
        Ok((kinds, reasons, said))
    };
    let title =
        if run.is_empty() { "Why?".to_owned() } else { format!("Why is run {run} where it is?") };
    let (frame, (kinds, reasons, said)) = framed(&app, visitor, "tasks", title, work).await?;
    let result = |of: &Placed| {
        let tab = Tab::of_kind(of.kind.as_str())?;
        let number = reasons.as_ref()?.run.to_u32();
        let link = match of.shown {
            Shown::OnPage(_) => format!("/{}", tab.slug),
            Shown::Beyond(_) => format!("/{}?before={}", tab.slug, number.saturating_add(1)),
            _ => String::new(),
        };
        Some(Place { tab, sentence: of.sentence(), link })
    };
    html(&Page {
        frame,
        asked: reasons.is_some(),
        results: reasons.iter().flat_map(|reasons| &reasons.page).filter_map(result).collect(),
        sentences: reasons.as_ref().map(Reasons::beside_results).unwrap_or_default(),
        run,
        kind,
        kinds,
        said,
    })
}

fn reasons(
    reader: &Reader,
    settings: &Settings,
    run: &str,
    kind: &str,
) -> Result<Option<Reasons>, Failure> {
    if run.is_empty() {
        return Ok(None);
    }
    let wrong = |error| Failure::Refused(format!("run '{run}': {error}"));
    let run: RunNumber = run.parse().map_err(wrong)?;
    let kind = Some(kind).filter(|kind| !kind.is_empty());
    let mut reasons = Reasons::find(settings, &reader.tasks, run, kind).map_err(refused)?;
    reasons.look_at_page(settings, &reader.results, Copies::find(&reader.passes, now())?)?;
    Ok(Some(reasons))
}
