//! Folders of run control, trigger and detector control.

use std::path::{Path, PathBuf};

use sct_conditions::{
    Row, Value,
    run_control::{
        DATA_TAKING_MODE, END_OF_RUN, EVENT_COUNTERS, FILL_STATE, LUMI_BLOCK_TIMES, LUMI_BLOCKS,
        RunControlFolder, SOLENOID, START_OF_RUN, TOROIDS,
    },
};
use sct_cool::{Clock, StoreTarget, Writer};
use sct_id::{Iov, LumiBlock, RunLumi};
use sct_wholefile::Pending;

use super::{RunKind, WorldRun};
use crate::Error;

const NANOSECONDS: u64 = 1_000_000_000;
/// Currents of magnets that are on, amperes.
const NOMINAL: [f64; 2] = [7730.0, 20_400.0];

/// Folders of a file, with their rows in order.
type Content = Vec<(RunControlFolder, Vec<Row>)>;

pub(super) fn write(runs: &[WorldRun], folder: &Path) -> Result<[PathBuf; 3], Error> {
    let files = [
        ("COOLONL_TDAQ.db", run_control(runs)),
        ("COOLONL_TRIGGER.db", trigger(runs)),
        ("COOLOFL_DCS.db", detector_control(runs)),
    ];
    let mut paths = Vec::new();
    for (name, content) in files {
        let path = folder.join(name);
        write_file(&path, &content, runs)?;
        paths.push(path);
    }
    Ok(paths.try_into().expect("there are three files"))
}

