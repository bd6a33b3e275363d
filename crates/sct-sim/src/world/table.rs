//! What is not in COOL: streams, files and numbers of events, as JSON to be imported into the table of runs.

use serde_json::{Value, json};

use super::{RunKind, WorldRun};

/// Bytes of an event, about.
const EVENT_SIZE: u64 = 1_500;

pub(super) fn json(runs: &[WorldRun]) -> String {
    let known = runs.iter().filter(|run| run.kind != RunKind::NotInTable);
    let runs: Vec<Value> = known.map(run).collect();
    format!("{:#}\n", json!({ "runs": runs }))
}

fn run(run: &WorldRun) -> Value {
    let time =
        jiff::Timestamp::from_second(i64::try_from(run.start).unwrap_or(0)).unwrap_or_default();
    let streams = run.streams.iter().map(|stream| {
        let files = stream.events.iter().zip(1_u32..).map(|(events, lumi_block)| {
            json!({ "lumi_block": lumi_block, "events": events, "bytes": events * EVENT_SIZE })
        });
        json!({
            "type": stream.kind,
            "name": stream.name,
            "state": if run.ended { "CLOSED" } else { "OPEN" },
            "files": files.collect::<Vec<_>>(),
        })
    });
    json!({
        "run": run.run,
        "start": time.strftime("%Y%m%dT%H%M%S").to_string(),
        "duration": run.end() - run.start,
        "partition": run.partition,
        "events": run.events,
        "streams": streams.collect::<Vec<_>>(),
    })
}
