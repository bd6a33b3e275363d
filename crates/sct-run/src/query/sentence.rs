//! The sentence form: `find COND and COND / show TAG and TAG / EXTRA`.

use jiff::Timestamp;

use super::{
    complaint::{Complaint, Piece},
    show::{Show, show},
    spec::{CONDITIONS, Query, Unknown},
};
use crate::Error;

/// Words of the third part. The ones without effect here are about pages and plots.
const EXTRAS: [&str; 8] =
    ["verbose", "noroot", "root", "nohtml", "html", "nodef", "selectonunknown", "skipunknown"];

impl Query {
    /// From a sentence. Without a partition it is ATLAS; without tags, run, events and time are shown.
    ///
    /// # Errors
    ///
    /// [`Error::Syntax`] that points at the word, [`Error::Unavailable`].
    pub fn from_sentence(text: &str, now: Timestamp) -> Result<Self, Error> {
        let whole = Piece::new(text, 0..text.len());
        let parts = whole.split('/');
        let mut query = Self::default();
        let (conditions, rest) = parts.split_first().expect("there is always one part");
        let mut given = Vec::new();
        for clause in clauses(*conditions, "find", "f")? {
            let (name, value) = condition(clause)?;
            query.condition(name, value, now)?;
            given.push(name);
        }
        let mut rest = rest.iter();
        let mut plain = true;
        if let Some(shown) = rest.next()
            && !shown.is_empty()
        {
            for clause in clauses(*shown, "show", "sh")? {
                show(&mut query.show, clause)?;
            }
        }
        for word in rest.flat_map(|extra| extra.words()) {
            match word.text().to_ascii_lowercase().as_str() {
                "skipunknown" => query.unknown = Unknown::Skip,
                "selectonunknown" => query.unknown = Unknown::Select,
                "nodef" => plain = false,
                extra if EXTRAS.contains(&extra) => {}
                extra => {
                    return Err(word
                        .complain_of(format!("unknown word '{extra}'"), EXTRAS.into_iter())
                        .into());
                }
            }
        }
        // `nodef` is the original's word for: without the usual additions.
        if plain && !given.contains(&"partition") {
            let usual = "partition ATLAS";
            query.condition("partition", Piece::new(usual, 10..usual.len()), now)?;
        }
        if query.show.is_empty() {
            query.show = vec![Show::Run, Show::Events, Show::Time];
        }
        Ok(query)
    }
}

/// Parts between `and`s after the verb, which may be cut down to its first letters.
fn clauses<'a>(part: Piece<'a>, verb: &str, least: &str) -> Result<Vec<Piece<'a>>, Complaint> {
    let words = part.words();
    let is_verb = |word: &str| word.len() >= least.len() && verb.starts_with(word);
    let Some((first, words)) = words.split_first() else {
        return Err(part.complain(format!("expected '{verb}'")));
    };
    if !is_verb(&first.text().to_ascii_lowercase()) {
        return Err(first.complain_of(
            format!("expected '{verb}', found '{}'", first.text()),
            [verb].into_iter(),
        ));
    }
    let mut clauses = Vec::new();
    let mut from = 0;
    for (index, word) in words.iter().enumerate().chain([(words.len(), first)]) {
        if index < words.len() && !word.text().eq_ignore_ascii_case("and") {
            continue;
        }
        match words[from..index] {
            [] if index < words.len() => {
                return Err(word.complain("nothing stands before this 'and'"));
            }
            [] => {
                let last = words.last().unwrap_or(first);
                return Err(last.complain("something is missing behind this word"));
            }
            [only] => clauses.push(only),
            [begin, .., end] => clauses.push(begin.to(end)),
        }
        from = index + 1;
    }
    Ok(clauses)
}

