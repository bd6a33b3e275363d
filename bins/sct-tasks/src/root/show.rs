//! One histogram, in numbers and drawn.

use std::{io::IsTerminal as _, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use sct_plot::{Bars, HeatMap, Scale, bars, heat_map};
use sct_roothist::{Axis, Histogram, RootFile};
use serde_json::json;

use super::draw;
use crate::cli;

/// What is shown, and how.
#[derive(Args, Clone, Debug)]
pub struct ShowOptions {
    /// ROOT file.
    file: PathBuf,
    /// Path of the histogram.
    path: String,
    /// Every bin as a line: number, position, content, error.
    #[arg(long, conflicts_with = "json")]
    bins: bool,
    /// One JSON object with every cell, under- and overflow included.
    #[arg(long)]
    json: bool,
    /// Contents on a logarithmic scale.
    #[arg(long)]
    log: bool,
    /// Draw into this file too.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Columns of the drawing in the terminal.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(10..=1000))]
    width: u16,
    /// Colours in the drawing: auto (on a terminal), always, never.
    #[arg(long, value_name = "WHEN", default_value = "auto", value_parser = ["auto", "always", "never"])]
    colour: String,
}

/// Prints one histogram and draws it.
///
/// # Errors
///
/// A file or histogram that cannot be read, a drawing that cannot be written.
pub fn show(options: &ShowOptions) -> anyhow::Result<()> {
    let file = RootFile::open(&options.file)?;
    let histogram = file.histogram(&options.path)?;
    let scale = if options.log { Scale::Log } else { Scale::Linear };
    if let Some(path) = &options.svg {
        let svg = picture(&histogram, scale).context("drawing")?;
        sct_wholefile::write(path, svg.as_bytes())?;
    }
    if options.json {
        return cli::print(&format!("{:#}\n", object(&histogram, &options.path)));
    }
    let mut text = head(&histogram, &options.path);
    if options.bins {
        text.push_str(&lines(&histogram));
    } else {
        let width = usize::from(options.width);
        let colour = match options.colour.as_str() {
            "always" => true,
            "never" => false,
            _ => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        };
        text.push('\n');
        text.push_str(&if histogram.class.dimensions() == 2 {
            draw::map(&histogram, width, scale, colour)
        } else {
            draw::steps(&histogram, width, scale)
        });
    }
    cli::print(&text)
}

fn head(histogram: &Histogram, path: &str) -> String {
    let Histogram { class, title, entries, .. } = histogram;
    let mut text = format!("{path}  {class}  {title}\nentries  {entries}\n");
    let axes = [("x", &histogram.x), ("y", &histogram.y)];
    for ((name, axis), moments) in axes.into_iter().zip(histogram.moments()) {
        if name == "y" && class.dimensions() == 1 {
            break;
        }
        let Axis { bins, low, high, title, .. } = axis;
        let edges = if axis.edges.is_empty() { "" } else { ", of different widths" };
        text.push_str(&format!("{name}  {bins} bins from {low} to {high}{edges}  {title}\n"));
        if let Some(moments) = moments {
            let (mean, deviation) = (moments.mean, moments.deviation);
            text.push_str(&format!("   mean {mean:.6}, standard deviation {deviation:.6}\n"));
        }
    }
    let sum: f64 = (0..histogram.cells()).filter_map(|cell| histogram.contents.get(cell)).sum();
    let what = if class.is_profile() { "sum of values" } else { "sum of contents" };
    text.push_str(&format!("{what}  {sum}\n"));
    if class.dimensions() == 1 {
        let of = |cell| histogram.value(cell).unwrap_or(0.0);
        let (below, above) = (of(0), of(histogram.x.cells() - 1));
        text.push_str(&format!("underflow  {below}  overflow  {above}\n"));
    }
    text
}

/// Cells within the axes: cell, column, row.
fn inside(histogram: &Histogram) -> impl Iterator<Item = (usize, usize, usize)> {
    let rows =
        if histogram.class.dimensions() == 2 { 1..=histogram.y.bins as usize } else { 0..=0 };
    rows.flat_map(move |row| (1..=histogram.x.bins as usize).map(move |column| (column, row)))
        .filter_map(|(column, row)| Some((histogram.cell(column, row)?, column, row)))
}

fn lines(histogram: &Histogram) -> String {
    let mut text = String::new();
    for (cell, column, row) in inside(histogram) {
        let (value, error) = (histogram.value(cell).unwrap_or(0.0), histogram.error(cell));
        let mut place = format!("{column:>6}  {:>12}", histogram.x.center(column));
        if row > 0 {
            place.push_str(&format!("  {row:>6}  {:>12}", histogram.y.center(row)));
        }
        let error = error.map_or_else(|| "unknown".to_owned(), |error| error.to_string());
        text.push_str(&format!("{place}  {value} +- {error}"));
        if let Some(entries) = histogram.profile.as_ref().map(|p| p.bin_entries[cell]) {
            text.push_str(&format!("  from {entries}"));
        }
        text.push('\n');
    }
    text
}

fn object(histogram: &Histogram, path: &str) -> serde_json::Value {
    let columns = histogram.x.cells();
    let cell = |cell: usize| {
        json!({
            "x": cell % columns,
            "y": (histogram.class.dimensions() == 2).then_some(cell / columns),
            "value": histogram.value(cell),
            "error": histogram.error(cell),
            "entries": histogram.profile.as_ref().map(|profile| profile.bin_entries[cell]),
        })
    };
    let axis = |axis: &Axis| {
        let Axis { title, bins, low, high, edges, labels, .. } = axis;
        json!({ "title": title, "bins": bins, "low": low, "high": high, "edges": edges, "labels": labels })
    };
    json!({
        "path": path,
        "name": histogram.name,
        "class": histogram.class.name(),
        "title": histogram.title,
        "entries": histogram.entries,
        "x": axis(&histogram.x),
        "y": (histogram.class.dimensions() == 2).then(|| axis(&histogram.y)),
        "cells": (0..histogram.cells()).map(cell).collect::<Vec<_>>(),
    })
}

fn picture(histogram: &Histogram, scale: Scale) -> Result<String, sct_plot::Error> {
    let values: Vec<f64> =
        inside(histogram).filter_map(|(cell, ..)| histogram.value(cell)).collect();
    let title = if histogram.title.is_empty() { &histogram.name } else { &histogram.title };
    if histogram.class.dimensions() == 1 {
        let axis = &histogram.x;
        let width = (axis.high - axis.low) / f64::from(axis.bins);
        let edge = |bin: u32| axis.low + width * f64::from(bin);
        let edges: Vec<f64> = if axis.edges.is_empty() {
            (0..=axis.bins).map(edge).collect()
        } else {
            axis.edges.clone()
        };
        let errors: Vec<f64> =
            inside(histogram).map(|(cell, ..)| histogram.error(cell).unwrap_or(0.0)).collect();
        return bars(&Bars {
            title,
            x_label: &axis.title,
            y_label: &histogram.y.title,
            edges: &edges,
            values: &values,
            errors: &errors,
            scale,
        });
    }
    // Pictures have their first row at the top, axes at the bottom.
    let columns = histogram.x.bins as usize;
    let rows = (1..=histogram.y.bins as usize).rev();
    let rows: Vec<String> = rows.map(|row| histogram.y.center(row).to_string()).collect();
    let values: Vec<f64> = values.chunks(columns).rev().flatten().copied().collect();
    Ok(heat_map(&HeatMap {
        title,
        x_label: &format!("bin of x, {} to {}", histogram.x.low, histogram.x.high),
        rows: &rows,
        columns,
        values: &values,
        scale,
        legend: &histogram.z.title,
    }))
}
