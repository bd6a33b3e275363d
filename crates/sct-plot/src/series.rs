//! A quantity by lumi block.

use plotters::prelude::*;

use crate::{
    Error, Threshold,
    chart::{self, BLUE, BoxError, Labels, ORANGE},
};

/// A quantity by lumi block, to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct LumiBlockSeries<'a> {
    /// Title of the plot.
    pub title: &'a str,
    /// The quantity and its unit.
    pub y_label: &'a str,
    /// Values; index 0 is lumi block 1. What is not finite is left out.
    pub values: &'a [f64],
    /// Horizontal line.
    pub threshold: Option<Threshold<'a>>,
    /// Noisy lumi blocks, as indices of `values` (zero-based).
    pub marked: &'a [usize],
}

/// Draws a quantity by lumi block as steps, 1200 x 520 pixels; marked lumi blocks have another colour.
///
/// # Errors
///
/// [`Error::Draw`] when the drawing library fails.
pub fn lumi_block_series(series: &LumiBlockSeries<'_>) -> Result<String, Error> {
    chart::page(series.title, |area| draw(area, series))
}

fn draw(area: &chart::Area<'_>, series: &LumiBlockSeries<'_>) -> Result<(), BoxError> {
    let finite = || series.values.iter().copied().filter(|value| value.is_finite());
    let line = series.threshold.map(|threshold| threshold.value).filter(|value| value.is_finite());
    let top = finite().chain(line).fold(0.0, f64::max);
    let bottom = finite().chain(line).fold(0.0, f64::min);
    let top = if top > bottom { top + 0.08 * (top - bottom) } else { bottom + 1.0 };
    let right = series.values.len().max(1) as f64 + 0.5;
    let labels = Labels { title: series.title, x: "lumi block", y: series.y_label };
    let mut chart = chart::axes(area, labels, 0.5..right, bottom..top)?;
    let mut marked = vec![false; series.values.len()];
    for &index in series.marked {
        if let Some(mark) = marked.get_mut(index) {
            *mark = true;
        }
    }
    let zero = bottom.max(0.0);
    let bars = series.values.iter().zip(marked).enumerate();
    chart.draw_series(bars.filter(|(_, (value, _))| value.is_finite() && **value != 0.0).map(
        |(index, (&value, noisy))| {
            let left = index as f64 + 0.5;
            let colour = if noisy { ORANGE } else { BLUE };
            Rectangle::new([(left, zero), (left + 1.0, value)], colour.filled())
        },
    ))?;
    if let Some(threshold) = series.threshold.filter(|threshold| threshold.value.is_finite()) {
        let line = [(0.5, threshold.value), (right, threshold.value)];
        chart.draw_series(DashedLineSeries::new(line, 6, 4, ORANGE.stroke_width(2)))?;
        let style = ("sans-serif", 18, &ORANGE).into_text_style(area);
        let text = EmptyElement::at((0.5, threshold.value))
            + Text::new(chart::clean(threshold.label), (8, -22), style);
        chart.draw_series(std::iter::once(text))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], marked: &[usize], orange: usize) {
        let threshold = Some(Threshold { value: 0.96, label: "96 % of a hit per event" });
        let series =
            LumiBlockSeries { title: "Chip", y_label: "hits per event", values, threshold, marked };
        let svg = lumi_block_series(&series).unwrap();
        let bars = svg.lines().filter(|l| l.starts_with("<rect") && l.contains("#D55E00")).count();
        assert_eq!(bars, orange);
    }

    #[test]
    fn marked_lumi_blocks_stand_out() {
        check(&[0.1, 0.2, 3.0, 4.0, 0.1], &[2, 3, 99], 2);
    }

    #[test]
    fn odd_values_are_left_out() {
        check(&[f64::NAN, 0.0, f64::INFINITY, 1.0], &[0, 3], 1);
        check(&[], &[], 0);
        check(&[-1.0], &[0], 1);
    }
}
