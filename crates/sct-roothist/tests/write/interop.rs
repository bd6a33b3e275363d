use std::{path::Path, process::Command};

use sct_roothist::{Class, FileWriter, WriteOptions};

use crate::samples::{filled, labelled};

fn write(path: &Path, large_after: u64) {
    let options = WriteOptions { large_after, ..WriteOptions::default() };
    let mut writer = FileWriter::create(path, options).unwrap();
    writer.write(&labelled("labels")).unwrap();
    writer.write(&filled(Class::Th1D, "second")).unwrap();
    let all: Vec<_> = Class::ALL.iter().map(|class| filled(*class, class.name())).collect();
    writer.write_indexed("a/b", all.len(), |index| all[index].clone()).unwrap();
    writer.directory("empty").unwrap();
    writer.finish().unwrap();
}

/// Whether Python has a package; says so when a test cannot run.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn python_has(package: &str) -> bool {
    let found = Command::new("python3").args(["-c", &format!("import {package}")]).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: Python has no package {package}");
    }
    found
}

fn python(script: &str, path: &Path) -> String {
    let output = Command::new("python3").arg("-c").arg(script).arg(path).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    assert!(!errors.contains("Error in <"), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// What both scripts print for each file: name, number of cells, entries, sum of stored contents; then labels.
fn expected() -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for class in Class::ALL {
        let histogram = filled(class, class.name());
        let cells = histogram.cells();
        let sum: f64 = (0..cells).filter_map(|cell| histogram.contents.get(cell)).sum();
        writeln!(text, "{class} {cells} {sum}").unwrap();
    }
    text + "preamble formatter\n"
}

#[test]
fn oxyroot_lists_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f.root");
    write(&path, WriteOptions::LARGE_AFTER);
    let file = oxyroot::RootFile::open(&path).unwrap();
    let keys: Vec<_> = file.keys_name().map(str::to_owned).collect();
    assert_eq!(keys, ["labels", "second", "a", "empty"]);
}

/// A script that prints what [`expected`] says of the file given, and checks the rest of it.
const ROOT: &str = r#"
import sys, ROOT
f = ROOT.TFile.Open(sys.argv[1])
assert not f.IsZombie() and not f.TestBit(ROOT.TFile.kRecovered)
for k in f.Get("a/b").GetListOfKeys():
    h = k.ReadObj()
    print(k.GetName(), h.GetNcells(), f"{sum(h.At(i) for i in range(h.GetNcells())):.0f}")
    assert h.GetEntries() == 12 and h.GetTitle() == "a title" and h.ClassName() == k.GetName()
    assert h.GetXaxis().GetTitle() == "strip"
    if h.GetDimension() == 2:
        assert [h.GetYaxis().GetBinLowEdge(i) for i in range(1, 5)] == [0.0, 1.0, 2.5, 10.0]
print(f.Get("labels").GetXaxis().GetBinLabel(1), f.Get("labels").GetXaxis().GetBinLabel(2))
assert f.Get("empty").GetNkeys() == 0
assert f.GetStreamerInfoList().FindObject("TProfile2D").GetCheckSum() == 0x36a142ac
"#;

/// As [`ROOT`], with the other reader.
const UPROOT: &str = r#"
import sys, uproot
f = uproot.open(sys.argv[1])
for name in f["a/b"].keys(cycle=False):
    h = f["a/b"][name]
    sums = h
    while not hasattr(sums, "_data") and not any(type(b).__name__.startswith("Model_TArray") for b in sums.bases):
        sums = sums.bases[0]
    array = next(b for b in sums.bases if type(b).__name__.startswith("Model_TArray"))
    print(name, len(array), f"{float(sum(array)):.0f}")
labels = f["labels"].member("fXaxis").member("fLabels")
assert [label.member("@fUniqueID") for label in labels] == [1, 2, 3]
print(*list(labels)[:2])
"#;

/// Lets a reader of other origin say what our files hold, with pointers of 4 and of 8 bytes.
fn check_reader(package: &str, script: &str) {
    if !python_has(package) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for limit in [WriteOptions::LARGE_AFTER, 1_500] {
        let path = folder.path().join("f.root");
        write(&path, limit);
        assert_eq!(python(script, &path), expected(), "pointers of 8 bytes after {limit}");
    }
}

#[test]
fn root_reads_all_classes() {
    check_reader("ROOT", ROOT);
}

#[test]
fn uproot_reads_all_classes() {
    check_reader("uproot", UPROOT);
}
