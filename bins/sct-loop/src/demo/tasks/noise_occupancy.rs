//! Noise occupancy.

use sct_sim::HistTruth;
use sct_xml::{Measure, MonitoringSummary, NoiseOccupancyList};

use super::{Check, Found, Layers, Outputs, Task, occupancy};

pub(super) const TASK: Task =
    Task { part: "doNoiseOccupancy", title: "Noise occupancy", plots: "noise-occupancy", read };

fn read(outputs: &Outputs, truth: &HistTruth) -> anyhow::Result<Found> {
    let list = NoiseOccupancyList::read(&outputs.path("NoiseOccupancyFile.xml"))?;
    let summary = MonitoringSummary::read(&outputs.path("NoiseOccupancySummaryFile.xml"))?;
    // Hits come in three time bins.
    let expected =
        |wafer: sct_id::WaferHash| occupancy(truth.seen.noise_hits[wafer.index()], truth) / 3.0;
    let wafers = list.wafers.iter().map(|wafer| (wafer.occupancy.into(), expected(wafer.wafer)));
    let layers = Layers::of("Mean noise occupancy", &summary.values, Measure::NoiseOccupancy);
    let checks = vec![Check::numbers("wafers", wafers), layers.check("layers and rings", expected)];
    Ok(Found { checks, layers: vec![layers] })
}
