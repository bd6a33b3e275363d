//! The tabs of the page: one for each task whose results shifters look at. Source: section (v) 1 and 3 of the operations guide.

use std::fmt;

use sct_upload::Task;

use super::number;

/// A tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tab {
    /// Last part of its address.
    pub slug: &'static str,
    /// Name on the page.
    pub title: &'static str,
    /// Kind of task, which is the folder of its results.
    pub kind: &'static str,
    /// The task for uploads.
    pub task: Task,
    /// Whether its summary has an upload flag.
    pub has_flag: bool,
}

const fn tab(
    slug: &'static str,
    title: &'static str,
    kind: &'static str,
    task: Task,
    has_flag: bool,
) -> Tab {
    Tab { slug, title, kind, task, has_flag }
}

/// All tabs in the order of the guide.
pub(crate) const TABS: [Tab; 8] = [
    tab("noisy-strips", "Noisy Strips", "sctns", Task::NoisyStrip, true),
    tab("noise-occupancy", "Noise Occupancy", "sctno", Task::NoiseOccupancy, false),
    tab("raw-occupancy", "Raw Occupancy", "sctro", Task::RawOccupancy, false),
    tab("dead-chips", "Dead Chips", "sctdc", Task::DeadChip, true),
    tab("dead-strips", "Dead Strips", "sctds", Task::DeadStrip, true),
    tab("efficiency", "Efficiency", "scteff", Task::Efficiency, false),
    tab("bytestream-errors", "ByteStream Errors", "sctbse", Task::BsError, false),
    tab("lorentz-angle", "Lorentz Angle", "sctla", Task::LorentzAngle, true),
];

impl Tab {
    /// The tab of an address.
    pub(crate) fn of_slug(slug: &str) -> Option<&'static Self> {
        TABS.iter().find(|tab| tab.slug == slug)
    }

    /// The tab of a kind of task.
    pub(crate) fn of_kind(kind: &str) -> Option<&'static Self> {
        TABS.iter().find(|tab| tab.kind == kind)
    }

    /// The tab of a task for uploads.
    pub(crate) fn of_task(task: Task) -> &'static Self {
        TABS.iter().find(|tab| tab.task == task).expect("every task has a tab")
    }
}

/// Title of a kind of task, also of one without a tab.
pub(crate) fn title_of(kind: &str) -> String {
    Tab::of_kind(kind).map_or_else(|| format!("Task {kind}"), |tab| tab.title.to_owned())
}

impl fmt::Display for Tab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title)
    }
}

/// Values of summaries by their names there, in words; what is counted says so.
const FACTS: [(&str, &str); 12] = [
    ("Modules", "Modules with defects"),
    ("Links", "Links (sides of modules)"),
    ("Chips", "Chips"),
    ("Strips", "Strips"),
    ("StripsOfflineAll", "Noisy strips"),
    ("StripsOfflineNew", "Noisy strips, new"),
    ("StripsOfflineRef", "Noisy strips of the reference"),
    ("ModulesRef", "Modules of the reference"),
    ("ModulesDiff", "Modules that differ from the reference"),
    ("FlagEnable", "Test for the upload"),
    ("ReadCool", "Recent uploads to compare with"),
    ("CheckList", "Tests"),
];

/// A value of a summary for people: its name in words, and the value; names that nobody has written down stay as they are.
pub(crate) fn fact(name: &str, value: &str) -> (String, String) {
    let words = FACTS.iter().find(|(known, _)| *known == name).map_or(name, |(_, words)| words);
    let counted = value.parse::<u64>().ok().filter(|_| words != name);
    let value = match (counted, value) {
        (Some(count), _) => number::grouped(count),
        (None, "ENABLED" | "DISABLED" | "AVAILABLE" | "UNAVAILABLE") => value.to_lowercase(),
        (None, value) => value.to_owned(),
    };
    (words.to_owned(), value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_have_words_and_unknown_ones_stay() {
        let words = |name: &str, value: &str| fact(name, value);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(words("StripsOfflineAll", "12345"), pair("Noisy strips", "12\u{202f}345"));
        assert_eq!(words("FlagEnable", "ENABLED"), pair("Test for the upload", "enabled"));
        assert_eq!(words("Later", "12345"), pair("Later", "12345"));
    }

    #[test]
    fn every_task_has_its_tab() {
        for task in Task::ALL {
            let tab = Tab::of_task(task);
            assert_eq!(Tab::of_slug(tab.slug).unwrap(), Tab::of_kind(tab.kind).unwrap());
        }
    }
}
