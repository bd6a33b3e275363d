use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

const NAME: &str = "data22.00437001.x._0001.jobReport.json";

fn folders() -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("results"));
    fs::create_dir_all(from.join("00437001/sctns")).unwrap();
    (folder, from, to)
}

/// A job with one output of the source, its report last.
fn job(from: &Path, content: &str, created: &str) {
    let folder = from.join("00437001/sctns");
    fs::write(folder.join("x.mycool.db"), content).unwrap();
    fs::write(folder.join("data22.00437001.x._0001.log"), "log").unwrap();
    let report = json!({
        "exitCode": 0, "exitMsg": "OK", "created": created,
        "files": { "output": [{ "argName": "outputCOOL", "subFiles": [{ "name": "x.mycool.db", "file_size": content.len() }] }] },
    });
    fs::write(folder.join(NAME), report.to_string()).unwrap();
}

fn read(to: &Path, name: &str) -> Option<String> {
    fs::read_to_string(to.join("00437001/sctns").join(name)).ok()
}

#[test]
fn complete_jobs_are_copied_once() {
    let (_folder, from, to) = folders();
    job(&from, "one", "2022-11-20T10:00:00");
    let would = copy(&from, &to, 0, true).unwrap();
    assert_eq!((would.copied.len(), to.exists()), (1, false));
    let first = copy(&from, &to, 0, false).unwrap();
    assert_eq!((first.copied.as_slice(), first.unchanged), (&[NAME.to_owned()][..], 0));
    assert_eq!(read(&to, "x.mycool.db").as_deref(), Some("one"));
    assert_eq!(read(&to, "data22.00437001.x._0001.log").as_deref(), Some("log"));
    assert!(read(&to, NAME).is_some());
    let second = copy(&from, &to, 0, false).unwrap();
    assert_eq!((second.copied.len(), second.unchanged), (0, 1));
    job(&from, "later", "2022-11-21T10:00:00");
    assert_eq!(copy(&from, &to, 0, false).unwrap().copied.len(), 1);
    assert_eq!(read(&to, "x.mycool.db").as_deref(), Some("later"));
    // An older attempt never replaces a newer one.
    job(&from, "old", "2022-11-19T10:00:00");
    assert_eq!(copy(&from, &to, 0, false).unwrap().unchanged, 1);
    assert_eq!(read(&to, "x.mycool.db").as_deref(), Some("later"));
}

#[test]
fn what_is_not_complete_stays_where_it_is() {
    let (_folder, from, to) = folders();
    job(&from, "one", "2022-11-20T10:00:00");
    let source = from.join("00437001/sctns");
    let report = fs::read(source.join(NAME)).unwrap();
    let left = |what: &str| {
        let copied = copy(&from, &to, 0, false).unwrap();
        assert_eq!(copied.copied.len(), 0, "{copied:?}");
        assert!(copied.left.iter().any(|line| line.contains(what)), "{what}: {copied:?}");
        assert_eq!(read(&to, NAME), None);
    };
    fs::write(source.join(NAME), &report[..report.len() / 2]).unwrap();
    left("report");
    fs::write(source.join(NAME), &report).unwrap();
    fs::write(source.join("x.mycool.db"), "on").unwrap();
    left("has 2 bytes, its report says 3");
    fs::remove_file(source.join("x.mycool.db")).unwrap();
    left("x.mycool.db");
    symlink("/etc/passwd", source.join("x.mycool.db")).unwrap();
    left("no file");
    let text = String::from_utf8(report).unwrap();
    fs::write(source.join(NAME), text.replace("\"exitCode\":0", "\"exitCode\":65")).unwrap();
    left("ended with 65");
    fs::remove_file(source.join(NAME)).unwrap();
    assert_eq!(copy(&from, &to, 0, false).unwrap(), Copied::default());
    let leftovers = entries(&to.join("00437001/sctns")).unwrap_or_default();
    assert_eq!(leftovers, Vec::<PathBuf>::new());
}

#[test]
fn files_of_killed_passes_go_and_those_at_work_stay() {
    let (_folder, from, to) = folders();
    job(&from, "one", "2022-11-20T10:00:00");
    let target = to.join("00437001/sctns");
    fs::create_dir_all(&target).unwrap();
    fs::write(target.join(".sct-abc"), "half").unwrap();
    let written = fs::metadata(target.join(".sct-abc")).unwrap().mtime();
    copy(&from, &to, written + LEFT_BEHIND, false).unwrap();
    assert!(target.join(".sct-abc").exists());
    copy(&from, &to, written + LEFT_BEHIND + 1, false).unwrap();
    assert!(!target.join(".sct-abc").exists());
}

#[test]
fn a_source_that_is_away_is_named() {
    let (_folder, from, to) = folders();
    let error = copy(&from.join("missing"), &to, 0, false).unwrap_err();
    assert!(failure::message(&error).contains("missing"));
}
