//! Lists of a result as tables.

use std::{collections::BTreeSet, path::Path};

use sct_conditions::StripSet;
use sct_result::{Part, RunResult};
use sct_xml::{BadModulesFile, BadStripsSummary, DeadSummary, NoisyLbFile};

use super::{
    super::super::{
        maps::Map,
        place, result,
        table::{Cell, Table},
    },
    fits::{self, Picture},
    lumi_blocks,
};

/// What is shown of a result besides its facts.
#[derive(Debug, Default)]
pub(in crate::web) struct Details {
    /// Lists as tables.
    pub(in crate::web) tables: Vec<Table>,
    /// Curves.
    pub(super) fits: Vec<Picture>,
    /// Whether there is a map of noisy chips by lumi block.
    pub(super) lumi_blocks: bool,
}

/// Reads the lists that are short. Those of all wafers are on the pages of the maps.
///
/// # Errors
///
/// When a list is damaged.
pub(in crate::web) fn tables(result: &RunResult) -> anyhow::Result<Details> {
    let mut details = Details::default();
    let tables = &mut details.tables;
    let with = |name: &str| {
        let path = result::path(result, name)?;
        Some((path, result::address(result, &result::file(result, name)?.name)))
    };
    for map in Map::of(result).filter(|map| map.is_short()) {
        tables.extend(map.values(result)?.map(|values| map.layers(&values)));
    }
    if let Some((path, file)) = with("BadStripsSummaryFile.xml") {
        let summary = BadStripsSummary::read(&path)?;
        tables.push(noisy_modules(&summary).with_file(&file));
        tables.push(noisy_chips(&summary).with_file(&file));
    }
    for name in ["DeadSummaryFile.xml", "QuietSummaryFile.xml"] {
        if let Some((path, file)) = with(name) {
            tables.push(dead_modules(&path)?.with_file(&file));
        }
    }
    if let Some((path, file)) = with("NoisyLBFile.xml") {
        tables.push(noisy_times(&path)?.with_file(&file));
    }
    if let Some((path, file)) = with("BadModulesFile.xml") {
        tables.push(trips(&path)?.with_file(&file));
    }
    if let (Some((_, file)), Some((table, fits))) = (with(fits::LIST), fits::table(result)?) {
        tables.push(table.with_file(&file));
        details.fits = fits;
    } else if let Some(summary) = &result.summary {
        tables.extend(parts(&summary.parts));
    }
    details.lumi_blocks = lumi_blocks::is_there(result);
    Ok(details)
}

/// Longest list of strips in a cell, characters.
const LONGEST: usize = 120;

fn list(strips: &StripSet) -> Cell {
    cut(&strips.defect_list())
}

fn cut(text: &str) -> Cell {
    let text = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= LONGEST {
        return text.into();
    }
    format!("{} …", text.chars().take(LONGEST).collect::<String>()).into()
}

fn numbers(numbers: impl Iterator<Item = usize>) -> Cell {
    cut(&sct_conditions::format_ranges(numbers))
}

fn noisy_modules(summary: &BadStripsSummary) -> Table {
    let columns = [
        "Serial number",
        "Module",
        "Noisy sides",
        "Noisy chips",
        "#Strips",
        "#New",
        "#Reference",
        "Strips",
    ];
    let row = |module: &sct_xml::SummaryModule| {
        vec![
            module.serial.to_string().into(),
            place::cell(module.module),
            numbers(module.links.iter().map(|side| side.index())),
            numbers(module.chips.iter().map(|chip| chip.index())),
            Cell::count(module.all.len()),
            Cell::count(module.new.len()),
            Cell::count(module.reference.len()),
            list(&module.all),
        ]
    };
    Table::new("Modules with noisy strips or changes", &columns)
        .with_rows(summary.modules.iter().map(row))
}

