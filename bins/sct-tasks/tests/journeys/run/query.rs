//! `sct-run query`: the standard query, every condition, files, mistakes.

#![expect(clippy::print_stderr, reason = "a skipped test says so")]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Output},
};

use sct_sim::{RunKind, WorldRun};
use sct_xml::GoodRuns;
use serde_json::Value;

use super::{WORLD, done, folder, now, of, one, sct_run};
use crate::{code, names, stderr, stdout};

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

/// Runs that meet the standard query but for the time, newest first.
fn suitable() -> impl Iterator<Item = &'static WorldRun> {
    use RunKind::{NoField, NotInTable, Partial, Running, Stable, Standby};
    let kinds = [Stable, Partial, Standby, NotInTable, NoField, Running];
    WORLD.1.runs.iter().rev().filter(move |run| kinds.contains(&run.kind))
}

/// Runs that the standard query is to find, newest first.
fn expected() -> Vec<&'static WorldRun> {
    let now: jiff::Timestamp = now().parse().unwrap();
    let cut = u64::try_from(now.as_second()).unwrap() - 3 * 86_400;
    suitable().filter(|run| run.start > cut).collect()
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
    assert!(!expected.is_empty() && expected.len() < suitable().count());
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
    let runs = answer["runs"].as_array().unwrap();
    let number = |run: &Value| u32::try_from(run["run"].as_u64().unwrap()).unwrap();
    let found: BTreeSet<u32> = runs.iter().map(number).collect();
    assert_eq!(found.len(), runs.len(), "{args:?} finds runs twice");
    found
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
    let of_day = of(|run| run.end() > first && run.start <= last);
    check(&["--time", &from], of_day.clone());
    // Each run once, also those of both ranges; conditions hold for all of them.
    let twice = format!("{from},{from}-{from}");
    check(&["--time", &twice], of_day.clone());
    let physics = of(|run| run.stable.is_some());
    check(&["--time", &twice, "--lhc", "stablebeams TRUE"], &of_day & &physics);
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
