//! Monitoring of a run: histograms simulated, one job with all tasks that read them, results held against the truth.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_sim::{Conditions, HistSettings, HistTruth, Settings, simulate_hist};
use sct_tasks::{failure::Coded, simulation::PROJECT};
use serde_json::json;

use super::{
    job, results,
    tasks::{self, TaskResult},
};

/// Events monitored for each of the noise stream: monitoring sees collisions, of which there are more.
const MORE_EVENTS: u64 = 10;

/// Where a job left its files.
pub(super) struct Outputs {
    folder: PathBuf,
    prefix: String,
}

impl Outputs {
    /// A file by its name behind the prefix.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}.{name}", self.prefix))
    }

    /// Pictures of a task, by their heading.
    fn pictures(&self, start: &str) -> anyhow::Result<Vec<(String, String)>> {
        let mut pictures = Vec::new();
        for (name, _) in super::files(&self.folder.join("plots"))? {
            let ours = name.strip_prefix(start).and_then(|rest| rest.strip_suffix(".svg"));
            if let Some(rest) = ours {
                let svg = fs::read_to_string(self.folder.join("plots").join(&name))?;
                pictures.push((rest.trim_start_matches('-').replace('-', " "), svg));
            }
        }
        Ok(pictures)
    }
}

/// Simulates the histograms of a run, works through all tasks that read them, and puts their results where they belong.
pub(super) fn work(
    settings: &Settings,
    run_folder: &Path,
    conditions: &Conditions,
    published: &Path,
) -> anyhow::Result<Vec<TaskResult>> {
    let folder = run_folder.join("monitoring");
    fs::create_dir_all(&folder)
        .with_context(|| Coded::new(ExitCode::OutputFileError, folder.display().to_string()))?;
    let number = settings.run.to_u32();
    let set = format!("{PROJECT}.{number:08}.express_express.merge.HIST.f0_h0");
    let result = format!("{PROJECT}.{number:08}.express_express.sctcal.MONITORING.c0_c0");
    let monitored = HistSettings {
        lumi_blocks: settings.lumi_blocks,
        defect_seed: settings.defect_seed,
        ..HistSettings::new(settings.run, MORE_EVENTS * settings.events, settings.seed)
    };
    let hist = run_folder.join("input").join("monitoring").join("HIST.root");
    let truth = simulate_hist(&monitored, &hist)?;
    let dictionary = json!({
        "part": tasks::ALL.map(|task| task.part),
        "maxEvents": 1,
        "prefix": format!("{result}#{result}._0001"),
        "input": [format!("{set}#{}", hist.display())],
        "runInfo": run_folder.join("runInfo.txt"),
        "modules": conditions.modules,
        "plots": "plots",
    });
    job::start(&folder, &dictionary)?;
    let outputs = Outputs { folder, prefix: format!("{result}._0001") };
    results::publish(&outputs.folder, &outputs.prefix, results::MONITORING, published)?;
    tasks::ALL.iter().map(|task| read_back(task, &outputs, &truth)).collect()
}

fn read_back(
    task: &tasks::Task,
    outputs: &Outputs,
    truth: &HistTruth,
) -> anyhow::Result<TaskResult> {
    let found = (task.read)(outputs, truth).with_context(|| format!("results of {}", task.part))?;
    Ok(TaskResult { pictures: outputs.pictures(task.plots)?, title: task.title, found })
}
