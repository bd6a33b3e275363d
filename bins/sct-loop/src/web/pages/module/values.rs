//! Values of one module run by run.

use std::collections::BTreeMap;

use sct_id::{ModuleHash, RunNumber};
use sct_result::ModuleEntry;

use super::super::super::{
    Failure, Reader,
    maps::{MAPS, raw_of},
};

/// Runs whose databases are read for a page: raw occupancies are in no list.
const DATABASES: usize = 20;
/// Their kind of task.
const RAW: &str = "sctro";

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

/// Values of the newest runs of each task, from the index.
pub(in crate::web) fn history(
    reader: &Reader,
    module: ModuleHash,
    runs: usize,
) -> Result<Vec<Entry>, Failure> {
    // Sum and number of sides.
    let mut sides: BTreeMap<(usize, RunNumber), (f64, u32)> = BTreeMap::new();
    for entry in reader.results.module(module, runs)? {
        if let Some(map) = map(&entry) {
            let (sum, count) = sides.entry((map, entry.run)).or_default();
            *sum += entry.value;
            *count += 1;
        }
    }
    let value = |((map, run), (sum, count)): ((usize, RunNumber), (f64, u32))| {
        let mean = MAPS[map].is_mean();
        Entry { run, map, value: if mean { sum / f64::from(count) } else { sum } }
    };
    let mut entries: Vec<Entry> = sides.into_iter().map(value).collect();
    entries.extend(from_databases(reader, module, runs.min(DATABASES))?);
    Ok(entries)
}

/// The map that shows the same quantity.
fn map(entry: &ModuleEntry) -> Option<usize> {
    let slug = match (entry.kind.as_str(), entry.name) {
        ("sctns", "strips") => "noisy",
        ("sctdc", "chips") | ("sctds", "strips") => "dead",
        (_, name) => name,
    };
    MAPS.iter().position(|map| map.kind == entry.kind && map.slug == slug)
}

fn from_databases(reader: &Reader, module: ModuleHash, runs: usize) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    let Some(map) = MAPS.iter().position(|map| map.kind == RAW) else { return Ok(entries) };
    for result in reader.results.newest(RAW, None, runs)? {
        // A file that is damaged is told on the page of its run.
        let value = raw_of(&result, module).unwrap_or_else(|error| {
            tracing::warn!("history of a module: {error:#}");
            None
        });
        entries.extend(value.map(|value| Entry { run: result.run, map, value }));
    }
    Ok(entries)
}
