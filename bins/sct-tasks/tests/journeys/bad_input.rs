//! Damaged files, full disks, kills: one clear message, the documented code, outputs whole or absent.

use std::{fs, path::Path, process::Output, time::Duration};

use crate::{RUN, code, merged, names, program, stderr};

fn merge(folder: &Path, inputs: &[&Path]) -> Output {
    program("sct-hitmap")
        .args(["merge", "-o"])
        .arg(folder.join("out.root"))
        .args(inputs)
        .output()
        .unwrap()
}

#[test]
fn a_report_is_not_written_over_an_input() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.root");
    fs::write(&input, "precious").unwrap();
    let mut command = program("sct-hitmap");
    command.args(["merge", "-o"]).arg(folder.path().join("out.root")).arg("--report").arg(&input);
    let output = command.arg(&input).output().unwrap();
    assert_eq!(code(&output), 7, "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&input).unwrap(), "precious");
}

fn search(hitmaps: &Path, out: &Path, more: &[&str]) -> Output {
    program("sct-noisy-strip")
        .args(["--run", "1", "--hitmaps"])
        .arg(hitmaps)
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

#[test]
fn damaged_input_is_never_merged() {
    let folder = tempfile::tempdir().unwrap();
    let sound = RUN.parts[0].join("SCTHitMaps.root");
    let bytes = fs::read(&sound).unwrap();
    let bad = folder.path().join("bad.root");
    let cases: [(&str, Vec<u8>); 4] = [
        ("empty", Vec::new()),
        ("no ROOT file", b"<html>".to_vec()),
        ("cut in the middle", bytes[..bytes.len() / 2].to_vec()),
        ("one bit changed", {
            let mut bytes = bytes.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        }),
    ];
    for (what, content) in cases {
        fs::write(&bad, content).unwrap();
        let output = merge(folder.path(), &[&sound, &bad]);
        assert_eq!(code(&output), 52, "{what}: {}", stderr(&output));
        assert!(stderr(&output).contains("bad.root"), "{what}: {}", stderr(&output));
        assert_eq!(names(folder.path()), ["bad.root"], "{what}: nothing is left");
    }
    let output = merge(folder.path(), &[&sound, &folder.path().join("missing.root")]);
    assert_eq!(code(&output), 52, "{}", stderr(&output));
}

#[test]
fn files_of_another_kind_do_not_merge() {
    let folder = tempfile::tempdir().unwrap();
    let (maps, lumi_blocks) =
        (RUN.parts[0].join("SCTHitMaps.root"), RUN.parts[1].join("SCTLB.root"));
    let output = merge(folder.path(), &[&maps, &lumi_blocks]);
    assert_eq!(code(&output), 52);
    assert!(stderr(&output).contains("GENERAL/events"), "{}", stderr(&output));
}

#[test]
fn damaged_hit_maps_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let bytes = fs::read(&merged().0).unwrap();
    let bad = folder.path().join("bad.root");
    fs::write(&bad, &bytes[..bytes.len() - 1000]).unwrap();
    let output = search(&bad, &out, &[]);
    assert_eq!(code(&output), 74, "{}", stderr(&output));
    assert!(stderr(&output).contains("bad.root"));
    assert!(!out.exists() || names(&out).is_empty());
    assert_eq!(code(&search(&folder.path().join("missing.root"), &out, &[])), 74);
    // A lumi-block file in place of the hit maps has another event counter.
    let output = search(&merged().1, &out, &[]);
    assert_eq!(code(&output), 74);
    assert!(stderr(&output).contains("expected TH1I of 1 bins 0.5 to 1.5"), "{}", stderr(&output));
}

#[test]
fn damaged_side_inputs_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad");
    fs::write(&bad, "nonsense\n1,2\n").unwrap();
    let path = bad.to_str().unwrap();
    for option in [
        "--conditions",
        "--modules",
        "--known-bad",
        "--reference",
        "--run-info",
        "--config",
        "--swap",
        "--lb",
    ] {
        let output = search(&merged().0, folder.path(), &[option, path]);
        let expected = match option {
            "--config" => 7,
            "--run-info" => 37,
            _ => 74,
        };
        assert_eq!(code(&output), expected, "{option}: {}", stderr(&output));
        assert!(stderr(&output).contains("bad"), "{option}: {}", stderr(&output));
    }
    assert_eq!(names(folder.path()), ["bad"]);
}

#[test]
fn wrong_properties_are_suggested() {
    let folder = tempfile::tempdir().unwrap();
    let output = search(&merged().0, folder.path(), &["--set", "NoisyStripThrOfline=0.1"]);
    assert_eq!(code(&output), 7);
    assert!(stderr(&output).contains("did you mean NoisyStripThrOffline?"), "{}", stderr(&output));
    assert_eq!(code(&search(&merged().0, folder.path(), &["--nosuch"])), 7);
}

#[test]
fn an_unwritable_folder_is_an_output_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let output = search(&merged().0, &file.join("out"), &[]);
    assert_eq!(code(&output), 11, "{}", stderr(&output));
}

#[test]
fn a_full_disk_leaves_nothing() {
    // A limit on file sizes stands for the disk: writing past it fails in the same way.
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "trap '' XFSZ; ulimit -f 20; exec {} --run 1 --hitmaps {} --out {} -q",
        env!("CARGO_BIN_EXE_sct-noisy-strip"),
        merged().0.display(),
        folder.path().display()
    );
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(code(&output), 11, "{}", stderr(&output));
    let left = names(folder.path());
    assert!(left.iter().all(|name| !name.contains("mycool") && !name.starts_with('.')), "{left:?}");
    for name in left {
        sct_xml_is_whole(&folder.path().join(name));
    }
}

fn sct_xml_is_whole(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text.ends_with("</run>\n") || text.ends_with("</channels>\n"),
        "{} is whole",
        path.display()
    );
}

#[test]
fn a_killed_merge_leaves_no_output_or_a_whole_one() {
    let whole = fs::read(&merged().1).unwrap();
    for milliseconds in [5, 40, 120, 300] {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("SCTLB.root");
        let mut child = program("sct-hitmap")
            .args(["merge", "-q", "-o"])
            .arg(&out)
            .args(RUN.both("SCTLB.root"))
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        if out.exists() {
            assert_eq!(fs::read(&out).unwrap(), whole, "after {milliseconds} ms");
        }
    }
}
