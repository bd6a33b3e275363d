//! The run query panel: the selector of `sct-run query`, in process, over the run control that the settings name.

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use sct_run::{
    Error,
    query::{Complaint, Query as RunQuery, Unknown, answer},
};
use sct_tasks::run::Sources;

use super::{
    super::{
        App, Failure, Reader,
        frame::{Frame, framed, html},
        visitor::Visitor,
    },
    tasks::{Fields, encoded, field},
};
use crate::schedule::{Settings, run_control};

/// Longest query, bytes.
const LONGEST: usize = 2_000;

/// Folder of the data folder in which lumi blocks of runs are kept from one query to the next.
const CACHE: &str = "cache";

/// Most runs on a page.
const MOST: usize = 500;

/// What shifters ask most, the first one unless they ask for something else.
const CHOICES: [(&str, &str); 5] = [
    ("Runs of the last 3 days", "find time last3d / show run and time and duration and events"),
    (
        "Stable beams, last 3 days",
        "find time last3d and lhc stablebeams TRUE and detmaskin 240A and projecttag data*_*eV and streams *calibration_SCTNoise 10000+ \
         / show run and events and time and lhc and streams *calibration_SCTNoise",
    ),
    (
        "Stable beams, last 7 days",
        "find time last7d and lhc stablebeams TRUE and detmaskin 240A and projecttag data*_*eV and streams *calibration_SCTNoise 10000+ \
         / show run and events and time and lhc and streams *calibration_SCTNoise",
    ),
    (
        "Cosmics, last 7 days",
        "find time last7d and detmaskin 240A and projecttag data*_cos and streams *calibration_SCTNoise 10000+ \
         / show run and events and time and streams *calibration_SCTNoise",
    ),
    ("The last 10 runs", "find last 10 / show run and time and duration and events and projecttag"),
];

pub(super) fn routes() -> Router<App> {
    Router::new().route("/query", get(page))
}

/// What came of a query.
#[derive(Debug)]
pub(in crate::web) enum Outcome {
    /// Titles and rows; the second number says how many runs are left out.
    Answer { titles: Vec<String>, rows: Vec<Vec<String>>, left_out: usize, warnings: Vec<String> },
    /// It cannot be read: text before the word, the word, text after it, what is wrong, what was perhaps meant.
    Wrong { before: String, word: String, after: String, what: String, suggestion: String },
    /// There is nothing to ask, or no such data.
    Not(String),
}

