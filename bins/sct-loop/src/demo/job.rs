//! The job of one run: names, dictionary, inputs under their data set names.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use sct_job::ExitCode;
use sct_sim::{Conditions, Settings};
use sct_tasks::{failure::Coded, simulation::PROJECT};
use serde_json::{Value, json};

fn dataset(settings: &Settings, kind: &str) -> String {
    format!("{PROJECT}.{:08}.calibration_SCTNoise.sctcal.{kind}.c0_c0", settings.run.to_u32())
}

/// Name of an output of the job.
pub(super) fn output(settings: &Settings, name: &str) -> String {
    format!("{}._0001.{name}", dataset(settings, "NOISYSTRIP"))
}

/// Name of the job's database.
pub(super) fn database(settings: &Settings) -> String {
    output(settings, "mycool.db")
}

/// Gives the simulated files the names that production jobs give theirs. Gives name and events of each.
pub(super) fn link_inputs(
    settings: &Settings,
    inputs: &Path,
    folders: &[PathBuf],
) -> anyhow::Result<Vec<(String, u64)>> {
    let failed =
        || Coded::new(ExitCode::OutputFileError, format!("inputs in {}", inputs.display()));
    let mut names = Vec::new();
    for (folder, number) in folders.iter().zip(1..) {
        for file in ["SCTHitMaps.root", "SCTLB.root", "SCTBSErrors.root"] {
            let name = format!("{}._{number:04}.{file}", dataset(settings, "HITMAP"));
            fs::rename(folder.join(file), inputs.join(&name)).with_context(failed)?;
            let events = sct_tasks::merge::events(&inputs.join(&name))?;
            names.push((format!("input/{name}"), events));
        }
    }
    Ok(names)
}

/// The job dictionary.
pub(super) fn dictionary(
    settings: &Settings,
    names: &[(String, u64)],
    conditions: &Conditions,
    reference: Option<&Path>,
) -> Value {
    let set = dataset(settings, "HITMAP");
    let inputs: Vec<Value> = names
        .iter()
        .map(|(name, events)| json!({ "lfn": name, "dsn": set, "events": events }))
        .collect();
    let result = dataset(settings, "NOISYSTRIP");
    let mut dictionary = json!({
        "part": ["doNoisyStrip"],
        "splitNoisyStrip": 2,
        "maxEvents": 1,
        "doRunInfo": "False",
        "doRunSelector": "False",
        "prefix": format!("{result}#{result}._0001"),
        "input": inputs,
        "modules": conditions.modules,
        "conditions": conditions.database,
        "plots": "plots",
        "ntuple": "noisy-strips.root",
    });
    if let Some(reference) = reference {
        dictionary["reference"] = json!(reference);
    }
    dictionary
}
