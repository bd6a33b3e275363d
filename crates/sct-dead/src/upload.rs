//! Whether a shifter may upload the result unseen.

use std::fmt;

use serde::Serialize;

use crate::{Config, Counts};

/// The verdict, with its letter in the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Flag {
    /// `G`: something was found.
    Green,
    /// `R`: nothing was found.
    Red,
    /// `U`: not judged.
    Undecided,
}

impl Flag {
    /// The letter in the summary.
    pub const fn letter(self) -> char {
        match self {
            Self::Green => 'G',
            Self::Red => 'R',
            Self::Undecided => 'U',
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.letter())
    }
}

/// The verdict and how it came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Upload {
    /// The verdict.
    pub flag: Flag,
    /// The text of `FlagReason`: the failed criterion, or why there is no verdict; empty when the flag is green.
    pub reason: String,
    /// Whether the test is switched on for anything that was searched.
    pub enabled: bool,
}

impl Upload {
    /// The one criterion, in the original's words: the text of `CheckList`.
    pub const CHECK_LIST: &'static str = "#chips or #strips is non-zero";

    /// Judges what was searched and is to be judged.
    pub(crate) fn judge(counts: &Counts, config: &Config) -> Self {
        let (strips, chips) =
            (config.strips && config.strip_upload_test, config.chips && config.chip_upload_test);
        let enabled = strips || chips;
        let found = (strips && counts.strips > 0) || (chips && counts.chips > 0);
        let (flag, reason) = match (enabled, found) {
            (false, _) => {
                (Flag::Undecided, "not tested: the upload test is switched off".to_owned())
            }
            (true, true) => (Flag::Green, String::new()),
            (true, false) => (Flag::Red, format!("FAILED in {}", Self::CHECK_LIST)),
        };
        Self { flag, reason, enabled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(strips: u64, chips: u64, config: &Config, expected: Flag) {
        let counts = Counts { chips, strips, ..Counts::default() };
        let upload = Upload::judge(&counts, config);
        assert_eq!(upload.flag, expected);
        assert_eq!(upload.reason.is_empty(), expected == Flag::Green);
        assert_eq!(upload.enabled, expected != Flag::Undecided);
    }

    #[test]
    fn what_was_searched_is_judged() {
        let both = Config::PRODUCTION;
        check(1, 0, &both, Flag::Green);
        check(0, 1, &both, Flag::Green);
        check(0, 0, &both, Flag::Red);
        let chips = Config { strips: false, ..both.clone() };
        check(5, 0, &chips, Flag::Red);
        check(0, 1, &chips, Flag::Green);
        let strips_untested = Config { strip_upload_test: false, ..both.clone() };
        check(5, 0, &strips_untested, Flag::Red);
        let off = Config { strip_upload_test: false, ..Config { chips: false, ..both } };
        check(5, 5, &off, Flag::Undecided);
    }
}