#[derive(Template)]
#[template(path = "query.html")]
struct Page {
    frame: Frame,
    text: String,
    choices: Vec<(&'static str, String)>,
    examples: [(&'static str, &'static str); 5],
    outcome: Outcome,
}

async fn page(
    State(app): State<App>,
    Query(fields): Query<Fields>,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let text = field(&fields, "q").unwrap_or(CHOICES[0].1).to_owned();
    let asked = text.clone();
    let work = move |_: &mut Reader, settings: &Settings| ask(settings, &asked);
    let (frame, outcome) = framed(&app, visitor, "query", "Run query", work).await?;
    let status = match outcome {
        Outcome::Wrong { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Outcome::Answer { .. } | Outcome::Not(_) => StatusCode::OK,
    };
    let choices =
        CHOICES.iter().map(|(name, text)| (*name, format!("/query?q={}", encoded(text)))).collect();
    let page = Page { frame, text, choices, examples: EXAMPLES, outcome };
    Ok((status, html(&page)?).into_response())
}

/// Parts of the language, with what they mean.
const EXAMPLES: [(&str, &str); 5] = [
    ("find run 437548-437600", "these runs; also 437548+, 437548-, last 10"),
    ("find time 1.6.2022-3.6.2022", "begun then, UTC; also last 1d 12h"),
    (
        "find run 430000+ and streams *calibration_SCTNoise 10000+",
        "more than 10000 events in the noise stream",
    ),
    (
        "find time last3d and lhc stablebeams TRUE / show run and time and lhc",
        "what is shown comes after the slash",
    ),
    (
        "--time \"last3d\" --lhc \"stablebeams TRUE\" --show run",
        "the options of the command do as well",
    ),
];

pub(in crate::web) fn ask(settings: &Settings, text: &str) -> Result<Outcome, Failure> {
    if text.len() > LONGEST {
        return Ok(Outcome::Not(format!("The query is longer than {LONGEST} characters.")));
    }
    let query = match read(text) {
        Ok(query) => query,
        Err(Error::Syntax(complaint)) => return Ok(wrong(&complaint)),
        Err(error @ Error::Unavailable { .. }) => return Ok(Outcome::Not(format!("{error}."))),
        Err(error) => return Err(error.into()),
    };
    let files = run_control(settings);
    if files.is_empty() {
        let what = "No run control is set up: name its COOL files with run_control in [order] of sct-loop.toml.";
        return Ok(Outcome::Not(what.to_owned()));
    }
    let runs = settings.order.runs.as_ref().map(|path| settings.data.join(path));
    let cache = settings.data.join(CACHE);
    let sources = Sources::open(&files, runs.as_deref())?.keep_in(Some(cache));
    let answer = answer(sources.as_query(), &query)?;
    let left_out = answer.runs.len().saturating_sub(MOST);
    let mut rows = answer.to_rows();
    let titles = rows.remove(0);
    rows.truncate(MOST);
    Ok(Outcome::Answer { titles, rows, left_out, warnings: answer.warnings })
}

fn wrong(complaint: &Complaint) -> Outcome {
    let Complaint { text, word, what, suggestion } = complaint;
    Outcome::Wrong {
        before: text[..word.start].to_owned(),
        word: text[word.clone()].to_owned(),
        after: text[word.end..].to_owned(),
        what: what.clone(),
        suggestion: suggestion.clone().unwrap_or_default(),
    }
}

/// A sentence, or the options of the command as they are typed there.
fn read(text: &str) -> Result<RunQuery, Error> {
    let now = jiff::Timestamp::now();
    if !text.starts_with('-') {
        return RunQuery::from_sentence(text, now);
    }
    let mut options: Vec<(String, String)> = Vec::new();
    let mut unknown = Unknown::Select;
    let mut words = words(text).into_iter().peekable();
    let complain = |word: &str, what: String| {
        let start = text.find(word).unwrap_or(0);
        let word = start..(start + word.len()).min(text.len());
        Complaint { text: text.to_owned(), word, what, suggestion: None }
    };
    while let Some(word) = words.next() {
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word.clone(), None),
        };
        let long = match name.as_str() {
            // Switches about output files, plots and pages have no meaning here.
            "--noroot" | "--nohtml" | "--root" | "--html" | "--verbose" | "-v" | "--utc"
            | "--nogrl" | "--selectOnUnknown" => continue,
            "--skipUnknown" => {
                unknown = Unknown::Skip;
                continue;
            }
            "--allevents" => {
                options.push(("show".to_owned(), "allevents".to_owned()));
                continue;
            }
            "-r" => "run",
            "-t" => "time",
            "-p" => "partition",
            "-l" => "duration",
            "-e" => "events",
            "-b" => "bfield",
            "-s" => "show",
            "-c" => "ctag",
            "-k" => "smk",
            "-q" => "dq",
            other => {
                let Some(long) = other.strip_prefix("--") else {
                    let what = format!("'{word}' stands where an option is expected");
                    return Err(complain(&word, what).into());
                };
                long
            }
        };
        let value = inline.or_else(|| words.next_if(|next| !next.starts_with("--")));
        let Some(value) = value else {
            return Err(complain(&word, format!("{name} needs a value behind it")).into());
        };
        // The good-runs list is a file of the command.
        if long != "xmlfile" {
            options.push((long.to_owned(), value));
        }
    }
    let pairs: Vec<(&str, &str)> =
        options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Ok(RunQuery { unknown, ..RunQuery::from_options(&pairs, now)? })
}

/// Words between blanks; quotes of either kind hold words together.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    for letter in text.chars() {
        match quote {
            Some(end) if letter == end => quote = None,
            Some(_) => word.push(letter),
            None if letter == '"' || letter == '\'' => (quote, begun) = (Some(letter), true),
            None if letter.is_whitespace() => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            None => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_and_example_can_be_read() {
        for (name, text) in CHOICES {
            read(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        for (text, _) in EXAMPLES {
            read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }

    #[test]
    fn the_query_of_the_guide_is_read_as_it_is_typed() {
        let text = "--time \"last3d\" --lhc \"stablebeams TRUE\" --partition \"ATLAS\" --detmaskin \"240A\" --projecttag \
                    \"data*_*eV\" --streams \"*calibration_SCTNoise 10000+\" --show \"streams *calibration_SCTNoise\" --show run \
                    --show events --show time --show \"lhc\" --noroot --nohtml --verbose";
        let query = read(text).unwrap();
        assert_eq!((query.streams.len(), query.lhc.len(), query.show.len()), (1, 1, 5));
        assert_eq!(read("-r 5 --skipUnknown").unwrap().unknown, Unknown::Skip);
    }

    #[test]
    fn wrong_options_are_pointed_at() {
        let check = |text: &str, marked: &str, said: &str| {
            let Err(Error::Syntax(complaint)) = read(text) else { panic!("{text} is read") };
            let Outcome::Wrong { word, what, .. } = wrong(&complaint) else { unreachable!() };
            assert_eq!(word, marked, "{what}");
            assert!(what.contains(said), "{what}");
        };
        check("--run", "--run", "needs a value");
        check("--run 5 and", "and", "where an option is expected");
        check("--lhc \"stablebeems TRUE\"", "stablebeems", "stablebeems");
        check("find rnu 5", "rnu", "unknown condition");
        assert_eq!(words("a 'b c' \"\" d'e'"), ["a", "b c", "", "de"]);
    }
}
