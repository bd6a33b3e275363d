//! The scan of a job's log: what counts as an error.

use std::collections::BTreeMap;

/// Levels of log lines with their rank, mildest first.
const LEVELS: [(&str, u8); 8] = [
    ("DEBUG", 10),
    ("VERBOSE", 10),
    ("INFO", 20),
    ("WARNING", 30),
    ("ERROR", 40),
    ("CRITICAL", 50),
    ("FATAL", 50),
    ("CATASTROPHE", 60),
];
/// Rank from which on a job fails.
const FAILING: u8 = 40;
/// Distinct messages kept per level.
const KEPT: usize = 10;
/// A line of this kind is a warning: a few such identifiers are admissible in an event.
const UNKNOWN_IDENTIFIER: &str = "Unknown offlineId for OnlineId";

/// One message of a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Text.
    pub message: String,
    /// Line where it stands first, from 1.
    pub first_line: usize,
    /// How often it comes.
    pub count: usize,
}

/// What a log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogScan {
    /// Lines by level, with `UNKNOWN` and `IGNORED`.
    pub counts: BTreeMap<String, usize>,
    /// Warnings and worse by level, the first ten of each.
    pub details: BTreeMap<String, Vec<Message>>,
    worst: u8,
}

impl LogScan {
    /// Lines of every level, also of those without any.
    pub fn summary(&self) -> BTreeMap<&str, usize> {
        let levels = LEVELS.iter().map(|(level, _)| *level).chain(["UNKNOWN", "IGNORED"]);
        levels.map(|level| (level, self.counts.get(level).copied().unwrap_or(0))).collect()
    }

    /// The first message that makes the job fail, if any. With `ignore_errors` plain errors are let through.
    pub fn failure(&self, ignore_errors: bool) -> Option<&Message> {
        let limit = if ignore_errors { FAILING + 1 } else { FAILING };
        if self.worst < limit {
            return None;
        }
        let failing = LEVELS.iter().filter(|(_, rank)| *rank >= limit);
        failing
            .filter_map(|(level, _)| self.details.get(*level)?.first())
            .min_by_key(|message| message.first_line)
    }
}

/// Scans the lines of a log. A line that contains one of `masked` is counted as ignored.
pub fn scan_log(text: &str, masked: &[String]) -> LogScan {
    let mut scan = LogScan::default();
    for (line, number) in text.lines().zip(1..) {
        let (level, message) = classify(line);
        let ignored = masked.iter().any(|mask| !mask.is_empty() && line.contains(mask.as_str()));
        let level = if ignored { "IGNORED" } else { level };
        *scan.counts.entry(level.to_owned()).or_default() += 1;
        let rank = LEVELS.iter().find(|(name, _)| *name == level).map_or(0, |(_, rank)| *rank);
        scan.worst = scan.worst.max(rank);
        if rank >= 30 {
            record(scan.details.entry(level.to_owned()).or_default(), message, number);
        }
    }
    scan
}

fn record(messages: &mut Vec<Message>, message: &str, line: usize) {
    if let Some(known) = messages.iter_mut().find(|known| known.message == message) {
        known.count += 1;
    } else if messages.len() < KEPT {
        messages.push(Message { message: message.to_owned(), first_line: line, count: 1 });
    }
}

/// Level and message of a line: a service's name first, then a level between blanks, then the message.
fn classify(line: &str) -> (&'static str, &str) {
    if line.contains(UNKNOWN_IDENTIFIER) {
        return ("WARNING", line.trim());
    }
    if line.contains("std::bad_alloc") {
        return ("CATASTROPHE", line.trim());
    }
    if ["Core dump from CoreDumpSvc", "Traceback (most recent call last)", "Error in <TBuffer"]
        .iter()
        .any(|t| line.contains(t))
    {
        return ("FATAL", line.trim());
    }
    let unknown = ("UNKNOWN", line.trim());
    let trimmed = line.trim_start();
    let Some(service) = trimmed.split_whitespace().next() else { return unknown };
    if !service.ends_with(|last: char| last.is_ascii_alphanumeric() || last == '_') {
        return unknown;
    }
    let rest = &trimmed[service.len()..];
    let mut words = rest.split_whitespace();
    let found = words.find_map(|word| {
        LEVELS.iter().find(|(level, _)| *level == word).map(|(level, _)| (*level, word))
    });
    let Some((level, word)) = found else { return unknown };
    // The word lies inside the line, so its end is where the message begins.
    let end = word.as_ptr() as usize - line.as_ptr() as usize + word.len();
    if end >= line.trim_end().len() {
        return unknown;
    }
    (level, line[end..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_recognised_by_service_and_level() {
        let scan = scan_log(
            "SCTCalib             INFO all fine\nsct_tasks WARNING   odd\nfree text\n[x] ERROR not a service\nSCTCalib ERROR bad\n",
            &[],
        );
        let count = |level: &str| scan.counts.get(level).copied().unwrap_or(0);
        assert_eq!(
            (count("INFO"), count("WARNING"), count("ERROR"), count("UNKNOWN")),
            (1, 1, 1, 2)
        );
        assert_eq!(
            scan.failure(false).map(|message| (message.message.as_str(), message.first_line)),
            Some(("bad", 5))
        );
        assert_eq!(scan.failure(true), None);
    }

    #[test]
    fn unknown_identifiers_are_warnings_and_hide_nothing() {
        let text = "Decoder ERROR Unknown offlineId for OnlineId 5\nDecoder ERROR Unknown offlineId for OnlineId 5\nA ERROR real\n";
        let scan = scan_log(text, &[]);
        assert_eq!(scan.details["WARNING"][0].count, 2);
        assert_eq!(scan.failure(false).map(|message| message.message.as_str()), Some("real"));
    }

    #[test]
    fn masked_lines_are_ignored() {
        let scan = scan_log("A ERROR harmless thing\n", &["harmless".to_owned()]);
        assert_eq!((scan.counts["IGNORED"], scan.failure(false)), (1, None));
    }

    #[test]
    fn ten_messages_of_a_level_are_kept() {
        let text: String = (0..30).map(|number| format!("A ERROR number {number}\n")).collect();
        assert_eq!(scan_log(&text, &[]).details["ERROR"].len(), 10);
        assert!(scan_log("A FATAL stop\n", &[]).failure(true).is_some());
    }
}
