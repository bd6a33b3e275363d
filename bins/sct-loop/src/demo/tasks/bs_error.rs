//! Byte-stream errors.

use std::collections::HashMap;

use sct_hitmap::ByteStreamError;
use sct_sim::HistTruth;
use sct_xml::{BsErrorModules, Measure, MonitoringSummary};

use super::{Check, Found, Layers, Outputs, Task};

pub(super) const TASK: Task =
    Task { part: "doBSErrorDB", title: "Byte-stream errors", plots: "bs-errors", read };

fn read(outputs: &Outputs, truth: &HistTruth) -> anyhow::Result<Found> {
    let list = BsErrorModules::read(&outputs.path("BSErrorModuleSummary.xml"))?;
    let summary = MonitoringSummary::read(&outputs.path("BSErrorSummaryFile.xml"))?;
    // As in production, errors count that are in every event, and count once.
    let always = truth.errors.iter().filter(|error| error.events == truth.settings.events);
    let always: HashMap<_, &str> = always.map(|error| (error.place.wafer, &*error.kind)).collect();
    let count = |wafer: sct_id::WaferHash, kind: ByteStreamError| {
        f64::from(u8::from(always.get(&wafer) == Some(&kind.name())))
    };
    let pairs = list.wafers.iter().flat_map(|found| {
        ByteStreamError::ALL
            .map(|kind| (found.counts[kind.index()] as f64, count(found.wafer, kind)))
    });
    let layers =
        Layers::of("Links with errors in every event", &summary.values, Measure::LinksWithErrors);
    let links = layers.values.iter().map(|(_, links)| links).sum::<f64>();
    let counted = |kind: &str| ByteStreamError::ALL.iter().any(|known| known.name() == kind);
    let expected = always.values().filter(|kind| counted(kind)).count() as f64;
    let checks = vec![
        Check::numbers("wafers and kinds of error", pairs),
        Check::numbers("links with errors", [(links, expected)]),
    ];
    Ok(Found { checks, layers: vec![layers] })
}
