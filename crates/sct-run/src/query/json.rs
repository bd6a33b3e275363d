//! The answer as JSON. It is written as it is walked, with keys in the order of their letters: trees of values for thousands
//! of runs cost more than the query.

use std::io::{self, Write};

use serde::{Serialize, Serializer, ser::SerializeMap as _};

use super::answer::{Answer, Datum, Entry, RunAnswer, duration};

impl Answer {
    /// Writes the content of `atlrunquery.json`: by run and key. Values with intervals are lists of `lbrange` (first and last lumi
    /// block, 4294967295 for the end of the run) and `value`. One line: programs read it.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write_historic_json(&self, out: &mut impl Write) -> io::Result<()> {
        let mut runs: Vec<(String, &RunAnswer)> =
            self.runs.iter().map(|run| (run.run.to_string(), run)).collect();
        runs.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        let keys = self.historic_keys();
        let runs = Map(|| runs.iter().map(|(name, run)| (name, Historic { run, keys: &keys })));
        serde_json::to_writer(&mut *out, &runs)?;
        out.write_all(b"\n")
    }

    /// Everything, for other programs: runs newest first, with their good lumi blocks and the verdict on every value.
    pub fn to_json(&self) -> String {
        let mut columns: Vec<(&String, usize)> = self.columns.iter().zip(0..).collect();
        columns.sort_unstable();
        let run = |run| Run { run, columns: &columns };
        let runs = self.runs.iter().map(run).collect();
        let whole = Whole { query: &self.sentence, runs, warnings: &self.warnings };
        let text = serde_json::to_string_pretty(&whole);
        text.expect("keys are texts, and a text takes it") + "\n"
    }

    /// Keys of the historic file with what they stand for, sorted.
    fn historic_keys(&self) -> Vec<(&str, Key)> {
        let heads = [
            ("Run", Key::Run, true),
            ("Links", Key::Links, true),
            ("#LB", Key::LumiBlocks, self.heads.lumi_blocks),
            ("Start and endtime", Key::Times, self.heads.times),
            ("Duration", Key::Duration, self.heads.duration),
        ];
        let heads =
            heads.into_iter().filter(|(.., shown)| *shown).map(|(name, key, _)| (name, key));
        let columns =
            self.columns.iter().zip(0..).map(|(name, index)| (&**name, Key::Column(index)));
        let mut keys: Vec<(&str, Key)> = heads.chain(columns).collect();
        keys.sort_by_key(|(name, _)| *name);
        keys
    }
}

/// An object with the keys and values of an iterator.
struct Map<F>(F);

impl<F: Fn() -> I, I: Iterator<Item = (K, V)>, K: Serialize, V: Serialize> Serialize for Map<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0())
    }
}

#[derive(Clone, Copy)]
enum Key {
    Run,
    Links,
    LumiBlocks,
    Times,
    Duration,
    Column(usize),
}

struct Historic<'a> {
    run: &'a RunAnswer,
    keys: &'a [(&'a str, Key)],
}

impl Serialize for Historic<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let run = self.run;
        let mut map = serializer.serialize_map(Some(self.keys.len()))?;
        for (name, key) in self.keys {
            match key {
                Key::Run => map.serialize_entry(name, &run.run)?,
                Key::Links => map.serialize_entry(name, "")?,
                Key::LumiBlocks => map.serialize_entry(name, &run.lumi_blocks)?,
                Key::Times => map.serialize_entry(name, &[seconds(run.start), seconds(run.end)])?,
                Key::Duration => map.serialize_entry(name, &duration(run.seconds()))?,
                Key::Column(index) => {
                    let entries = run.values[*index].iter().map(HistoricEntry::new);
                    map.serialize_entry(name, &entries.collect::<Vec<_>>())?;
                }
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
struct HistoricEntry<'a> {
    lbrange: [u32; 2],
    value: &'a Datum,
}

impl<'a> HistoricEntry<'a> {
    fn new(entry: &'a Entry) -> Self {
        Self { lbrange: [entry.blocks.start, entry.stored_last()], value: &entry.value }
    }
}

#[derive(Serialize)]
struct Whole<'a> {
    query: &'a str,
    runs: Vec<Run<'a>>,
    warnings: &'a [String],
}

struct Run<'a> {
    run: &'a RunAnswer,
    /// Names and places of values, sorted.
    columns: &'a [(&'a String, usize)],
}

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let run = self.run;
        let good: Vec<[u32; 2]> =
            run.good.iter().map(|blocks| [blocks.start, blocks.end - 1]).collect();
        let entries = |index: usize| run.values[index].iter().map(WholeEntry::new);
        let values = Map(|| {
            let columns = self.columns.iter();
            columns.map(|(name, index)| (name, entries(*index).collect::<Vec<_>>()))
        });
        let mut map = serializer.serialize_map(Some(6))?;
        map.serialize_entry("end", &seconds(run.end))?;
        map.serialize_entry("good", &good)?;
        map.serialize_entry("lumiBlocks", &run.lumi_blocks)?;
        map.serialize_entry("run", &run.run)?;
        map.serialize_entry("start", &seconds(run.start))?;
        map.serialize_entry("values", &values)?;
        map.end()
    }
}

#[derive(Serialize)]
struct WholeEntry<'a> {
    accepted: bool,
    first: u32,
    last: u32,
    value: &'a Datum,
}

impl<'a> WholeEntry<'a> {
    fn new(entry: &'a Entry) -> Self {
        let (first, last) = (entry.blocks.start, entry.blocks.end - 1);
        Self { accepted: entry.accepted, first, last, value: &entry.value }
    }
}

impl Serialize for Datum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Missing => serializer.serialize_str("n.a."),
            Self::Count(number) => serializer.serialize_u64(*number),
            Self::Real(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Stream(events, bytes) => [events, bytes].serialize(serializer),
        }
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
