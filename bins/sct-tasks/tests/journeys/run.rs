//! `sct-run` on a simulated world: run information, queries, selection, the order of runs.

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
use sct_xml::GoodRuns;
use serde_json::Value;
use tempfile::TempDir;

use crate::{RUN, code, names, program, stderr, stdout};

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

/// An hour after the last lumi block so far.
fn now() -> String {
    let last = WORLD.1.runs.last().unwrap().end() + 3600;
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

/// The loop's standard query, word for word.
const STANDARD: [&str; 24] = [
    "query",
    "--time",
    "last3d",
    "--lhc",
    "stablebeams TRUE",
    "--partition",
    "ATLAS",
    "--detmaskin",
    "240A",
    "--projecttag",
    "data*_*eV",
    "--streams",
    "*calibration_SCTNoise 10000+",
    "--show",
    "streams *calibration_SCTNoise",
    "--show",
    "run",
    "--show",
    "events",
    "--show",
    "time",
    "--show",
    "lhc",
    "--noroot",
];

fn standard(out: &Path, more: &[&str]) -> Output {
    let mut command = sct_run(&STANDARD);
    command.args(["--nohtml", "--verbose"]).args(more).current_dir(folder()).arg("--out").arg(out);
    done(command)
}

/// Runs that the standard query is to find, newest first.
fn expected() -> Vec<&'static WorldRun> {
    use RunKind::{NoField, NotInTable, Partial, Running, Stable, Standby};
    let now: jiff::Timestamp = now().parse().unwrap();
    let cut = u64::try_from(now.as_second()).unwrap() - 3 * 86_400;
    let kinds = [Stable, Partial, Standby, NotInTable, NoField, Running];
    WORLD.1.runs.iter().rev().filter(|run| run.start > cut && kinds.contains(&run.kind)).collect()
}

#[test]
fn the_standard_query_finds_what_the_truth_says() {
    let out = tempfile::tempdir().unwrap();
    let output = standard(out.path(), &["--now", &now()]);
    let data = out.path().join("data");
    assert_eq!(
        names(&data),
        ["MyLBCollection.xml", "QueryResult.txt", "atlrunquery.json", "atlrunquery.pickle"]
    );
    let expected = expected();
    assert!(expected.len() > 5 && expected.len() < WORLD.1.runs.len() / 2 + 10);
    let text = fs::read_to_string(data.join("QueryResult.txt")).unwrap();
    let keys = "data keys: Run, Links, #LB, Start and endtime, #Events, lhc:fillnumber, lhc:stablebeams, lhc:beamenergy, \
                STR:calibration_SCTNoise";
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(keys));
    assert_eq!(lines.next(), Some(format!("number of runs: {}", expected.len()).as_str()));
    let value = |key: &str, line: Option<&str>| {
        let (found, value) = line.unwrap().split_once(": ").unwrap();
        assert_eq!(found, format!("{key:>40}"));
        value.to_owned()
    };
    for run in &expected {
        assert_eq!(value("Run", lines.next()), run.run.to_string());
        assert_eq!(value("Links", lines.next()), "");
        assert_eq!(value("#LB", lines.next()), run.lumi_blocks.to_string());
        assert_eq!(
            value("Start and endtime", lines.next()),
            format!("{}.000, {}.000", run.start, run.end())
        );
        let known = run.kind != RunKind::NotInTable;
        let events = if known { run.events.to_string() } else { "'n.a.'".to_owned() };
        assert_eq!(value("#Events", lines.next()), format!("[<DataEntry [1-0) a {events}>]"));
        assert_eq!(
            value("lhc:fillnumber", lines.next()),
            format!("[<DataEntry [1-0) a '{}'>]", run.fill)
        );
        let (first, last) = run.stable.unwrap();
        let mut states = vec![format!("<DataEntry [1-{first}) r 'FALSE'>")];
        if last < run.lumi_blocks {
            states.push(format!("<DataEntry [{first}-{}) a 'TRUE'>", last + 1));
            states.push(format!("<DataEntry [{}-0) r 'FALSE'>", last + 1));
        } else {
            states.push(format!("<DataEntry [{first}-0) a 'TRUE'>"));
        }
        assert_eq!(value("lhc:stablebeams", lines.next()), format!("[{}]", states.join(", ")));
        let energies = value("lhc:beamenergy", lines.next());
        assert!(
            energies.starts_with(&format!("[<DataEntry [1-{first}) a '6000'>, ")),
            "{energies}"
        );
        let noise = run.events_of("calibration", "SCTNoise");
        let noise =
            if known { format!("({noise}, {})", noise * 1500) } else { "'n.a.'".to_owned() };
        assert_eq!(
            value("STR:calibration_SCTNoise", lines.next()),
            format!("[<DataEntry [1-0) a {noise}>]")
        );
        assert_eq!((lines.next(), lines.next()), (Some(""), Some("")));
    }
    assert_eq!(lines.next(), None);
    let unknown = one(RunKind::NotInTable);
    if expected.contains(&unknown) {
        let warning =
            format!("streams of run {} are not known (n.a.): taken all the same", unknown.run);
        assert!(stderr(&output).contains(&warning), "{}", stderr(&output));
    }
    let list = GoodRuns::read(&data.join("MyLBCollection.xml")).unwrap();
    let good: Vec<_> = list.runs.iter().map(|run| (run.run, run.ranges.clone())).collect();
    let stable: Vec<_> = expected.iter().map(|run| (run.run, vec![run.stable.unwrap()])).collect();
    assert_eq!(good, stable);
    let selected = |run: &&&WorldRun| {
        let (first, last) = run.stable.unwrap();
        let main = run
            .streams
            .iter()
            .find(|stream| stream.name == "Main" && run.kind != RunKind::NotInTable);
        main.map_or(0, |main| main.events[first as usize - 1..last as usize].iter().sum::<u64>())
    };
    let main = list.streams.iter().find(|stream| stream.name == "physics_Main").unwrap();
    assert_eq!(main.selected, expected.iter().map(|run| selected(&run)).sum::<u64>());
    assert!(main.selected < main.total);
}

