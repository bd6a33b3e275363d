//! What a search writes for people beside its result: plots and the ntuple.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use oxyroot::{Marshaler, WriterTree};
use sct_id::{LumiBlock, ModuleHash, RunNumber};
use sct_noisy_lb::{NoisyChip, NoisyModule};
use sct_plot::{
    HeatMap, LumiBlockSeries, Scale, Threshold, detector_map, heat_map, lumi_block_series,
};

use super::Done;
use crate::{ntuple, plots};

/// Writes the plots into a folder and the ntuple into a file, each if it is asked for.
///
/// # Errors
///
/// When a file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write_extras(
    run: RunNumber,
    done: &Done,
    plot_folder: Option<&Path>,
    ntuple_file: Option<&Path>,
) -> anyhow::Result<()> {
    if let Some(folder) = plot_folder {
        let drawn = [
            ("noisy-lb.svg".to_owned(), by_module(done)),
            ("noisy-lb-modules.svg".to_owned(), by_lumi_block(done)?),
            ("noisy-lb-detector.svg".to_owned(), detector(done)),
        ];
        plots::write(folder, drawn)?;
    }
    if let Some(path) = ntuple_file {
        ntuple::write_tree(path, "noisy_lb", |tree| columns(tree, run, done))?;
    }
    Ok(())
}

/// Noisy chips of the noisy modules by lumi block; lumi blocks that were not looked at have no value.
fn by_module(done: &Done) -> String {
    let (outcome, columns) = (&done.outcome, done.outcome.affected.len());
    let tested: Vec<f64> = (1..)
        .take(columns)
        .map(|number| if outcome.tested.contains(LumiBlock::new(number)) { 0.0 } else { f64::NAN })
        .collect();
    let mut values = Vec::with_capacity(columns * outcome.modules.len());
    for module in &outcome.modules {
        let first = values.len();
        values.extend_from_slice(&tested);
        for number in module.chips.iter().flat_map(|chip| chip.lumi_blocks.iter()) {
            values[first + number.to_u32() as usize - 1] += 1.0;
        }
    }
    let rows: Vec<String> =
        outcome.modules.iter().map(|module| super::name(module.module)).collect();
    heat_map(&HeatMap {
        title: "Noisy chips of noisy modules by lumi block",
        x_label: "lumi block",
        rows: &rows,
        columns,
        values: &values,
        scale: Scale::Linear,
        legend: "noisy chips of a module",
    })
}

fn by_lumi_block(done: &Done) -> anyhow::Result<String> {
    let outcome = &done.outcome;
    let values: Vec<f64> = outcome.affected.iter().map(|&modules| modules as f64).collect();
    let marked: Vec<usize> =
        outcome.bursts.iter().map(|number| number.to_u32() as usize - 1).collect();
    let value = done.burst_limit;
    let series = LumiBlockSeries {
        title: "Noisy modules by lumi block",
        y_label: "noisy modules",
        values: &values,
        threshold: Some(Threshold { value, label: "a burst above" }),
        marked: &marked,
    };
    lumi_block_series(&series).context("plot of noisy modules")
}

fn detector(done: &Done) -> String {
    let part: BTreeMap<ModuleHash, f32> = done
        .outcome
        .modules
        .iter()
        .map(|module| (module.module, done.outcome.fraction(&module.lumi_blocks)))
        .collect();
    let value = |module: ModuleHash| part.get(&module).map(|&part| f64::from(part));
    detector_map("Modules that were noisy at times", value, Scale::Log, "part of the lumi blocks")
}

/// One row a chip and range of lumi blocks in which it was noisy.
fn columns(tree: &mut WriterTree, run: RunNumber, done: &Done) {
    type Row<'a> = (&'a NoisyModule, &'a NoisyChip, (LumiBlock, LumiBlock));
    fn column<T: Marshaler + 'static>(
        tree: &mut WriterTree,
        name: &str,
        rows: &[Row<'_>],
        value: impl Fn(&Row<'_>) -> T,
    ) {
        let values: Vec<T> = rows.iter().map(value).collect();
        tree.new_branch(name, values.into_iter());
    }
    let rows: Vec<Row<'_>> = done
        .outcome
        .modules
        .iter()
        .flat_map(|module| module.chips.iter().map(move |chip| (module, chip)))
        .flat_map(|(module, chip)| {
            chip.lumi_blocks.ranges().iter().map(move |range| (module, chip, *range))
        })
        .collect();
    let small = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let number = |number: LumiBlock| i32::try_from(number.to_u32()).unwrap_or(i32::MAX);
    let events = |range: &(LumiBlock, LumiBlock)| {
        let inside = &done.events[range.0.to_u32() as usize - 1..range.1.to_u32() as usize];
        i64::try_from(inside.iter().sum::<u64>()).unwrap_or(i64::MAX)
    };
    let run = i32::try_from(run.to_u32()).unwrap_or(i32::MAX);
    column(tree, "run", &rows, |_| run);
    column(tree, "barrel_ec", &rows, |row| i32::from(row.0.module.position().region().barrel_ec()));
    column(tree, "layer_disk", &rows, |row| small(row.0.module.position().layer_disk()));
    column(tree, "phi", &rows, |row| small(row.0.module.position().phi()));
    column(tree, "eta", &rows, |row| i32::from(row.0.module.position().eta()));
    column(tree, "chip", &rows, |row| small(row.1.chip.index()));
    column(tree, "first_lumi_block", &rows, |row| number(row.2.0));
    column(tree, "last_lumi_block", &rows, |row| number(row.2.1));
    column(tree, "events", &rows, |row| events(&row.2));
    // Hits and events of all noisy lumi blocks of the chip.
    column(tree, "chip_hits", &rows, |row| i64::try_from(row.1.hits).unwrap_or(i64::MAX));
    column(tree, "chip_events", &rows, |row| i64::try_from(row.1.events).unwrap_or(i64::MAX));
}
