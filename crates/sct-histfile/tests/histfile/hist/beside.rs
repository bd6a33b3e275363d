//! What lies beside the histograms in files of the monitoring is passed over.

use std::process::Command;

use sct_histfile::{HistFile, NoiseTrigger};
use sct_id::{RunNumber, WaferHash};

use super::{EVENTS, RUN, Sample, number};

/// Adds what producers and others leave: a tree `metadata` in every directory, directories of lumi blocks and of low
/// statistics with maps of the same names, another detector, texts and graphs, an older run's directory.
const SCRIPT: &str = r#"
import sys, array, ROOT
file, run = ROOT.TFile.Open(sys.argv[1], "UPDATE"), sys.argv[2]
def walk(folder, path):
    yield path
    for key in list(folder.GetListOfKeys()):
        if key.GetClassName() == "TDirectoryFile":
            yield from walk(folder.Get(key.GetName()), path + "/" + key.GetName())
folders = [path.lstrip("/") for path in walk(file, "")]
assert f"run_{run}/SCT/SCTB/Noise" in folders
def put(folder, thing):
    (file.GetDirectory(folder) or file.mkdir(folder, "", True)).WriteTObject(thing)
for folder in folders[1:]:
    file.GetDirectory(folder).cd()
    tree = ROOT.TTree("metadata", "Monitoring Metadata")
    name = array.array("b", b"an object\0")
    tree.Branch("Name", name, "Name/C")
    tree.Branch("IntervalType", name, "IntervalType/C")
    for _ in range(5):
        tree.Fill()
    tree.Write()
noise = ROOT.TProfile2D("hitoccupancymap_0_0", "of one lumi block", 13, -6.5, 6.5, 56, -0.5, 55.5)
for folder in (f"run_{run}/lb_17/SCT/SCTB/Noise", f"run_{run}/SCT/lb_17", f"run_{run}/lowStat_LB1-20/SCT/SCTB/Noise",
               f"run_{run}/Pixel/Noise", "run_1/SCT/SCTB/Noise"):
    put(folder, noise)
base = f"run_{run}/SCT/SCTB/Noise"
put(base, ROOT.TNamed("comment", "a text"))
put(base, ROOT.TGraph(2, array.array("d", [1, 2]), array.array("d", [3, 4])))
put(base, ROOT.TH3F("cube", "", 2, 0, 1, 2, 0, 1, 2, 0, 1))
put(base, ROOT.TObjString("loose"))
file.Close()
"#;

#[test]
fn trees_and_other_directories_are_passed_over() {
    let found = Command::new("python3").args(["-c", "import ROOT"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: Python has no ROOT here, nobody can write trees beside histograms");
        return;
    }
    let (_folder, path) = Sample::default().written();
    let run = RunNumber::new(RUN).unwrap();
    let read = || {
        let file = HistFile::open(&path, run).unwrap();
        let first = file.first_bunch_efficiency().unwrap();
        let maps = (file.noise(NoiseTrigger::All).unwrap(), file.efficiency().unwrap(), first);
        let counts = (file.events().unwrap(), file.hits().unwrap());
        (counts, maps, file.byte_stream_errors().unwrap(), file.lorentz_profiles().unwrap())
    };
    let before = read();
    let output =
        Command::new("python3").args(["-c", SCRIPT]).arg(&path).arg(RUN.to_string()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let trees = sct_roothist::RootFile::open(&path).unwrap();
    let trees = trees.keys().filter(|key| key.class_name() == "TTree" && key.name() == "metadata");
    assert!(trees.count() > 40, "there are trees to be passed over");
    assert!(before == read());
    let noise = &before.1.0;
    assert!(WaferHash::all().all(|wafer| {
        (noise[wafer].sum - number(wafer)).abs() < f64::EPSILON
            && (noise[wafer].entries - EVENTS).abs() < f64::EPSILON
    }));
}
