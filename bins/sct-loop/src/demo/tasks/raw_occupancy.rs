//! Raw occupancy.

use sct_sim::HistTruth;
use sct_xml::{Measure, MonitoringSummary};

use super::{Found, Layers, Outputs, Task, occupancy};

pub(super) const TASK: Task =
    Task { part: "doRawOccupancy", title: "Raw occupancy", plots: "raw-occupancy", read };

fn read(outputs: &Outputs, truth: &HistTruth) -> anyhow::Result<Found> {
    let summary = MonitoringSummary::read(&outputs.path("RawOccupancySummaryFile.xml"))?;
    let layers = Layers::of("Mean raw occupancy", &summary.values, Measure::RawOccupancy);
    let expected = |wafer: sct_id::WaferHash| occupancy(truth.seen.hits[wafer.index()], truth);
    Ok(Found { checks: vec![layers.check("layers and rings", expected)], layers: vec![layers] })
}
