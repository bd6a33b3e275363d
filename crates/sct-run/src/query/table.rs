//! What the table of runs says about the candidates: streams and events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sct_id::RunNumber;

use super::{
    answer::{Datum, RunAnswer},
    columns::Column,
    engine::whole,
    lumi::Extent,
    ranges::RunRange,
    show::Show,
    spec::{Query, Unknown},
};
use crate::{Error, RunTable, StreamSum};

/// Runs named in a warning.
const NAMED: usize = 10;

/// Streams and events of the runs that are asked about.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Names of all streams: there are few, and patterns are compared with each once.
    names: Vec<String>,
    /// Run, number of the stream, sum; ascending by run.
    sums: Vec<(RunNumber, usize, StreamSum)>,
    events: BTreeMap<RunNumber, u64>,
    /// Which streams fit each of the conditions.
    fitting: Vec<Vec<bool>>,
}

fn shows_events(query: &Query) -> bool {
    [Show::Events, Show::AllEvents].iter().any(|show| query.show.contains(show))
}

impl Table {
    /// Reads what the query needs about some of `of` runs, which ascend.
    pub(crate) fn read(
        table: Option<&RunTable>,
        query: &Query,
        runs: &[Extent],
        of: usize,
    ) -> Result<Self, Error> {
        let mut read = Self::default();
        let (Some(table), Some(first), Some(last)) = (table, runs.first(), runs.last()) else {
            return Ok(read);
        };
        // Few of many runs are looked up one by one, otherwise the table is read from the first to the last.
        let ranges: Vec<RunRange> = if runs.len() * 4 < of {
            runs.iter().map(|run| (run.run, run.run)).collect()
        } else {
            vec![(first.run, last.run)]
        };
        let shows_streams = query.show.iter().any(|show| matches!(show, Show::Streams(_)));
        if !query.streams.is_empty() || shows_streams {
            read.read_streams(table, &ranges)?;
        }
        if !query.events.is_empty() || shows_events(query) {
            read.events = table.events(&ranges)?;
        }
        let fits = |condition: &super::StreamCondition| {
            read.names.iter().map(|name| condition.pattern.matches(name)).collect()
        };
        read.fitting = query.streams.iter().map(fits).collect();
        Ok(read)
    }

    fn read_streams(&mut self, table: &RunTable, ranges: &[RunRange]) -> Result<(), Error> {
        let mut numbers: HashMap<String, HashMap<String, usize>> = HashMap::new();
        table.each_stream(ranges, |run, kind, name, sum| {
            let known = numbers.get(kind).and_then(|names| names.get(name)).copied();
            let number = known.unwrap_or_else(|| {
                self.names.push(format!("{kind}_{name}"));
                let number = self.names.len() - 1;
                numbers.entry(kind.to_owned()).or_default().insert(name.to_owned(), number);
                number
            });
            self.sums.push((run, number, sum));
        })
    }

    /// Adds what is known of the runs behind these.
    pub(crate) fn append(&mut self, behind: Self) {
        let number = |name: String| {
            self.names.iter().position(|known| *known == name).unwrap_or_else(|| {
                self.names.push(name);
                self.names.len() - 1
            })
        };
        let numbers: Vec<usize> = behind.names.into_iter().map(number).collect();
        let sums = behind.sums.into_iter();
        self.sums.extend(sums.map(|(run, name, sum)| (run, numbers[name], sum)));
        self.events.extend(behind.events);
    }

    /// Streams of a run; none when the table does not know it.
    fn streams(&self, run: RunNumber) -> Option<&[(RunNumber, usize, StreamSum)]> {
        let from = self.sums.partition_point(|(other, ..)| *other < run);
        let count = self.sums[from..].iter().take_while(|(other, ..)| *other == run).count();
        (count > 0).then(|| &self.sums[from..from + count])
    }

    /// Conditions on streams and events; a run that the table does not know follows the rule for unknown values.
    pub(crate) fn passes(&self, query: &Query, run: RunNumber) -> bool {
        let unknown = query.unknown == Unknown::Select;
        let events = query.events.is_empty()
            || self.events.get(&run).map_or(unknown, |count| {
                query.events.iter().any(|(first, last)| (first..=last).contains(&count))
            });
        if !events || query.streams.is_empty() {
            return events;
        }
        let Some(streams) = self.streams(run) else { return unknown };
        query.streams.iter().zip(&self.fitting).all(|(condition, fits)| {
            let mut fitting = streams.iter().filter(|(_, name, _)| fits[*name]).peekable();
            match condition.events {
                None => fitting.peek().is_some(),
                Some(bound) => bound.holds(fitting.map(|(.., sum)| sum.events).sum()),
            }
        })
    }

    pub(crate) fn event_column(&self, query: &Query, runs: &[Extent]) -> Vec<Column> {
        if !shows_events(query) {
            return Vec::new();
        }
        let value = |run: &Extent| {
            let events = self.events.get(&run.run);
            whole(run, events.map_or(Datum::Missing, |events| Datum::Count(*events)))
        };
        vec![Column {
            name: "#Events".to_owned(),
            shown: true,
            entries: runs.iter().map(value).collect(),
        }]
    }

    /// A column for each stream that fits and that one of the runs has.
    pub(crate) fn stream_columns(&self, query: &Query, runs: &[Extent]) -> Vec<Column> {
        let mut there: BTreeSet<(&str, usize)> = BTreeSet::new();
        for (_, number, _) in runs.iter().filter_map(|run| self.streams(run.run)).flatten() {
            there.insert((&self.names[*number], *number));
        }
        let mut columns: Vec<Column> = Vec::new();
        for show in &query.show {
            let Show::Streams(pattern) = show else { continue };
            for (stream, number) in &there {
                let name = format!("STR:{stream}");
                let fits = pattern.as_ref().is_none_or(|pattern| pattern.matches(stream));
                if !fits || columns.iter().any(|column| column.name == name) {
                    continue;
                }
                let value = |run: &Extent| {
                    let value = self.streams(run.run).map_or(Datum::Missing, |streams| {
                        // A run that the table knows without this stream has no events in it.
                        let sum = streams.iter().find(|(_, other, _)| other == number);
                        let sum = sum.map(|(.., sum)| *sum).unwrap_or_default();
                        Datum::Stream(sum.events, sum.bytes)
                    });
                    whole(run, value)
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
    pub(crate) fn warnings(&self, query: &Query, runs: &[RunAnswer]) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |what: &str, known: &dyn Fn(RunNumber) -> bool| {
            let missing = runs.iter().map(|run| run.run).filter(|run| !known(*run));
            let missing: Vec<String> = missing.map(|run| run.to_string()).collect();
            if missing.is_empty() {
                return;
            }
            let more = missing.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let named = missing[..missing.len().min(NAMED)].join(", ");
            warnings.push(format!(
                "{what} of run {named}{more} are not known (n.a.): taken all the same"
            ));
        };
        if !query.streams.is_empty() {
            warn("streams", &|run| self.streams(run).is_some());
        }
        if !query.events.is_empty() {
            warn("events", &|run| self.events.contains_key(&run));
        }
        warnings
    }
}
