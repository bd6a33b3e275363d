//! Trends: one quantity over all runs.

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    response::Html,
    routing::get,
};
use sct_id::RunNumber;
use sct_plot::{Threshold, Trend, TrendPoint, trend};
use sct_result::{Measure, Point};
use serde::Deserialize;

use super::super::{
    App, Failure, Reader,
    frame::{Frame, framed, html},
    number,
    tab::{TABS, Tab},
    table::{Cell, Table},
    visitor::Visitor,
};

pub(in crate::web) mod limits;

use self::limits::Limit;

/// Rows of the table below the picture.
const NEWEST: usize = 50;

/// What is shown when nothing is asked for.
const FIRST: (&str, &str) = ("sctns", "StripsOfflineAll");

pub(super) fn routes() -> Router<App> {
    Router::new().route("/history", get(page))
}

/// What the visitor asks for.
#[derive(Debug, Deserialize)]
struct Wanted {
    /// A measure, as [`key`] writes it.
    measure: Option<String>,
    /// First and last run; empty for all.
    from: Option<String>,
    to: Option<String>,
}

/// A measure that can be chosen.
#[derive(Debug)]
struct Choice {
    key: String,
    name: String,
    is_chosen: bool,
}

/// Measures of a task.
#[derive(Debug)]
struct Group {
    title: String,
    choices: Vec<Choice>,
}

/// What is shown of a measure.
#[derive(Debug)]
struct Shown {
    title: String,
    svg: String,
    limits: Vec<Limit>,
    count: usize,
    table: Table,
}

#[derive(Template)]
#[template(path = "history.html")]
struct Page {
    frame: Frame,
    groups: Vec<Group>,
    from: String,
    to: String,
    shown: Option<Shown>,
}

async fn page(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    visitor: Visitor,
) -> Result<Html<String>, Failure> {
    let run = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let shown = |text: &str| text.chars().take(20).collect::<String>();
        let wrong = |text| Failure::Refused(format!("'{}' is no run number.", shown(text)));
        text.map(|text| text.parse::<RunNumber>().map_err(|_| wrong(text))).transpose()
    };
    let (from, to) = (run(&wanted.from)?, run(&wanted.to)?);
    let work = move |reader: &mut Reader, _: &_| {
        let measures = reader.results.measures()?;
        let chosen = chosen(&measures, wanted.measure.as_deref())?.cloned();
        let shown =
            chosen.as_ref().map(|measure| shown(reader, measure, (from, to))).transpose()?;
        Ok((groups(&measures, chosen.as_ref()), shown))
    };
    let (frame, (groups, shown)) = framed(&app, visitor, "history", "History", work).await?;
    let text = |run: Option<RunNumber>| run.map_or_else(String::new, |run| run.to_string());
    html(&Page { frame, groups, from: text(from), to: text(to), shown })
}

/// A measure as a value of the form.
fn key(measure: &Measure) -> String {
    let Measure { kind, name, part, layer, eta, side, module } = measure;
    [kind, name, part, layer, eta, side, module].map(String::as_str).join("|")
}

fn chosen<'a>(
    measures: &'a [Measure],
    asked: Option<&str>,
) -> Result<Option<&'a Measure>, Failure> {
    let Some(asked) = asked else {
        let first = measures.iter().find(|one| (&*one.kind, &*one.name) == FIRST);
        return Ok(first.or(measures.first()));
    };
    let found = measures.iter().find(|measure| key(measure) == asked);
    found.map(Some).ok_or_else(|| Failure::Missing("No run has such a measure.".to_owned()))
}

/// What a measure is called among those of its task.
fn name(measure: &Measure) -> String {
    let Measure { name, part, layer, eta, side, module, .. } = measure;
    if part.is_empty() {
        return name.clone();
    }
    let ring = if eta.is_empty() || eta == "all" { String::new() } else { format!(", ring {eta}") };
    let word = if part == "Barrel" { "layer" } else { "disk" };
    let sensors =
        if side.is_empty() { String::new() } else { format!(", side {side}, <{module}> sensors") };
    format!("{name}, {part} {word} {layer}{ring}{sensors}")
}

