//! Values of one module run by run.

use sct_id::{ModuleHash, RunNumber};

use super::super::super::{Failure, Reader, maps::MAPS};

/// A value of a module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::web) struct Entry {
    /// Run.
    pub(in crate::web) run: RunNumber,
    /// Place in [`MAPS`] of what it is a value of.
    pub(in crate::web) map: usize,
    /// Value, of both sides together.
    pub(in crate::web) value: f64,
}

/// Values of the newest runs of each task, from their lists.
pub(in crate::web) fn history(
    reader: &Reader,
    module: ModuleHash,
    runs: usize,
) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    for (number, map) in MAPS.iter().enumerate() {
        for result in reader.results.newest(map.kind, None, runs)? {
            // A list that is damaged is told on the page of its run.
            let values = map.values(&result).unwrap_or_else(|error| {
                tracing::warn!("history of a module: {error:#}");
                None
            });
            if let Some(value) = values.and_then(|values| values[module.index()]) {
                entries.push(Entry { run: result.run, map: number, value });
            }
        }
    }
    Ok(entries)
}