/// The condition that a clause begins with, and its value.
fn condition(clause: Piece<'_>) -> Result<(&'static str, Piece<'_>), Complaint> {
    let words = clause.words();
    let (key, rest) = words.split_first().expect("clauses have words");
    let word = key.text().to_ascii_lowercase();
    // `last 10` needs no `run` before it.
    if word == "last" && rest.len() == 1 {
        return Ok(("run", clause));
    }
    let fits = |name: &str, least: &str| name.starts_with(&word) && word.len() >= least.len();
    let found = CONDITIONS.iter().find(|(name, least, _)| fits(name, least));
    let Some((name, ..)) = found else {
        let known = CONDITIONS.iter().map(|(name, ..)| *name);
        return Err(key.complain_of(format!("unknown condition '{}'", key.text()), known));
    };
    match (rest.first(), rest.last()) {
        (Some(first), Some(last)) => Ok((name, first.to(*last))),
        _ => Err(key.complain(format!("'{name}' needs a value behind it"))),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::{Bound, LhcCondition, Runs};

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn read(text: &str) -> Result<Query, Error> {
        Query::from_sentence(text, now())
    }

    #[test]
    fn a_sentence_is_the_same_as_options() {
        let sentence = read(
            "find run 267k-268k and lhc stablebeams TRUE and ptag data*_*eV and st *calibration_SCTNoise 10k+ / show run and \
             streams *calibration_SCTNoise and lhc / verbose",
        )
        .unwrap();
        let options = [
            ("run", "267000-268000"),
            ("lhc", "stablebeams TRUE"),
            ("projecttag", "data*_*eV"),
            ("streams", "*calibration_SCTNoise 10000+"),
            ("partition", "ATLAS"),
            ("show", "run"),
            ("show", "streams *calibration_SCTNoise"),
            ("show", "lhc"),
        ];
        let options = Query::from_options(&options, now()).unwrap();
        assert_eq!(
            Query { sentence: String::new(), ..sentence },
            Query { sentence: String::new(), ..options }
        );
    }

    #[test]
    fn letters_may_be_dropped() {
        let query = read("f r 5 and t last3d and dur 600+ / sh ready").unwrap();
        assert_eq!(
            (query.runs.len(), query.times.len(), query.duration),
            (1, 1, Some(Bound::Above(600)))
        );
        assert_eq!(read("f last 10").unwrap().runs, [Runs::Last(10)]);
        assert_eq!(
            read("find lhc fillnumber 3829").unwrap().lhc,
            [LhcCondition::FillNumber(vec![(3829, 3829)])]
        );
        assert_eq!(read("find run 5").unwrap().show, [Show::Run, Show::Events, Show::Time]);
        assert!(read("find run 5 / / nodef").unwrap().partition.is_none());
    }

    #[test]
    fn wrong_words_are_pointed_at_with_a_suggestion() {
        let check = |text: &str, word: &str, suggestion: Option<&str>| {
            let Err(Error::Syntax(complaint)) = read(text) else { panic!("{text} is read") };
            assert_eq!(&text[complaint.word.clone()], word, "{complaint}");
            assert_eq!(complaint.suggestion.as_deref(), suggestion, "{complaint}");
        };
        check("fnd run 5", "fnd", Some("find"));
        check("find rnu 5", "rnu", Some("run"));
        check("find run 5 and", "and", None);
        check("find run 5 and and time last3d", "and", None);
        check("find lhc stablebeems TRUE", "stablebeems", Some("stablebeams"));
        check("find lhc stablebeams TRUEE", "TRUEE", Some("TRUE"));
        check("find run 5 / show evnts", "evnts", Some("events"));
        check("find run 5 / show run / verbse", "verbse", Some("verbose"));
        check("find run", "run", None);
        check("find", "find", None);
        assert!(matches!(read("find dq LAr g"), Err(Error::Unavailable { .. })));
    }

    #[test]
    fn options_without_data_are_named_with_what_they_need() {
        for option in [
            "smk",
            "release",
            "trigger",
            "ctag",
            "dq",
            "datasets",
            "luminosity",
            "olclumi",
            "beamspot",
            "bpm",
            "larcond",
        ] {
            let error = Query::from_options(&[(option, "x")], now()).unwrap_err().to_string();
            assert!(error.starts_with(&format!("--{option} needs ")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(find|show|run|time|lhc|and|/|[a-z0-9+,. -]{1,6}| ){0,12}") {
            let _ = read(&text).map_err(|error| error.to_string());
        }
    }
}
