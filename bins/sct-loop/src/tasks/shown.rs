//! Where a result is on its way to the page, and why it is not there.

use std::fs;

use sct_id::RunNumber;
use sct_result::Index;
use sct_sched::{Kind, TaskState, store::Task};

use super::time_text;
use crate::schedule::{Settings, results};

/// How far a result has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Among the newest runs of its tab; with what is wrong with its files, if anything is.
    OnPage(Option<String>),
    /// Behind so many newest runs.
    Beyond(usize),
    /// There are files, but none that is named as a result.
    NotMatched(Vec<String>),
    /// Its task is done, and the results folder does not have it; with the time of the last copy.
    NotCopied(Option<i64>),
    /// Nothing has made it.
    NotProduced(String),
}

impl Shown {
    /// Looks where the result of a kind of task is.
    pub(crate) fn find(
        settings: &Settings,
        index: &Index,
        tasks: &[Task],
        (run, kind): (RunNumber, &Kind),
        last_copy: Option<i64>,
    ) -> anyhow::Result<Self> {
        let rows = settings.web.rows;
        if let Some(result) = index.attempts(run, kind.as_str())?.into_iter().next() {
            let newest = index.newest(kind.as_str(), None, rows)?;
            let is_shown = newest.iter().any(|result| result.run == run);
            return Ok(if is_shown { Self::OnPage(result.complaint) } else { Self::Beyond(rows) });
        }
        let folder = results::folder(settings, run, kind);
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.'))
            .collect();
        if !names.is_empty() {
            names.sort();
            return Ok(Self::NotMatched(names));
        }
        let of_kind = tasks.iter().find(|task| task.kind == *kind);
        Ok(match of_kind {
            Some(task) if matches!(task.state, TaskState::Finished) => Self::NotCopied(last_copy),
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
            Self::NotMatched(names) => format!(
                "not matched: no file in its folder is named DATASET._NNNN.NAME as results are; there are {}",
                names.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
            ),
            Self::NotCopied(Some(time)) => {
                format!("not copied yet: the last copy was at {} UTC", time_text(*time))
            }
            Self::NotCopied(None) => {
                "not copied yet: its task is done, the results folder has nothing of it, and no copy was made".to_owned()
            }
            Self::NotProduced(why) => format!("not produced: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let find = |index: &Index, tasks: &[Task], copy| {
            Shown::find(&settings, index, tasks, (run(7), &kind), copy).unwrap().sentence()
        };
        assert_eq!(find(&index, &[], None), "not produced: it has no task");
        let failed = [task(TaskState::Failed, "no file")];
        assert_eq!(find(&index, &failed, None), "not produced: its task is FAILED: no file");
        let done = [task(TaskState::Finished, "")];
        assert!(find(&index, &done, None).contains("no copy was made"));
        assert!(
            find(&index, &done, Some(0)).ends_with("the last copy was at 1970-01-01 00:00:00 UTC")
        );
        put(7, "notes.txt");
        index.refresh(&settings.results()).unwrap();
        assert!(find(&index, &done, None).ends_with("there are notes.txt"));
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
