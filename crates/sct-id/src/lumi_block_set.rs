//! Sets of lumi blocks of one run.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Error, LumiBlock};

/// Lumi blocks of one run, kept as ranges: what happens in a run mostly lasts for a while. As text `3 7-9`, numbers and
/// ranges in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct LumiBlockSet {
    /// First and last lumi block of each range, ascending, at least one lumi block apart.
    ranges: Vec<(LumiBlock, LumiBlock)>,
}

impl LumiBlockSet {
    /// No lumi blocks.
    pub const fn new() -> Self {
        Self { ranges: Vec::new() }
    }

    /// Adds a lumi block.
    pub fn insert(&mut self, lumi_block: LumiBlock) {
        self.insert_range(lumi_block, lumi_block);
    }

    /// Adds all lumi blocks from `first` to `last`; none when they are the wrong way round.
    pub fn insert_range(&mut self, first: LumiBlock, last: LumiBlock) {
        if first > last {
            return;
        }
        // Ranges that overlap or touch the new one are replaced by their hull.
        let touching = self.ranges.partition_point(|range| after(range.1) < first)
            ..self.ranges.partition_point(|range| range.0 <= after(last));
        let hull = self.ranges[touching.clone()]
            .iter()
            .fold((first, last), |hull, range| (hull.0.min(range.0), hull.1.max(range.1)));
        self.ranges.splice(touching, [hull]);
    }

    /// First and last lumi block of each range, ascending.
    pub fn ranges(&self) -> &[(LumiBlock, LumiBlock)] {
        &self.ranges
    }

    /// The lumi blocks, ascending.
    pub fn iter(&self) -> impl Iterator<Item = LumiBlock> + '_ {
        self.ranges
            .iter()
            .flat_map(|&(first, last)| first.to_u32()..=last.to_u32())
            .map(LumiBlock::new)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|&(first, last)| u64::from(last.to_u32() - first.to_u32()) + 1).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether a lumi block is among them.
    pub fn contains(&self, lumi_block: LumiBlock) -> bool {
        let next = self.ranges.partition_point(|&(_, last)| last < lumi_block);
        self.ranges.get(next).is_some_and(|&(first, _)| first <= lumi_block)
    }

    /// Adds the lumi blocks of another set.
    pub fn extend_from(&mut self, other: &Self) {
        other.ranges.iter().for_each(|&(first, last)| self.insert_range(first, last));
    }
}

/// The lumi block after one; the last is its own.
fn after(lumi_block: LumiBlock) -> LumiBlock {
    LumiBlock::new(lumi_block.to_u32().saturating_add(1))
}

impl FromIterator<LumiBlock> for LumiBlockSet {
    fn from_iter<I: IntoIterator<Item = LumiBlock>>(lumi_blocks: I) -> Self {
        let mut set = Self::new();
        lumi_blocks.into_iter().for_each(|lumi_block| set.insert(lumi_block));
        set
    }
}

impl fmt::Display for LumiBlockSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (first, last)) in self.ranges.iter().enumerate() {
            let blank = if number == 0 { "" } else { " " };
            if first == last {
                write!(f, "{blank}{first}")?;
            } else {
                write!(f, "{blank}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for LumiBlockSet {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut set = Self::new();
        for word in text.split_ascii_whitespace() {
            let wrong = || Error::LumiBlocks(word.chars().take(40).collect());
            let (first, last) = word.split_once('-').unwrap_or((word, word));
            let number = |text: &str| text.parse().map(LumiBlock::new).map_err(|_| wrong());
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(wrong());
            }
            set.insert_range(first, last);
        }
        Ok(set)
    }
}

impl TryFrom<String> for LumiBlockSet {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<LumiBlockSet> for String {
    fn from(set: LumiBlockSet) -> Self {
        set.to_string()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_become_ranges() {
        let set: LumiBlockSet = [7, 3, 9, 8, 3].map(LumiBlock::new).into_iter().collect();
        assert_eq!((set.to_string(), set.len()), ("3 7-9".to_owned(), 4));
        assert_eq!("9 7-8 3".parse::<LumiBlockSet>().unwrap(), set);
        assert!(set.contains(LumiBlock::new(8)) && !set.contains(LumiBlock::new(4)));
        assert_eq!(LumiBlockSet::new().to_string(), "");
    }

    #[test]
    fn the_largest_number_is_one_like_others() {
        let mut set: LumiBlockSet = "4294967294-4294967295 0".parse().unwrap();
        set.insert(LumiBlock::MAX);
        assert_eq!((set.to_string(), set.len()), ("0 4294967294-4294967295".to_owned(), 3));
    }

    #[test]
    fn texts_that_are_no_set_are_refused() {
        for text in ["x", "3-", "5-4", "1,2", "-1", "4294967296"] {
            let error = text.parse::<LumiBlockSet>().unwrap_err();
            assert_eq!(error, Error::LumiBlocks(text.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn it_is_a_set(numbers in prop::collection::vec(0..60_u32, 0..60), more in prop::collection::vec((0..60_u32, 0..9_u32), 0..4)) {
            let mut set: LumiBlockSet = numbers.iter().copied().map(LumiBlock::new).collect();
            let mut expected: BTreeSet<u32> = numbers.into_iter().collect();
            let mut other = LumiBlockSet::new();
            for (first, length) in more {
                other.insert_range(LumiBlock::new(first), LumiBlock::new(first + length));
                expected.extend(first..=first + length);
            }
            set.extend_from(&other);
            prop_assert!(set.iter().map(LumiBlock::to_u32).eq(expected.iter().copied()));
            prop_assert_eq!(set.len(), expected.len() as u64);
            for number in 0..80 {
                prop_assert_eq!(set.contains(LumiBlock::new(number)), expected.contains(&number));
            }
            prop_assert_eq!(set.to_string().parse::<LumiBlockSet>().unwrap(), set);
        }
    }
}