#[test]
fn the_standard_query_runs_as_it_is_printed() {
    // Long after the last run of the world: an empty answer is written too, and replaces the one before.
    let out = tempfile::tempdir().unwrap();
    standard(out.path(), &["--now", &now()]);
    standard(out.path(), &[]);
    let text = fs::read_to_string(out.path().join("data/QueryResult.txt")).unwrap();
    assert!(
        text.ends_with("STR:calibration_SCTNoise\nnumber of runs: 0\n")
            || text.ends_with("number of runs: 0\n"),
        "{text}"
    );
    assert!(GoodRuns::read(&out.path().join("data/MyLBCollection.xml")).unwrap().runs.is_empty());
}

#[test]
fn python_loads_the_pickle_and_walks_the_list() {
    let out = tempfile::tempdir().unwrap();
    standard(out.path(), &["--now", &now()]);
    let script = "
import json, pickle, pickletools, sys, xml.etree.ElementTree as tree
data = pickle.load(open('data/atlrunquery.pickle', 'rb'))
names = {op.name for op, _, _ in pickletools.genops(open('data/atlrunquery.pickle', 'rb'))}
assert not names & {'GLOBAL', 'REDUCE', 'BUILD', 'STACK_GLOBAL'}, names
twin = json.load(open('data/atlrunquery.json'))
assert sorted(map(str, data['Run'])) == sorted(twin) and len(twin) == len(data) - 1
for run in data['Run']:
    assert list(data[run]) == ['Run', 'Links', '#LB', 'Start and endtime', '#Events', 'lhc:fillnumber', 'lhc:stablebeams',
        'lhc:beamenergy', 'STR:calibration_SCTNoise'], data[run]
    for key, value in data[run].items():
        other = twin[str(run)][key]
        if key in ('Run', 'Links', '#LB'):
            assert value == other
        elif key == 'Start and endtime':
            assert isinstance(value, tuple) and list(value) == other
        else:
            assert [[e['firstlb'], e['lastlb']] for e in value] == [e['lbrange'] for e in other]
            flat = [list(e['value']) if isinstance(e['value'], tuple) else e['value'] for e in value]
            assert flat == [e['value'] for e in other]
            assert all(isinstance(e['accepted'], bool) for e in value)
root = tree.parse('data/MyLBCollection.xml').getroot()
assert root.tag == 'LumiRangeCollection' and [c.tag for c in root] == ['NamedLumiRange']
tags = [c.tag for c in root[0]]
assert tags[:6] == ['Name', 'Version'] + 4 * ['Metadata'] and set(tags[6:]) == {'LumiBlockCollection'}
listed = root[0].find(\"Metadata[@Name='RunList']\").text.split(',')
assert listed == [c.find('Run').text for c in root[0].iter('LumiBlockCollection')] == list(map(str, data['Run']))
for collection in root[0].iter('LumiBlockCollection'):
    assert collection[0].tag == 'Run' and all(r.tag == 'LBRange' and int(r.get('Start')) <= int(r.get('End')) for r in collection[1:])
print('loaded', len(data['Run']))
";
    let output = Command::new("python3").args(["-c", script]).current_dir(out.path()).output();
    let Ok(output) = output else {
        eprintln!("python3 is not here: its pickle reader is not asked");
        return;
    };
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), format!("loaded {}\n", expected().len()));
}

