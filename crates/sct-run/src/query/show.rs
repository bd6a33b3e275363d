//! What is shown.

use super::{complaint::Piece, pattern::Patterns, spec::TRIGGER};
use crate::Error;

/// How much of the LHC is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LhcShown {
    /// Fill number, stable beams, energy.
    Usual,
    /// The mode too.
    All,
    /// Stable beams alone.
    Least,
}

/// A tag of `--show`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the query language")]
pub enum Show {
    Run,
    Time,
    Duration,
    Events,
    AllEvents,
    ProjectTag,
    Partition,
    ReadyForPhysics,
    DetectorMask,
    Magnets,
    /// Streams that fit; all of them without a pattern.
    Streams(Option<Patterns>),
    Lhc(LhcShown),
}

/// Tags that can be shown.
const TAGS: [&str; 14] = [
    "run",
    "time",
    "duration",
    "events",
    "allevents",
    "projecttag",
    "filenametag",
    "partition",
    "readyforphysics",
    "detmask",
    "bfield",
    "streams",
    "lhc",
    "summary",
];
/// Tags of the language that need what is not here.
const UNAVAILABLE: [(&str, &str); 18] = [
    ("trigger", TRIGGER),
    ("trigkeys", TRIGGER),
    ("smk", TRIGGER),
    ("release", TRIGGER),
    ("trigrates", TRIGGER),
    ("olclumi", "folders of online luminosity"),
    ("olcfillparams", "folders of online luminosity"),
    ("olclbdata", "folders of online luminosity"),
    ("luminosity", "folders of luminosity"),
    ("beamspot", "folders of the beam spot"),
    ("bpm", "folders of the beam monitors"),
    ("dq", "folders of data quality"),
    ("dqeff", "folders of data quality"),
    ("dqsummary", "folders of data quality"),
    ("dqplots", "folders of data quality"),
    ("datasets", "the catalogue of data sets"),
    ("larcond", "folders of the calorimeter"),
    ("cosmics", "the web pages of the original"),
];

/// Adds what one value of `--show`, or one tag of a sentence, asks for.
pub(crate) fn show(shown: &mut Vec<Show>, value: Piece<'_>) -> Result<(), Error> {
    let words = value.words();
    let Some((&tag, rest)) = words.split_first() else {
        return Err(value.complain(format!("expected one of {}", TAGS.join(", "))).into());
    };
    let name = tag.text().to_ascii_lowercase();
    let more: Vec<Show> = match name.as_str() {
        "run" => vec![Show::Run],
        "time" => vec![Show::Time],
        "duration" => vec![Show::Duration],
        "events" => vec![Show::Events],
        "allevents" => vec![Show::AllEvents],
        "projecttag" | "filenametag" => vec![Show::ProjectTag],
        "partition" => vec![Show::Partition],
        "readyforphysics" | "ready" => vec![Show::ReadyForPhysics],
        "detmask" => vec![Show::DetectorMask],
        "bfield" => vec![Show::Magnets],
        "streams" => {
            let patterns: Vec<&str> = rest.iter().map(|word| word.text()).collect();
            vec![Show::Streams(
                (!patterns.is_empty()).then(|| Patterns::of_streams(&patterns.join(","))),
            )]
        }
        "lhc" => vec![Show::Lhc(match rest.first().map(|word| word.text()) {
            None => LhcShown::Usual,
            Some("all") => LhcShown::All,
            Some("min") => LhcShown::Least,
            Some(_) => {
                return Err(rest[0]
                    .complain_of("'lhc' knows only 'all' and 'min'", ["all", "min"].into_iter())
                    .into());
            }
        })],
        // What of it is available; the rest needs the trigger's database.
        "all" => vec![
            Show::ReadyForPhysics,
            Show::Lhc(LhcShown::Usual),
            Show::Streams(None),
            Show::DetectorMask,
        ],
        "summary" => vec![Show::Duration, Show::AllEvents, Show::Streams(None)],
        _ => {
            if let Some((tag, needs)) = UNAVAILABLE.iter().find(|(tag, _)| *tag == name) {
                return Err(Error::Unavailable { option: format!("--show {tag}"), needs });
            }
            let known = TAGS.into_iter().chain(UNAVAILABLE.iter().map(|(tag, _)| *tag));
            return Err(tag.complain_of(format!("'{}' cannot be shown", tag.text()), known).into());
        }
    };
    let takes_words = matches!(name.as_str(), "streams" | "lhc");
    if let Some(word) = rest.first().filter(|_| !takes_words) {
        return Err(word.complain(format!("nothing is expected behind '{name}'")).into());
    }
    for tag in more {
        if !shown.contains(&tag) {
            shown.push(tag);
        }
    }
    Ok(())
}
