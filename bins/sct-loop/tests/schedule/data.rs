//! A data folder with a spool, and the program on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
};

use sct_id::RunNumber;
use sct_sim::{HistSettings, simulate_hist};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const RUN: u32 = 440_199;

/// One HIST file of [`RUN`], copied into as many data sets as a test wants.
static HIST: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("HIST.root");
    simulate_hist(&HistSettings::new(RunNumber::new(RUN).unwrap(), 20_000, 3), &path).unwrap();
    (folder, path)
});

pub(crate) struct Data {
    pub(crate) folder: TempDir,
}

impl Data {
    /// A folder where files need not rest.
    pub(crate) fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("spool")).unwrap();
        let settings = format!("poll = 0.05\n{more}\n[spool]\nsettle = 0\nclose = 0\n");
        fs::write(folder.path().join("sct-loop.toml"), settings).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts the HIST file into the spool under the name of a data set.
    pub(crate) fn hist(&self, run: u32, version: &str) {
        let name = format!("data22_13p6TeV.{run:08}.express_express.merge.HIST.{version}._0001.1");
        let to = self.path("spool").join(name);
        if run == RUN {
            fs::copy(&HIST.1, to).unwrap();
        } else {
            simulate_hist(&HistSettings::new(RunNumber::new(run).unwrap(), 20_000, 3), &to)
                .unwrap();
        }
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sct-loop"));
        command.args(line.split_whitespace()).arg("--data").arg(self.folder.path());
        command.env("USER", "ann");
        command
    }

    pub(crate) fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Standard output of a command that must end with a code.
    pub(crate) fn text(&self, line: &str, code: i32) -> String {
        let output = self.run(line);
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{line}\n{out}\n{err}");
        format!("{out}{err}")
    }

    pub(crate) fn json(&self, line: &str) -> Value {
        let output = self.run(&format!("{line} --json"));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Kinds of tasks with their states, by kind.
    pub(crate) fn states(&self) -> Vec<(String, String)> {
        let tasks = self.json("tasks --older --older --older");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut states: Vec<_> = tasks
            .as_array()
            .unwrap()
            .iter()
            .map(|task| (text(&task["kind"]), text(&task["state"])))
            .collect();
        states.sort();
        states
    }
}

/// Names in a folder, sorted; none when it is not there.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