fn found(args: &[&str]) -> BTreeSet<u32> {
    let out = tempfile::tempdir().unwrap();
    let mut command = sct_run(&["query", "--json", "--out"]);
    command.arg(out.path()).args(args).args(["--now", &now()]).current_dir(folder());
    let answer: Value = serde_json::from_slice(&done(command).stdout).unwrap();
    answer["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| u32::try_from(run["run"].as_u64().unwrap()).unwrap())
        .collect()
}

fn of(keep: impl Fn(&WorldRun) -> bool) -> BTreeSet<u32> {
    WORLD.1.runs.iter().filter(|run| keep(run)).map(|run| run.run.to_u32()).collect()
}

#[test]
fn every_condition_selects_what_the_truth_says() {
    use RunKind::{
        Calibration, Cosmic, HeavyIon, NoField, NoSct, NotInTable, Partial, Short, Unstable,
    };
    let all = of(|_| true);
    let check = |args: &[&str], expected: BTreeSet<u32>| {
        assert!(!expected.is_empty() && expected != all, "{args:?} is to select some");
        assert_eq!(found(args), expected, "{args:?}");
    };
    assert_eq!(found(&["--run", "-"]), all);
    let middle = WORLD.1.runs[10].run;
    check(&["--run", &format!("{middle}+")], of(|run| run.run >= middle));
    check(&["--run", "last 3"], of(|run| run.run >= WORLD.1.runs[WORLD.1.runs.len() - 3].run));
    check(&["--partition", "ATLAS"], of(|run| run.kind != Calibration));
    check(
        &["--projecttag", "data*_cos,data*_hi"],
        of(|run| [Cosmic, HeavyIon].contains(&run.kind)),
    );
    check(&["--detmaskin", "240"], of(|run| ![NoSct, Partial].contains(&run.kind)));
    check(&["--detmaskin", "240A"], of(|run| run.kind != NoSct));
    check(&["--detmaskout", "240"], of(|run| run.kind == NoSct));
    check(&["--streams", "*SCTNoise 10k+"], of(|run| run.kind != Short));
    check(
        &["--streams", "*SCTNoise 10k+", "--skipUnknown"],
        of(|run| ![Short, NotInTable].contains(&run.kind)),
    );
    check(
        &["--streams", "physics_*Main,!nothing", "--skipUnknown"],
        of(|run| ![Cosmic, Calibration, NotInTable].contains(&run.kind)),
    );
    check(
        &["--lhc", "stablebeams TRUE"],
        of(|run| ![Cosmic, Calibration, Unstable].contains(&run.kind)),
    );
    check(&["--lhc", "beammode NOBEAM"], of(|run| [Cosmic, Calibration].contains(&run.kind)));
    check(
        &["--lhc", "beamenergy 6500+"],
        of(|run| ![Cosmic, Calibration, Unstable].contains(&run.kind)),
    );
    check(&["--lhc", &format!("fillnumber {}", one(Cosmic).fill)], of(|run| run.kind == Cosmic));
    check(&["--bfield", "off"], of(|run| run.kind == NoField));
    check(&["--bfield", "solenoidon toroidon"], of(|run| run.kind != NoField));
    check(
        &["--readyforphysics", "1"],
        of(|run| {
            ![Cosmic, Calibration, Unstable].contains(&run.kind)
                && run.stable.unwrap().0 < run.stable.unwrap().1
        }),
    );
    check(&["--duration", "1200+"], of(|run| run.lumi_blocks > 20));
    check(
        &["--events", "100k+", "--skipUnknown"],
        of(|run| run.events >= 100_000 && run.kind != NotInTable),
    );
    let sentence = format!("find run {middle}+ and lhc stablebeams TRUE / show run");
    check(
        &[&sentence],
        of(|run| run.run >= middle && ![Cosmic, Calibration, Unstable].contains(&run.kind)),
    );
    // One day: runs that were going on in it.
    let run = &WORLD.1.runs[15];
    let day = jiff::Timestamp::from_second(i64::try_from(run.start).unwrap()).unwrap();
    let (from, to) =
        (day.strftime("%-d.%-m.%Y").to_string(), u64::try_from(day.as_second()).unwrap());
    let (first, last) = (to - to % 86_400, to - to % 86_400 + 86_399);
    check(&["--time", &from], of(|run| run.end() > first && run.start <= last));
}

#[test]
fn wrong_queries_are_pointed_at() {
    let out = tempfile::tempdir().unwrap();
    let ask = |args: &[&str]| {
        sct_run(&["query"])
            .args(args)
            .arg("--out")
            .arg(out.path())
            .current_dir(folder())
            .output()
            .unwrap()
    };
    let wrong = ask(&["--lhc", "stablebeems TRUE"]);
    assert_eq!(code(&wrong), 7);
    let message = "unknown LHC variable 'stablebeems'; did you mean stablebeams?\n  --lhc \"stablebeems TRUE\"\n         ^^^^^^^^^^^";
    assert!(stderr(&wrong).contains(message), "{}", stderr(&wrong));
    for (args, expected) in [
        (&["find rnu 5"][..], 7),
        (&["find run 5", "--run", "5"], 7),
        (&["--dq", "LAr g"], 13),
        (&["--show", "luminosity OflLumi"], 13),
        (&["--run", "5", "--conditions", "none.db"], 74),
    ] {
        let output = ask(args);
        assert_eq!(code(&output), expected, "{args:?}: {}", stderr(&output));
    }
    assert!(names(out.path()).is_empty());
    let nowhere = sct_run(&["query", "--run", "5"]).current_dir(out.path()).output().unwrap();
    assert!(
        code(&nowhere) == 74 && stderr(&nowhere).contains("--conditions"),
        "{}",
        stderr(&nowhere)
    );
}

fn select(run: u32, stream: &str, more: &[&str], files: &Path) -> Output {
    sct_run(&[
        "select",
        "--json",
        "--run",
        &run.to_string(),
        "--stream",
        stream,
        "--now",
        &now(),
        "--data",
    ])
    .arg(folder())
    .args(more)
    .current_dir(files)
    .output()
    .unwrap()
}

fn decision(output: &Output) -> (String, String) {
    let json: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(output)));
    (json["decision"].as_str().unwrap().to_owned(), json["sentence"].as_str().unwrap().to_owned())
}

