//! Run queries over 20 000 runs.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::{fmt::Write as _, fs, path::Path};

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use sct_conditions::{
    ChannelId, Row, Value,
    run_control::{
        EVENT_COUNTERS, FILL_STATE, LUMI_BLOCK_TIMES, LUMI_BLOCKS, RunControlFolder, START_OF_RUN,
    },
};
use sct_cool::{Clock, StoreTarget, Writer};
use sct_id::Iov;
use sct_run::{
    RunControl, RunTable,
    query::{Query, Sources, answer},
};

const RUNS: u64 = 20_000;
const BLOCKS: u64 = 30;
/// Of the first run; they are an hour apart.
const START: u64 = 1_400_000_000;
const SECOND: u64 = 1_000_000_000;

fn start(run: u64) -> u64 {
    (START + 3_600 * run) * SECOND
}

/// Number of a run: about every seventh number is one, as in reality.
fn number(run: u64) -> u64 {
    250_000 + 7 * run
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn int(number: u64) -> Value {
    Value::Int(number.cast_signed())
}

fn row(channel: ChannelId, since: u64, until: u64, payload: Vec<Value>) -> Row {
    Row { channel, iov: Iov::new(since, until).unwrap(), payload }
}

fn write(path: &Path, folders: &[(RunControlFolder, Vec<Row>)]) {
    let mut writer = Writer::create(path, "CONDBR2", Clock::fixed(0)).unwrap();
    for (folder, rows) in folders {
        writer.create_folder(&folder.folder()).unwrap();
        writer.store(folder.path, &StoreTarget::Head, rows).unwrap();
    }
}

/// Every eighth run has stable beams in the middle; the others are of cosmic rays, calibration and machine development.
fn world(folder: &Path) {
    let (mut blocks, mut times, mut starts, mut counters, mut fills) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut files = String::from("RUNNR,STREAMTYPE,STREAM,LUMIBLOCKNR,LFN,NREVENTS,FILESIZE\n");
    let mut events = String::from("RUNNR,TYPE,REFERENCE_STREAM,OVERLAP_EVENTS\n");
    for run in 0..RUNS {
        let (key, at) = (number(run) << 32, start(run));
        for block in 1..=BLOCKS {
            let begin = at + 60 * (block - 1) * SECOND;
            let end = begin + 60 * SECOND;
            blocks.push(row(
                LUMI_BLOCKS.channel,
                key | block,
                key | (block + 1),
                vec![int(begin), int(end)],
            ));
            times.push(row(
                LUMI_BLOCK_TIMES.channel,
                begin,
                end,
                vec![int(number(run)), int(block)],
            ));
        }
        let physics = run % 8 == 0;
        let project = if physics { "data16_13TeV" } else { "data16_cos" };
        starts.push(row(
            START_OF_RUN.channel,
            key,
            key | (BLOCKS + 1),
            vec![
                int(number(run)),
                int(at),
                text("Physics"),
                text("daq"),
                text("0000000000000000001f069fffffffff"),
                text(project),
                int(1),
            ],
        ));
        let partition = if run % 3 == 1 { "SCT_Calibration" } else { "ATLAS" };
        counters.push(row(
            EVENT_COUNTERS.channel,
            key,
            key | (BLOCKS + 1),
            vec![text(partition), int(5), int(0), int(4), int(3)],
        ));
        if physics {
            for (minute, stable, mode) in [(0, 0, "RAMP"), (5, 1, "STABLE"), (25, 0, "DUMP")] {
                let payload =
                    vec![int(run), text("PROTON PHYSICS"), text(mode), int(6_500), int(stable)];
                fills.push((at + 60 * minute * SECOND + SECOND / 2, payload));
            }
        }
        for (stream, count) in [
            ("calibration,SCTNoise", 40_000),
            ("express,express", 90_000),
            ("physics,Main", 900_000),
        ] {
            let (run, name) = (number(run), stream.replace(',', "_"));
            writeln!(files, "{run},{stream},0,{run}.{name},{count},{}", count * 1500).unwrap();
        }
        writeln!(events, "{},EVENTCOUNT,physics_EventCount,1000000", number(run)).unwrap();
    }
    let ends: Vec<u64> =
        fills.iter().skip(1).map(|(time, _)| *time).chain([Iov::INFINITY]).collect();
    let fills = fills.into_iter().zip(ends);
    let fills = fills
        .map(|((since, payload), until)| row(FILL_STATE.channel, since, until, payload))
        .collect();
    write(&folder.join("trigger.db"), &[(LUMI_BLOCKS, blocks), (LUMI_BLOCK_TIMES, times)]);
    write(&folder.join("tdaq.db"), &[(START_OF_RUN, starts), (EVENT_COUNTERS, counters)]);
    write(&folder.join("dcs.db"), &[(FILL_STATE, fills)]);
    let mut table = RunTable::open(&folder.join("runs.db")).unwrap();
    for (name, text) in [("files.csv", files), ("events.csv", events)] {
        fs::write(folder.join(name), text).unwrap();
        table.import(&folder.join(name)).unwrap();
    }
}

/// The loop's standard query, but for the time.
const STANDARD: [(&str, &str); 10] = [
    ("lhc", "stablebeams TRUE"),
    ("partition", "ATLAS"),
    ("detmaskin", "240A"),
    ("projecttag", "data*_*eV"),
    ("streams", "*calibration_SCTNoise 10000+"),
    ("show", "streams *calibration_SCTNoise"),
    ("show", "run"),
    ("show", "events"),
    ("show", "time"),
    ("show", "lhc"),
];

fn run_query(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    world(folder.path());
    let now = Timestamp::from_nanosecond(i128::from(start(RUNS))).unwrap();
    let files = ["tdaq.db", "trigger.db", "dcs.db"].map(|name| folder.path().join(name));
    // As the program: files are opened and closed for each query.
    let ask = |time: &str| {
        let mut options = STANDARD.to_vec();
        options.push(("time", time));
        let query = Query::from_options(&options, now).unwrap();
        let control = RunControl::open(&files).unwrap();
        let table = RunTable::open_to_read(&folder.path().join("runs.db")).unwrap();
        answer(Sources { control: &control, table: Some(&table), catalogues: None }, &query)
            .unwrap()
    };
    assert_eq!(ask("-").runs.len(), 1667);
    assert_eq!(ask("last3d").runs.len(), 5);
    let mut group = criterion.benchmark_group("run query, 20 000 runs");
    group.sample_size(20);
    group.bench_function("standard, last 3 days", |bencher| bencher.iter(|| ask("last3d")));
    group.bench_function("standard, all runs", |bencher| bencher.iter(|| ask("-")));
    group.bench_function("files of the answer, all runs", |bencher| {
        let found = ask("-");
        bencher.iter(|| {
            let mut bytes = Vec::new();
            found.write_text(&mut bytes).unwrap();
            found.write_pickle(&mut bytes).unwrap();
            found.write_historic_json(&mut bytes).unwrap();
            bytes
        });
    });
    group.finish();
}

criterion_group!(benches, run_query);
criterion_main!(benches);
