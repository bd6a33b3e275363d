//! Plots of a result.

use std::collections::BTreeMap;

use anyhow::Context as _;
use sct_hitmap::ChipHits as _;
use sct_id::{Chip, ModuleHash};
use sct_noisy_strip::{NoisyChip, NoisyModule};
use sct_plot::{
    Histogram, LumiBlockSeries, Scale, Spectrum, Threshold, detector_map, lumi_block_series,
    spectrum,
};

use super::Done;

/// Noisy chips that get a plot of their own.
const CHIPS: usize = 12;

/// File name and SVG text of each plot: occupancy of all strips, noisy strips per module, hits by lumi block of noisy chips.
///
/// # Errors
///
/// When the hits of a chip cannot be read, or the drawing library fails.
pub fn plots(done: &Done) -> anyhow::Result<Vec<(String, String)>> {
    let mut plots = vec![
        ("occupancy.svg".to_owned(), occupancy(done)?),
        ("noisy-strips.svg".to_owned(), map(done)),
    ];
    let chips = done
        .outcome
        .modules
        .iter()
        .flat_map(|module| module.chips.iter().map(move |chip| (module, chip)));
    let mut chips: Vec<_> = chips.collect();
    // Chips that are noisy for a while tell more by lumi block than those that always are.
    chips.sort_by(|(_, one), (_, other)| one.fraction.total_cmp(&other.fraction));
    for (module, chip) in chips.into_iter().take(CHIPS) {
        if let Some(svg) = chip_series(done, module, chip)? {
            plots.push((format!("chip-{}-{}.svg", module.module.position(), chip.chip), svg));
        }
    }
    Ok(plots)
}

fn occupancy(done: &Done) -> anyhow::Result<String> {
    // Few different counts occur among six million strips.
    let mut strips_by_hits: BTreeMap<u32, u64> = BTreeMap::new();
    let mut few = vec![0_u64; 1 << 16];
    for &hits in done.hitmap.counts() {
        match few.get_mut(hits as usize) {
            Some(count) => *count += 1,
            None => *strips_by_hits.entry(hits).or_default() += 1,
        }
    }
    let events = done.outcome.events as f64;
    let mut histogram =
        Histogram::new(Scale::Log, 140, 1e-7, 1.0).context("axis of occupancies")?;
    let few = (0_u32..).zip(few).filter(|(_, strips)| *strips > 0);
    for (hits, strips) in few.chain(strips_by_hits) {
        histogram.fill_many(f64::from(hits) / events, strips);
    }
    let threshold = Threshold { value: f64::from(done.outcome.threshold), label: "noisy above" };
    let plot = Spectrum {
        title: "Occupancy of all strips",
        x_label: "hits per event",
        y_label: "strips",
        histogram: &histogram,
        y_scale: Scale::Log,
        threshold: Some(threshold),
        marks_below: false,
    };
    spectrum(&plot).context("plot of occupancies")
}

fn map(done: &Done) -> String {
    let counts: BTreeMap<ModuleHash, usize> =
        done.outcome.modules.iter().map(|module| (module.module, module.all.len())).collect();
    let value = |module: ModuleHash| {
        counts.get(&module).filter(|count| **count > 0).map(|count| *count as f64)
    };
    detector_map("Noisy strips per module", value, Scale::Log, "noisy strips")
}

fn chip_series(
    done: &Done,
    module: &NoisyModule,
    chip: &NoisyChip,
) -> anyhow::Result<Option<String>> {
    let Some(file) = &done.lumi_blocks else { return Ok(None) };
    let wafer = module.module.wafer(chip.chip.side());
    let Some(hits) = file.chip_hits(wafer, chip.chip.index() % Chip::PER_SIDE)? else {
        return Ok(None);
    };
    let per_event = |(&hits, &events): (&u32, &u64)| {
        if events == 0 { f64::NAN } else { f64::from(hits) / events as f64 }
    };
    let values: Vec<f64> = hits.iter().zip(file.events()).map(per_event).collect();
    let title = format!("Chip {} of module {}", chip.chip, module.module.position());
    let threshold = done.outcome.chip_threshold;
    let series = LumiBlockSeries {
        title: &title,
        y_label: "hits per event",
        values: &values,
        threshold: Some(Threshold { value: threshold, label: "noisy above" }),
        marked: &chip.lumi_blocks,
    };
    lumi_block_series(&series).map(Some).context("plot of a chip")
}