#[test]
fn runs_without_stable_beams_are_not_selected_and_cosmics_need_none() {
    let files = tempfile::tempdir().unwrap();
    let output =
        select(one(RunKind::Unstable).run.to_u32(), "13p6TeV", &["--skip-queue"], files.path());
    let (word, sentence) = decision(&output);
    assert_eq!((code(&output), word.as_str()), (0, "not selected"));
    assert!(
        sentence.contains("didn't pass Stable Beam check (not met: lhc stablebeams TRUE)"),
        "{sentence}"
    );
    let short = decision(&select(
        one(RunKind::Short).run.to_u32(),
        "13p6TeV",
        &["--skip-queue"],
        files.path(),
    ))
    .1;
    assert!(
        short.contains(
            "didn't pass Stable Beam check (not met: streams *calibration_SCTNoise 10000+)"
        ),
        "{short}"
    );
    let cosmic = select(one(RunKind::Cosmic).run.to_u32(), "cos", &["--skip-queue"], files.path());
    assert_eq!(decision(&cosmic).0, "take");
    let ions = select(one(RunKind::HeavyIon).run.to_u32(), "hi", &["--skip-queue"], files.path());
    assert_eq!(decision(&ions).0, "take");
    let dead = select(
        one(RunKind::Stable).run.to_u32(),
        "13p6TeV",
        &["--part", "doDeadStrip"],
        files.path(),
    );
    assert!(decision(&dead).1.contains("streams *express 200000+"), "{}", decision(&dead).1);
    let unknown = select(5, "13p6TeV", &[], files.path());
    assert_eq!(code(&unknown), 37);
}

