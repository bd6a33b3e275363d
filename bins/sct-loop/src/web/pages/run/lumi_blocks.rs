//! Noisy chips by lumi block.

use std::collections::BTreeMap;

use axum::{
    extract::{Path, State},
    response::Response,
};
use sct_id::{ModuleHash, RunNumber};
use sct_plot::{HeatMap, Scale, heat_map};
use sct_result::RunResult;
use sct_xml::{BadStripsSummary, NoisyLbFile};

use super::{
    super::super::{App, Failure, place, result},
    map, newest, run_of,
};

/// Last part of the address.
pub(super) const NAME: &str = "lumi-blocks.svg";

/// The file of the search by lumi block, and that of noisy strips.
const FILES: [&str; 2] = ["NoisyLBFile.xml", "BadStripsSummaryFile.xml"];

/// Most rows and columns of the picture: beyond them nothing could be told apart, and memory has an end.
const MOST_MODULES: usize = 200;
const MOST_LUMI_BLOCKS: usize = 20_000;

/// Lumi blocks of noisy chips by module, from 0; a lumi block stands there once for each chip.
pub(in crate::web) type Times = BTreeMap<ModuleHash, Vec<usize>>;

/// Whether a result knows when chips were noisy.
pub(super) fn is_there(result: &RunResult) -> bool {
    FILES.iter().any(|name| result::file(result, name).is_some())
}

/// The picture.
pub(super) async fn picture(
    State(app): State<App>,
    Path((run, kind, ..)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let run = run_of(&run)?;
    let times = app.read(move |reader, _| find(reader, run, &kind)).await?;
    Ok(map::picture(draw(run, &times)))
}

/// When modules were noisy, by the newest attempt.
///
/// # Errors
///
/// [`Failure::Missing`] when nothing says so, [`Failure::Refused`] when the file is damaged.
pub(in crate::web) fn find(
    reader: &super::Reader,
    run: RunNumber,
    kind: &str,
) -> Result<Times, Failure> {
    let result = newest(reader, run, kind)?;
    let times = times(&result).map_err(|error| Failure::Refused(result::fault(&result, &error)))?;
    let missing = || format!("Run {run} has no noisy chips by lumi block of {kind}.");
    times.ok_or_else(|| Failure::Missing(missing()))
}

fn times(result: &RunResult) -> anyhow::Result<Option<Times>> {
    let mut times = Times::new();
    if let Some(path) = result::path(result, FILES[0]) {
        for module in NoisyLbFile::read(&path)?.modules {
            let chips = module.chips.iter().flat_map(|(_, times)| times.lumi_blocks.iter());
            let numbers = chips.map(|number| number.to_u32().saturating_sub(1) as usize);
            times.entry(module.module).or_default().extend(numbers);
        }
    } else if let Some(path) = result::path(result, FILES[1]) {
        for chip in BadStripsSummary::read(&path)?.chips {
            times.entry(chip.module).or_default().extend(chip.lumi_blocks);
        }
    } else {
        return Ok(None);
    }
    Ok(Some(times))
}

/// The modules that were noisy longest, in the order of their positions.
fn draw(run: RunNumber, times: &Times) -> String {
    let mut longest: Vec<(ModuleHash, &Vec<usize>)> =
        times.iter().map(|(module, times)| (*module, times)).collect();
    longest.sort_by_key(|(module, times)| (usize::MAX - times.len(), *module));
    let left_out = longest.len().saturating_sub(MOST_MODULES);
    longest.truncate(MOST_MODULES);
    longest.sort_by_key(|(module, _)| *module);
    let last = longest.iter().flat_map(|(_, times)| times.iter()).max();
    let columns = last.map_or(0, |last| last + 1).min(MOST_LUMI_BLOCKS);
    let mut values = vec![0.0; columns * longest.len()];
    for (row, (_, times)) in longest.iter().enumerate() {
        for column in times.iter().filter(|column| **column < columns) {
            values[row * columns + column] += 1.0;
        }
    }
    let rows: Vec<String> = longest.iter().map(|(module, _)| place::words(*module)).collect();
    let others = match left_out {
        0 => String::new(),
        more => format!(" (the {MOST_MODULES} noisiest, {more} more are left out)"),
    };
    heat_map(&HeatMap {
        title: &format!("Run {run}: noisy chips of modules by lumi block{others}"),
        x_label: "lumi block",
        rows: &rows,
        columns,
        values: &values,
        scale: Scale::Linear,
        legend: "noisy chips of a module",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> RunNumber {
        RunNumber::new(437_548).unwrap()
    }

    #[test]
    fn whatever_the_lists_say_the_picture_stays_small() {
        let modules = ModuleHash::all().map(|module| (module, vec![0, 65_535, module.index()]));
        let svg = draw(run(), &modules.collect());
        assert!(svg.contains("the 200 noisiest, 3888 more are left out") && svg.len() < 400_000);
    }

    #[test]
    fn a_quiet_run_has_a_picture_too() {
        assert!(draw(run(), &Times::new()).ends_with("</svg>\n"));
    }
}
