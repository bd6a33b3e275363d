//! Noise occupancy: maps in, list, summary and rows out.

use sct_conditions::{NOISE_OCCUPANCY, noise_occupancy_row};
use sct_cool::FolderContent;
use sct_histfile::NoiseTrigger;
use sct_id::{Region, WaferHash};
use sct_noise_occupancy::{Config, Inputs, measure as noise_occupancy};
use sct_plot::Scale;
use sct_xml::{Measure, MonitoringSummary, NoiseOccupancyList, NoiseWafer, PartValue, SummaryKind};

use super::{Extras, Job, Measured, Monitoring, Plot, Task, listed, min_events, part_numbers};
use crate::files::Stored;

pub(super) fn measure(
    job: &Job<'_>,
    monitoring: &Monitoring,
    events: u64,
) -> anyhow::Result<Measured> {
    let selected;
    let maps = if job.properties.noise_occupancy_trigger_aware {
        selected = monitoring.file.noise(NoiseTrigger::Selected)?;
        &selected
    } else {
        monitoring.noise()?
    };
    let config = Config { min_events: min_events(Task::NoiseOccupancy, job.properties) };
    let outcome = noise_occupancy(&Inputs { maps, events }, &config)?;
    let part = |(part, &value)| PartValue { part, measure: Measure::NoiseOccupancy, value };
    let summary = MonitoringSummary {
        kind: SummaryKind::NoiseOccupancy,
        head: job.head(events),
        values: outcome.parts.iter().map(part).collect(),
    };
    let wafer = |wafer: WaferHash| NoiseWafer {
        serial: job.serials.get(wafer.module()),
        wafer,
        occupancy: outcome.wafers[wafer],
    };
    let tag = job.properties.tag_noise_occupancy.clone();
    let list = NoiseOccupancyList {
        iov: job.iov(),
        tag: tag.clone(),
        wafers: listed(Region::ALL).map(wafer).collect(),
    };
    let rows = outcome.wafers.iter();
    let rows = rows.map(|(wafer, &occupancy)| noise_occupancy_row(wafer, job.iov(), occupancy));
    let content = FolderContent {
        folder: NOISE_OCCUPANCY.folder(),
        tag,
        rows: rows.collect::<Result<_, _>>()?,
    };
    Ok(Measured {
        events,
        numbers: part_numbers(&summary),
        lists: vec![
            ("NOFile", "NoiseOccupancyFile.xml", Box::new(list)),
            ("NOSummaryFile", "NoiseOccupancySummaryFile.xml", Box::new(summary)),
        ],
        stored: Stored::Rows(content),
        extras: Extras::Wafers {
            columns: vec![("occupancy", outcome.wafers.map(|&occupancy| occupancy.into()))],
            plot: Plot { title: "Noise occupancy", scale: Scale::Log },
        },
        warnings: Vec::new(),
    })
}
