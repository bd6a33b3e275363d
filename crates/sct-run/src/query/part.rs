//! What is found out about runs. Many are looked at in parts, side by side: what is said of a run depends on no other.

use std::{ops::Range, thread};

use sct_id::RunNumber;

use super::{
    answer::good,
    columns::{Column, Reader, Which},
    engine::Sources,
    lumi::Extent,
    ranges::{RunRange, common},
    runs::{Candidates, LumiBlocks, candidates},
    spec::Query,
    table::Table,
};
use crate::{Error, RunControl, RunTable, control::keys};

/// Most parts: more of them wait for each other.
const MOST: usize = 4;
/// Numbers from the first run of a part to its last, at least: to open the files once more takes as long as some hundred runs.
const LEAST: u32 = 10_000;
/// The last lumi block of a run while it is not known.
const UNKNOWN_END: u32 = u32::MAX - 1;

/// Some runs, which ascend, and what is known of them.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) runs: Vec<Extent>,
    /// Lumi blocks that count, of each run.
    pub(super) good: Vec<Vec<Range<u32>>>,
    /// What is shown, without streams.
    pub(super) columns: Vec<Column>,
    pub(super) table: Table,
}

impl Part {
    /// All runs that a query may be about, on up to so many threads.
    pub(super) fn whole(
        sources: Sources<'_>,
        query: &Query,
        threads: usize,
    ) -> Result<Self, Error> {
        let _snapshot = sources.control.snapshot()?;
        let blocks = LumiBlocks::new(sources.control)?;
        let ranges = match candidates(sources.control, &blocks, sources.table, query)? {
            Candidates::Runs(runs) => return Self::read(sources, &blocks, query, &runs),
            Candidates::Ranges(ranges) => split(&blocks, ranges, threads)?,
        };
        let Some((first, others)) = ranges.split_first() else { return Ok(Self::default()) };
        let files = sources.control.files();
        let table = sources.table.map(RunTable::path);
        // Connections belong to one thread each. While the snapshot is held, all see the same state.
        let elsewhere = |ranges: &[RunRange]| {
            let control = RunControl::open_again(&files)?;
            let table = table.map(RunTable::open_to_read).transpose()?;
            let sources = Sources { control: &control, table: table.as_ref() };
            let _snapshot = control.snapshot()?;
            let blocks = LumiBlocks::new(&control)?;
            Self::read(sources, &blocks, query, &blocks.runs(ranges)?)
        };
        thread::scope(|scope| {
            let others: Vec<_> =
                others.iter().map(|ranges| scope.spawn(|| elsewhere(ranges))).collect();
            let mut whole = Self::read(sources, &blocks, query, &blocks.runs(first)?)?;
            for part in others {
                let part = part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                whole.append(part?);
            }
            Ok(whole)
        })
    }

    /// Conditions are looked up cheapest first, each for the runs that are left.
    fn read(
        sources: Sources<'_>,
        blocks: &LumiBlocks<'_>,
        query: &Query,
        all: &[RunNumber],
    ) -> Result<Self, Error> {
        let of = all.len();
        let reader = |which| Reader { control: sources.control, query, blocks, of, which };
        let (reader_of_shown, reader) = (reader(Which::Shown), reader(Which::All));
        let mut runs: Vec<Extent> = all.iter().map(|run| unknown(*run)).collect();
        // What holds for a whole run needs no look at its lumi blocks, and leaves few runs. What is left is looked up run by
        // run.
        let settled = reader.settle_start(&mut runs)? & reader.settle_counters(&mut runs)?;
        let table = Table::read(sources.table, query, &runs, of)?;
        runs.retain(|run| table.passes(query, run.run));
        let reader_of_runs = if settled { &reader_of_shown } else { &reader };
        find_extents(blocks, &mut runs)?;
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
        Ok(Self { runs, good, columns, table })
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
        self.runs.extend(behind.runs);
        self.good.extend(behind.good);
    }
}

/// Shares ranges out to parts of about as many run numbers each, in order.
fn split(
    blocks: &LumiBlocks<'_>,
    ranges: Vec<RunRange>,
    threads: usize,
) -> Result<Vec<Vec<RunRange>>, Error> {
    let (Some(&(begin, _)), Some(&(_, end))) = (ranges.first(), ranges.last()) else {
        return Ok(Vec::new());
    };
    let first = blocks.at_or_after(keys(begin).0)?;
    let last = blocks.before(keys(end).1 + 1)?;
    let (Some(first), Some((last, _))) = (first, last) else { return Ok(vec![ranges]) };
    let (first, last) = (first.run.to_u32(), last.run.to_u32());
    let parts = (1..=u32::try_from(threads.min(MOST)).unwrap_or(1))
        .rev()
        .find(|parts| last.saturating_sub(first) / parts >= LEAST)
        .unwrap_or(1);
    let cuts = (1..parts).filter_map(|part| {
        let numbers = u64::from(last - first) * u64::from(part) / u64::from(parts);
        RunNumber::new(first + u32::try_from(numbers).ok()?).ok()
    });
    let (mut split, mut rest) = (Vec::new(), ranges);
    for cut in cuts {
        let behind = RunNumber::new(cut.to_u32() + 1).unwrap_or(RunNumber::MAX);
        split.push(common(&rest, &[(begin, cut)]));
        rest = common(&rest, &[(behind, RunNumber::MAX)]);
    }
    split.push(rest);
    Ok(split)
}

/// A run whose lumi blocks are not looked up yet: conditions on whole runs do not ask for them.
fn unknown(run: RunNumber) -> Extent {
    Extent { run, first: 0, last: UNKNOWN_END, start: 0, end: 0, last_start: 0 }
}

/// Looks up first and last lumi blocks. There are such: the run is known from one.
fn find_extents(blocks: &LumiBlocks<'_>, runs: &mut [Extent]) -> Result<(), Error> {
    for extent in runs {
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
