//! Efficiency: maps in, lists by wafer and chip, summary and rows out.

use sct_conditions::{EFFICIENCY, efficiency_row};
use sct_cool::FolderContent;
use sct_efficiency::{ChipInputs, Config, Inputs, Outcome, measure as efficiency};
use sct_histfile::{Bunches, missing_planes};
use sct_hitmap::{ProfileCell, WaferMap};
use sct_id::{Part, Region, WaferHash};
use sct_plot::Scale;
use sct_xml::{
    EfficiencyChip, EfficiencyChips, EfficiencyModules, EfficiencyWafer, Measure,
    MonitoringSummary, PartValue, SummaryKind, XmlFile,
};

use super::{Extras, Job, Measured, Monitoring, Plot, Task, listed, min_events, part_numbers};
use crate::files::Stored;

/// Regions in the order of the lists.
const ORDER: [Region; 3] = [Region::EndCapC, Region::EndCapA, Region::Barrel];

pub(super) fn measure(
    job: &Job<'_>,
    monitoring: &Monitoring,
    events: u64,
) -> anyhow::Result<Measured> {
    let file = &monitoring.file;
    let (crossings, first_bunch) = (monitoring.efficiency()?, file.first_bunch_efficiency()?);
    let mut warnings = Vec::from_iter(absent(&[&first_bunch], "of the first bunch"));
    let by_chip = |bunches| file.chip_efficiency(bunches);
    let with_chips = job.properties.efficiency_do_chips;
    let chips = with_chips
        .then(|| anyhow::Ok((by_chip(Bunches::All)?, by_chip(Bunches::First)?)))
        .transpose()?;
    if let Some((all, first)) = &chips {
        warnings.extend(absent(&all.each_ref(), "of chips"));
        warnings.extend(absent(&first.each_ref(), "of chips for the first bunch"));
    }
    let chips = chips.as_ref();
    let chips = chips.map(|(crossings, first_bunch)| ChipInputs { crossings, first_bunch });
    let inputs = Inputs { crossings, first_bunch: &first_bunch, chips, events };
    let config = Config { min_events: min_events(Task::Efficiency, job.properties) };
    let outcome = efficiency(&inputs, &config)?;
    let summary = MonitoringSummary {
        kind: SummaryKind::Efficiency,
        head: job.head(events),
        values: Part::all().flat_map(|part| part_values(&outcome, part)).collect(),
    };
    let numbers = part_numbers(&summary);
    let mut lists: Vec<(_, _, Box<dyn XmlFile>)> = vec![
        ("EffModuleFile", "EfficiencyModuleSummary.xml", Box::new(modules(job, &outcome))),
        ("EffSummaryFile", "EfficiencySummaryFile.xml", Box::new(summary)),
    ];
    if let Some(chips) = self::chips(job, &outcome) {
        lists.push(("EffChipFile", "EfficiencyChipSummary.xml", Box::new(chips)));
    }
    Ok(Measured {
        events,
        numbers,
        lists,
        stored: Stored::Rows(content(job, &outcome)?),
        extras: Extras::Wafers {
            columns: columns(&outcome),
            plot: Plot { title: "Hit efficiency", scale: Scale::Linear },
        },
        warnings,
    })
}

/// A warning when maps are missing.
fn absent(maps: &[&WaferMap<Option<ProfileCell>>], what: &str) -> Option<String> {
    let missing: Vec<_> = maps.iter().flat_map(|map| missing_planes(map)).collect();
    let first = missing.first()?.name();
    let count = missing.len();
    Some(format!("{count} efficiency maps {what} are missing (first {first}) and are left out"))
}

/// One or two values: the mean of first bunches follows the mean where it is known.
fn part_values(outcome: &Outcome, part: Part) -> impl Iterator<Item = PartValue> {
    let value = |measure| move |value| PartValue { part, measure, value };
    let first = outcome.parts_first_bunch[part].map(value(Measure::EfficiencyFirstBunch));
    std::iter::once(value(Measure::Efficiency)(outcome.parts[part])).chain(first)
}

fn modules(job: &Job<'_>, outcome: &Outcome) -> EfficiencyModules {
    let wafer = |wafer: WaferHash| EfficiencyWafer {
        serial: job.serials.get(wafer.module()),
        wafer,
        efficiency: outcome.wafers[wafer].efficiency,
    };
    let wafers = listed(ORDER).map(wafer).collect();
    EfficiencyModules { head: job.head(outcome.events), wafers }
}

fn chips(job: &Job<'_>, outcome: &Outcome) -> Option<EfficiencyChips> {
    let maps = outcome.chips.as_ref()?;
    let chip = |wafer: WaferHash, chip: usize| {
        let found = maps[chip][wafer]?;
        Some(EfficiencyChip {
            serial: job.serials.get(wafer.module()),
            wafer,
            chip,
            efficiency: found.efficiency,
            first_bunch: found.first_bunch,
        })
    };
    let chips = listed(ORDER)
        .flat_map(|wafer| (0..maps.len()).filter_map(move |number| chip(wafer, number)))
        .collect();
    Some(EfficiencyChips { head: job.head(outcome.events), chips })
}

fn content(job: &Job<'_>, outcome: &Outcome) -> anyhow::Result<FolderContent> {
    let rows = outcome
        .wafers
        .iter()
        .map(|(wafer, found)| efficiency_row(wafer, job.iov(), found.crossings, found.efficiency));
    Ok(FolderContent {
        folder: EFFICIENCY.folder(),
        tag: job.properties.tag_efficiency.clone(),
        rows: rows.collect::<Result<_, _>>()?,
    })
}

fn columns(outcome: &Outcome) -> Vec<(&'static str, WaferMap<f64>)> {
    let wafers = &outcome.wafers;
    vec![
        ("efficiency", wafers.map(|found| found.efficiency.into())),
        ("crossings", wafers.map(|found| found.crossings as f64)),
        ("first_bunch", wafers.map(|found| found.first_bunch.map_or(f64::NAN, f64::from))),
    ]
}
