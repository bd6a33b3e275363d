//! Where a result is on its way to the page, and why it is not there.

use sct_id::RunNumber;
use sct_result::Index;
use sct_sched::{Kind, TaskState, store::Task};

use super::time_text;
use crate::{
    passes::{Pass, Passes},
    schedule::Settings,
};

/// How far a result has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Among the newest runs of its tab; with what is wrong with its files, if anything is.
    OnPage(Option<String>),
    /// Behind so many newest runs.
    Beyond(usize),
    /// There are files, but none that is named as its summary.
    NotMatched {
        /// How the summary would be named.
        pattern: String,
        /// The files.
        names: Vec<String>,
    },
    /// Its task is done, and the results folder does not have it.
    NotCopied(Copies),
    /// Nothing has made it.
    NotProduced(String),
}

/// When results are copied, seconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Copies {
    /// The last copy that did its work.
    pub(crate) last: Option<i64>,
    /// The next one.
    pub(crate) next: Option<i64>,
}

impl Copies {
    /// As the heartbeats have it.
    pub(crate) fn find(passes: &Passes, now: i64) -> anyhow::Result<Self> {
        let standing = passes.standing(Pass::Copy, now)?;
        Ok(Self { last: standing.last_success, next: standing.next })
    }
}

impl Shown {
    /// Looks where the result of a kind of task is.
    pub(crate) fn find(
        settings: &Settings,
        index: &Index,
        tasks: &[Task],
        (run, kind): (RunNumber, &Kind),
        copies: Copies,
    ) -> anyhow::Result<Self> {
        let rows = settings.web.rows;
        if let Some(result) = index.attempts(run, kind.as_str())?.into_iter().next() {
            if result.summary.is_none() && result.complaint.is_none() {
                let ending = sct_result::summary_name(kind.as_str());
                let pattern = ending.map_or_else(String::new, |ending| format!("*{ending}"));
                let names = result.files.into_iter().map(|file| file.name).collect();
                return Ok(Self::NotMatched { pattern, names });
            }
            let newest = index.newest(kind.as_str(), None, rows)?;
            let is_shown = newest.iter().any(|result| result.run == run);
            return Ok(if is_shown { Self::OnPage(result.complaint) } else { Self::Beyond(rows) });
        }
        let of_kind = tasks.iter().find(|task| task.kind == *kind);
        Ok(match of_kind {
            Some(task) if matches!(task.state, TaskState::Finished) => Self::NotCopied(copies),
            Some(task) if task.reason.is_empty() => {
                Self::NotProduced(format!("its task is {}", task.state))
            }
            Some(task) => Self::NotProduced(format!("its task is {}: {}", task.state, task.reason)),
            None => Self::NotProduced("it has no task".to_owned()),
        })
    }

    /// The same for people.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::OnPage(None) => "on the page".to_owned(),
            Self::OnPage(Some(complaint)) => format!("on the page, but {complaint}"),
            Self::Beyond(rows) => format!("beyond the newest {rows}: page back to it"),
            Self::NotMatched { pattern, names } => format!(
                "not matched: none of its files is named {pattern}, as the summary of this task is; there are {}",
                names.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
            ),
            Self::NotCopied(Copies { last, next }) => {
                let last = last.map_or_else(
                    || "no copy was made".to_owned(),
                    |time| format!("the last copy was at {} UTC", time_text(time)),
                );
                let next = next.map_or_else(
                    || "the service makes none".to_owned(),
                    |time| format!("the next one is due at {} UTC", time_text(time)),
                );
                format!(
                    "not copied yet: its task is done, and the results folder has nothing of it; {last}, {next}"
                )
            }
            Self::NotProduced(why) => format!("not produced: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::schedule::results;

    fn task(state: TaskState, reason: &str) -> Task {
        Task {
            id: 1,
            kind: Kind::new("sctns").unwrap(),
            dataset: "d".to_owned(),
            run: RunNumber::new(7).unwrap(),
            project: String::new(),
            stream: String::new(),
            state,
            reason: reason.to_owned(),
            defined: 0,
            since: 0,
            jobs: 1,
            done: 0,
            failed: 0,
        }
    }

    #[test]
    fn every_place_on_the_way_has_its_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings { data: folder.path().to_owned(), ..Settings::default() };
        settings.web.rows = 2;
        let mut index = Index::open(&settings.results_index()).unwrap();
        let (run, kind) = (|number| RunNumber::new(number).unwrap(), Kind::new("sctns").unwrap());
        let put = |number: u32, name: &str| {
            let folder = results::folder(&settings, run(number), &kind);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), "<x/>").unwrap();
        };
        let find = |index: &Index, tasks: &[Task], last: Option<i64>| {
            let copies = Copies { last, next: last.map(|time| time + 3_600) };
            Shown::find(&settings, index, tasks, (run(7), &kind), copies).unwrap().sentence()
        };
        assert_eq!(find(&index, &[], None), "not produced: it has no task");
        let failed = [task(TaskState::Failed, "no file")];
        assert_eq!(find(&index, &failed, None), "not produced: its task is FAILED: no file");
        let done = [task(TaskState::Finished, "")];
        assert!(find(&index, &done, None).ends_with("no copy was made, the service makes none"),);
        assert!(find(&index, &done, Some(0)).ends_with(
            "the last copy was at 1970-01-01 00:00:00 UTC, the next one is due at 1970-01-01 01:00:00 UTC"
        ));
        put(7, "notes.txt");
        index.refresh(&settings.results()).unwrap();
        assert_eq!(
            find(&index, &done, None),
            "not matched: none of its files is named *BadStripsSummaryFile.xml, as the summary of this task is; \
             there are notes.txt"
        );
        let name =
            "data22_13p6TeV.00000007.s.sctcal.NOISYSTRIP.c0_c0._0001.BadStripsSummaryFile.xml";
        put(7, name);
        index.refresh(&settings.results()).unwrap();
        assert!(
            find(&index, &done, None).starts_with("on the page, but "),
            "{}",
            find(&index, &done, None)
        );
        for later in [8, 9] {
            put(later, &name.replace('7', &later.to_string()));
        }
        index.refresh(&settings.results()).unwrap();
        assert_eq!(find(&index, &done, None), "beyond the newest 2: page back to it");
    }
}
