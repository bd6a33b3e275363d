//! What a job writes for people beside its results: plots and the ntuple.

use std::path::Path;

use anyhow::Context as _;
use oxyroot::{Marshaler, WriterTree};
use sct_dead::{DeadModule, Defect};
use sct_hitmap::Hitmap;
use sct_id::{ModuleHash, ReadoutSwap, RunNumber, Strip, WaferHash};
use sct_plot::{Histogram, Scale, Spectrum, Threshold, detector_map, spectrum};

use super::{Data, Found};
use crate::{ntuple, plots};

/// Writes the plots into a folder and the ntuple into a file, each if it is asked for.
///
/// # Errors
///
/// When a file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write_extras(
    run: RunNumber,
    data: &Data,
    found: &Found,
    swap: &ReadoutSwap,
    plot_folder: Option<&Path>,
    ntuple_file: Option<&Path>,
) -> anyhow::Result<()> {
    if let Some(folder) = plot_folder {
        plots::write(folder, draw(data, found)?)?;
    }
    if let Some(path) = ntuple_file {
        let rows = rows(&data.hitmap, found, swap);
        let name = format!("{}_components", found.search.defect);
        ntuple::write_tree(path, &name, |tree| columns(tree, run, found, &rows))?;
    }
    Ok(())
}

/// File name and SVG text of each plot: strips and chips per module, and hits of strips relative to their side.
fn draw(data: &Data, found: &Found) -> anyhow::Result<Vec<(String, String)>> {
    let defect = found.search.defect;
    let map = |what: &str, number: fn(&DeadModule) -> usize| {
        let mut numbers = vec![None; ModuleHash::COUNT];
        for module in &found.outcome.modules {
            numbers[module.module.index()] =
                Some(number(module)).filter(|&number| number > 0).map(|number| number as f64);
        }
        let title = format!("{defect} {what} per module");
        let title = title[..1].to_uppercase() + &title[1..];
        let legend = format!("{defect} {what}");
        let svg = detector_map(&title, |module| numbers[module.index()], Scale::Log, &legend);
        (format!("{defect}-{what}.svg"), svg)
    };
    let mut plots = Vec::new();
    if found.search.strips {
        plots.push(map("strips", |module| module.strips.len()));
    }
    if found.search.chips {
        plots.push(map("chips", |module| module.chips.len()));
    }
    plots.push((format!("{defect}-relative-hits.svg"), relative_hits(data, found)?));
    Ok(plots)
}

/// Hits of strips in units of the mean of their side. Sides without hits have none.
fn relative_hits(data: &Data, found: &Found) -> anyhow::Result<String> {
    let mut histogram =
        Histogram::new(Scale::Linear, 150, 0.0, 3.0).context("axis of relative hits")?;
    for wafer in WaferHash::all() {
        let hits = data.hitmap.wafer(wafer);
        let mean = data.hitmap.hits(wafer) as f64 / hits.len() as f64;
        if mean > 0.0 {
            for &hits in hits {
                histogram.fill(f64::from(hits) / mean);
            }
        }
    }
    let quiet = found.search.defect == Defect::Quiet;
    let plot = Spectrum {
        title: "Hits of strips relative to the mean of their side",
        x_label: "hits / mean",
        y_label: "strips",
        histogram: &histogram,
        y_scale: Scale::Log,
        threshold: quiet.then_some(Threshold { value: 0.5, label: "quiet below" }),
        marks_below: true,
    };
    spectrum(&plot).context("plot of relative hits")
}

/// A strip or chip that was found.
struct Row {
    wafer: WaferHash,
    /// Read-out number within the module; offline strip, or none for a chip.
    online: usize,
    strip: Option<Strip>,
    hits: u64,
}

fn rows(hitmap: &Hitmap, found: &Found, swap: &ReadoutSwap) -> Vec<Row> {
    let mut rows = Vec::new();
    for module in &found.outcome.modules {
        for online in module.strips.iter() {
            let wafer = module.module.wafer(online.side());
            let strip = swap.online(wafer, online.strip());
            let hits = u64::from(hitmap.wafer(wafer)[strip.index()]);
            rows.push(Row { wafer, online: online.index(), strip: Some(strip), hits });
        }
        for chip in &module.chips {
            let wafer = module.module.wafer(chip.side());
            let strips = Strip::all().zip(hitmap.wafer(wafer));
            let own = strips.filter(|&(strip, _)| swap.chip(wafer, strip) == *chip);
            let hits = own.map(|(_, &hits)| u64::from(hits)).sum();
            rows.push(Row { wafer, online: chip.index(), strip: None, hits });
        }
    }
    rows
}

fn columns(tree: &mut WriterTree, run: RunNumber, found: &Found, rows: &[Row]) {
    fn column<T: Marshaler + 'static>(
        tree: &mut WriterTree,
        name: &str,
        rows: &[Row],
        value: impl Fn(&Row) -> T,
    ) {
        let values: Vec<T> = rows.iter().map(value).collect();
        tree.new_branch(name, values.into_iter());
    }
    let small = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let long = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let module = |row: &Row| row.wafer.position().module();
    let (run, events) = (i32::try_from(run.to_u32()).unwrap_or(i32::MAX), found.outcome.events);
    column(tree, "run", rows, |_| run);
    column(tree, "events", rows, |_| long(events));
    column(tree, "wafer", rows, |row| small(row.wafer.index()));
    column(tree, "barrel_ec", rows, |row| i32::from(module(row).region().barrel_ec()));
    column(tree, "layer_disk", rows, |row| small(module(row).layer_disk()));
    column(tree, "phi", rows, |row| small(module(row).phi()));
    column(tree, "eta", rows, |row| i32::from(module(row).eta()));
    column(tree, "side", rows, |row| small(row.wafer.side().index()));
    column(tree, "is_chip", rows, |row| i32::from(row.strip.is_none()));
    column(tree, "online", rows, |row| small(row.online));
    column(tree, "strip", rows, |row| row.strip.map_or(-1, |strip| small(strip.index())));
    column(tree, "hits", rows, |row| long(row.hits));
    column(tree, "layer_mean", rows, |row| found.outcome.layers.of(row.wafer));
}
