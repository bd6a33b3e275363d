//! Byte-stream errors: maps in, list, summary and rows out.

use sct_bs_error::{Config, Inputs, Outcome, measure as bs_errors};
use sct_conditions::{BS_ERRORS, bs_error_row};
use sct_cool::FolderContent;
use sct_hitmap::{ByteStreamError, WaferMap};
use sct_id::{Part, WaferHash};
use sct_plot::Scale;
use sct_xml::{BsErrorModules, BsErrorWafer, Measure, MonitoringSummary, PartValue, SummaryKind};

use super::{Extras, Job, Measured, Monitoring, Plot, Task, min_events, part_numbers};
use crate::files::Stored;

pub(super) fn measure(
    job: &Job<'_>,
    monitoring: &Monitoring,
    events: u64,
) -> anyhow::Result<Measured> {
    let maps = monitoring.file.byte_stream_errors()?;
    let minimum = min_events(Task::BsErrors, job.properties);
    let config = Config { min_events: minimum, counts: job.error_counts };
    let outcome = bs_errors(&Inputs { maps: &maps, events }, &config)?;
    let part = |(part, &links): (Part, &u64)| PartValue {
        part,
        measure: Measure::LinksWithErrors,
        value: links as f64,
    };
    let summary = MonitoringSummary {
        kind: SummaryKind::BsErrors,
        head: job.head(events),
        values: outcome.parts.iter().map(part).collect(),
    };
    Ok(Measured {
        events,
        numbers: part_numbers(&summary),
        lists: vec![
            ("BSModuleFile", "BSErrorModuleSummary.xml", Box::new(modules(job, &outcome))),
            ("BSSummaryFile", "BSErrorSummaryFile.xml", Box::new(summary)),
        ],
        stored: Stored::Rows(content(job, &outcome)?),
        extras: Extras::Wafers {
            columns: columns(&outcome),
            plot: Plot { title: "Events with byte-stream errors", scale: Scale::Log },
        },
        warnings: Vec::new(),
    })
}

fn modules(job: &Job<'_>, outcome: &Outcome) -> BsErrorModules {
    let wafer = |&wafer: &WaferHash| {
        let found = outcome.wafers[wafer];
        BsErrorWafer {
            serial: job.serials.get(wafer.module()),
            wafer,
            total: found.total(),
            counts: ByteStreamError::ALL.map(|kind| found.count(kind)),
        }
    };
    let wafers = Part::all().flat_map(Part::wafers).map(wafer).collect();
    BsErrorModules { head: job.head(outcome.events), wafers }
}

fn content(job: &Job<'_>, outcome: &Outcome) -> anyhow::Result<FolderContent> {
    let row = |(wafer, found): (WaferHash, &sct_bs_error::WaferErrors)| {
        let fractions = outcome.fractions(wafer);
        bs_error_row(wafer, job.iov(), outcome.events, &found.slots(), &fractions)
    };
    Ok(FolderContent {
        folder: BS_ERRORS.folder(),
        tag: job.properties.tag_bs_errors.clone(),
        rows: outcome.stored().map(row).collect::<Result<_, _>>()?,
    })
}

fn columns(outcome: &Outcome) -> Vec<(&'static str, WaferMap<f64>)> {
    let total = ("errors", outcome.wafers.map(|found| found.total() as f64));
    let of_kind =
        |kind: ByteStreamError| (kind.name(), outcome.wafers.map(|found| found.count(kind) as f64));
    std::iter::once(total).chain(ByteStreamError::ALL.map(of_kind)).collect()
}