fn title_of(kind: &str) -> String {
    Tab::of_kind(kind).map_or_else(|| kind.to_owned(), |tab| tab.title.to_owned())
}

fn groups(measures: &[Measure], chosen: Option<&Measure>) -> Vec<Group> {
    let mut kinds: Vec<&str> = TABS.iter().map(|tab| tab.kind).collect();
    for measure in measures {
        if !kinds.contains(&&*measure.kind) {
            kinds.push(&measure.kind);
        }
    }
    let choice = |measure: &Measure| Choice {
        key: key(measure),
        name: name(measure),
        is_chosen: chosen == Some(measure),
    };
    let group = |kind: &str| Group {
        title: title_of(kind),
        choices: measures.iter().filter(|measure| measure.kind == kind).map(choice).collect(),
    };
    kinds.into_iter().map(group).filter(|group| !group.choices.is_empty()).collect()
}

fn shown(
    reader: &mut Reader,
    measure: &Measure,
    (from, to): (Option<RunNumber>, Option<RunNumber>),
) -> Result<Shown, Failure> {
    let mut values = reader.results.trend(measure)?;
    let inside =
        |run: RunNumber| from.is_none_or(|from| run >= from) && to.is_none_or(|to| run <= to);
    values.retain(|point| inside(point.run));
    let limits = limits::of(reader, measure, &values)?;
    let title = format!("{}: {}", title_of(&measure.kind), name(measure));
    let points: Vec<TrendPoint> =
        values.iter().map(|one| TrendPoint { run: one.run.to_u32(), value: one.value }).collect();
    let thresholds: Vec<Threshold<'_>> =
        limits.iter().map(|limit| Threshold { value: limit.value, label: &limit.label }).collect();
    let plot = Trend {
        title: &title,
        y_label: &measure.name,
        series: &[(&measure.name, &points)],
        thresholds: &thresholds,
    };
    let key = encoded(&key(measure));
    let link = |first: u32, last: u32| {
        if first == last {
            format!("/runs/{first}#{}", measure.kind)
        } else {
            format!("/history?measure={key}&from={first}&to={last}")
        }
    };
    let newest: Vec<_> = values.iter().rev().take(NEWEST).collect();
    let row = |Point { run, start, value }: &Point| {
        let run = Cell::link(run.to_string(), format!("/runs/{run}#{}", measure.kind));
        let start = start.map_or_else(String::new, number::time);
        vec![run, start.into(), number::short(*value).into()]
    };
    let value = format!("#{}", measure.name);
    let table = Table::new("Newest values", &["Run", "Start time", &value])
        .with_rows(newest.into_iter().map(row));
    Ok(Shown { svg: trend(&plot, link), count: values.len(), title, limits, table })
}

fn encoded(text: &str) -> String {
    super::super::result::encoded(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measure(kind: &str, name: &str, part: &str) -> Measure {
        let text = |text: &str| text.to_owned();
        let (layer, eta) = if part.is_empty() { ("", "") } else { ("2", "1") };
        Measure {
            kind: text(kind),
            name: text(name),
            part: text(part),
            layer: text(layer),
            eta: text(eta),
            ..Measure::default()
        }
    }

    #[test]
    fn measures_are_named_and_found_by_their_keys() {
        let all = [
            measure("sctno", "meanNO", "EndCapA"),
            measure("sctns", "StripsOfflineAll", ""),
            measure("other", "x", ""),
        ];
        assert_eq!(name(&all[0]), "meanNO, EndCapA disk 2, ring 1");
        assert_eq!(chosen(&all, None).unwrap(), Some(&all[1]));
        assert_eq!(chosen(&all, Some("sctno|meanNO|EndCapA|2|1||")).unwrap(), Some(&all[0]));
        assert!(chosen(&all, Some("sctno|<script>")).is_err());
        assert_eq!(chosen(&[], None).unwrap(), None);
        let titles: Vec<String> =
            groups(&all, Some(&all[0])).into_iter().map(|group| group.title).collect();
        assert_eq!(titles, ["Noisy Strips", "Noise Occupancy", "other"]);
    }
}
