use std::{fs, path::Path};

use sct_roothist::{
    Axis, Class, Compression, Date, Duplicates, Encoder, FileWriter, Histogram, Summary,
    WriteError, WriteOptions,
};

use crate::samples::{filled, labelled};

/// A file with all classes, nested and empty directories.
fn write(path: &Path, options: WriteOptions) -> Summary {
    let mut writer = FileWriter::create(path, options).unwrap();
    writer.write(&filled(Class::Th1I, "at the top")).unwrap();
    writer.directory("a/b").unwrap().write(&labelled("labels")).unwrap();
    let all: Vec<_> = Class::ALL.iter().map(|class| filled(*class, class.name())).collect();
    writer.write_indexed("/c//d/", all.len(), |index| all[index].clone()).unwrap();
    writer.directory("empty").unwrap();
    writer.directory("a").unwrap().write(&filled(Class::Th1D, "later")).unwrap();
    writer.finish().unwrap()
}

#[test]
fn equal_content_gives_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    let first = write(&path, WriteOptions::default());
    let bytes = fs::read(&path).unwrap();
    let second = write(&path, WriteOptions::default());
    assert_eq!(first, second);
    assert_eq!(bytes, fs::read(&path).unwrap());
    assert_eq!(bytes.len() as u64, first.file_bytes);
    assert_eq!((first.objects, first.directories), (10, 5));
}

#[test]
fn bulk_and_single_writing_give_equal_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["one", "two", "three"].map(|part| folder.path().join(part).join("f.root"));
    let make = |index: usize| {
        let axis = Axis::uniform(0, 300, 0.0, index as f64 + 1.0);
        Histogram::new(Class::Th1F, &format!("h{index}"), "t", axis, None)
    };
    let begin = |path: &Path| {
        fs::create_dir(path.parent().unwrap()).unwrap();
        FileWriter::create(path, WriteOptions::default()).unwrap()
    };
    let mut single = begin(&paths[0]);
    single.directory("d").unwrap();
    (0..1300).for_each(|index| single.write(&make(index)).unwrap());
    let mut bulk = begin(&paths[1]);
    bulk.write_indexed("d", 1300, make).unwrap();
    let mut indexed = begin(&paths[2]);
    indexed.write_indexed("d", 1300, make).unwrap();
    let summaries = [single, bulk, indexed].map(|writer| writer.finish().unwrap());
    assert!(summaries.iter().all(|summary| *summary == summaries[0]));
    let [single, bulk, indexed] = paths.map(|path| fs::read(path).unwrap());
    assert!(single == bulk && bulk == indexed);
}

#[test]
fn nothing_is_left_without_finish() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    let mut writer = FileWriter::create(&path, WriteOptions::default()).unwrap();
    writer.write(&filled(Class::Th1F, "h")).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the temporary file");
    drop(writer);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_older_file_stays_until_finish() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    fs::write(&path, "old").unwrap();
    let writer = FileWriter::create(&path, WriteOptions::default()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"old");
    writer.finish().unwrap();
    assert!(fs::read(&path).unwrap().starts_with(b"root"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn missing_folder_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing/f.root");
    let error = FileWriter::create(&path, WriteOptions::default()).unwrap_err();
    assert!(error.to_string().contains("missing/f.root"), "{error}");
    let error = FileWriter::create("/", WriteOptions::default()).unwrap_err();
    assert!(matches!(error, WriteError::NoFileName { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn result_is_as_readable_as_any_new_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (folder.path().join("f.root"), folder.path().join("other"));
    FileWriter::create(&ours, WriteOptions::default()).unwrap().finish().unwrap();
    fs::write(&other, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&ours), mode(&other));
}

#[test]
fn duplicate_names_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    let mut writer = FileWriter::create(&path, WriteOptions::default()).unwrap();
    let histogram = filled(Class::Th1F, "h");
    writer.directory("d").unwrap().write(&histogram).unwrap();
    let error = writer.write(&histogram).unwrap_err();
    assert!(
        matches!(&error, WriteError::DuplicateName { name, directory, .. } if name == "h" && directory == "d")
    );
    let error = writer.directory("d/h").unwrap_err();
    assert!(matches!(error, WriteError::DuplicateName { .. }), "a directory named as an object");
    writer.directory("e").unwrap().write(&histogram).unwrap();
    assert_eq!(writer.finish().unwrap().objects, 2);
}

#[test]
fn duplicate_names_become_cycles_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    let options = WriteOptions { duplicates: Duplicates::NextCycle, ..WriteOptions::default() };
    let mut writer = FileWriter::create(&path, options).unwrap();
    for _ in 0..3 {
        writer.write(&filled(Class::Th1F, "h")).unwrap();
    }
    writer.directory("d").unwrap();
    let error = writer.directory("").unwrap().write(&filled(Class::Th1F, "d")).unwrap_err();
    assert!(matches!(error, WriteError::DuplicateName { .. }), "an object named as a directory");
    assert_eq!(writer.finish().unwrap().objects, 3);
}

#[test]
fn names_longer_than_a_key_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer =
        FileWriter::create(folder.path().join("f.root"), WriteOptions::default()).unwrap();
    let error = writer.write(&filled(Class::Th1F, &"x".repeat(40_000))).unwrap_err();
    assert!(matches!(error, WriteError::KeyTooLong { .. }), "{error}");
    writer.write(&filled(Class::Th1F, &"x".repeat(30_000))).unwrap();
    writer.finish().unwrap();
}

#[test]
fn options_stand_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    let options = WriteOptions {
        compression: Compression::Zlib(6),
        date: Date::new(2026, 1, 2, 3, 4, 5).unwrap(),
        uuid: *b"0123456789abcdef",
        title: "the title of the file".to_owned(),
        ..WriteOptions::default()
    };
    let date = options.date.packed().to_be_bytes();
    write(&path, options);
    let bytes = fs::read(&path).unwrap();
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(has(b"0123456789abcdef") && has(b"the title of the file") && has(&date));
    assert_eq!(bytes[33..37], 106_i32.to_be_bytes(), "compression setting");
}

#[test]
fn large_files_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    let version =
        |path: &Path| i32::from_be_bytes(fs::read(path).unwrap()[4..8].try_into().unwrap());
    let small = write(&path, WriteOptions::default());
    assert_eq!(version(&path), 64_000);
    let options = WriteOptions { large_after: 2_000, ..WriteOptions::default() };
    let large = write(&path, options);
    assert_eq!(version(&path), 1_064_000);
    assert!(large.file_bytes > small.file_bytes);
}

#[test]
fn encoders_can_be_used_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    let histogram = filled(Class::Profile2D, "p");
    let mut writer = FileWriter::create(&path, WriteOptions::default()).unwrap();
    writer.write(&histogram).unwrap();
    writer.finish().unwrap();
    let expected = fs::read(&path).unwrap();
    let encoded = Encoder::new(Compression::default()).encode(&histogram).unwrap();
    let mut writer = FileWriter::create(&path, WriteOptions::default()).unwrap();
    writer.write_encoded(encoded).unwrap();
    writer.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), expected);
}