/// Runs that queue before the simulated run.
fn queued() -> Vec<u32> {
    use RunKind::{NoField, NotInTable, Partial, Stable, Standby};
    let kinds = [Stable, Partial, Standby, NotInTable, NoField];
    let mut runs: Vec<u32> =
        of(|run| kinds.contains(&run.kind) && run.run < RUN.settings.run).into_iter().collect();
    runs.sort_unstable();
    runs
}

fn order(files: &Path, args: &[&str]) -> Output {
    let mut command = sct_run(&["order"]);
    command
        .args(args)
        .args(["--ledger", "ledger.db", "--last-run", "lastRun", "--now", &now()])
        .current_dir(files);
    command.output().unwrap()
}

#[test]
fn the_order_of_runs_is_kept_in_the_ledger() {
    let files = tempfile::tempdir().unwrap();
    let (run, queued) = (RUN.settings.run.to_u32(), queued());
    let [.., fourth, third, second, first] = queued[..] else { panic!("four runs queue") };
    let before = queued[queued.len() - 5];
    fs::write(files.path().join("lastRun"), format!("{before}\n")).unwrap();
    let ask = || {
        decision(&select(
            run,
            "13p6TeV",
            &["--ledger", "ledger.db", "--deadline", "240"],
            files.path(),
        ))
    };
    let (word, sentence) = ask();
    assert_eq!(word, "wait");
    for blocker in [fourth, third, second, first] {
        assert!(sentence.contains(&format!("run {blocker} is to be processed")), "{sentence}");
    }
    // Bad, skipped and released runs keep nobody waiting.
    for (args, expected) in [
        (&["fail", &fourth.to_string()][..], 0),
        (&["release", &fourth.to_string()], 7),
        (&["release", &fourth.to_string(), "--reason", "power cut", "--who", "expert"], 0),
        (&["bad", &third.to_string()], 0),
        (&["skip", &second.to_string()], 0),
        (&["finish", &first.to_string()], 0),
        (&["show"], 0),
    ] {
        let output = order(files.path(), args);
        assert_eq!(code(&output), expected, "{args:?}: {}", stderr(&output));
    }
    let (word, sentence) = ask();
    assert_eq!(word, "wait");
    assert!(
        sentence.ends_with(&format!(
            "waits for previous runs: run {first} is processed and to be uploaded"
        )),
        "{sentence}"
    );
    let shown: Value =
        serde_json::from_slice(&order(files.path(), &["show", "--json"]).stdout).unwrap();
    assert_eq!(shown["waiting"].as_array().unwrap().len(), 1, "{shown:#}");
    assert_eq!(shown["waiting"][0]["waits_for"], first);
    let released =
        shown["runs"].as_array().unwrap().iter().find(|shown| shown["run"] == fourth).unwrap();
    assert_eq!(
        (&released["state"], &released["reason"], &released["who"]),
        (&"released".into(), &"power cut".into(), &"expert".into())
    );
    assert_eq!(code(&order(files.path(), &["upload", &first.to_string()])), 0);
    assert_eq!(fs::read_to_string(files.path().join("lastRun")).unwrap(), format!("{first}\n"));
    assert_eq!(ask().0, "take");
    // A later upload overtakes it.
    let later = one(RunKind::Running).run.to_u32();
    assert_eq!(code(&order(files.path(), &["upload", &later.to_string()])), 0);
    assert_eq!(ask().0, "overtaken");
}

