//! The programs as a user runs them, on a small simulated run: exit codes, files, reports.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod bad_input;
mod cabling;
mod calib;
mod calib_hist;
mod combine;
mod conditions;
mod dead;
mod hist;
mod hv_trip;
mod inspect;
mod lorentz;
mod lorentz_debug;
mod merge;
mod noisy_lb;
mod noisy_strip;
mod raw;
mod root;
mod run;
mod sim_hist;
mod standby;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use sct_sim::{Settings, Truth, simulate_run, write_conditions};
use tempfile::TempDir;

/// A small run in two files, made once: parts, conditions, tables, truth.
static RUN: LazyLock<Simulated> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { files: 2, ..Settings::small() };
    write_conditions(&settings, &folder.path().join("conditions.db")).unwrap();
    let run = simulate_run(&settings, folder.path()).unwrap();
    Simulated { parts: run.folders.clone(), truth: run.truth, settings, folder }
});

struct Simulated {
    folder: TempDir,
    parts: Vec<PathBuf>,
    settings: Settings,
    truth: Truth,
}

impl Simulated {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same file of both parts.
    fn both(&self, name: &str) -> Vec<PathBuf> {
        self.parts.iter().map(|part| part.join(name)).collect()
    }
}

fn program(name: &str) -> Command {
    let path = match name {
        "sct-bs-error" => env!("CARGO_BIN_EXE_sct-bs-error"),
        "sct-calib" => env!("CARGO_BIN_EXE_sct-calib"),
        "sct-cool" => env!("CARGO_BIN_EXE_sct-cool"),
        "sct-dead" => env!("CARGO_BIN_EXE_sct-dead"),
        "sct-efficiency" => env!("CARGO_BIN_EXE_sct-efficiency"),
        "sct-lorentz-angle" => env!("CARGO_BIN_EXE_sct-lorentz-angle"),
        "sct-hitmap" => env!("CARGO_BIN_EXE_sct-hitmap"),
        "sct-hv-trip" => env!("CARGO_BIN_EXE_sct-hv-trip"),
        "sct-noisy-lb" => env!("CARGO_BIN_EXE_sct-noisy-lb"),
        "sct-noise-occupancy" => env!("CARGO_BIN_EXE_sct-noise-occupancy"),
        "sct-noisy-strip" => env!("CARGO_BIN_EXE_sct-noisy-strip"),
        "sct-raw-occupancy" => env!("CARGO_BIN_EXE_sct-raw-occupancy"),
        "sct-root" => env!("CARGO_BIN_EXE_sct-root"),
        "sct-run" => env!("CARGO_BIN_EXE_sct-run"),
        "sct-sim" => env!("CARGO_BIN_EXE_sct-sim"),
        other => panic!("no program {other}"),
    };
    Command::new(path)
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// Merged hit maps and lumi-block file of the run, in a folder of their own.
fn merged() -> &'static (PathBuf, PathBuf) {
    static MERGED: LazyLock<(TempDir, (PathBuf, PathBuf))> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let files = ["SCTHitMaps.root", "SCTLB.root"].map(|name| {
            let out = folder.path().join(name);
            let output = program("sct-hitmap")
                .args(["merge", "-o"])
                .arg(&out)
                .args(RUN.both(name))
                .output()
                .unwrap();
            assert_eq!(code(&output), 0, "{}", stderr(&output));
            out
        });
        let [hitmaps, lumi_blocks] = files;
        (folder, (hitmaps, lumi_blocks))
    });
    &MERGED.1
}
