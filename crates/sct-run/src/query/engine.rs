//! Answering a query.

use sct_id::RunNumber;

use super::{
    answer::{Answer, Datum, Entry, Heads, RunAnswer, good},
    columns::{Column, Reader, Which},
    lumi::Extent,
    runs::{LumiBlocks, candidates},
    show::Show,
    spec::Query,
    table::Table,
};
use crate::{Error, RunControl, RunTable, control::keys};

/// Where answers come from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// COOL files.
    pub control: &'a RunControl,
    /// Streams and numbers of events; without it they are not known.
    pub table: Option<&'a RunTable>,
}

/// The last lumi block of a run while it is not known.
const UNKNOWN_END: u32 = u32::MAX - 1;

/// Answers a query.
///
/// # Errors
///
/// [`Error`] when the lumi blocks are not there, or a file is damaged. Other folders that are not there say nothing: their
/// values are missing.
pub fn answer(sources: Sources<'_>, query: &Query) -> Result<Answer, Error> {
    let _snapshot = sources.control.snapshot()?;
    let blocks = LumiBlocks::new(sources.control)?;
    let all = candidates(sources.control, &blocks, sources.table, query)?;
    let reader =
        |which| Reader { control: sources.control, query, blocks: &blocks, of: all.len(), which };
    let (reader_of_shown, reader) = (reader(Which::Shown), reader(Which::All));
    let mut runs: Vec<Extent> = all.iter().map(|run| unknown(*run)).collect();
    // What holds for a whole run needs no look at its lumi blocks, and leaves few runs. What is left is looked up run by run.
    let settled = reader.settle_start(&mut runs)? & reader.settle_counters(&mut runs)?;
    let table = Table::read(sources.table, query, &runs, all.len())?;
    runs.retain(|run| table.passes(query, run.run));
    let reader_of_runs = if settled { &reader_of_shown } else { &reader };
    find_extents(&blocks, &mut runs)?;
    if let Some(duration) = query.duration {
        runs.retain(|run| duration.holds((run.end - run.start) / 1_000_000_000));
    }
    let mut columns = table.event_column(query, &runs);
    columns.extend(reader_of_runs.counters(&runs)?);
    columns.extend(reader_of_runs.start_of_run(&runs)?);
    columns.extend(reader.ready(&runs)?);
    columns.extend(reader.magnets(&runs)?);
    columns.extend(reader.lhc(&runs)?);
    columns.extend(table.stream_columns(query, &runs));
    columns.sort_by_key(|column| place(&column.name));
    let mut answer = finish(query, &runs, columns);
    answer.warnings = table.warnings(query, &answer.runs);
    Ok(answer)
}

/// Place of a column; those of streams keep their order.
fn place(name: &str) -> usize {
    let order = [
        "#Events",
        "#L1",
        "#L2",
        "#EF",
        "#Recorded",
        "Project",
        "Partition",
        "Ready",
        "Detector",
        "Sol",
        "Tor",
        "lhc:",
    ];
    order.iter().position(|start| name.starts_with(start)).unwrap_or(order.len())
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

fn finish(query: &Query, runs: &[Extent], mut columns: Vec<Column>) -> Answer {
    let shown: Vec<String> =
        columns.iter().filter(|column| column.shown).map(|column| column.name.clone()).collect();
    let mut found = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let rejected: Vec<_> = columns
            .iter()
            .flat_map(|column| &column.entries[index])
            .filter(|entry| !entry.accepted)
            .map(|entry| entry.blocks.clone())
            .collect();
        let good = good(run.blocks(), &rejected);
        if good.is_empty() {
            continue;
        }
        let shown = columns.iter_mut().filter(|column| column.shown);
        let values = shown.map(|column| std::mem::take(&mut column.entries[index])).collect();
        found.push(RunAnswer {
            run: run.run,
            lumi_blocks: run.last,
            start: run.start,
            end: run.end,
            values,
            good,
        });
    }
    found.reverse();
    let shows = |show: Show| query.show.contains(&show);
    let heads = Heads {
        lumi_blocks: shows(Show::Run),
        times: shows(Show::Time),
        duration: shows(Show::Duration),
    };
    Answer {
        sentence: query.sentence.clone(),
        heads,
        columns: shown,
        runs: found,
        warnings: Vec::new(),
    }
}

/// One entry from the first lumi block to the last.
pub(super) fn whole(run: &Extent, value: Datum) -> Vec<Entry> {
    vec![Entry { blocks: run.blocks(), to_end: true, accepted: true, value }]
}
