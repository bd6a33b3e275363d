//! Answering a query.

use std::collections::{BTreeMap, BTreeSet};

use sct_id::RunNumber;

use super::{
    answer::{Answer, Datum, Entry, Heads, RunAnswer, good},
    columns::{Column, Reader},
    lumi::Extent,
    runs::{First, LumiBlocks, candidates},
    show::Show,
    spec::{Query, Unknown},
};
use crate::{Error, RunControl, RunTable, control::keys, run_table::Streams};

/// Where answers come from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// COOL files.
    pub control: &'a RunControl,
    /// Streams and numbers of events; without it they are not known.
    pub table: Option<&'a RunTable>,
}

/// Runs named in a warning.
const NAMED: usize = 10;
/// The last lumi block of a run while it is not known.
const UNKNOWN_END: u32 = u32::MAX - 1;

/// Answers a query.
///
/// # Errors
///
/// [`Error`] when the lumi blocks are not there, or a file is damaged. Other folders that are not there say nothing: their
/// values are missing.
pub fn answer(sources: Sources<'_>, query: &Query) -> Result<Answer, Error> {
    let blocks = LumiBlocks::new(sources.control)?;
    let firsts = candidates(sources.control, &blocks, sources.table, query)?;
    let table = Table::read(sources.table, query, &firsts)?;
    let reader = Reader { control: sources.control, query, blocks: &blocks, of: firsts.len() };
    let mut runs: Vec<Extent> =
        firsts.iter().filter(|first| table.passes(query, first.run)).map(extent).collect();
    // What holds for a whole run needs no look at its lumi blocks, and leaves few runs.
    keep_accepted(&mut runs, |runs| reader.counters(runs))?;
    keep_accepted(&mut runs, |runs| reader.start_of_run(runs))?;
    find_ends(&blocks, &mut runs)?;
    if let Some(duration) = query.duration {
        runs.retain(|run| duration.holds((run.end - run.start) / 1_000_000_000));
    }
    let mut columns = table.event_column(query, &runs);
    columns.extend(reader.counters(&runs)?);
    columns.extend(reader.start_of_run(&runs)?);
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

fn extent(first: &First) -> Extent {
    let First { run, lumi_block, start } = *first;
    Extent { run, first: lumi_block, last: UNKNOWN_END, start, end: start, last_start: start }
}

/// Leaves out runs that a condition rejects from their first lumi block to their last.
fn keep_accepted(
    runs: &mut Vec<Extent>,
    read: impl Fn(&[Extent]) -> Result<Vec<Column>, Error>,
) -> Result<(), Error> {
    let columns = read(runs)?;
    let accepted = |index: usize| {
        columns.iter().all(|column| column.entries[index].iter().any(|entry| entry.accepted))
    };
    let mut index = 0;
    runs.retain(|_| {
        index += 1;
        accepted(index - 1)
    });
    Ok(())
}

fn find_ends(blocks: &LumiBlocks<'_>, runs: &mut [Extent]) -> Result<(), Error> {
    for run in runs {
        let last = blocks.before(keys(run.run).1 + 1)?.filter(|(last, _)| last.run == run.run);
        // There is one: the first, from which the run is known.
        if let Some((last, end)) = last {
            (run.last, run.last_start, run.end) = (last.lumi_block, last.start, end.max(run.start));
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

/// What the table of runs says about the candidates.
struct Table {
    streams: Option<BTreeMap<RunNumber, Streams>>,
    events: Option<BTreeMap<RunNumber, u64>>,
}

impl Table {
    fn read(table: Option<&RunTable>, query: &Query, runs: &[First]) -> Result<Self, Error> {
        let range = runs.first().zip(runs.last()).map(|(first, last)| (first.run, last.run));
        let shows_streams = query.show.iter().any(|show| matches!(show, Show::Streams(_)));
        let (mut streams, mut events) = (None, None);
        if !query.streams.is_empty() || shows_streams {
            streams = Some(BTreeMap::new());
        }
        let shows_events =
            [Show::Events, Show::AllEvents].iter().any(|show| query.show.contains(show));
        if !query.events.is_empty() || shows_events {
            events = Some(BTreeMap::new());
        }
        if let (Some(table), Some((first, last))) = (table, range) {
            if streams.is_some() {
                streams = Some(table.streams(first, last)?);
            }
            if events.is_some() {
                events = Some(table.events(first, last)?);
            }
        }
        Ok(Self { streams, events })
    }

    fn streams(&self, run: RunNumber) -> Option<&Streams> {
        self.streams.as_ref()?.get(&run)
    }

    fn events(&self, run: RunNumber) -> Option<u64> {
        self.events.as_ref()?.get(&run).copied()
    }

    /// Conditions on streams and events; a run that the table does not know follows the rule for unknown values.
    fn passes(&self, query: &Query, run: RunNumber) -> bool {
        let unknown = query.unknown == Unknown::Select;
        let events = query.events.is_empty()
            || self.events(run).map_or(unknown, |count| {
                query.events.iter().any(|(first, last)| (*first..=*last).contains(&count))
            });
        events
            && (query.streams.is_empty()
                || self.streams(run).map_or(unknown, |known| {
                    query.streams.iter().all(|condition| {
                        let mut fitting = known
                            .iter()
                            .filter(|(name, _)| condition.pattern.matches(name))
                            .peekable();
                        match condition.events {
                            None => fitting.peek().is_some(),
                            Some(bound) => bound.holds(fitting.map(|(_, sum)| sum.events).sum()),
                        }
                    })
                }))
    }

    fn event_column(&self, query: &Query, runs: &[Extent]) -> Vec<Column> {
        let shown = [Show::Events, Show::AllEvents].iter().any(|show| query.show.contains(show));
        if !shown {
            return Vec::new();
        }
        let value =
            |run: &Extent| whole(run, self.events(run.run).map_or(Datum::Missing, Datum::Count));
        vec![Column {
            name: "#Events".to_owned(),
            shown: true,
            entries: runs.iter().map(value).collect(),
        }]
    }

    /// A column for each stream that fits and that one of the runs has.
    fn stream_columns(&self, query: &Query, runs: &[Extent]) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for show in &query.show {
            let Show::Streams(pattern) = show else { continue };
            let fits =
                |name: &&String| pattern.as_ref().is_none_or(|pattern| pattern.matches(name));
            let names: BTreeSet<&String> = runs
                .iter()
                .filter_map(|run| self.streams(run.run))
                .flat_map(BTreeMap::keys)
                .filter(fits)
                .collect();
            for stream in names {
                let name = format!("STR:{stream}");
                if columns.iter().any(|column| column.name == name) {
                    continue;
                }
                // A run that the table knows without this stream has no events in it.
                let value = |run: &Extent| {
                    let sum = self
                        .streams(run.run)
                        .map(|streams| streams.get(stream).copied().unwrap_or_default());
                    whole(
                        run,
                        sum.map_or(Datum::Missing, |sum| Datum::Stream(sum.events, sum.bytes)),
                    )
                };
                columns.push(Column {
                    name,
                    shown: true,
                    entries: runs.iter().map(value).collect(),
                });
            }
        }
        columns
    }

    /// Names the runs that were taken although nothing is known of their streams or events.
    fn warnings(&self, query: &Query, runs: &[RunAnswer]) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |what: &str, known: &dyn Fn(RunNumber) -> bool| {
            let missing: Vec<String> =
                runs.iter().filter(|run| !known(run.run)).map(|run| run.run.to_string()).collect();
            if !missing.is_empty() {
                let more = if missing.len() > NAMED {
                    format!(" and {} more", missing.len() - NAMED)
                } else {
                    String::new()
                };
                let named = &missing[..missing.len().min(NAMED)];
                warnings.push(format!(
                    "{what} of run {} are not known (n.a.): taken all the same{more}",
                    named.join(", ")
                ));
            }
        };
        if !query.streams.is_empty() {
            warn("streams", &|run| self.streams(run).is_some());
        }
        if !query.events.is_empty() {
            warn("events", &|run| self.events(run).is_some());
        }
        warnings
    }
}

/// One entry from the first lumi block to the last.
fn whole(run: &Extent, value: Datum) -> Vec<Entry> {
    vec![Entry { blocks: run.blocks(), to_end: true, accepted: true, value }]
}
