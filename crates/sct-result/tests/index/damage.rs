//! Folders as they are when something goes wrong, and the index that copes.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt as _, thread};

use sct_result::{Index, Refreshed};

use crate::folder::{Folder, age, occupancy, run};

#[test]
fn a_half_copied_file_is_told_once_and_read_when_it_is_whole() {
    let mut folder = Folder::new();
    let path = folder.noise(8, 1, 1e-5);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    age(&path, 500);
    let refreshed = folder.refresh();
    assert_eq!((refreshed.added, refreshed.complaints.len()), (1, 1));
    assert!(refreshed.complaints[0].contains("ends before"), "{refreshed:?}");
    let result = &folder.index.newest("sctno", None, 9).unwrap()[0];
    assert!(result.summary.is_none() && result.complaint.is_some());
    assert_eq!(folder.refresh(), Refreshed::default());
    // The copy goes on within the file: the folder does not change.
    let time = fs::metadata(path.parent().unwrap()).unwrap().modified().unwrap();
    fs::write(&path, &whole).unwrap();
    fs::File::open(path.parent().unwrap()).unwrap().set_modified(time).unwrap();
    let refreshed = folder.refresh();
    assert_eq!((refreshed.changed, refreshed.complaints.len()), (1, 0));
    assert!(folder.index.newest("sctno", None, 9).unwrap()[0].summary.is_some());
}

#[test]
fn damage_of_one_attempt_leaves_the_others() {
    let mut folder = Folder::new();
    let database = folder.file(8, "sctns", 1, "mycool.db");
    fs::write(&database, "no database").unwrap();
    fs::write(folder.file(8, "sctns", 1, "BadStripsSummaryFile.xml"), [0xFF, 0x00]).unwrap();
    folder.noise(8, 1, 1e-5);
    let other = folder.file(9, "sctno", 1, "NoiseOccupancySummaryFile.xml");
    occupancy(1, 1e-5).write(&other).unwrap();
    let refreshed = folder.refresh();
    assert_eq!((refreshed.added, refreshed.complaints.len()), (3, 2), "{refreshed:?}");
    assert!(refreshed.complaints.iter().any(|one| one.contains("about run")), "{refreshed:?}");
    let kinds: Vec<String> =
        folder.index.run(run(8)).unwrap().into_iter().map(|result| result.kind).collect();
    assert_eq!(kinds, ["sctno", "sctns"]);
    assert_eq!(folder.index.run(run(8)).unwrap()[1].database.as_ref().unwrap().size, 11);
}

#[test]
fn what_is_new_within_a_tick_is_not_overlooked() {
    let mut folder = Folder::new();
    let first = folder.noise(8, 1, 1e-5);
    let parent = first.parent().unwrap();
    let now = std::time::SystemTime::now();
    fs::File::open(parent).unwrap().set_modified(now).unwrap();
    folder.refresh();
    folder.noise(8, 2, 2e-5);
    fs::File::open(parent).unwrap().set_modified(now).unwrap();
    assert_eq!(folder.refresh().changed, 1);
    assert_eq!(folder.index.attempts(run(8), "sctno").unwrap().len(), 2);
}

#[test]
fn attempts_are_newest_first() {
    let mut folder = Folder::new();
    for attempt in [2, 1, 3] {
        folder.noise(8, attempt, 1e-5);
    }
    folder.refresh();
    let attempts = folder.index.attempts(run(8), "sctno").unwrap();
    let ends: Vec<char> = attempts.iter().filter_map(|one| one.dataset.chars().last()).collect();
    assert_eq!(ends, ['3', '2', '1']);
    let newest = folder.index.newest("sctno", None, 9).unwrap();
    assert_eq!((newest.len(), newest[0].attempts), (1, 3));
    assert_eq!(newest[0].dataset, attempts[0].dataset);
    assert_eq!(folder.index.runs_in_all("sctno").unwrap(), 1);
}

#[test]
fn folders_that_are_gone_are_forgotten() {
    let mut folder = Folder::new();
    (7..=9).for_each(|number| drop(folder.noise(number, 1, 1e-5)));
    folder.refresh();
    fs::remove_dir_all(folder.path("results/00000008/sctno")).unwrap();
    assert_eq!(folder.refresh(), Refreshed { removed: 1, ..Refreshed::default() });
    assert_eq!(folder.index.run(run(8)).unwrap(), []);
    fs::remove_dir_all(folder.path("results")).unwrap();
    assert_eq!(folder.refresh(), Refreshed { removed: 2, ..Refreshed::default() });
    assert_eq!(folder.index.last_run("sctno").unwrap(), None);
    fs::create_dir(folder.path("results")).unwrap();
    assert_eq!(folder.refresh(), Refreshed::default());
}

#[test]
fn links_odd_names_and_other_folders_are_no_results() {
    let mut folder = Folder::new();
    let path = folder.noise(8, 1, 1e-5);
    let results = folder.path("results");
    let link = |to: &std::path::Path, name: &str| {
        std::os::unix::fs::symlink(to, results.join(name)).unwrap();
    };
    link(&results.join("00000008"), "00000009");
    link(&results.join("00000008/sctno"), "00000008/scteff");
    link(&path, "00000008/sctno/data._0002.NoiseOccupancySummaryFile.xml");
    link(&results, "00000008/round");
    for name in [&b"\xff\xfe"[..], b"8", b".00000010", b"0000000x"] {
        fs::create_dir_all(results.join(OsStr::from_bytes(name)).join("sctno")).unwrap();
    }
    fs::create_dir(results.join("00000008").join(OsStr::from_bytes(b"\xff"))).unwrap();
    fs::write(results.join("00000008/sctno").join(OsStr::from_bytes(b"\xff.x.y")), "").unwrap();
    fs::write(results.join("00000011"), "a file").unwrap();
    let refreshed = folder.refresh();
    assert_eq!(refreshed, Refreshed { added: 1, ..Refreshed::default() });
    let found = folder.index.run(run(8)).unwrap();
    assert_eq!((found.len(), found[0].files.len(), found[0].attempts), (1, 1, 1));
}

