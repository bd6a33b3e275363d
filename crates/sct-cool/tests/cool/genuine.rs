//! Genuine files, when the environment variable `SCT_REFERENCE` names the folder that holds them.

use std::{env, path::PathBuf};

use sct_cool::{Clock, Database, Selection, StoreTarget, Writer, dump_lines, summaries, verify};

/// Folder counts by file: (file, path, channels, intervals, visible objects under the tag).
const CONTENTS: [(&str, &str, u64, u64, usize); 12] = [
    ("BowingNULL.db", "/Indet/IBLDist", 14, 28, 14),
    ("idalign_post_TS1_mycool.db", "/Indet/AlignL1/ID", 4, 4, 4),
    ("idalign_post_TS1_mycool.db", "/Indet/AlignL2/PIX", 18, 18, 18),
    ("idalign_post_TS1_mycool.db", "/Indet/AlignL2/SCT", 22, 22, 22),
    ("idalign_post_TS1_mycool.db", "/Indet/AlignL3", 40, 40, 40),
    ("idalign_post_TS1_mycool.db", "/TRT/AlignL2", 5, 5, 5),
    ("idalign_pre_TS1_mycool.db", "/Indet/IBLDist", 14, 14, 14),
    ("idalign_pre_TS1_tmp.db", "/Indet/AlignL3", 40, 160, 40),
    ("idalign_pre_TS1_tmp.db", "/TRT/AlignL2", 5, 10, 5),
    ("idalign_2015_copied_from_oracle.db", "/Indet/AlignL3", 43, 40, 40),
    ("idalign_2015_copied_from_oracle.db", "/TRT/AlignL2", 34, 5, 5),
    ("muonalign_test.sqlite", "/MUONALIGN/ERRS", 1, 6, 2),
];

fn folder() -> Option<PathBuf> {
    let folder = env::var_os("SCT_REFERENCE").map(|folder| PathBuf::from(folder).join("cool"));
    if folder.is_none() {
        eprintln!("skipped: SCT_REFERENCE names no folder with genuine files");
    }
    folder
}

#[test]
fn folders_and_objects_are_complete() {
    let Some(reference) = folder() else { return };
    for (file, path, channels, intervals, visible) in CONTENTS {
        let database = Database::open(&reference.join(file)).unwrap();
        database.check_integrity().unwrap();
        let found = summaries(&database).unwrap();
        let found = found.iter().find(|folder| folder.path == path).unwrap();
        assert_eq!((found.channels, found.intervals), (channels, intervals), "{file} {path}");
        let tag = found.tags.iter().find(|tag| tag.name != "HEAD").unwrap();
        assert_eq!(tag.objects, visible, "{file} {path}");
        assert!(dump_lines(&database, Some(path)).unwrap().len() >= visible);
    }
}

#[test]
fn the_same_folders_have_the_same_schema() {
    let Some(reference) = folder() else { return };
    for file in CONTENTS.map(|(file, ..)| file) {
        let genuine = Database::open(&reference.join(file)).unwrap();
        let temporary = tempfile::tempdir().unwrap();
        let ours = temporary.path().join("ours.db");
        let mut writer = Writer::create(&ours, &genuine.instance().name, Clock::fixed(0)).unwrap();
        for node in genuine.folders() {
            writer.create_folder(node.folder.as_ref().unwrap()).unwrap();
        }
        assert_eq!(
            genuine.schema_text().unwrap(),
            writer.database().schema_text().unwrap(),
            "{file}"
        );
        let nodes = |database: &Database| {
            database
                .nodes()
                .iter()
                .map(|node| (node.id, node.parent, node.path.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(nodes(&genuine), nodes(writer.database()), "{file}");
    }
}

#[test]
fn objects_of_head_and_tag_are_in_channel_order() {
    let Some(reference) = folder() else { return };
    let database = Database::open(&reference.join("BowingNULL.db")).unwrap();
    for tag in ["", "IndetIBLDist"] {
        let objects = database.objects("/Indet/IBLDist", &Selection::tag(tag).at(0)).unwrap();
        let channels: Vec<u32> = objects.iter().map(|object| object.row.channel.0).collect();
        assert_eq!(channels, (1..=14).map(|index| index * 100).collect::<Vec<_>>());
    }
}

#[test]
fn storing_the_same_objects_gives_the_same_numbers() {
    let Some(reference) = folder() else { return };
    let genuine = Database::open(&reference.join("idalign_post_TS1_mycool.db")).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut writer =
        Writer::create(&temporary.path().join("o.db"), "CONDBR2", Clock::fixed(0)).unwrap();
    for node in genuine.folders() {
        writer.create_folder(node.folder.as_ref().unwrap()).unwrap();
        let tag = genuine.tags(node).unwrap()[0].name.clone();
        let objects = genuine.objects(&node.path, &Selection::tag(&tag)).unwrap();
        let rows: Vec<_> = objects.iter().map(|object| object.row.clone()).collect();
        writer.store(&node.path, &StoreTarget::Tag(tag.clone()), &rows).unwrap();
        let ours = writer.database().objects(&node.path, &Selection::tag(&tag)).unwrap();
        let plain = |objects: &[sct_cool::Object]| {
            objects.iter().map(|o| (o.id, o.row.clone())).collect::<Vec<_>>()
        };
        assert_eq!(plain(&ours), plain(&objects), "{}", node.path);
    }
}

#[test]
fn genuine_files_are_sound() {
    let Some(reference) = folder() else { return };
    let mut files = 0;
    for entry in std::fs::read_dir(&reference).unwrap() {
        let path = entry.unwrap().path();
        if Database::instances(&path).is_ok_and(|instances| !instances.is_empty()) {
            let findings = verify(&path).unwrap();
            assert!(findings.is_empty(), "{}: {findings:?}", path.display());
            files += 1;
        }
    }
    assert_eq!(files, 6);
}
