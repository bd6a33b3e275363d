//! Ranges of numbers.

use sct_id::RunNumber;

use super::complaint::{Complaint, Piece};

/// A closed range of run numbers.
pub type RunRange = (RunNumber, RunNumber);

/// What `--run` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runs {
    /// These, ascending; ranges do not touch.
    Ranges(Vec<RunRange>),
    /// The newest runs that have a stream which is no calibration.
    Last(usize),
}

/// A bound of a number, strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// More than this.
    Above(u64),
    /// Less than this.
    Below(u64),
}

impl Bound {
    /// Whether a number is on the right side.
    pub fn holds(self, number: u64) -> bool {
        match self {
            Self::Above(limit) => number > limit,
            Self::Below(limit) => number < limit,
        }
    }
}

/// A whole number; `k` and `m` are three and six zeros.
pub(crate) fn number(piece: Piece<'_>) -> Result<u64, Complaint> {
    let text = piece.text();
    let (digits, factor) = match text.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (&text[..at], 1_000),
        Some((at, 'm' | 'M')) => (&text[..at], 1_000_000),
        _ => (text, 1),
    };
    let sound = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if sound { digits.parse::<u64>().ok() } else { None };
    let number = number.and_then(|number| number.checked_mul(factor));
    number.ok_or_else(|| {
        piece.complain(format!(
            "'{text}' is no number, expected digits with k or m behind them at most"
        ))
    })
}

/// `N`, `N+` (more) or `N-` (less).
pub(crate) fn bound(piece: Piece<'_>) -> Result<Bound, Complaint> {
    let text = piece.text();
    match text.char_indices().next_back() {
        Some((at, '+')) => number(piece.split_at(at).0).map(Bound::Above),
        Some((at, '-')) => number(piece.split_at(at).0).map(Bound::Below),
        _ => number(piece).map(Bound::Above),
    }
}

/// A comma list of `N`, `A-B`, `A+`, `A-` and `-`, as closed ranges, ascending and not touching.
pub(crate) fn ranges(piece: Piece<'_>) -> Result<Vec<(u64, u64)>, Complaint> {
    let ranges = piece.split(',').into_iter().map(range).collect::<Result<Vec<_>, _>>()?;
    Ok(joined(ranges, |last, first| first <= last.saturating_add(1)))
}

/// Ranges in order; those that touch, by the end of one and the begin of the next, are one.
pub(crate) fn joined<T: Copy + Ord>(
    mut ranges: Vec<(T, T)>,
    touch: impl Fn(T, T) -> bool,
) -> Vec<(T, T)> {
    ranges.sort_unstable();
    let mut joined: Vec<(T, T)> = Vec::new();
    for (first, last) in ranges {
        match joined.last_mut() {
            Some(before) if touch(before.1, first) => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

fn range(piece: Piece<'_>) -> Result<(u64, u64), Complaint> {
    let text = piece.text();
    if text == "-" {
        return Ok((0, u64::MAX));
    }
    if let Some(at) = text.strip_suffix('+').map(str::len) {
        return Ok((number(piece.split_at(at).0.trim())?, u64::MAX));
    }
    let Some(at) = text.find('-') else {
        let only = number(piece)?;
        return Ok((only, only));
    };
    let (first, rest) = piece.split_at(at);
    let last = rest.split_at(1).1.trim();
    let first = number(first.trim())?;
    if last.is_empty() {
        return Ok((0, first));
    }
    let last = number(last)?;
    if last < first {
        return Err(piece.complain(format!("range '{text}' ends before it begins")));
    }
    Ok((first, last))
}

/// What `--run` says.
pub(crate) fn runs(piece: Piece<'_>) -> Result<Runs, Complaint> {
    let piece = piece.trim();
    if let Some(rest) = piece.text().strip_prefix("last") {
        let at = piece.text().len() - rest.len();
        let count = piece.split_at(at).1.trim();
        let wrong = || count.complain("'last' needs the number of runs behind it, as in 'last 10'");
        if count.is_empty() {
            return Err(wrong());
        }
        return usize::try_from(number(count)?).map(Runs::Last).map_err(|_| wrong());
    }
    if piece.text().to_lowercase().contains("period") {
        return Err(piece.complain(
            "data periods need a table of periods, which is not here; give run numbers",
        ));
    }
    let run = |number: u64| u32::try_from(number).ok().and_then(|run| RunNumber::new(run).ok());
    let ranges = ranges(piece)?.into_iter().map(|(first, last)| {
        let first =
            run(first).ok_or_else(|| piece.complain(format!("{first} is no run number")))?;
        Ok((first, run(last).unwrap_or(RunNumber::MAX)))
    });
    Ok(Runs::Ranges(ranges.collect::<Result<_, Complaint>>()?))
}

/// What two lists of ranges have in common.
pub(crate) fn common(left: &[RunRange], right: &[RunRange]) -> Vec<RunRange> {
    let mut both = Vec::new();
    for &(a, b) in left {
        for &(c, d) in right {
            if a.max(c) <= b.min(d) {
                both.push((a.max(c), b.min(d)));
            }
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece(text: &str) -> Piece<'_> {
        Piece::new(text, 0..text.len())
    }

    #[test]
    fn lists_of_ranges() {
        let check = |text: &str, expected: &[(u64, u64)]| {
            assert_eq!(ranges(piece(text)).unwrap(), expected, "{text}");
        };
        check("5", &[(5, 5)]);
        check("5-7", &[(5, 7)]);
        check("5+", &[(5, u64::MAX)]);
        check("5-", &[(0, 5)]);
        check("-", &[(0, u64::MAX)]);
        check("9, 1-3 ,4", &[(1, 4), (9, 9)]);
        check("10k-11k", &[(10_000, 11_000)]);
    }

    #[test]
    fn wrong_ranges_are_pointed_at() {
        let error = ranges(piece("1-3,x7,9")).unwrap_err();
        assert_eq!((error.word.clone(), error.text.as_str()), (4..6, "1-3,x7,9"));
        assert!(error.to_string().ends_with("\n  1-3,x7,9\n      ^^"), "{error}");
        for text in ["", "1,", "5-3", "-5", "1--2", "99999999999999999999", "3 4"] {
            assert!(ranges(piece(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn last_runs_and_bounds() {
        assert_eq!(runs(piece("last 10")).unwrap(), Runs::Last(10));
        assert!(
            runs(piece("last")).is_err()
                && runs(piece("last x")).is_err()
                && runs(piece("periodA")).is_err()
        );
        assert_eq!(bound(piece("10k+")).unwrap(), Bound::Above(10_000));
        assert_eq!(bound(piece("2m-")).unwrap(), Bound::Below(2_000_000));
        assert!(Bound::Above(5).holds(6) && !Bound::Above(5).holds(5) && !Bound::Below(5).holds(5));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            let _ = ranges(piece(&text)).map_err(|error| error.to_string());
            let _ = runs(piece(&text)).map_err(|error| error.to_string());
            let _ = bound(piece(&text)).map_err(|error| error.to_string());
        }

        #[test]
        fn joined_ranges_hold_the_same_numbers(list in prop::collection::vec((0_u64..30, 0_u64..5), 1..6)) {
            let text: Vec<String> = list.iter().map(|(first, more)| format!("{first}-{}", first + more)).collect();
            let text = text.join(",");
            let joined = ranges(piece(&text)).unwrap();
            for number in 0..40 {
                let given = list.iter().any(|(first, more)| (*first..=first + more).contains(&number));
                let found = joined.iter().filter(|(first, last)| (*first..=*last).contains(&number)).count();
                prop_assert_eq!(found, usize::from(given));
            }
        }
    }
}
