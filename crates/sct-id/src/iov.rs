//! Intervals of validity.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, LumiBlock, RunLumi, RunNumber};

/// A validity key: run and lumi block packed ([`RunLumi::key`]), or nanoseconds since 1970, by kind of folder.
pub type ValidityKey = u64;

/// Interval of validity: `since` inclusive, `until` exclusive, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Iov {
    since: ValidityKey,
    until: ValidityKey,
}

impl Iov {
    /// The largest key, read as "for ever".
    pub const INFINITY: ValidityKey = (1 << 63) - 1;
    /// All keys.
    pub const ALL: Self = Self { since: 0, until: Self::INFINITY };

    /// Checks `since < until <= INFINITY`.
    ///
    /// # Errors
    ///
    /// [`Error::Interval`] otherwise.
    pub const fn new(since: ValidityKey, until: ValidityKey) -> Result<Self, Error> {
        if since < until && until <= Self::INFINITY {
            Ok(Self { since, until })
        } else {
            Err(Error::Interval { since, until })
        }
    }

    /// One run as the calibration tasks store it: up to but without the key of its largest lumi block number, one key
    /// short of the next run. Source: `SCTCalib::stop`, which passes the last key as the exclusive end.
    pub const fn run(run: RunNumber) -> Self {
        Self { until: RunLumi { run, lumi_block: LumiBlock::MAX }.key(), ..Self::from_run(run) }
    }

    /// From the start of the first run to the end of the last one, each as in [`Self::run`].
    ///
    /// # Errors
    ///
    /// [`Error::Interval`] when the last run is earlier than the first.
    pub const fn runs(first: RunNumber, last: RunNumber) -> Result<Self, Error> {
        Self::new(Self::run(first).since, Self::run(last).until)
    }

    /// From the start of a run for ever.
    pub const fn from_run(run: RunNumber) -> Self {
        Self { since: RunLumi { run, lumi_block: LumiBlock::new(0) }.key(), until: Self::INFINITY }
    }

    /// First key.
    pub const fn since(self) -> ValidityKey {
        self.since
    }

    /// First key past the end.
    pub const fn until(self) -> ValidityKey {
        self.until
    }

    /// Whether the interval has no end.
    pub const fn is_open(self) -> bool {
        self.until == Self::INFINITY
    }

    /// Whether `key` lies inside.
    pub const fn contains(self, key: ValidityKey) -> bool {
        self.since <= key && key < self.until
    }

    /// Whether the two share a key.
    pub const fn overlaps(self, other: Self) -> bool {
        self.since < other.until && other.since < self.until
    }
}

impl<'de> Deserialize<'de> for Iov {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            since: ValidityKey,
            until: ValidityKey,
        }
        let raw = Raw::deserialize(deserializer)?;
        Self::new(raw.since, raw.until).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for Iov {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_open() {
            write!(f, "[{}, inf)", self.since)
        } else {
            write!(f, "[{}, {})", self.since, self.until)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_one_key_before_the_next() {
        let run = RunNumber::new(364_204).unwrap();
        let next = RunNumber::new(364_205).unwrap();
        assert_eq!(
            (Iov::run(run).since(), Iov::run(run).until()),
            (1_564_244_269_072_384, 1_564_248_564_039_679)
        );
        assert_eq!(Iov::run(run).until() + 1, Iov::run(next).since());
        assert!(!Iov::run(run).overlaps(Iov::run(next)));
        assert!(Iov::from_run(run).overlaps(Iov::run(next)) && Iov::from_run(run).is_open());
    }

    #[test]
    fn several_runs_have_one_interval() {
        let run = |number| RunNumber::new(number).unwrap();
        let three = Iov::runs(run(7), run(9)).unwrap();
        assert_eq!(
            (three.since(), three.until()),
            (Iov::run(run(7)).since(), Iov::run(run(9)).until())
        );
        assert!(three.overlaps(Iov::run(run(8))) && !three.overlaps(Iov::run(run(10))));
        assert_eq!(Iov::runs(run(7), run(7)), Ok(Iov::run(run(7))));
        assert!(Iov::runs(run(9), run(7)).is_err());
    }

    #[test]
    fn empty_intervals_are_refused() {
        assert!(Iov::new(5, 5).is_err());
        assert!(Iov::new(6, 5).is_err());
        assert!(Iov::new(0, Iov::INFINITY + 1).is_err());
        let iov = Iov::new(5, 7).unwrap();
        assert!(iov.contains(5) && iov.contains(6) && !iov.contains(7));
    }
}
