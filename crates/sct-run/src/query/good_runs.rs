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
        for run in &self.runs {
            let files =
                table.map(|table| table.physics_files(run.run)).transpose()?.unwrap_or_default();
            let all =
                run.good.len() == 1 && run.good[0].end > run.lumi_blocks && run.good[0].start <= 1;
            for (stream, block, events) in files {
                let sums = streams.entry(stream).or_default();
                sums.0 += events;
                let counts = if block == 0 {
                    all
                } else {
                    run.good.iter().any(|blocks| blocks.contains(&block))
                };
                sums.1 += if counts { events } else { 0 };
            }
        }
        let stream = |(name, (total, selected))| GoodStream { name, total, selected };
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
