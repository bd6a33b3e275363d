use std::{fs, path::Path, path::PathBuf};

use sct_roothist::{Axis, Class, Contents, Difference, Histogram, MergeError, MergeOptions, merge};

use crate::samples::{all_classes, merged, scaled, write};

/// Merges, demands an error that names all `parts` here or in its cause, and no output, temporary or not.
fn refused(inputs: &[PathBuf], output: &Path, parts: &[&str]) -> MergeError {
    let folder = output.parent().unwrap();
    let files = || fs::read_dir(folder).map_or(0, Iterator::count);
    let before = files();
    let error = merged(inputs, output).unwrap_err();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    for part in parts {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!output.exists());
    assert_eq!(files(), before, "something was left behind");
    error
}

fn two(first: Histogram, second: Histogram, parts: &[&str]) -> MergeError {
    let folder = tempfile::tempdir().unwrap();
    let inputs = [("one.root", first), ("two.root", second)]
        .map(|(name, histogram)| write(&folder.path().join(name), [("d", histogram)]));
    refused(&inputs, &folder.path().join("out.root"), parts)
}

fn with_axis(axis: Axis) -> Histogram {
    Histogram::new(Class::Th1F, "h", "", axis, None)
}

#[test]
fn other_binning_is_refused() {
    let axis = Axis::uniform(0, 5, 0.0, 5.0);
    let check = |other: Axis, parts: &[&str]| {
        let parts = [parts, &["two.root", "one.root", "d/h"]].concat();
        let error = two(with_axis(axis.clone()), with_axis(other), &parts);
        assert!(matches!(error, MergeError::Different { .. }), "{error:?}");
    };
    check(Axis::uniform(0, 6, 0.0, 5.0), &["6 bins, expected 5"]);
    check(Axis::uniform(0, 5, 0.0, 5.5), &["from 0 to 5.5, expected 0 to 5"]);
    let edges = vec![0.0, 1.0, 2.0, 3.0, 4.5, 5.0];
    check(Axis { edges, ..axis.clone() }, &["x axis has other bin edges"]);
    let labels = vec![(2, "two".to_owned())];
    check(Axis { labels, ..axis.clone() }, &["x axis has other bin labels"]);
}

#[test]
fn other_class_of_histogram_is_refused() {
    let error = two(
        scaled(Class::Th1F, "h", 1),
        scaled(Class::Th1D, "h", 1),
        &["two.root", "d/h", "class is TH1D, expected TH1F"],
    );
    assert!(matches!(
        error,
        MergeError::Different {
            difference: Difference::Class { found: Class::Th1D, expected: Class::Th1F },
            ..
        }
    ));
}

#[test]
fn integer_overflow_is_refused() {
    let mut full = scaled(Class::Th1I, "h", 0);
    full.contents = Contents::I32(vec![0, 0, 0, i32::MAX, 0, 0, 0]);
    let error = two(full, scaled(Class::Th1I, "h", 1), &["two.root", "d/h", "cell 3"]);
    assert!(matches!(error, MergeError::Overflow { cell: 3, .. }), "{error:?}");
}

#[test]
fn an_input_given_twice_is_refused_under_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let input = all_classes(&folder.path().join("in.root"), 1);
    let again = folder.path().join("./in.root");
    let output = folder.path().join("out.root");
    let error = refused(&[input, again], &output, &["in.root"]);
    assert!(matches!(error, MergeError::SameInput { .. }), "{error:?}");
    assert!(matches!(refused(&[], &output, &["no input"]), MergeError::NoInputs));
}

#[test]
fn an_output_that_is_an_input_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let input = all_classes(&folder.path().join("in.root"), 1);
    let before = fs::read(&input).unwrap();
    let error = merged(std::slice::from_ref(&input), &folder.path().join("./in.root")).unwrap_err();
    assert!(matches!(error, MergeError::OutputIsInput { .. }), "{error:?}");
    assert_eq!(fs::read(&input).unwrap(), before);
}

#[test]
fn truncated_inputs_are_refused_wherever_they_end() {
    let folder = tempfile::tempdir().unwrap();
    let good = all_classes(&folder.path().join("good.root"), 1);
    let bytes = fs::read(&good).unwrap();
    let bad = folder.path().join("bad.root");
    for length in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        fs::write(&bad, &bytes[..length]).unwrap();
        refused(&[good.clone(), bad.clone()], &folder.path().join("out.root"), &["bad.root"]);
    }
}

#[test]
fn damaged_objects_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let histogram = scaled(Class::Th1F, "h", 1);
    let good = write(&folder.path().join("good.root"), [("d", histogram.clone())]);
    let bad = write(&folder.path().join("bad.root"), [("d", histogram)]);
    let mut bytes = fs::read(&bad).unwrap();
    let block = bytes.windows(3).position(|window| window == b"ZL\x08").unwrap();
    bytes[block + 40] ^= 0x55;
    fs::write(&bad, bytes).unwrap();
    let error = refused(&[good, bad], &folder.path().join("out.root"), &["bad.root", "d/h"]);
    assert!(matches!(error, MergeError::Object { .. }), "{error:?}");
}

#[test]
fn missing_inputs_and_folders_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = all_classes(&folder.path().join("good.root"), 1);
    let missing = folder.path().join("missing.root");
    refused(&[good.clone(), missing], &folder.path().join("out.root"), &["missing.root"]);
    let error = refused(&[good], &folder.path().join("nowhere/out.root"), &["nowhere/out.root"]);
    assert!(matches!(error, MergeError::Write(_)), "{error:?}");
}

#[test]
fn directory_and_object_of_one_path_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let histogram = |name| scaled(Class::Th1F, name, 1);
    let first = write(&folder.path().join("1.root"), [("a", histogram("b"))]);
    let second = write(&folder.path().join("2.root"), [("a/b", histogram("c"))]);
    let output = folder.path().join("out.root");
    for inputs in [[first.clone(), second.clone()], [second, first]] {
        let error = refused(&inputs, &output, &["a/b"]);
        assert!(matches!(error, MergeError::DirectoryAndObject { .. }), "{error:?}");
    }
}

/// A file in which a histogram claims to be of a class this crate does not know.
fn with_other_class(path: &Path) -> PathBuf {
    let histogram = |name| scaled(Class::Th1F, name, 1);
    write(path, [("d", histogram("known")), ("d", histogram("other"))]);
    let mut bytes = fs::read(path).unwrap();
    for at in 0..bytes.len() - 10 {
        if &bytes[at..at + 11] == b"\x04TH1F\x05other" {
            bytes[at + 1..at + 5].copy_from_slice(b"TH1S");
        }
    }
    fs::write(path, bytes).unwrap();
    path.to_owned()
}

#[test]
fn other_classes_are_refused_unless_they_may_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let input = with_other_class(&folder.path().join("in.root"));
    let output = folder.path().join("out.root");
    let error = refused(std::slice::from_ref(&input), &output, &["in.root", "d/other", "TH1S"]);
    assert!(matches!(error, MergeError::OtherClass { .. }), "{error:?}");
    let options = MergeOptions { skip_other_classes: true, ..MergeOptions::default() };
    let report = merge(&[input], &output, &options, &mut |_| {}).unwrap();
    assert_eq!(report.objects.len(), 1);
    assert_eq!(
        (report.skipped[0].path.as_str(), report.skipped[0].class.as_str()),
        ("d/other", "TH1S")
    );
    assert!(report.to_table().contains("d/other of class TH1S was left out"));
}