#[test]
fn a_deleted_or_damaged_index_is_made_again() {
    let mut folder = Folder::new();
    folder.noise(8, 1, 1e-5);
    folder.refresh();
    let path = folder.path("results.db");
    let look = |what: &str| {
        let mut index = Index::open(&path).unwrap();
        assert_eq!(index.refresh(&folder.path("results")).unwrap().added, 1, "{what}");
        assert_eq!(index.runs_in_all("sctno").unwrap(), 1, "{what}");
        assert_eq!(index.measures().unwrap().len(), 6, "{what}");
    };
    fs::remove_file(&path).unwrap();
    for beside in ["results.db-wal", "results.db-shm"] {
        let _ = fs::remove_file(folder.path(beside));
    }
    look("deleted");
    fs::write(&path, "garbage").unwrap();
    look("no database");
    fs::write(&path, "").unwrap();
    look("empty");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len().min(1_000)]).unwrap();
    look("cut");
}

#[test]
fn an_index_of_another_folder_starts_anew() {
    let mut folder = Folder::new();
    folder.noise(8, 1, 1e-5);
    folder.refresh();
    fs::rename(folder.path("results"), folder.path("moved")).unwrap();
    let moved = folder.path("moved");
    assert_eq!(folder.index.refresh(&moved).unwrap().added, 1);
    assert!(folder.index.run(run(8)).unwrap()[0].folder.starts_with(moved));
}

#[test]
fn two_programs_may_refresh_at_once() {
    let folder = Folder::new();
    (1..=40).for_each(|number| drop(folder.noise(number, 1, 1e-5)));
    let (path, results) = (folder.path("results.db"), folder.path("results"));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut index = Index::open(&path).unwrap();
                for _ in 0..5 {
                    let refreshed = index.refresh(&results).unwrap();
                    assert_eq!(refreshed.complaints, [""; 0]);
                    assert_eq!(index.newest("sctno", None, 100).unwrap().len(), 40);
                }
            });
        }
    });
    assert_eq!(Index::open(&path).unwrap().refresh(&results).unwrap(), Refreshed::default());
}

#[test]
fn a_file_written_over_in_its_place_is_noticed_among_the_newest_runs() {
    let mut folder = Folder::new();
    for number in [7, 8, 9] {
        folder.noise(number, 1, 1e-5);
    }
    folder.refresh();
    for number in [7, 9] {
        let path = folder.file(number, "sctno", 1, "NoiseOccupancySummaryFile.xml");
        let time = fs::metadata(path.parent().unwrap()).unwrap().modified().unwrap();
        fs::write(&path, fs::read_to_string(&path).unwrap() + "\n").unwrap();
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().modified().unwrap(), time);
    }
    assert_eq!(folder.refresh(), Refreshed::default());
    let results = folder.path("results");
    let refreshed = folder.index.refresh_newest(&results, 2).unwrap();
    assert_eq!(refreshed, Refreshed { changed: 1, ..Refreshed::default() });
    let size = |number| folder.index.run(run(number)).unwrap()[0].files[0].size;
    assert_eq!(size(9), size(7) + 1);
    assert_eq!(size(8), size(7));
}

#[test]
fn a_look_at_the_newest_runs_forgets_no_older_ones() {
    let mut folder = Folder::new();
    for number in [6, 7, 8, 9] {
        folder.noise(number, 1, 1e-5);
    }
    let results = folder.path("results");
    assert_eq!(folder.index.refresh_newest(&results, 2).unwrap().added, 2);
    assert_eq!(folder.refresh().added, 2);
    for number in ["00000007", "00000009"] {
        fs::remove_dir_all(results.join(number)).unwrap();
    }
    assert_eq!(folder.index.refresh_newest(&results, 1).unwrap().removed, 1);
    assert_eq!(folder.index.last_run("sctno").unwrap(), Some(run(8)));
    assert_eq!(folder.index.runs_in_all("sctno").unwrap(), 3);
    assert_eq!(folder.refresh().removed, 1);
    assert_eq!(folder.index.runs_in_all("sctno").unwrap(), 2);
}

#[test]
fn an_index_that_is_removed_while_it_is_open_is_made_again() {
    let mut folder = Folder::new();
    folder.noise(8, 1, 1e-5);
    folder.refresh();
    let path = folder.path("results.db");
    for endings in [&[""][..], &["", "-wal", "-shm"]] {
        let reader = Index::open(&path).unwrap();
        assert!(reader.is_current());
        for ending in endings {
            fs::remove_file(folder.path(format!("results.db{ending}"))).unwrap();
        }
        assert!(!reader.is_current());
        folder.noise(9, 1, 1e-5);
        assert!(folder.refresh().added > 0);
        drop(reader);
        let again = Index::open(&path).unwrap();
        assert_eq!(again.runs_in_all("sctno").unwrap(), 2);
        assert_eq!(folder.refresh(), Refreshed::default());
    }
}
