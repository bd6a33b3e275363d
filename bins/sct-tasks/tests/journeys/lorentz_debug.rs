//! `FittingDebugFile.root` opened by readers of other origin: profiles as the monitoring has them, and curves that are the
//! model at the parameters we report.

use std::{fs, path::Path, process::Command};

use crate::{
    code,
    hist::run,
    sim_hist::{FIRST, RUN},
    stderr, stdout,
};

/// Compares what `read(file, path)` gives of a histogram: class, contents, errors, entries, edges. The model is added up as
/// `docs/physics/lorentz-angle.md` has it.
const COMPARE: &str = r#"
import json, math
def model(x, p):
    weight = 0.017455 * (180 / math.pi) * 10 / 999 / math.sqrt(2 * math.pi)
    steps = [-5 + 10 * i / 999 for i in range(999)]
    bend = lambda u: p["a"] * abs(math.tan(math.radians(x + p["sigma"] * u)) - math.tan(math.radians(p["angle"]))) + p["b"]
    return weight * math.fsum(math.exp(-u * u / 2) * bend(u) for u in steps)
fits = [fit for fit in json.load(open(report))["fits"] if (fit["layer"], fit["type"]) != (1, 100)]
assert len(fits) == 14, len(fits)
assert sorted(names("")) == sorted("h_phiVsNstrips_%d_%dSide%d" % (f["type"], f["layer"], f["side"]) for f in fits)
curves = 0
for fit in fits:
    name = "h_phiVsNstrips_%d_%dSide%d" % (fit["type"], fit["layer"], fit["side"])
    copy, *curve = sorted(names(name), key=len)
    assert copy in (name + "_First_Fit", name + "Second_Fit", name + "Third_Fit"), copy
    ours, original = read(debug, name + "/" + copy), read(hist, f"run_{run}/SCT/GENERAL/lorentz/{name}")
    assert ours == original and ours[0] == "TProfile" and len(ours[1]) == 360, name
    assert curve == ([copy + "_curve"] if "parameters" in fit else []), curve
    for curve in curve:
        kind, widths, _, _, edges = read(debug, name + "/" + curve)
        assert (kind, len(widths), edges[0], edges[-1]) == ("TH1D", 440, -9, 2), curve
        for i in range(0, 440, 23):
            expected = model((edges[i] + edges[i + 1]) / 2, fit["parameters"])
            assert abs(widths[i] / expected - 1) < 1e-9, (curve, i, widths[i], expected)
        curves += 1
print(curves)
"#;

const ROOT: &str = r"
import sys, ROOT
debug, hist, report, run = ROOT.TFile.Open(sys.argv[1]), ROOT.TFile.Open(sys.argv[2]), sys.argv[3], sys.argv[4]
assert not debug.IsZombie() and not debug.TestBit(ROOT.TFile.kRecovered)
names = lambda path: [k.GetName() for k in (debug.Get(path) if path else debug).GetListOfKeys()]
def read(file, path):
    h = file.Get(path)
    bins = range(1, h.GetNbinsX() + 1)
    edges = [h.GetXaxis().GetBinLowEdge(i) for i in range(1, h.GetNbinsX() + 2)]
    return (h.ClassName(), [h.GetBinContent(i) for i in bins], [h.GetBinError(i) for i in bins], h.GetEntries(), edges)
";

const UPROOT: &str = r#"
import sys, uproot
debug, hist, report, run = uproot.open(sys.argv[1]), uproot.open(sys.argv[2]), sys.argv[3], sys.argv[4]
names = lambda path: (debug[path] if path else debug).keys(recursive=False, cycle=False)
def read(file, path):
    h = file[path]
    errors = h.errors() if h.classname == "TProfile" else None
    errors = [] if errors is None else [None if e != e else e for e in errors.tolist()]
    edges = h.axis().edges().tolist()
    return (h.classname, [None if v != v else v for v in h.values().tolist()], errors, h.member("fEntries"), edges)
"#;

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn check(package: &str, read: &str) {
    let found = Command::new("python3").args(["-c", &format!("import {package}")]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "skipped: Python has no package {package}, nobody else opens FittingDebugFile.root"
        );
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let fitted = run(
        "sct-lorentz-angle",
        &FIRST.1,
        out.path(),
        &["--json", "--set", "LorentzAngleDebugMode=true"],
    );
    assert_eq!(code(&fitted), 0, "{}", stderr(&fitted));
    let report = out.path().join("report.json");
    fs::write(&report, stdout(&fitted)).unwrap();
    let debug = out.path().join("FittingDebugFile.root");
    let arguments: [&Path; 4] = [&debug, &FIRST.1, &report, Path::new(RUN)];
    let script = format!("{read}{COMPARE}");
    let compared = Command::new("python3").args(["-c", &script]).args(arguments).output().unwrap();
    assert!(compared.status.success(), "{}", stderr(&compared));
    let curves: usize = stdout(&compared).trim().parse().unwrap();
    assert!(curves > 10, "{curves} curves were compared");
}

#[test]
fn root_finds_profiles_and_curves() {
    check("ROOT", ROOT);
}

#[test]
fn uproot_finds_profiles_and_curves() {
    check("uproot", UPROOT);
}