fn noisy_chips(summary: &BadStripsSummary) -> Table {
    let columns =
        ["Serial number", "Module", "#Chip", "#Part of the lumi blocks", "Lumi blocks, from 0"];
    let row = |chip: &sct_xml::SummaryChip| {
        vec![
            chip.serial.to_string().into(),
            place::cell(chip.module),
            Cell::count(chip.chip.index()),
            Cell::single(Some(chip.fraction)),
            numbers(chip.lumi_blocks.iter().copied()),
        ]
    };
    Table::new("Noisy chips", &columns).with_rows(summary.chips.iter().map(row))
}

fn dead_modules(path: &Path) -> anyhow::Result<Table> {
    let summary = DeadSummary::read(path)?;
    let columns =
        ["Serial number", "Module", "Sides", "Chips", "#Strips", "Strips, read-out order"];
    let row = |module: &sct_xml::DeadSummaryModule| {
        vec![
            module.serial.to_string().into(),
            place::cell(module.module),
            numbers(module.links.iter().map(|side| side.index())),
            numbers(module.chips.iter().map(|chip| chip.index())),
            Cell::count(module.strips.len()),
            list(&module.strips),
        ]
    };
    Ok(Table::new("Modules found", &columns).with_rows(summary.modules.iter().map(row)))
}

fn noisy_times(path: &Path) -> anyhow::Result<Table> {
    let file = NoisyLbFile::read(path)?;
    let columns = ["Serial number", "Module", "#Chips", "#Part of the lumi blocks", "Lumi blocks"];
    let row = |module: &sct_xml::NoisyLbModule| {
        vec![
            module.serial.to_string().into(),
            place::cell(module.module),
            Cell::count(module.chips.len()),
            Cell::single(Some(module.times.fraction)),
            cut(&module.times.lumi_blocks.to_string()),
        ]
    };
    Ok(Table::new("Modules that were noisy at times", &columns)
        .with_rows(file.modules.iter().map(row)))
}

fn trips(path: &Path) -> anyhow::Result<Table> {
    let file = BadModulesFile::read(path)?;
    let columns = ["Serial number", "Module", "From", "Until", "#First lumi block", "#Last"];
    let row = |bad: &sct_xml::BadModule| {
        vec![
            bad.serial.to_string().into(),
            place::cell(bad.module),
            Cell::time(bad.seconds.0),
            Cell::time(bad.seconds.1),
            Cell::label(bad.lumi_blocks.0.to_u32()),
            Cell::label(bad.lumi_blocks.1.to_u32()),
        ]
    };
    Ok(Table::new("Modules without high voltage", &columns).with_rows(file.modules.iter().map(row)))
}

/// Values by layer and ring, as the summary has them; none when it has none.
fn parts(parts: &[Part]) -> Option<Table> {
    let names: BTreeSet<&str> =
        parts.iter().flat_map(|part| part.values.keys().map(String::as_str)).collect();
    if names.is_empty() {
        return None;
    }
    // One place may stand in several elements, each with one of its values.
    let mut rows: Vec<(&Part, Vec<Cell>)> = Vec::new();
    for part in parts {
        let same = |(known, _): &&mut (&Part, _)| place_of(known) == place_of(part);
        let cells: Vec<Cell> =
            names.iter().map(|&name| Cell::number(part.values.get(name).copied())).collect();
        match rows.iter_mut().find(same) {
            Some((_, known)) => {
                let filled = known.iter_mut().zip(cells).filter(|(_, new)| !new.text.is_empty());
                filled.for_each(|(old, new)| *old = new);
            }
            None => rows.push((part, cells)),
        }
    }
    let numbers: Vec<String> = names.iter().map(|name| format!("#{name}")).collect();
    let columns: Vec<&str> = ["Part", "Layer or disk", "Ring"]
        .into_iter()
        .chain(numbers.iter().map(String::as_str))
        .collect();
    let row = |(part, cells): (&Part, Vec<Cell>)| {
        let place = [&part.part, &part.layer, &part.eta];
        place.into_iter().map(|text| Cell::from(text.as_str())).chain(cells).collect()
    };
    Some(Table::new("By layer and ring", &columns).with_rows(rows.into_iter().map(row)))
}

fn place_of(part: &Part) -> [&str; 5] {
    [&part.part, &part.layer, &part.eta, &part.side, &part.module]
}
