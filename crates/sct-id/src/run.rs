//! Runs and lumi blocks.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;

/// Number of a run, up to 2^31 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct RunNumber(u32);

impl RunNumber {
    /// The largest run number: one bit of the upper half of a validity key is left free.
    pub const MAX: Self = Self(0x7FFF_FFFF);

    /// Checks the range.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] above [`Self::MAX`].
    pub const fn new(run: u32) -> Result<Self, Error> {
        if run <= Self::MAX.0 {
            Ok(Self(run))
        } else {
            Err(Error::Range { what: "run", value: run as i64, first: 0, last: Self::MAX.0 as i64 })
        }
    }

    /// The number.
    pub const fn to_u32(self) -> u32 {
        self.0
    }

    /// The run before; run 0 has none.
    pub const fn previous(self) -> Option<Self> {
        match self.0.checked_sub(1) {
            Some(run) => Some(Self(run)),
            None => None,
        }
    }
}

impl fmt::Display for RunNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for RunNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let run = text.parse().map_err(|error: ParseIntError| format!("run '{text}': {error}"))?;
        Self::new(run).map_err(|error| error.to_string())
    }
}

impl TryFrom<u32> for RunNumber {
    type Error = Error;

    fn try_from(run: u32) -> Result<Self, Error> {
        Self::new(run)
    }
}

impl From<RunNumber> for u32 {
    fn from(run: RunNumber) -> Self {
        run.0
    }
}

/// Number of a lumi block within its run, from 1; 0 and 2^32 - 1 appear as limits of intervals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(transparent)]
pub struct LumiBlock(u32);

impl LumiBlock {
    /// The largest number, used as "end of the run".
    pub const MAX: Self = Self(u32::MAX);

    /// Any 32-bit number is a lumi block.
    pub const fn new(lumi_block: u32) -> Self {
        Self(lumi_block)
    }

    /// The number.
    pub const fn to_u32(self) -> u32 {
        self.0
    }
}

impl fmt::Display for LumiBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A lumi block of a run: the key of run-lumi folders, `run << 32 | lumi block`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunLumi {
    /// The run.
    pub run: RunNumber,
    /// The lumi block.
    pub lumi_block: LumiBlock,
}

impl RunLumi {
    /// The validity key.
    pub const fn key(self) -> u64 {
        ((self.run.0 as u64) << 32) | self.lumi_block.0 as u64
    }

    /// Reads a validity key.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] above 2^63 - 1.
    pub fn from_key(key: u64) -> Result<Self, Error> {
        let run = u32::try_from(key >> 32).expect("the upper half has 32 bits");
        let lumi_block = u32::try_from(key & 0xFFFF_FFFF).expect("the lower half has 32 bits");
        Ok(Self { run: RunNumber::new(run)?, lumi_block: LumiBlock(lumi_block) })
    }
}

impl fmt::Display for RunLumi {
    /// `[run,lumi block]`, as the COOL tools print it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{},{}]", self.run, self.lumi_block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_run_364204() {
        let run = RunNumber::new(364_204).unwrap();
        assert_eq!(RunLumi { run, lumi_block: LumiBlock::new(0) }.key(), 1_564_244_269_072_384);
        assert_eq!(RunLumi { run, lumi_block: LumiBlock::MAX }.key(), 1_564_248_564_039_679);
        let last = RunLumi::from_key((1 << 63) - 1).unwrap();
        assert_eq!(last.to_string(), "[2147483647,4294967295]");
        assert!(RunLumi::from_key(1 << 63).is_err());
    }

    #[test]
    fn run_numbers_are_31_bits() {
        assert!("2147483647".parse::<RunNumber>().is_ok());
        assert!("2147483648".parse::<RunNumber>().is_err());
        assert!("-1".parse::<RunNumber>().is_err());
    }
}
