//! What is found out about runs. Many are looked at in parts, side by side: what is said of a run depends on no other.

use std::{ops::Range, thread};

use super::{
    answer::good,
    catalogue::Catalogue,
    columns::{Column, Reader, Which},
    engine::Sources,
    lumi::{Extent, overlay},
    runs::{Candidates, LumiBlocks, candidates},
    shares::{Share, Span},
    spec::Query,
    table::Table,
};
use crate::{Error, RunControl, RunTable, control::keys};

/// Some runs, which ascend, and what is known of them.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) runs: Vec<Extent>,
    /// Lumi blocks that count, of each run.
    pub(super) good: Vec<Vec<Range<u32>>>,
    /// What is shown, without streams.
    pub(super) columns: Vec<Column>,
    pub(super) table: Table,
    /// Runs that came into question, with lumi blocks where they were looked up.
    listed: Vec<Extent>,
}

impl Part {
    /// All runs that a query may be about, on up to so many threads.
    pub(super) fn whole(
        sources: Sources<'_>,
        query: &Query,
        threads: usize,
    ) -> Result<Self, Error> {
        let snapshot = sources.control.snapshot()?;
        let blocks = LumiBlocks::new(sources.control)?;
        let ranges = match candidates(sources.control, &blocks, sources.table, query)? {
            Candidates::Runs(runs) => {
                let runs = runs.into_iter().map(Extent::unknown).collect();
                return Self::read(sources, &blocks, query, runs);
            }
            Candidates::Ranges(ranges) => ranges,
        };
        let span = Span::of(&blocks, &ranges)?;
        let place = sources.catalogues.filter(|_| span.is_wide());
        let catalogue = place.and_then(|place| Catalogue::new(place, &blocks));
        let known = catalogue.as_ref().and_then(Catalogue::load);
        let shares = match known.as_ref().and_then(|known| known.of(&ranges)) {
            Some(runs) => Share::of_runs(runs, threads),
            None => Share::of_ranges(span, &ranges, threads),
        };
        let whole = Self::read_shares(sources, &blocks, query, shares)?;
        // Writers need not wait for what is kept.
        drop(snapshot);
        if let Some(catalogue) = catalogue {
            catalogue.learn(known, &ranges, &whole.listed);
        }
        Ok(whole)
    }

    fn read_shares(
        sources: Sources<'_>,
        blocks: &LumiBlocks<'_>,
        query: &Query,
        shares: Vec<Share>,
    ) -> Result<Self, Error> {
        let mut shares = shares.into_iter();
        let Some(first) = shares.next() else { return Ok(Self::default()) };
        let places = sources.control.places();
        let table = sources.table.map(RunTable::path);
        // Connections belong to one thread each. While the snapshot is held, all see the same state. A file that was replaced
        // meanwhile cannot be opened again: its share is left to this thread.
        let elsewhere = |share: Share| {
            let Some(control) = RunControl::open_again(&places)? else { return Ok(Err(share)) };
            let table = table.map(RunTable::open_to_read).transpose()?;
            let sources = Sources { control: &control, table: table.as_ref(), catalogues: None };
            let _snapshot = control.snapshot()?;
            let blocks = LumiBlocks::new(&control)?;
            Self::read(sources, &blocks, query, share.runs(&blocks)?).map(Ok)
        };
        thread::scope(|scope| {
            let others: Vec<_> = shares.map(|share| scope.spawn(|| elsewhere(share))).collect();
            let here = |share: Share| Self::read(sources, blocks, query, share.runs(blocks)?);
            let mut whole = here(first)?;
            for part in others {
                let part = part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
                whole.append(part.or_else(here)?);
            }
            Ok(whole)
        })
    }

    /// Conditions are looked up cheapest first, each for the runs that are left.
    fn read(
        sources: Sources<'_>,
        blocks: &LumiBlocks<'_>,
        query: &Query,
        mut listed: Vec<Extent>,
    ) -> Result<Self, Error> {
        let of = listed.len();
        let reader = |which| Reader { control: sources.control, query, blocks, of, which };
        let (reader_of_shown, reader) = (reader(Which::Shown), reader(Which::All));
        let mut runs: Vec<Extent> = listed.iter().map(|run| Extent::unknown(run.run)).collect();
        // What holds for a whole run needs no look at its lumi blocks, and leaves few runs. What is left is looked up run by
        // run.
        let settled = reader.settle_start(&mut runs)? & reader.settle_counters(&mut runs)?;
        let table = Table::read(sources.table, query, &runs, of)?;
        runs.retain(|run| table.passes(query, run.run));
        let reader_of_runs = if settled { &reader_of_shown } else { &reader };
        overlay(&mut runs, &listed);
        find_extents(blocks, &mut runs)?;
        overlay(&mut listed, &runs);
        if let Some(duration) = query.duration {
            runs.retain(|run| duration.holds((run.end - run.start) / 1_000_000_000));
        }
        let mut columns = table.event_column(query, &runs);
        columns.extend(reader_of_runs.counters(&runs)?);
        columns.extend(reader_of_runs.start_of_run(&runs)?);
        columns.extend(reader.ready(&runs)?);
        columns.extend(reader.magnets(&runs)?);
        columns.extend(reader.lhc(&runs)?);
        let good_of = |(index, run): (usize, &Extent)| {
            let entries = columns.iter().flat_map(|column| &column.entries[index]);
            let rejected = entries.filter(|entry| !entry.accepted);
            good(run.blocks(), &rejected.map(|entry| entry.blocks.clone()).collect::<Vec<_>>())
        };
        let good = runs.iter().enumerate().map(good_of).collect();
        columns.retain(|column| column.shown);
        Ok(Self { runs, good, columns, table, listed })
    }

    /// Adds the runs behind these.
    fn append(&mut self, behind: Self) {
        self.table.append(behind.table);
        // A part without runs has not all columns.
        if self.runs.is_empty() {
            self.columns = behind.columns;
        } else if !behind.runs.is_empty() {
            for (column, more) in self.columns.iter_mut().zip(behind.columns) {
                column.entries.extend(more.entries);
            }
        }
        self.listed.extend(behind.listed);
        self.runs.extend(behind.runs);
        self.good.extend(behind.good);
    }
}

/// Looks up first and last lumi blocks where they are not known. There are such: the run is known from one.
fn find_extents(blocks: &LumiBlocks<'_>, runs: &mut [Extent]) -> Result<(), Error> {
    for extent in runs.iter_mut().filter(|run| !run.is_known()) {
        let (begin, end) = keys(extent.run);
        if let Some(first) = blocks.at_or_after(begin)?.filter(|first| first.run == extent.run) {
            (extent.first, extent.start) = (first.lumi_block, first.start);
        }
        if let Some((last, end)) =
            blocks.before(end + 1)?.filter(|(last, _)| last.run == extent.run)
        {
            (extent.last, extent.last_start) = (last.lumi_block, last.start);
            extent.end = end.max(extent.start);
        }
    }
    Ok(())
}
