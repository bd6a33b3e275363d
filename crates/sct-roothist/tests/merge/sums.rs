use std::{fs, path::Path};

use sct_roothist::{
    Axis, Class, Compression, Contents, Histogram, MergeOptions, RootFile, WriteOptions, merge,
};

use crate::samples::{all_classes, merged, scaled, write};

fn paths(path: &Path) -> Vec<String> {
    RootFile::open(path).unwrap().all_keys().map(|key| key.path()).collect()
}

#[test]
fn every_class_is_summed_in_every_part() {
    let folder = tempfile::tempdir().unwrap();
    let inputs =
        [1, 2, 30].map(|factor| all_classes(&folder.path().join(factor.to_string()), factor));
    let output = folder.path().join("out.root");
    let report = merged(&inputs, &output).unwrap();
    let file = RootFile::open(&output).unwrap();
    for class in Class::ALL {
        let sum = file.histogram(&format!("a/b/{class}")).unwrap();
        assert_eq!(sum, scaled(class, class.name(), 33), "{class}");
    }
    assert_eq!(report.objects.len(), Class::ALL.len());
    let objects: Vec<_> =
        report.objects.iter().map(|object| (object.inputs, object.entries)).collect();
    assert_eq!(objects, [(3, 66.0); 7]);
    let entries: Vec<_> = report.inputs.iter().map(|input| input.entries).collect();
    assert_eq!(entries, [14.0, 28.0, 420.0]);
    assert!(report.warnings().is_empty(), "{:?}", report.warnings());
}

#[test]
fn one_input_comes_out_as_it_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let input = all_classes(&folder.path().join("in.root"), 7);
    let output = folder.path().join("out.root");
    merged(std::slice::from_ref(&input), &output).unwrap();
    let (before, after) = (RootFile::open(&input).unwrap(), RootFile::open(&output).unwrap());
    for (key, other) in before.keys().zip(after.keys()) {
        assert_eq!(key.path(), other.path());
        assert_eq!(before.read(&key).unwrap(), after.read(&other).unwrap());
    }
}

#[test]
fn result_has_the_union_in_order_of_first_appearance() {
    let folder = tempfile::tempdir().unwrap();
    let one = |name| scaled(Class::Th1F, name, 1);
    let first =
        write(&folder.path().join("1"), [("b", one("x")), ("a", one("x")), ("", one("top"))]);
    let second =
        write(&folder.path().join("2"), [("a/c", one("y")), ("b", one("w")), ("b", one("x"))]);
    let output = folder.path().join("out.root");
    let report = merged(&[first, second], &output).unwrap();
    assert_eq!(paths(&output), ["b", "a", "top", "b/x", "b/w", "a/x", "a/c", "a/c/y"]);
    let inputs = |path: &str| {
        report.objects.iter().find(|object| object.path == path).map(|object| object.inputs)
    };
    assert_eq!((inputs("b/x"), inputs("b/w"), inputs("top")), (Some(2), Some(1), Some(1)));
    let file = RootFile::open(&output).unwrap();
    assert_eq!(file.histogram("b/x").unwrap(), scaled(Class::Th1F, "x", 2));
    assert_eq!(file.histogram("b/w").unwrap(), one("w"));
}

/// Inputs that differ in more than their counts are added all the same, also after others that do not.
#[test]
fn squared_weights_of_one_input_count_with_the_plain_ones() {
    let folder = tempfile::tempdir().unwrap();
    let squares = |factor: i16| (0..7).map(|cell| f64::from(cell * factor)).collect::<Vec<_>>();
    let input = |factor: i16, weighted: bool| {
        let mut histogram = scaled(Class::Th1F, "h", factor);
        if weighted {
            histogram.sumw2 = squares(100 * factor);
        }
        histogram.x.title = format!("title {factor}").repeat(usize::from(factor == 5));
        write(&folder.path().join(factor.to_string()), [("d", histogram)])
    };
    let inputs =
        [input(1, false), input(2, false), input(3, true), input(4, false), input(5, false)];
    let output = folder.path().join("out");
    merged(&inputs, &output).unwrap();
    let mut expected = scaled(Class::Th1F, "h", 15);
    expected.sumw2 = squares(1 + 2 + 300 + 4 + 5);
    assert_eq!(RootFile::open(&output).unwrap().histogram("d/h").unwrap(), expected);
}

/// Neighbours in the result lie in another order, or far apart, in some inputs.
#[test]
fn order_and_distance_in_the_inputs_do_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..100).map(|number| format!("h{number}")).collect();
    let one = |name: &String, factor| ("d", scaled(Class::Th1F, name, factor));
    let in_order = write(&folder.path().join("1"), names.iter().map(|name| one(name, 1)));
    let reversed = write(&folder.path().join("2"), names.iter().rev().map(|name| one(name, 2)));
    let large = |name: &String| {
        let axis = Axis::uniform(0, 20_000, 0.0, 1.0);
        let mut large = Histogram::new(Class::Th1F, &format!("{name} large"), "", axis, None);
        // Counts that hardly pack.
        let values =
            (0..20_002_u32).map(|cell| f32::from_bits(cell.wrapping_mul(2_654_435_761) >> 2));
        large.contents = Contents::F32(values.collect());
        ("d", large)
    };
    let apart = names.iter().step_by(3).flat_map(|name| [one(name, 4), large(name)]);
    let apart = write(&folder.path().join("3"), apart);
    let output = folder.path().join("out");
    let report = merged(&[in_order, reversed, apart], &output).unwrap();
    let file = RootFile::open(&output).unwrap();
    for (number, name) in names.iter().enumerate() {
        let factor = if number % 3 == 0 { 7 } else { 3 };
        let sum = file.histogram(&format!("d/{name}")).unwrap();
        assert_eq!(sum, scaled(Class::Th1F, name, factor));
    }
    assert_eq!(file.histogram("d/h3 large").unwrap(), large(&names[3]).1);
    assert_eq!(report.objects.len(), 100 + 34);
}

