//! Quantities that summaries have, and their values by run.

use std::collections::BTreeSet;

use sct_id::RunNumber;
use sct_result::{Part, Summary};

use super::super::super::{Failure, Reader, tab::TABS};

/// A value of the run, or of a part of the detector.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Measure {
    /// Kind of task.
    pub(super) kind: String,
    /// Name in the summary.
    pub(super) name: String,
    /// Part of the detector; empty for a value of the run.
    pub(super) part: String,
    pub(super) layer: String,
    pub(super) eta: String,
    pub(super) side: String,
    pub(super) module: String,
}

/// Newest runs that tell which quantities there are.
const LOOKED_AT: usize = 5;

/// Values that are numbers and yet no quantity.
const NAMES: [&str; 3] = ["RunNumber", "StartTime", "EndTime"];

/// All quantities of the tasks with tabs.
pub(super) fn measures(reader: &Reader) -> Result<Vec<Measure>, Failure> {
    let mut found = BTreeSet::new();
    for tab in &TABS {
        for result in reader.results.newest(tab.kind, None, LOOKED_AT)? {
            if let Some(summary) = &result.summary {
                found.extend(of(tab.kind, summary));
            }
        }
    }
    Ok(found.into_iter().collect())
}

fn of(kind: &str, summary: &Summary) -> Vec<Measure> {
    let measure = |name: &str, part: &Part| Measure {
        kind: kind.to_owned(),
        name: name.to_owned(),
        part: part.part.clone(),
        layer: part.layer.clone(),
        eta: part.eta.clone(),
        side: part.side.clone(),
        module: part.module.clone(),
    };
    let is_quantity = |(name, value): &(&String, &String)| {
        !NAMES.contains(&name.as_str()) && value.trim().parse::<f64>().is_ok()
    };
    let whole = Part::default();
    let of_run = summary.values.iter().filter(is_quantity).map(|(name, _)| measure(name, &whole));
    let of_parts =
        summary.parts.iter().flat_map(|part| part.values.keys().map(move |name| (name, part)));
    of_run.chain(of_parts.map(|(name, part)| measure(name, part))).collect()
}

/// Run, start time and value of all runs, rising.
pub(super) fn trend(
    reader: &Reader,
    measure: &Measure,
) -> Result<Vec<(RunNumber, i64, f64)>, Failure> {
    let mut results = reader.results.newest(&measure.kind, None, usize::MAX)?;
    results.reverse();
    let value = |result: &sct_result::RunResult| {
        let summary = result.summary.as_ref()?;
        Some((result.run, summary.start.unwrap_or_default(), measure.value(summary)?))
    };
    Ok(results.iter().filter_map(value).collect())
}

impl Measure {
    fn value(&self, summary: &Summary) -> Option<f64> {
        if self.part.is_empty() {
            return summary.values.get(&self.name)?.trim().parse().ok();
        }
        let mine = [&self.part, &self.layer, &self.eta, &self.side, &self.module];
        let same =
            |part: &&Part| [&part.part, &part.layer, &part.eta, &part.side, &part.module] == mine;
        summary.parts.iter().filter(same).find_map(|part| part.values.get(&self.name).copied())
    }
}
