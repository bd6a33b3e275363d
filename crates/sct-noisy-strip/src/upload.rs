//! Whether a shifter may upload the result unseen.

use std::fmt;

use sct_conditions::six_digits;
use serde::Serialize;

use crate::{Config, Counts, Recent};

/// The verdict, with its letter in the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Flag {
    /// `G`: safe to upload.
    Green,
    /// `Y`: many more noisy strips or modules than in recent runs; look first.
    Yellow,
    /// `R`: too few events or too many noisy modules.
    Red,
    /// `U`: not judged.
    Undecided,
}

impl Flag {
    /// The letter in the summary.
    pub const fn letter(self) -> char {
        match self {
            Self::Green => 'G',
            Self::Yellow => 'Y',
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
    /// Failed criteria, or why there is no verdict.
    pub reasons: Vec<String>,
    /// The text of `FlagReason`.
    pub reason_text: String,
    /// All criteria in order.
    pub criteria: [String; 4],
    /// Whether the test is switched on.
    pub enabled: bool,
    /// Whether numbers of recent uploads were available.
    pub recent_available: bool,
}

impl Upload {
    /// Applies the criteria.
    pub(crate) fn judge(
        events: u64,
        counts: &Counts,
        recent: Option<Recent>,
        config: &Config,
    ) -> Self {
        let criteria = criteria(config);
        let recent = recent.filter(|_| config.upload_test);
        let Some(Recent { module_average, strip_average }) = recent else {
            let reason = if config.upload_test {
                "not tested: no numbers of recent uploads are available"
            } else {
                "not tested: the upload test is switched off"
            };
            return Self {
                flag: Flag::Undecided,
                reasons: vec![reason.to_owned()],
                reason_text: reason.to_owned(),
                criteria,
                enabled: config.upload_test,
                recent_available: false,
            };
        };
        let verdicts = [
            Verdict::from(events > config.min_events),
            Verdict::from(counts.modules < config.max_modules),
            increase(counts.modules, module_average, config.max_module_increase),
            increase(counts.strips, strip_average, config.max_strip_increase),
        ];
        let passed = |index: usize| verdicts[index] == Verdict::Passed;
        let flag = match (passed(0) && passed(1), passed(2) && passed(3)) {
            (false, _) => Flag::Red,
            (true, false) => Flag::Yellow,
            (true, true) => Flag::Green,
        };
        let reasons: Vec<(usize, String)> = verdicts
            .iter()
            .zip(&criteria)
            .enumerate()
            .filter_map(|(i, (v, c))| Some((i, v.reason(c)?)))
            .collect();
        // All but the last criterion bring their own separator, also at the end of the text.
        let text = |(index, reason): &(usize, String)| {
            if *index < 3 { format!("{reason}; ") } else { reason.clone() }
        };
        Self {
            flag,
            reason_text: reasons.iter().map(text).collect(),
            reasons: reasons.into_iter().map(|(_, reason)| reason).collect(),
            criteria,
            enabled: true,
            recent_available: true,
        }
    }

    /// The text of `CheckList`.
    pub fn check_list(&self) -> String {
        self.criteria.join("; ")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    /// The average of recent runs is 0.
    Undefined,
}

impl From<bool> for Verdict {
    fn from(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }
}

impl Verdict {
    fn reason(self, criterion: &str) -> Option<String> {
        match self {
            Self::Passed => None,
            Self::Failed => Some(format!("FAILED in {criterion}")),
            Self::Undefined => Some(format!("FAILED in {criterion} (the average is 0)")),
        }
    }
}

/// Relative increase over the average, in single precision as the original; a fall always passes.
fn increase(number: u64, average: f32, limit: f32) -> Verdict {
    if average == 0.0 {
        return Verdict::Undefined;
    }
    Verdict::from((number as f32 - average) / average < limit)
}

/// The criteria in the original's words.
fn criteria(config: &Config) -> [String; 4] {
    let percent = |part: f32| six_digits(f64::from(part * 100.0));
    [
        format!("#events more than {}", config.min_events),
        format!("#(modules w/ at least 1 noisy strip) less than {}", config.max_modules),
        format!(
            "Increase of #(modules w/ at least 1 noisy strip) from average of recent runs less than {}%",
            percent(config.max_module_increase)
        ),
        format!(
            "Increase of #(noisy strips) from average of recent runs less than {}%",
            percent(config.max_strip_increase)
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(events: u64, modules: u64, strips: u64, recent: Option<(f32, f32)>) -> Upload {
        let counts = Counts { modules, strips, ..Counts::default() };
        let recent =
            recent.map(|(module_average, strip_average)| Recent { module_average, strip_average });
        Upload::judge(events, &counts, recent, &Config::PRODUCTION)
    }

    #[test]
    fn the_worked_example_is_yellow_for_its_strips() {
        let upload = judge(20_000, 2600, 9000, Some((2500.0, 6500.0)));
        assert_eq!(upload.flag, Flag::Yellow);
        let strips =
            "FAILED in Increase of #(noisy strips) from average of recent runs less than 30%";
        assert_eq!(
            (upload.reasons, upload.reason_text),
            (vec![strips.to_owned()], strips.to_owned())
        );
    }

    #[test]
    fn limits_themselves_fail() {
        let recent = Some((5000.0, 1000.0));
        assert_eq!(judge(10_000, 1, 1, recent).flag, Flag::Red);
        assert_eq!(judge(10_001, 1, 1, recent).flag, Flag::Green);
        assert_eq!(judge(20_000, 5000, 1, recent).flag, Flag::Red);
        assert_eq!(judge(20_000, 4999, 1300, recent).flag, Flag::Yellow);
        assert_eq!(judge(20_000, 4999, 1299, recent).flag, Flag::Green);
    }

    #[test]
    fn all_failed_criteria_are_listed_in_order() {
        let upload = judge(5, 6000, 1, Some((100.0, 100.0)));
        assert_eq!(upload.reasons.len(), 3);
        assert!(
            upload
                .reason_text
                .starts_with("FAILED in #events more than 10000; FAILED in #(modules w/")
        );
        assert!(upload.reason_text.ends_with("less than 30%; "));
    }

    #[test]
    fn an_average_of_zero_has_its_own_reason() {
        let upload = judge(20_000, 1, 1, Some((0.0, 1.0)));
        assert_eq!(upload.flag, Flag::Yellow);
        assert!(upload.reason_text.contains("less than 30% (the average is 0)"));
    }

    #[test]
    fn without_a_test_one_sentence_says_so() {
        let upload = judge(1, 1, 1, None);
        assert_eq!((upload.flag, upload.reasons.len(), upload.enabled), (Flag::Undecided, 1, true));
        let off = Config { upload_test: false, ..Config::PRODUCTION };
        let recent = Some(Recent { module_average: 1.0, strip_average: 1.0 });
        let upload = Upload::judge(1, &Counts::default(), recent, &off);
        assert_eq!((upload.flag, upload.enabled), (Flag::Undecided, false));
    }
}
