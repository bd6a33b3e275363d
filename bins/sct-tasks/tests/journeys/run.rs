//! `sct-run` on a simulated world: run information, queries, selection, the order of runs.

mod query;
mod select;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Output},
    sync::LazyLock,
};

use sct_conditions::{Row, Value as Cell, run_control::END_OF_RUN};
use sct_cool::{Clock, StoreTarget, Writer};
use sct_id::Iov;
use sct_sim::{GivenRun, RunKind, World, WorldRun, WorldSettings};
use sct_tasks::simulation::world;
use tempfile::TempDir;

use crate::{RUN, code, names, program, stderr};

/// Thirty runs before the simulated one, and one that goes on.
static WORLD: LazyLock<(TempDir, World)> = LazyLock::new(|| made(GivenRun::of(&RUN.settings)));

fn made(given: GivenRun) -> (TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let settings = WorldSettings { lumi_blocks: 40, ..WorldSettings::around(vec![given]) };
    let world = world(&settings, folder.path()).unwrap();
    (folder, world)
}

fn folder() -> &'static Path {
    WORLD.0.path()
}

fn one(kind: RunKind) -> &'static WorldRun {
    WORLD.1.runs.iter().find(|run| run.kind == kind).unwrap()
}

fn of(keep: impl Fn(&WorldRun) -> bool) -> BTreeSet<u32> {
    WORLD.1.runs.iter().filter(|run| keep(run)).map(|run| run.run.to_u32()).collect()
}

/// Two days after the last lumi block so far: the last three days do not reach back to the first run.
fn now() -> String {
    let last = WORLD.1.runs.last().unwrap().end() + 2 * 86_400;
    jiff::Timestamp::from_second(i64::try_from(last).unwrap()).unwrap().to_string()
}

fn sct_run(args: &[&str]) -> Command {
    let mut command = program("sct-run");
    command.args(args);
    command
}

fn done(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    output
}

fn info(run: u32, conditions: &Path, out: &Path) -> Output {
    sct_run(&["info", "--run", &run.to_string(), "--conditions"])
        .arg(conditions)
        .arg("--out")
        .arg(out)
        .output()
        .unwrap()
}

#[test]
fn run_information_is_one_line_as_the_original_writes_it() {
    let control = folder().join("COOLONL_TDAQ.db");
    for (kind, sct) in [
        (RunKind::Stable, "SCTBA,SCTBC,SCTEA,SCTEC"),
        (RunKind::Partial, "SCTBA,SCTBC,SCTEA"),
        (RunKind::NoSct, "NONE"),
    ] {
        let (run, out) = (one(kind), tempfile::tempdir().unwrap());
        let output = info(run.run.to_u32(), &control, out.path());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let text = fs::read_to_string(out.path().join("runInfo.txt")).unwrap();
        let WorldRun { run, project, start, lumi_blocks, .. } = run;
        let end = one(kind).end();
        assert_eq!(text, format!("{run} {project} {start}.0 {end}.5 {lumi_blocks} {sct}"));
    }
    let goes_on = info(one(RunKind::Running).run.to_u32(), &control, Path::new("."));
    assert_eq!(code(&goes_on), 37);
    assert!(stderr(&goes_on).contains("goes on: it began at 20"), "{}", stderr(&goes_on));
    let absent = info(5, &control, Path::new("."));
    assert_eq!(code(&absent), 37);
    let keys = "/TDAQ/RunCtrl/EOR has no run 5: nothing valid from key 21474836480 to 25769803775";
    assert!(stderr(&absent).contains(keys), "{}", stderr(&absent));
    let other = info(5, &folder().join("COOLOFL_DCS.db"), Path::new("."));
    assert!(
        code(&other) == 37
            && stderr(&other).contains("no folder /TDAQ/RunCtrl/EOR or /TDAQ/RunCtrl/EOR_Params")
    );
}

#[test]
fn a_damaged_mask_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.db");
    let mut writer = Writer::create(&path, "CONDBR2", Clock::fixed(0)).unwrap();
    writer.create_folder(&END_OF_RUN.folder()).unwrap();
    let text = |text: &str| Cell::Text(text.to_owned());
    let payload = vec![
        Cell::Int(5),
        Cell::Int(1),
        Cell::Int(2),
        Cell::Int(0),
        Cell::Int(1),
        text("Physics"),
        text("daq"),
        text("0x7g"),
        Cell::Int(1),
        text("data22_cos"),
    ];
    let row = Row {
        channel: END_OF_RUN.channel,
        iov: Iov::run(sct_id::RunNumber::new(5).unwrap()),
        payload,
    };
    writer.store(END_OF_RUN.path, &StoreTarget::Head, &[row]).unwrap();
    drop(writer);
    let output = info(5, &path, folder.path());
    assert_eq!(code(&output), 74);
    let message =
        "/TDAQ/RunCtrl/EOR, run 5: '0x7g' is no detector mask, expected 1 to 32 hexadecimal digits";
    assert!(stderr(&output).contains(message), "{}", stderr(&output));
    assert_eq!(names(folder.path()), ["damaged.db"]);
}

#[test]
fn tables_are_imported_once_however_often() {
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(files.path().join(name), text).unwrap();
    write(
        "files.csv",
        "RUNNR,STREAMTYPE,STREAM,LUMIBLOCKNR,NREVENTS,FILESIZE\n7,physics,Main,1,10,100\n7,physics,Main,2,20,200\n",
    );
    write(
        "events.csv",
        "runnr,type,reference_stream,overlap_events\n7,EVENTCOUNT,physics_EventCount,29\n",
    );
    write(
        "wrong.csv",
        "RUNNR,STREAMTYPE,STREAM,LUMIBLOCKNR,NREVENTS,FILESIZE\n8,physics,Main,1,10,100\n8,physics,Main,2,-1,200\n",
    );
    write("other.csv", "a,b\n1,2\n");
    let import =
        |name: &str| sct_run(&["import", name]).current_dir(files.path()).output().unwrap();
    for name in ["files.csv", "events.csv", "files.csv"] {
        assert_eq!(code(&import(name)), 0, "{}", stderr(&import(name)));
    }
    let wrong = import("wrong.csv");
    assert_eq!(code(&wrong), 74);
    assert!(
        stderr(&wrong).contains("wrong.csv: line 3: NREVENTS: '-1' is no whole number"),
        "{}",
        stderr(&wrong)
    );
    assert!(stderr(&import("other.csv")).contains("header 'A,B' is that of no table"));
    let table = sct_run::RunTable::open_to_read(&files.path().join("runs.db")).unwrap();
    let run = |number| sct_id::RunNumber::new(number).unwrap();
    let streams = table.streams(run(0), run(100)).unwrap();
    assert_eq!(streams.keys().collect::<Vec<_>>(), [&run(7)]);
    assert_eq!(
        (streams[&run(7)]["physics_Main"].events, streams[&run(7)]["physics_Main"].bytes),
        (30, 300)
    );
    assert_eq!(table.events(&[(run(0), run(100))]).unwrap(), BTreeMap::from([(run(7), 29)]));
}
