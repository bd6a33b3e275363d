//! What a job writes for people beside its results: plots and the ntuple.

use std::path::Path;

use oxyroot::{Marshaler, WriterTree};
use sct_hitmap::WaferMap;
use sct_id::{ModuleHash, RunNumber, Side, WaferHash};

use super::{Extras, Measured, Plot, Task, spectrum};
use crate::{ntuple, plots};

/// Draws the detector, one plot a side, and the distribution over its wafers, or the fits, one plot each; writes one row a
/// wafer, or one a fit. Each if it is asked for.
///
/// # Errors
///
/// When a file cannot be written; exit code `TRF_OUTPUT_FILE_ERROR`.
pub fn write_extras(
    run: RunNumber,
    task: Task,
    measured: &Measured,
    plot_folder: Option<&Path>,
    ntuple_file: Option<&Path>,
) -> anyhow::Result<()> {
    let (wafers, drawn) = match &measured.extras {
        Extras::Fits(fits) => {
            return fits.write_extras(run, measured.events, plot_folder, ntuple_file);
        }
        Extras::Wafers { columns, plot } => (columns, plot),
    };
    if let Some(folder) = plot_folder {
        let task = task.name().replace('_', "-");
        let name = |side| format!("{task}-side-{side}.svg");
        plots::write(folder, Side::ALL.map(|side| (name(side), plot(*drawn, wafers, side))))?;
        let over_wafers = spectrum::draw(*drawn, wafers)?;
        plots::write(folder, [(format!("{task}-wafers.svg"), over_wafers)])?;
    }
    if let Some(path) = ntuple_file {
        ntuple::write_tree(path, task.name(), |tree| columns(tree, run, measured.events, wafers))?;
    }
    Ok(())
}

/// Columns of numbers of the wafers.
pub(super) type Columns = [(&'static str, WaferMap<f64>)];

/// Modules whose value is 0 have no data, or no errors, and stay grey.
fn plot(plot: Plot, columns: &Columns, side: Side) -> String {
    let Some((legend, values)) = columns.first() else { return String::new() };
    let value = |module: ModuleHash| Some(values[module.wafer(side)]).filter(|&value| value > 0.0);
    let title = format!("{}, side {side}", plot.title);
    sct_plot::detector_map(&title, value, plot.scale, legend)
}

fn columns(tree: &mut WriterTree, run: RunNumber, events: u64, wafers: &Columns) {
    fn column<T: Marshaler + 'static>(
        tree: &mut WriterTree,
        name: &str,
        value: impl Fn(WaferHash) -> T,
    ) {
        let values: Vec<T> = WaferHash::all().map(value).collect();
        tree.new_branch(name, values.into_iter());
    }
    let small = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let module = |wafer: WaferHash| wafer.position().module();
    let run = i32::try_from(run.to_u32()).unwrap_or(i32::MAX);
    let events = i64::try_from(events).unwrap_or(i64::MAX);
    column(tree, "run", |_| run);
    column(tree, "events", |_| events);
    column(tree, "wafer", |wafer| small(wafer.index()));
    column(tree, "barrel_ec", |wafer| i32::from(module(wafer).region().barrel_ec()));
    column(tree, "layer_disk", |wafer| small(module(wafer).layer_disk()));
    column(tree, "phi", |wafer| small(module(wafer).phi()));
    column(tree, "eta", |wafer| i32::from(module(wafer).eta()));
    column(tree, "side", |wafer| small(wafer.side().index()));
    for (name, values) in wafers {
        column(tree, name, |wafer| values[wafer]);
    }
}
