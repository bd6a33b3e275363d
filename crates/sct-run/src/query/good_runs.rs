//! The answer as a good-runs list.

use std::collections::BTreeMap;

use sct_xml::{GoodRun, GoodRuns, GoodStream};

use super::answer::Answer;
use crate::{Error, RunTable};

impl Answer {
    /// The list of good lumi blocks, with the events of the physics streams in them. Files that say no lumi block (0) count
    /// when all lumi blocks of their run do.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] when the table cannot be read.
    pub fn good_runs(
        &self,
        label: &str,
        created: &str,
        table: Option<&RunTable>,
    ) -> Result<GoodRuns, Error> {
        let mut streams: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        if let Some(table) = table {
            // Runs of an answer descend.
            let mut runs = self.runs.iter().rev().peekable();
            let ranges: Vec<_> = runs.clone().map(|run| (run.run, run.run)).collect();
            table.each_physics_file(&ranges, |number, stream, block, events| {
                while runs.next_if(|run| run.run < number).is_some() {}
                let counts = runs.peek().is_some_and(|run| match block {
                    0 => run.is_good_throughout(),
                    block => run.good.iter().any(|blocks| blocks.contains(&block)),
                });
                if !streams.contains_key(stream) {
                    streams.insert(stream.to_owned(), (0, 0));
                }
                if let Some((total, selected)) = streams.get_mut(stream) {
                    *total += events;
                    *selected += if counts { events } else { 0 };
                }
            })?;
        }
        let stream = |(name, (total, selected))| GoodStream {
            name: format!("physics_{name}"),
            total,
            selected,
        };
        let run = |run: &super::RunAnswer| GoodRun {
            run: run.run,
            ranges: run.good.iter().map(|blocks| (blocks.start, blocks.end - 1)).collect(),
        };
        Ok(GoodRuns {
            name: label.to_owned(),
            created: created.to_owned(),
            query: self.sentence.clone(),
            version: concat!("sct-run ", env!("CARGO_PKG_VERSION")).to_owned(),
            streams: streams.into_iter().map(stream).collect(),
            runs: self.runs.iter().map(run).collect(),
        })
    }
}
