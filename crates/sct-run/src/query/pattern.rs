//! Patterns with wildcards.

/// A list of alternatives with wildcards, perhaps negated. Letters match in either case; a pattern is anchored at the start
/// of the text and not at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patterns {
    text: String,
    alternatives: Vec<Vec<char>>,
    negated: bool,
    percent: bool,
}

impl Patterns {
    /// A comma list with `*` for any text and `?` for one character.
    pub fn new(text: &str) -> Self {
        let alternatives =
            text.split(',').map(|part| part.trim().to_lowercase().chars().collect()).collect();
        Self { text: text.to_owned(), alternatives, negated: false, percent: false }
    }

    /// The form of streams: `%` is `*` too, and a leading `!` negates.
    pub fn of_streams(text: &str) -> Self {
        let bare = text.strip_prefix('!');
        Self { negated: bare.is_some(), percent: true, ..Self::new(bare.unwrap_or(text)) }
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a text fits.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        let fits = |pattern: &Vec<char>| starts_with(pattern, &text, self.percent);
        self.alternatives.iter().any(fits) != self.negated
    }
}

/// Whether the pattern fits the start of the text. Goes back only to the last `*`: time is the product of the lengths at
/// most.
fn starts_with(pattern: &[char], text: &[char], percent: bool) -> bool {
    let any = |sign: char| sign == '*' || (percent && sign == '%');
    let (mut at, mut place) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < pattern.len() {
        if any(pattern[at]) {
            retry = Some((at + 1, place));
            at += 1;
        } else if place < text.len() && (pattern[at] == '?' || pattern[at] == text[place]) {
            at += 1;
            place += 1;
        } else if let Some((after, from)) = retry.filter(|(_, from)| *from < text.len()) {
            (at, place) = (after, from + 1);
            retry = Some((after, from + 1));
        } else {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_anchored_at_the_start_only() {
        let fits = |pattern: &str, text: &str| Patterns::new(pattern).matches(text);
        assert!(fits("data*_*eV", "data15_13TeV") && fits("data*_*eV", "DATA22_13p6TEV"));
        assert!(fits("data*_*eV", "data15_13TeV.more") && !fits("data*_*eV", "xdata15_13TeV"));
        assert!(!fits("data*_*eV", "data15_cos") && fits("data*_*eV,data*_cos", "data15_cos"));
        assert!(fits("data1?_cos", "data15_cos") && !fits("data1?_cos", "data1_cos"));
        assert!(!fits("data%", "data15") && fits("", "anything"));
        assert!(fits("*a*b*c", "xxaxxabxxbc") && !fits("*a*b*c", "xxbxxa"));
    }

    #[test]
    fn streams_have_more_signs() {
        let fits = |pattern: &str, text: &str| Patterns::of_streams(pattern).matches(text);
        assert!(fits("*calibration_SCTNoise", "calibration_SCTNoise"));
        assert!(fits("physics%Main", "physics_Main") && fits("!calibration*", "physics_Main"));
        assert!(!fits("!calibration*", "calibration_SCTNoise"));
    }
}
