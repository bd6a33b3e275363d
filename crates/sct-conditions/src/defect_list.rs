//! The text of defect lists: numbers and ranges with blanks around them.

use std::fmt::Write as _;

use sct_id::ModuleStrip;

use crate::StripSet;

/// Writes ascending numbers as a list: each maximal run as ` n ` or ` a-b `, a blank before and after. Source: rules of
/// `/SCT/Derived/Monitoring`, `docs/formats/xml.md`.
pub fn format_ranges(numbers: impl IntoIterator<Item = usize>) -> String {
    let mut text = String::new();
    let mut numbers = numbers.into_iter().peekable();
    while let Some(first) = numbers.next() {
        let mut last = first;
        while numbers.next_if_eq(&(last + 1)).is_some() {
            last += 1;
        }
        // Writing to a string cannot fail.
        let _ = if first == last {
            write!(text, " {first} ")
        } else {
            write!(text, " {first}-{last} ")
        };
    }
    text
}

/// Writes ascending numbers as a list in which no run crosses from the numbers below `boundary` to those from it on, as the
/// lists of dead strips and chips are made side by side.
pub fn format_ranges_split(numbers: impl IntoIterator<Item = usize>, boundary: usize) -> String {
    let (below, from): (Vec<usize>, Vec<usize>) =
        numbers.into_iter().partition(|&number| number < boundary);
    format_ranges(below) + &format_ranges(from)
}

/// The list as the XML files have it: runs of blanks squeezed, none at the ends.
pub fn normalized(list: &str) -> String {
    list.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A word that is neither a strip number nor a range of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{word}' (word {position} of the list) is no strip or range of strips from 0 to 1535")]
pub struct DefectListError {
    /// The word, cut after 40 characters.
    pub word: String,
    /// Its place, from 1.
    pub position: usize,
}

/// Reads a list with or without extra blanks; a list without any digit has no strips.
///
/// # Errors
///
/// [`DefectListError`] for anything but numbers and ascending ranges from 0 to 1535.
pub fn parse_defect_list(text: &str) -> Result<StripSet, DefectListError> {
    let mut set = StripSet::default();
    // The original takes any text without a digit, such as a lone blank, for an empty list.
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Ok(set);
    }
    for (index, word) in text.split_ascii_whitespace().enumerate() {
        let bad = || DefectListError { word: word.chars().take(40).collect(), position: index + 1 };
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = digits.then(|| text.parse().ok()).flatten();
            number.filter(|&number: &usize| number < ModuleStrip::COUNT).ok_or_else(bad)
        };
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(bad());
        }
        ModuleStrip::all().skip(first).take(last - first + 1).for_each(|strip| set.insert(strip));
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn runs_are_joined_across_the_sides() {
        assert_eq!(format_ranges([0, 1, 2, 3, 4, 5, 7]), " 0-5  7 ");
        assert_eq!(format_ranges([766, 767, 768, 769]), " 766-769 ");
        assert_eq!(format_ranges([]), "");
        assert_eq!(normalized(" 0-5  7 "), "0-5 7");
        assert_eq!(normalized(""), "");
    }

    #[test]
    fn split_lists_end_a_run_at_the_boundary() {
        assert_eq!(format_ranges_split([766, 767, 768, 769], 768), " 766-767  768-769 ");
        assert_eq!(format_ranges_split(0..12, 6), " 0-5  6-11 ");
        assert_eq!(format_ranges_split([], 6), "");
    }

    #[test]
    fn lists_without_digits_are_empty() {
        for text in ["", " ", "none"] {
            assert!(parse_defect_list(text).unwrap().is_empty());
        }
    }

    #[test]
    fn the_worked_example_counts_five_strips() {
        assert_eq!(parse_defect_list("3 10-12 700").unwrap().len(), 5);
    }

    #[test]
    fn bad_words_are_named() {
        for (text, word, position) in [
            ("5 1536", "1536", 2),
            ("7-5", "7-5", 1),
            ("1 2 x3", "x3", 3),
            ("1-", "1-", 1),
            ("-1", "-1", 1),
            ("1-2-3", "1-2-3", 1),
        ] {
            assert_eq!(
                parse_defect_list(text),
                Err(DefectListError { word: word.to_owned(), position })
            );
        }
    }

    proptest! {
        #[test]
        fn lists_round_trip(strips in prop::collection::btree_set(0..1536_usize, 0..200)) {
            let set: StripSet = strips.iter().map(|&strip| ModuleStrip::new(strip).unwrap()).collect();
            prop_assert_eq!(set.len(), strips.len());
            prop_assert_eq!(parse_defect_list(&set.defect_list()), Ok(set));
            prop_assert_eq!(parse_defect_list(&normalized(&set.defect_list())), Ok(set));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,60}") {
            let _ = parse_defect_list(&text);
        }
    }
}