fn write_file(path: &Path, content: &Content, runs: &[WorldRun]) -> Result<(), Error> {
    let pending = Pending::create(path)?;
    // The time of writing is the world's, so that the same settings give the same bytes.
    let time = runs.last().map_or(0, |run| i64::try_from(run.end()).unwrap_or(i64::MAX));
    let store = || -> Result<(), sct_cool::Error> {
        let mut writer = Writer::create(pending.temporary(), "CONDBR2", Clock::fixed(time))?;
        for (folder, rows) in content {
            if writer.database().folder(folder.path).is_err() {
                writer.create_folder(&folder.folder())?;
            }
            writer.store(folder.path, &StoreTarget::Head, rows)?;
        }
        Ok(())
    };
    store().map_err(|source| Error::Cool { path: path.to_owned(), source: Box::new(source) })?;
    Ok(pending.finish()?)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn int(number: impl Into<u64>) -> Value {
    Value::Int(number.into().cast_signed())
}

fn key(run: &WorldRun, lumi_block: u32) -> u64 {
    RunLumi { run: run.run, lumi_block: LumiBlock::new(lumi_block) }.key()
}

/// Keys of a run: all its lumi blocks, or without an end while it goes on.
fn whole(run: &WorldRun) -> Iov {
    let until = if run.ended { key(run, run.lumi_blocks + 1) } else { Iov::INFINITY };
    Iov::new(key(run, 0), until).expect("runs have lumi blocks")
}

/// Begin of a lumi block, nanoseconds since 1970.
fn begin(run: &WorldRun, lumi_block: u32) -> u64 {
    (run.start + run.lumi_block_seconds * u64::from(lumi_block - 1)) * NANOSECONDS
}

fn row(folder: &RunControlFolder, iov: Iov, payload: Vec<Value>) -> Row {
    Row { channel: folder.channel, iov, payload }
}

fn run_control(runs: &[WorldRun]) -> Content {
    let (mut starts, mut ends, mut counters, mut modes) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for run in runs {
        let (start, end) = (run.start * NANOSECONDS, run.end() * NANOSECONDS);
        let (number, mask, project) =
            (int(run.run.to_u32()), text(&run.detector_mask), text(&run.project));
        let (kind, configuration) = (text("Physics"), text("daq"));
        starts.push(row(
            &START_OF_RUN,
            whole(run),
            vec![
                number.clone(),
                int(start),
                kind.clone(),
                configuration.clone(),
                mask.clone(),
                project.clone(),
                Value::Int(1),
            ],
        ));
        if run.ended {
            // Run control stops its clock half a second after the last lumi block.
            let (end, seconds) = (end + NANOSECONDS / 2, run.end() - run.start);
            ends.push(row(
                &END_OF_RUN,
                whole(run),
                vec![
                    number,
                    int(start),
                    int(end),
                    int(seconds),
                    Value::Int(1),
                    kind,
                    configuration,
                    mask,
                    Value::Int(1),
                    project,
                ],
            ));
        }
        counters.push(row(
            &EVENT_COUNTERS,
            whole(run),
            vec![
                text(run.partition),
                int(run.events * 40),
                int(0_u64),
                int(run.events),
                int(run.events),
            ],
        ));
        // Ready from the second stable lumi block on.
        let ready = run
            .stable
            .map(|(first, last)| (first + 1, last + 1))
            .filter(|(first, last)| first < last);
        let mut changes = vec![(1, 0_u64)];
        if let Some((first, behind)) = ready {
            changes.extend([(first, 1), (behind, 0)]);
        }
        let behind = run.lumi_blocks + 1;
        for (index, (from, state)) in changes.iter().enumerate() {
            let until = changes.get(index + 1).map_or(behind, |(next, _)| *next).min(behind);
            if let Ok(iov) = Iov::new(key(run, *from), key(run, until)) {
                modes.push(row(&DATA_TAKING_MODE, iov, vec![int(*state)]));
            }
        }
    }
    vec![
        (START_OF_RUN, starts),
        (END_OF_RUN, ends),
        (EVENT_COUNTERS, counters),
        (DATA_TAKING_MODE, modes),
    ]
}

fn trigger(runs: &[WorldRun]) -> Content {
    let (mut blocks, mut times) = (Vec::new(), Vec::new());
    for run in runs {
        for lumi_block in 1..=run.lumi_blocks {
            let (start, end) = (begin(run, lumi_block), begin(run, lumi_block + 1));
            let keys =
                Iov::new(key(run, lumi_block), key(run, lumi_block + 1)).expect("keys ascend");
            blocks.push(row(&LUMI_BLOCKS, keys, vec![int(start), int(end)]));
            let time = Iov::new(start, end).expect("lumi blocks have a length");
            times.push(row(&LUMI_BLOCK_TIMES, time, vec![int(run.run.to_u32()), int(lumi_block)]));
        }
    }
    vec![(LUMI_BLOCKS, blocks), (LUMI_BLOCK_TIMES, times)]
}

/// The state of the LHC changes in the middle of lumi blocks, as it does.
fn detector_control(runs: &[WorldRun]) -> Content {
    let mut states: Vec<(u64, Vec<Value>)> = Vec::new();
    let mut currents: [Vec<(u64, f64)>; 2] = [Vec::new(), Vec::new()];
    for run in runs {
        let mut add = |time: u64, mode: &str, energy: u64, stable: bool| {
            let machine = if mode == "NOBEAM" { "SHUTDOWN" } else { "PROTON PHYSICS" };
            let payload = vec![
                int(run.fill),
                text(machine),
                text(mode),
                int(energy),
                Value::Int(i64::from(stable)),
            ];
            states.push((time, payload));
        };
        let before = (run.start - 300) * NANOSECONDS;
        if run.kind == RunKind::Cosmic || run.kind == RunKind::Calibration {
            add(before, "NOBEAM", 0, false);
        } else {
            add(before, "RAMP", 6_000, false);
            if let Some((first, last)) = run.stable {
                let half = run.lumi_block_seconds * NANOSECONDS / 2;
                // The first lumi block that begins after the change is the first stable one.
                let stable = if first > 1 { begin(run, first) - half } else { before + half };
                add(stable, "STABLE", 6_800, true);
                if last < run.lumi_blocks {
                    add(begin(run, last + 1) - half, "DUMP", 6_800, false);
                } else if run.ended {
                    add((run.end() + 60) * NANOSECONDS, "DUMP", 6_800, false);
                }
            }
        }
        for (currents, nominal) in currents.iter_mut().zip(NOMINAL) {
            currents.push((before, if run.field { nominal } else { 0.0 }));
        }
    }
    let states = open_rows(states).map(|(iov, payload)| row(&FILL_STATE, iov, payload)).collect();
    let [solenoid, toroids] = currents;
    let magnet = |folder: RunControlFolder, currents: Vec<(u64, f64)>| {
        let rows = open_rows(currents)
            .map(|(iov, current)| row(&folder, iov, vec![Value::Real(current)]))
            .collect();
        (folder, rows)
    };
    vec![(FILL_STATE, states), magnet(SOLENOID, solenoid), magnet(TOROIDS, toroids)]
}

/// Each holds until the next, and the last for ever.
fn open_rows<T>(changes: Vec<(u64, T)>) -> impl Iterator<Item = (Iov, T)> {
    let ends: Vec<u64> =
        changes.iter().skip(1).map(|(time, _)| *time).chain([Iov::INFINITY]).collect();
    let rows = changes.into_iter().zip(ends);
    rows.map(|((from, value), until)| {
        (Iov::new(from, until).expect("changes follow each other"), value)
    })
}
