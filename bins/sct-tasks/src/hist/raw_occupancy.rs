//! Raw occupancy: maps in, summary and rows out.

use sct_conditions::{RAW_OCCUPANCY, raw_occupancy_row};
use sct_cool::FolderContent;
use sct_plot::Scale;
use sct_raw_occupancy::{Config, Inputs, measure as raw_occupancy};
use sct_xml::{Measure, MonitoringSummary, PartValue, SummaryKind};

use super::{Extras, Job, Measured, Monitoring, Plot, Task, min_events, part_numbers};
use crate::files::Stored;

pub(super) fn measure(
    job: &Job<'_>,
    monitoring: &Monitoring,
    events: u64,
) -> anyhow::Result<Measured> {
    let hits = monitoring.hits()?;
    let config = Config { min_events: min_events(Task::RawOccupancy, job.properties) };
    let outcome = raw_occupancy(&Inputs { hits, events }, &config)?;
    let part = |(part, &value)| PartValue { part, measure: Measure::RawOccupancy, value };
    let summary = MonitoringSummary {
        kind: SummaryKind::RawOccupancy,
        head: job.head(events),
        values: outcome.parts.iter().map(part).collect(),
    };
    let rows = outcome.wafers.iter();
    let rows =
        rows.map(|(wafer, &occupancy)| raw_occupancy_row(wafer, job.iov(), events, occupancy));
    let content = FolderContent {
        folder: RAW_OCCUPANCY.folder(),
        tag: job.properties.tag_raw_occupancy.clone(),
        rows: rows.collect::<Result<_, _>>()?,
    };
    Ok(Measured {
        events,
        numbers: part_numbers(&summary),
        lists: vec![("ROSummaryFile", "RawOccupancySummaryFile.xml", Box::new(summary))],
        stored: Stored::Rows(content),
        extras: Extras::Wafers {
            columns: vec![
                ("occupancy", outcome.wafers.map(|&occupancy| occupancy.into())),
                ("hits", hits.clone()),
            ],
            plot: Plot { title: "Raw occupancy", scale: Scale::Log },
        },
        warnings: Vec::new(),
    })
}
