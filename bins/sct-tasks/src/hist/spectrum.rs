//! The distribution of what was measured over the wafers.

use anyhow::Context as _;
use sct_plot::{Histogram, Scale, Spectrum, spectrum};

use super::{Plot, extras::Columns};

/// Bins of a decade, or of a linear axis.
const PER_DECADE: usize = 20;
const LINEAR: usize = 100;
/// Decades are worth it when the largest value is this many times the smallest.
const WIDE: f64 = 10.0;

/// Draws it; wafers whose value is 0 have no data, or no errors, and are left out, as in the map of the detector.
pub(super) fn draw(plot: Plot, columns: &Columns) -> anyhow::Result<String> {
    let (legend, values) = columns.first().context("nothing was measured")?;
    let shown = || values.iter().map(|(_, &value)| value).filter(|&value| value > 0.0);
    let (low, high) = shown()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let histogram = match plot.scale {
        _ if high <= 0.0 => Histogram::new(Scale::Linear, 1, 0.0, 1.0),
        Scale::Log if low * WIDE <= high => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "decades of positive finite numbers: at most a few hundred"
            )]
            let (first, last) = (low.log10().floor() as i32, high.log10().floor() as i32 + 1);
            let decades = usize::try_from(last - first).unwrap_or(1);
            Histogram::new(Scale::Log, PER_DECADE * decades, 10_f64.powi(first), 10_f64.powi(last))
        }
        Scale::Linear | Scale::Log => Histogram::new(Scale::Linear, LINEAR, 0.0, high * 1.001),
    };
    let mut histogram = histogram.context("axis of the wafers")?;
    shown().for_each(|value| histogram.fill(value));
    let drawn = Spectrum {
        title: &format!("{} of all wafers", plot.title),
        x_label: legend,
        y_label: "wafers",
        histogram: &histogram,
        y_scale: Scale::Log,
        threshold: None,
        marks_below: false,
    };
    spectrum(&drawn).context("plot of the wafers")
}
