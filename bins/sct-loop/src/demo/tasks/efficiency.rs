//! Efficiency, of all bunches and of the first of a train.

use sct_sim::{Crossings, HistTruth};
use sct_xml::{EfficiencyModules, Measure, MonitoringSummary};

use super::{Check, Found, Layers, Outputs, Task};

pub(super) const TASK: Task =
    Task { part: "doEfficiency", title: "Efficiency", plots: "efficiency", read };

fn read(outputs: &Outputs, truth: &HistTruth) -> anyhow::Result<Found> {
    let list = EfficiencyModules::read(&outputs.path("EfficiencyModuleSummary.xml"))?;
    let summary = MonitoringSummary::read(&outputs.path("EfficiencySummaryFile.xml"))?;
    let all = |wafer: sct_id::WaferHash| part(truth.seen.crossings[wafer.index()]);
    let first = |wafer: sct_id::WaferHash| part(truth.seen.first_bunch[wafer.index()]);
    let wafers = list.wafers.iter().map(|wafer| (wafer.efficiency.into(), all(wafer.wafer)));
    let of_all = Layers::of("Mean efficiency", &summary.values, Measure::Efficiency);
    let of_first = Layers::of("of first bunches", &summary.values, Measure::EfficiencyFirstBunch);
    Ok(Found {
        checks: vec![
            Check::numbers("wafers", wafers),
            of_all.check("layers and rings", all),
            of_first.check("the same for first bunches", first),
        ],
        layers: vec![of_all, of_first],
    })
}

/// Part of the tracks with a hit; 0 without tracks, as the task has it.
fn part(crossings: Crossings) -> f64 {
    crossings.found as f64 / crossings.tracks.max(1) as f64
}