#[test]
fn waiting_ends_at_the_deadline_and_damage_is_shown() {
    let files = tempfile::tempdir().unwrap();
    let run = RUN.settings.run.to_u32();
    let output = select(run, "13p6TeV", &["--wait", "--deadline", "0"], files.path());
    assert_eq!(code(&output), 1);
    assert_eq!(decision(&output).0, "overdue");
    let later = one(RunKind::Running).run.to_u32() + 1;
    for text in [String::new(), "yesterday".to_owned(), format!("{later}\n")] {
        fs::write(files.path().join("lastRun"), &text).unwrap();
        let output = select(run, "13p6TeV", &[], files.path());
        assert_eq!(code(&output), 37, "{text:?}: {}", stderr(&output));
        assert_eq!(fs::read_to_string(files.path().join("lastRun")).unwrap(), text);
    }
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
    assert_eq!(table.events(run(0), run(100)).unwrap(), BTreeMap::from([(run(7), 29)]));
}

fn job(world: &Path, last: u32) -> (TempDir, Output) {
    let (folder, mut dictionary) = crate::calib::job();
    dictionary["doRunInfo"] = "True".into();
    dictionary["doRunSelector"] = "True".into();
    dictionary["runControl"] = world.display().to_string().into();
    dictionary["ledger"] = "ledger.db".into();
    fs::write(folder.path().join("lastRun"), format!("{last}\n")).unwrap();
    let output = crate::calib::run(folder.path(), &dictionary, &[]);
    (folder, output)
}

#[test]
fn a_job_reads_run_control_and_tells_the_order_of_runs() {
    let last = *queued().last().unwrap();
    let (folder, output) = job(self::folder(), last);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = fs::read_to_string(folder.path().join("runInfo.txt")).unwrap();
    let settings = &RUN.settings;
    let (start, end) = (settings.start, settings.end());
    let blocks = settings.last_lumi_block();
    assert_eq!(
        text,
        format!(
            "{} data22_13p6TeV {start}.0 {end}.5 {blocks} SCTBA,SCTBC,SCTEA,SCTEC",
            settings.run
        )
    );
    let shown: Value =
        serde_json::from_slice(&order(folder.path(), &["show", "--json"]).stdout).unwrap();
    let run = shown["runs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|run| run["run"] == settings.run.to_u32())
        .unwrap();
    assert_eq!((&run["state"], &run["blocks"]), (&"finished".into(), &true.into()));
}

#[test]
fn a_job_of_a_run_that_is_not_selected_ends_well_without_files() {
    let (world, _) = made(GivenRun { events: 9_000, ..GivenRun::of(&RUN.settings) });
    let (folder, output) = job(world.path(), 1);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report: Value =
        serde_json::from_slice(&fs::read(folder.path().join("jobReport.json")).unwrap()).unwrap();
    assert!(
        report["exitMsg"].as_str().unwrap().contains("didn't pass Stable Beam check"),
        "{report:#}"
    );
    assert_eq!(report["files"]["output"].as_array().unwrap().len(), 0);
    assert!(!names(folder.path()).iter().any(|name| name.ends_with("mycool.db")));
}
