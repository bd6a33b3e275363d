use std::process::Command;

use crate::samples::{all_classes, merged};

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

/// Merges our inputs with ROOT and compares every number of the sums with those of our result.
const SCRIPT: &str = r#"
import sys, ROOT
ROOT.TH1.AddDirectory(False)
files = [ROOT.TFile.Open(path) for path in sys.argv[1:]]
ours, inputs = files[0], files[1:]
for key in ours.Get("a/b").GetListOfKeys():
    path = "a/b/" + key.GetName()
    sum = inputs[0].Get(path)
    rest = ROOT.TList()
    parts = [f.Get(path) for f in inputs[1:]]
    for part in parts:
        rest.Add(part)
    sum.Merge(rest)
    other = ours.Get(path)
    assert sum.ClassName() == other.ClassName() and sum.GetTitle() == other.GetTitle()
    assert sum.GetEntries() == other.GetEntries(), (path, sum.GetEntries(), other.GetEntries())
    for i in range(sum.GetNcells()):
        assert sum.At(i) == other.At(i), (path, i, sum.At(i), other.At(i))
        assert sum.GetBinContent(i) == other.GetBinContent(i), (path, i)
        assert sum.GetBinError(i) == other.GetBinError(i), (path, i)
        if "Profile" in sum.ClassName():
            assert sum.GetBinEntries(i) == other.GetBinEntries(i), (path, i)
    print(key.GetName())
"#;

#[test]
fn root_finds_the_same_sums() {
    if !python_has("ROOT") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let inputs =
        [1, 2, 5].map(|factor| all_classes(&folder.path().join(factor.to_string()), factor));
    let output = folder.path().join("out.root");
    merged(&inputs, &output).unwrap();
    let script =
        Command::new("python3").args(["-c", SCRIPT]).arg(&output).args(&inputs).output().unwrap();
    let errors = String::from_utf8_lossy(&script.stderr);
    assert!(script.status.success() && !errors.contains("Error in <"), "{errors}");
    assert_eq!(String::from_utf8_lossy(&script.stdout).lines().count(), 7);
}
