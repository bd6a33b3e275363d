//! Whether the SCT took part in a run as it should: one verdict from all tasks of the run and from run control.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use sct_id::RunNumber;
use sct_run::{RunControl, run_info};
use sct_sched::{
    Store,
    store::{Filter, Task},
};

use crate::schedule::{Settings, results::JobResult, run_control};

/// What there is to be said of a run; nothing for a usual one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    run: Option<RunNumber>,
    /// What tasks say of STANDBY, by kind.
    pub(crate) standby: BTreeMap<String, String>,
    /// Parts of the SCT that were not in the read-out, by the detector mask.
    pub(crate) out_of_read_out: Vec<&'static str>,
}

impl Verdict {
    /// One line for the run.
    pub(crate) fn line(&self) -> Option<String> {
        let run = self.run?;
        let kinds: Vec<&str> = self.standby.keys().map(String::as_str).collect();
        let mut said = Vec::new();
        if !kinds.is_empty() {
            said.push(format!("SCT probably in STANDBY in run {run}, by {}", kinds.join(", ")));
        }
        said.extend(self.mask());
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// The reasons, each once: tasks that look at the same maps say the same.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut by_sentence: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (kind, sentence) in &self.standby {
            by_sentence.entry(sentence).or_default().push(kind);
        }
        let said = by_sentence.iter().map(|(said, kinds)| format!("{}: {said}", kinds.join(", ")));
        said.chain(self.mask()).collect()
    }

    fn mask(&self) -> Option<String> {
        mask(self.run?, &self.out_of_read_out)
    }
}

/// What is said of parts that were not in the read-out; nothing when all were.
pub(crate) fn mask(run: RunNumber, out_of_read_out: &[&str]) -> Option<String> {
    let parts = out_of_read_out.join(", ");
    let said = format!("out of the read-out in run {run}, by the detector mask: {parts}");
    (!out_of_read_out.is_empty()).then_some(said)
}

/// Parts that were not in the read-out, run by run, for whoever asks often: run control is opened once for a run that has
/// ended, and now and then for one that has not.
#[derive(Debug, Default)]
pub(crate) struct Masks {
    known: BTreeMap<RunNumber, Vec<&'static str>>,
    /// Runs that run control did not know, and when it was asked.
    asked: BTreeMap<RunNumber, Instant>,
}

/// How long run control is not asked again for a run that it did not know.
const PATIENCE: Duration = Duration::from_mins(1);

impl Masks {
    /// The parts of a run; none while run control does not know it.
    pub(crate) fn parts(&mut self, settings: &Settings, run: RunNumber) -> Vec<&'static str> {
        if let Some(known) = self.known.get(&run) {
            return known.clone();
        }
        if self.asked.get(&run).is_some_and(|asked| asked.elapsed() < PATIENCE) {
            return Vec::new();
        }
        let found = Verdicts::open(settings).out_of_read_out(run);
        if let Some(parts) = found {
            self.asked.remove(&run);
            return self.known.entry(run).or_insert(parts).clone();
        }
        self.asked.insert(run, Instant::now());
        Vec::new()
    }
}

/// Verdicts of runs; run control is opened once for all of them.
#[derive(Debug)]
pub(crate) struct Verdicts {
    control: Option<RunControl>,
}

impl Verdicts {
    /// With the run control of the settings, if it is there: one that cannot be read now says nothing.
    pub(crate) fn open(settings: &Settings) -> Self {
        let files = run_control(settings);
        let control = (!files.is_empty()).then(|| RunControl::open(&files));
        let control = control.and_then(|control| {
            control.inspect_err(|error| tracing::warn!("run control: {error}")).ok()
        });
        Self { control }
    }

    /// Parts of the SCT that were not in the read-out; none for a run that goes on, or that run control does not know.
    fn out_of_read_out(&self, run: RunNumber) -> Option<Vec<&'static str>> {
        let found = run_info(self.control.as_ref()?, run).ok()?;
        Some(found.mask.missing_sct_parts())
    }

    /// The verdict on a run.
    pub(crate) fn of(&self, store: &Store, run: RunNumber) -> anyhow::Result<Verdict> {
        let out_of_read_out = self.out_of_read_out(run).unwrap_or_default();
        let mut standby = BTreeMap::new();
        for task in store.tasks(&Filter { runs: Some((run, run)), ..Filter::default() })? {
            standby.extend(said(store, &task)?.map(|said| (task.kind.to_string(), said)));
        }
        Ok(Verdict { run: Some(run), standby, out_of_read_out })
    }
}

/// What the last attempt that says anything of STANDBY says.
fn said(store: &Store, task: &Task) -> anyhow::Result<Option<String>> {
    let attempts = store.attempts(task.id)?;
    let report = |folder: &std::path::Path| {
        JobResult::read(&folder.join(sct_sched::attempt::REPORT)).ok()?.standby()
    };
    Ok(attempts.iter().rev().find_map(|attempt| report(&attempt.folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(standby: &[(&str, &str)], out_of_read_out: &[&'static str]) -> Verdict {
        Verdict {
            run: Some(RunNumber::new(7).unwrap()),
            standby: standby.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            out_of_read_out: out_of_read_out.to_vec(),
        }
    }

    #[test]
    fn a_usual_run_has_no_verdict() {
        assert_eq!((verdict(&[], &[]).line(), verdict(&[], &[]).lines()), (None, Vec::new()));
    }

    #[test]
    fn everything_is_said_once() {
        let found = verdict(
            &[("scteff", "no hits"), ("sctno", "no hits"), ("scthm", "empty")],
            &["SCTEA", "SCTEC"],
        );
        let mask = "out of the read-out in run 7, by the detector mask: SCTEA, SCTEC";
        assert_eq!(found.lines(), ["scthm: empty", "scteff, sctno: no hits", mask]);
        let line = format!("SCT probably in STANDBY in run 7, by scteff, scthm, sctno; {mask}");
        assert_eq!(found.line(), Some(line));
        assert_eq!(verdict(&[], &["SCTEC"]).lines().len(), 1);
    }
}