#[test]
fn empty_directories_and_empty_files_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("1");
    let mut writer = sct_roothist::FileWriter::create(&path, WriteOptions::default()).unwrap();
    writer.directory("empty/inner").unwrap();
    writer.finish().unwrap();
    let nothing = write(&folder.path().join("2"), []);
    let output = folder.path().join("out.root");
    let report = merged(&[path, nothing], &output).unwrap();
    assert_eq!(paths(&output), ["empty", "empty/inner"]);
    assert_eq!(report.warnings().len(), 2, "both inputs have no entries");
}

#[test]
fn inputs_without_events_change_nothing_and_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let full = all_classes(&folder.path().join("full"), 4);
    let empty = all_classes(&folder.path().join("no-events"), 0);
    let output = folder.path().join("out.root");
    let report = merged(&[empty, full], &output).unwrap();
    let sum = RootFile::open(&output).unwrap().histogram("a/b/TH1I").unwrap();
    assert_eq!(sum, scaled(Class::Th1I, "TH1I", 4));
    assert!(report.inputs[0].is_empty() && !report.inputs[1].is_empty());
    let warnings = report.warnings();
    assert!(warnings.len() == 1 && warnings[0].contains("no-events"), "{warnings:?}");
}

#[test]
fn counts_that_single_precision_rounds_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut large = scaled(Class::Th1F, "large", 1);
    large.contents = Contents::F32(vec![16_777_215.0; 7]);
    let first = write(&folder.path().join("1"), [("", large)]);
    let second = write(&folder.path().join("2"), [("", scaled(Class::Th1F, "large", 1))]);
    let report = merged(&[first, second], &folder.path().join("out")).unwrap();
    assert_eq!(report.objects[0].inexact_cells, 6, "the cells to which 1 or more was added");
    assert!(report.warnings()[0].contains("large"));
}

#[test]
fn older_cycles_are_left_out_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cycles");
    let options =
        WriteOptions { duplicates: sct_roothist::Duplicates::NextCycle, ..WriteOptions::default() };
    let mut writer = sct_roothist::FileWriter::create(&path, options).unwrap();
    writer.write(&scaled(Class::Th1F, "h", 5)).unwrap();
    writer.write(&scaled(Class::Th1F, "h", 1)).unwrap();
    writer.finish().unwrap();
    let other = write(&folder.path().join("other"), [("", scaled(Class::Th1F, "h", 2))]);
    let output = folder.path().join("out");
    let report = merged(&[path, other], &output).unwrap();
    let sum = RootFile::open(&output).unwrap().histogram("h").unwrap();
    assert_eq!(sum, scaled(Class::Th1F, "h", 3));
    assert_eq!(report.inputs[0].older_cycles, 1);
    assert_eq!(report.warnings().len(), 1);
}

#[test]
fn progress_ends_with_all_objects() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..1200).map(|number| format!("h{number}")).collect();
    let histograms = names.iter().map(|name| ("d", scaled(Class::Th1F, name, 1)));
    let input = write(&folder.path().join("in"), histograms);
    let mut seen = Vec::new();
    let output = folder.path().join("out");
    merge(&[input], &output, &MergeOptions::default(), &mut |progress| seen.push(progress))
        .unwrap();
    assert!(seen.len() > 1 && seen.is_sorted_by_key(|progress| progress.done));
    assert!(seen.iter().all(|progress| progress.total == 1200));
    assert_eq!(seen.last().map(|progress| progress.done), Some(1200));
}

#[test]
fn digest_is_that_of_the_content_not_of_the_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = [1, 2].map(|factor| all_classes(&folder.path().join(factor.to_string()), factor));
    let other = all_classes(&folder.path().join("3"), 3);
    let digest = |inputs: &[_], name: &str, compression| {
        let options = MergeOptions {
            write: WriteOptions { compression, ..WriteOptions::default() },
            ..MergeOptions::default()
        };
        let output = folder.path().join(name);
        let report = merge(inputs, &output, &options, &mut |_| {}).unwrap();
        (report.digest, fs::read(&output).unwrap())
    };
    let (packed, packed_bytes) = digest(&inputs, "a", Compression::Zlib(9));
    let (stored, stored_bytes) = digest(&inputs, "a", Compression::Stored);
    assert_eq!(packed, stored);
    assert_ne!(packed_bytes, stored_bytes);
    // The sum of the first two is the third.
    assert_eq!(digest(&[other], "b", Compression::default()).0, packed);
    assert_ne!(digest(&inputs[..1], "c", Compression::default()).0, packed);
}

#[test]
fn tables_name_inputs_directories_and_totals() {
    let folder = tempfile::tempdir().unwrap();
    let inputs =
        [1, 2].map(|factor| all_classes(&folder.path().join(format!("in{factor}")), factor));
    let report = merged(&inputs, &folder.path().join("out")).unwrap();
    let table = report.to_table();
    for part in
        ["in1", "in2", "a/b", "TProfile2D", "objects     7 in 2 directories", "entries     42"]
    {
        assert!(table.contains(part), "{part} is not in\n{table}");
    }
    let objects = report.to_object_table();
    assert_eq!(objects.lines().count(), 8);
    assert!(objects.contains("a/b/TH1I\tTH1I\t2\t6\n"), "{objects}");
}
