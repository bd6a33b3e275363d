//! ROOT fills the same hits; its histograms must equal ours in names, titles, axes, contents, entries and statistics.

use std::{fs, process::Command};

use sct_histfile::{write_hit_maps, write_lumi_block_maps};

use crate::{HITS, LUMI_BLOCKS, PER_WINDOW, maps};

const SCRIPT: &str = r#"
import sys, math
import ROOT
ROOT.gErrorIgnoreLevel = ROOT.kError
folder, lumi_blocks, window = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
hits = [tuple(map(int, line.split(","))) for line in open(folder + "/hits.csv")]
names = {0: ("SCTEC", "negativeEndcap", "-2_0_0_0_0"), 1977: ("SCTB", "barrel", "0_0_0_-6_1"),
         4938: ("SCTB", "barrel", "0_3_3_-1_0"), 8175: ("SCTEA", "positiveEndcap", "2_8_51_0_1")}
swapped = {0: True, 1977: True, 4938: False, 8175: False}
maps, lbs = ROOT.TFile.Open(folder + "/SCTHitMaps.root"), ROOT.TFile.Open(folder + "/SCTLB.root")
ROOT.TH1.AddDirectory(False)
rows = math.ceil(lumi_blocks / window)
def same(file, path, expected):
    found = file.Get(path)
    assert found, path
    assert found.ClassName() == expected.ClassName(), path
    assert found.GetTitle() == expected.GetTitle(), (path, found.GetTitle(), expected.GetTitle())
    assert found.GetEntries() == expected.GetEntries(), (path, found.GetEntries(), expected.GetEntries())
    for axis in ("GetXaxis", "GetYaxis"):
        a, b = getattr(found, axis)(), getattr(expected, axis)()
        assert (a.GetNbins(), a.GetXmin(), a.GetXmax()) == (b.GetNbins(), b.GetXmin(), b.GetXmax()), path
    for cell in range(expected.GetNcells()):
        inside = not (expected.IsBinUnderflow(cell) or expected.IsBinOverflow(cell))
        assert not inside or found.GetBinContent(cell) == expected.GetBinContent(cell), (path, cell)
    import array
    a, b = array.array("d", 13 * [0.0]), array.array("d", 13 * [0.0])
    found.GetStats(a); expected.GetStats(b)
    assert list(a) == list(b), (path, list(a), list(b))
events = ROOT.TH1I("events", "Events", 1, 0.5, 1.5)
per_lb = ROOT.TH1I("events", "Events", lumi_blocks, 0.5, lumi_blocks + 0.5)
for wafer, first, size, lb in hits:
    events.Fill(1)
    per_lb.Fill(lb)
same(maps, "GENERAL/events", events)
same(lbs, "GENERAL/events", per_lb)
for number, (folder, part, position) in names.items():
    strips = ROOT.TH1F(position, f"SCT {part} Hitmap: plane {position}", 768, -0.5, 767.5)
    plane = ROOT.TH2F("p", f"SCT {part} Hitmap: plane {position}_", 768, -0.5, 767.5, rows, 0.5, window * rows + 0.5)
    offset = 6 * int(position[-1])
    chips = [ROOT.TH1F(f"c{c}", f"SCT{part} LB: chip {position}_{c + offset}", lumi_blocks, 0.5, lumi_blocks + 0.5) for c in range(6)]
    for wafer, first, size, lb in hits:
        if wafer == number:
            for strip in range(first, first + size):
                strips.Fill(strip)
                plane.Fill(strip, lb)
            chip = (767 - first if swapped[wafer] else first) // 128
            for _ in range(size):
                chips[chip].Fill(lb)
    same(maps, f"{folder}/{position}", strips)
    same(lbs, f"{folder}/{position}__2D", plane)
    for c in range(6):
        same(lbs, f"{folder}/{position}_{c + offset}", chips[c])
assert sum(1 for d in ("SCTEC", "SCTB", "SCTEA") for _ in maps.Get(d).GetListOfKeys()) == 8176
assert sum(1 for d in ("SCTEC", "SCTB", "SCTEA") for _ in lbs.Get(d).GetListOfKeys()) == 57232
"#;

#[test]
fn root_fills_the_same_histograms() {
    if !Command::new("python3")
        .args(["-c", "import ROOT"])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        eprintln!("skipped: Python has no ROOT here, nothing to compare with");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (hits, lumi_blocks) = maps();
    write_hit_maps(&folder.path().join("SCTHitMaps.root"), &hits).unwrap();
    write_lumi_block_maps(&folder.path().join("SCTLB.root"), &lumi_blocks).unwrap();
    let lines: Vec<String> = HITS.iter().map(|(w, f, s, l)| format!("{w},{f},{s},{l}")).collect();
    fs::write(folder.path().join("hits.csv"), lines.join("\n")).unwrap();
    let output = Command::new("python3")
        .args(["-c", SCRIPT])
        .arg(folder.path())
        .args([LUMI_BLOCKS.to_string(), PER_WINDOW.to_string()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
