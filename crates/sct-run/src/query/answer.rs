//! The answer to a query.

use std::{fmt, ops::Range};

use sct_id::RunNumber;

/// A value of a run, or of lumi blocks of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// Nothing is known: `n.a.`.
    Missing,
    /// A whole number.
    Count(u64),
    /// A number, as currents.
    Real(f64),
    /// A text.
    Text(String),
    /// Events and bytes of a stream.
    Stream(u64, u64),
}

impl fmt::Display for Datum {
    /// As Python shows it: readers take the text between quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("'n.a.'"),
            Self::Count(number) => write!(f, "{number}"),
            Self::Real(number) => write!(f, "{number:?}"),
            Self::Text(text) => {
                f.write_str("'")?;
                for piece in text.split_inclusive(['\\', '\'']) {
                    let plain = piece.trim_end_matches(['\\', '\'']);
                    f.write_str(plain)?;
                    if plain.len() < piece.len() {
                        write!(f, "\\{}", &piece[plain.len()..])?;
                    }
                }
                f.write_str("'")
            }
            Self::Stream(events, bytes) => write!(f, "({events}, {bytes})"),
        }
    }
}

/// A value over a range of lumi blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// First lumi block, and the one behind the last.
    pub blocks: Range<u32>,
    /// Whether the range reaches the end of the run, whatever that is.
    pub to_end: bool,
    /// Whether the conditions accept the value.
    pub accepted: bool,
    /// The value.
    pub value: Datum,
}

impl Entry {
    /// End as it is printed: 0 stands for the end of the run.
    pub fn shown_end(&self) -> u32 {
        if self.to_end { 0 } else { self.blocks.end }
    }

    /// Last lumi block as it is stored: the largest number stands for the end of the run.
    pub fn stored_last(&self) -> u32 {
        if self.to_end { u32::MAX } else { self.blocks.end - 1 }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.accepted { 'a' } else { 'r' };
        write!(
            f,
            "<DataEntry [{}-{}) {verdict} {}>",
            self.blocks.start,
            self.shown_end(),
            self.value
        )
    }
}

/// One run that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct RunAnswer {
    /// The run.
    pub run: RunNumber,
    /// Its last lumi block so far.
    pub lumi_blocks: u32,
    /// Begin of the first lumi block, nanoseconds since 1970.
    pub start: u64,
    /// End of the last lumi block.
    pub end: u64,
    /// Values, in the order of [`Answer::columns`].
    pub values: Vec<Vec<Entry>>,
    /// Lumi blocks that count, ascending, without their ends.
    pub good: Vec<Range<u32>>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The conditions as a sentence.
    pub sentence: String,
    /// Whether the number of lumi blocks, the times and the duration are shown.
    pub heads: Heads,
    /// Names of the values of each run.
    pub columns: Vec<String>,
    /// Runs, newest first.
    pub runs: Vec<RunAnswer>,
    /// What the user should know: values that were not there.
    pub warnings: Vec<String>,
}

/// Values of the first group, which have no intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    /// Number of lumi blocks.
    pub lumi_blocks: bool,
    /// Begin and end.
    pub times: bool,
    /// Duration.
    pub duration: bool,
}

impl Answer {
    /// Names of everything that is shown, in order.
    pub fn keys(&self) -> Vec<&str> {
        let heads = [
            ("Run", true),
            ("Links", true),
            ("#LB", self.heads.lumi_blocks),
            ("Start and endtime", self.heads.times),
            ("Duration", self.heads.duration),
        ];
        let heads = heads.into_iter().filter(|(_, shown)| *shown).map(|(name, _)| name);
        heads.chain(self.columns.iter().map(String::as_str)).collect()
    }

    /// Whether a run was found.
    pub fn has(&self, run: RunNumber) -> bool {
        self.runs.iter().any(|found| found.run == run)
    }
}

impl RunAnswer {
    /// Whether all lumi blocks from the first to the last count.
    pub(crate) fn is_good_throughout(&self) -> bool {
        self.good.len() == 1 && self.good[0].end > self.lumi_blocks && self.good[0].start <= 1
    }

    /// Whole seconds from the first to the last lumi block.
    pub fn seconds(&self) -> u64 {
        self.end.saturating_sub(self.start) / 1_000_000_000
    }
}

/// `[Nd ]Nh Nm Ns`.
pub(crate) fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let days = if days > 0 { format!("{days}d ") } else { String::new() };
    format!("{days}{hours}h {minutes}m {}s", seconds % 60)
}

/// What is left of the lumi blocks `all` without those of the rejected entries.
pub(crate) fn good(all: Range<u32>, rejected: &[Range<u32>]) -> Vec<Range<u32>> {
    let mut rejected = rejected.to_vec();
    rejected.sort_unstable_by_key(|range| range.start);
    let mut good = Vec::new();
    let mut from = all.start;
    for range in rejected {
        if range.start > from {
            good.push(from..range.start.min(all.end));
        }
        from = from.max(range.end);
    }
    if from < all.end {
        good.push(from..all.end);
    }
    good
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_look_as_the_original_prints_them() {
        let entry =
            |blocks, to_end, accepted, value| Entry { blocks, to_end, accepted, value }.to_string();
        let text = |text: &str| Datum::Text(text.to_owned());
        assert_eq!(
            entry(1..381, true, true, Datum::Count(12_345_678)),
            "<DataEntry [1-0) a 12345678>"
        );
        assert_eq!(entry(1..95, false, false, text("FALSE")), "<DataEntry [1-95) r 'FALSE'>");
        assert_eq!(
            entry(1..381, true, true, Datum::Stream(45_210, 9_876_543_210)),
            "<DataEntry [1-0) a (45210, 9876543210)>"
        );
        assert_eq!(entry(1..2, true, true, Datum::Missing), "<DataEntry [1-0) a 'n.a.'>");
        assert_eq!(text("it's \\").to_string(), "'it\\'s \\\\'");
    }

    #[test]
    fn durations_are_for_people() {
        assert_eq!(duration(0), "0h 0m 0s");
        assert_eq!(duration(22_799), "6h 19m 59s");
        assert_eq!(duration(2 * 86_400 + 61), "2d 0h 1m 1s");
    }

    proptest! {
        #[test]
        fn good_blocks_are_those_that_nothing_rejects(
            end in 1_u32..40, rejected in prop::collection::vec((1_u32..40, 0_u32..9), 0..6)
        ) {
            let rejected: Vec<_> = rejected.into_iter().map(|(start, length)| start..start + length).collect();
            let ranges = good(1..end, &rejected);
            for block in 0..50 {
                let inside = (1..end).contains(&block) && !rejected.iter().any(|range| range.contains(&block));
                prop_assert_eq!(ranges.iter().any(|range| range.contains(&block)), inside);
            }
            prop_assert!(ranges.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
