//! What a search writes for people beside its result: plots and the ntuple.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context as _;
use oxyroot::{Marshaler, WriterTree};
use sct_hv_trip::{Outcome, Trip};
use sct_id::{ModuleHash, RunNumber};
use sct_plot::{HeatMap, LumiBlockSeries, Scale, detector_map, heat_map, lumi_block_series};

use super::{Done, NANOSECONDS, seconds};
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
        let outcome = &done.outcome;
        let drawn = [
            ("hv-trips.svg".to_owned(), by_module(outcome)),
            ("hv-modules.svg".to_owned(), by_lumi_block(outcome)?),
            ("hv-detector.svg".to_owned(), detector(outcome)),
        ];
        plots::write(folder, drawn)?;
    }
    if let Some(path) = ntuple_file {
        ntuple::write_tree(path, "hv_trips", |tree| columns(tree, run, &done.outcome))?;
    }
    Ok(())
}

/// Index of a lumi block on the axis: lumi block 1 comes first.
fn index(lumi_block: sct_id::LumiBlock) -> usize {
    (lumi_block.to_u32() as usize).saturating_sub(1)
}

/// Lumi blocks in which modules were off: a row for each module with a trip.
fn by_module(outcome: &Outcome) -> String {
    let columns = outcome.off_by_lumi_block.last().map_or(0, |(number, _)| index(*number) + 1);
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for module in outcome.trips.chunk_by(|one, other| one.module == other.module) {
        rows.push(module[0].module.position().to_string());
        let first = values.len();
        values.resize(first + columns, 0.0);
        for trip in module {
            values[first + index(trip.first)..=first + index(trip.last)].fill(1.0);
        }
    }
    heat_map(&HeatMap {
        title: "Modules without high voltage",
        x_label: "lumi block",
        rows: &rows,
        columns,
        values: &values,
        scale: Scale::Linear,
        legend: "off at some time of the lumi block",
    })
}

fn by_lumi_block(outcome: &Outcome) -> anyhow::Result<String> {
    let columns = outcome.off_by_lumi_block.last().map_or(0, |(number, _)| index(*number) + 1);
    let mut values = vec![f64::NAN; columns];
    for &(number, off) in &outcome.off_by_lumi_block {
        values[index(number)] = off as f64;
    }
    let series = LumiBlockSeries {
        title: "Modules without high voltage by lumi block",
        y_label: "modules off at some time",
        values: &values,
        threshold: None,
        marked: &[],
    };
    lumi_block_series(&series).context("plot of modules without high voltage")
}

fn detector(outcome: &Outcome) -> String {
    let mut off: BTreeMap<ModuleHash, f64> = BTreeMap::new();
    for trip in &outcome.trips {
        *off.entry(trip.module).or_default() += length(trip);
    }
    detector_map(
        "Time without high voltage",
        |module| off.get(&module).copied(),
        Scale::Log,
        "seconds",
    )
}

fn length(trip: &Trip) -> f64 {
    (trip.iov.until() - trip.iov.since()) as f64 / NANOSECONDS as f64
}

/// One row a trip.
fn columns(tree: &mut WriterTree, run: RunNumber, outcome: &Outcome) {
    fn column<T: Marshaler + 'static>(
        tree: &mut WriterTree,
        name: &str,
        outcome: &Outcome,
        value: impl Fn(&Trip) -> T,
    ) {
        let values: Vec<T> = outcome.trips.iter().map(value).collect();
        tree.new_branch(name, values.into_iter());
    }
    let small = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let number = |number: sct_id::LumiBlock| i32::try_from(number.to_u32()).unwrap_or(i32::MAX);
    let run = i32::try_from(run.to_u32()).unwrap_or(i32::MAX);
    column(tree, "run", outcome, |_| run);
    column(tree, "barrel_ec", outcome, |trip| {
        i32::from(trip.module.position().region().barrel_ec())
    });
    column(tree, "layer_disk", outcome, |trip| small(trip.module.position().layer_disk()));
    column(tree, "phi", outcome, |trip| small(trip.module.position().phi()));
    column(tree, "eta", outcome, |trip| i32::from(trip.module.position().eta()));
    column(tree, "start", outcome, |trip| seconds(trip).0);
    column(tree, "end", outcome, |trip| seconds(trip).1);
    column(tree, "off_seconds", outcome, length);
    column(tree, "first_lumi_block", outcome, |trip| number(trip.first));
    column(tree, "last_lumi_block", outcome, |trip| number(trip.last));
    // -1 when the voltage was never outside its limits.
    column(tree, "lowest_voltage", outcome, |trip| trip.lowest_voltage.unwrap_or(-1.0));
}
