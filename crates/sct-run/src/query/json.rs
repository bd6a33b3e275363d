//! The answer as JSON.

use serde_json::{Map, Value, json};

use super::answer::{Answer, Datum, Entry, RunAnswer};

impl Answer {
    /// The content of `atlrunquery.json`: by run and key. Values with intervals are lists of `lbrange` (first and last lumi
    /// block, 4294967295 for the end of the run) and `value`.
    pub fn to_historic_json(&self) -> Value {
        let entry = |entry: &Entry| json!({ "lbrange": [entry.blocks.start, entry.stored_last()], "value": datum(&entry.value) });
        let runs = self.runs.iter().map(|run| {
            let mut object = self.head(run);
            for (name, entries) in self.columns.iter().zip(&run.values) {
                object.insert(name.clone(), entries.iter().map(entry).collect());
            }
            (run.run.to_string(), Value::Object(object))
        });
        Value::Object(runs.collect())
    }

    /// Everything, for other programs: runs newest first, with their good lumi blocks and the verdict on every value.
    pub fn to_json(&self) -> Value {
        let entry = |entry: &Entry| {
            json!({
                "first": entry.blocks.start,
                "last": entry.blocks.end - 1,
                "accepted": entry.accepted,
                "value": datum(&entry.value),
            })
        };
        let runs = self.runs.iter().map(|run| {
            let values: Map<String, Value> = self
                .columns
                .iter()
                .zip(&run.values)
                .map(|(name, entries)| (name.clone(), entries.iter().map(entry).collect()))
                .collect();
            json!({
                "run": run.run,
                "lumiBlocks": run.lumi_blocks,
                "start": run.start as f64 / 1e9,
                "end": run.end as f64 / 1e9,
                "good": run.good.iter().map(|blocks| [blocks.start, blocks.end - 1]).collect::<Vec<_>>(),
                "values": values,
            })
        });
        json!({ "query": self.sentence, "runs": runs.collect::<Vec<_>>(), "warnings": self.warnings })
    }

    /// Values of the first group.
    fn head(&self, run: &RunAnswer) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("Run".to_owned(), json!(run.run));
        object.insert("Links".to_owned(), json!(""));
        if self.heads.lumi_blocks {
            object.insert("#LB".to_owned(), json!(run.lumi_blocks));
        }
        if self.heads.times {
            object.insert(
                "Start and endtime".to_owned(),
                json!([run.start as f64 / 1e9, run.end as f64 / 1e9]),
            );
        }
        if self.heads.duration {
            object.insert("Duration".to_owned(), json!(super::answer::duration(run.seconds())));
        }
        object
    }
}

fn datum(value: &Datum) -> Value {
    match value {
        Datum::Missing => json!("n.a."),
        Datum::Count(number) => json!(number),
        Datum::Real(number) => json!(number),
        Datum::Text(text) => json!(text),
        Datum::Stream(events, bytes) => json!([events, bytes]),
    }
}
