//! Distributions with a threshold.

use plotters::{
    coord::ranged1d::{AsRangedCoord, ValueFormatter},
    prelude::*,
};

use crate::{
    Error, Histogram, Scale,
    chart::{self, BLUE, BoxError, Labels, ORANGE},
};

/// A line that separates good from bad.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold<'a> {
    /// Where, in units of the axis.
    pub value: f64,
    /// What it is.
    pub label: &'a str,
}

/// A distribution to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Spectrum<'a> {
    /// Title of the plot.
    pub title: &'a str,
    /// The quantity and its unit.
    pub x_label: &'a str,
    /// What is counted.
    pub y_label: &'a str,
    /// The counts; the x axis follows their scale.
    pub histogram: &'a Histogram,
    /// Scale of the counts.
    pub y_scale: Scale,
    /// Vertical line; bins on its one side have another colour.
    pub threshold: Option<Threshold<'a>>,
    /// These bins are those below it, not those above.
    pub marks_below: bool,
}

/// Draws a distribution, 1200 x 520 pixels. Empty bins are left out on a logarithmic axis.
///
/// # Errors
///
/// [`Error::Draw`] when the drawing library fails.
pub fn spectrum(spectrum: &Spectrum<'_>) -> Result<String, Error> {
    let edges = spectrum.histogram.edges();
    let (low, high) = (edges[0], edges[edges.len() - 1]);
    let largest = spectrum.histogram.counts().iter().max().copied().unwrap_or(0).max(1) as f64;
    chart::page(spectrum.title, |area| {
        // Half a count, so that bins with one can be seen on a logarithmic axis.
        let (linear, log) = (0.0..largest * 1.08, (0.5..largest * 2.0).log_scale());
        match (spectrum.histogram.scale(), spectrum.y_scale) {
            (Scale::Linear, Scale::Linear) => draw(area, spectrum, low..high, linear),
            (Scale::Linear, Scale::Log) => draw(area, spectrum, low..high, log),
            (Scale::Log, Scale::Linear) => draw(area, spectrum, (low..high).log_scale(), linear),
            (Scale::Log, Scale::Log) => draw(area, spectrum, (low..high).log_scale(), log),
        }
    })
}

fn draw<X, Y>(area: &chart::Area<'_>, spectrum: &Spectrum<'_>, x: X, y: Y) -> Result<(), BoxError>
where
    X: AsRangedCoord<Value = f64>,
    Y: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    let labels = Labels { title: spectrum.title, x: spectrum.x_label, y: spectrum.y_label };
    let mut chart = chart::axes(area, labels, x, y)?;
    let limits = chart.y_range();
    let floor = limits.start;
    let edges = spectrum.histogram.edges();
    let bars = edges.windows(2).zip(spectrum.histogram.counts()).filter(|&(_, &count)| count > 0);
    chart.draw_series(bars.map(|(edge, &count)| {
        let marked = spectrum.threshold.is_some_and(|Threshold { value, .. }| {
            if spectrum.marks_below { edge[1] <= value } else { edge[0] >= value }
        });
        let colour = if marked { ORANGE } else { BLUE };
        Rectangle::new([(edge[0], floor), (edge[1], count as f64)], colour.filled())
    }))?;
    let Some(threshold) = spectrum.threshold else { return Ok(()) };
    if !chart.x_range().contains(&threshold.value) {
        return Ok(());
    }
    let line = [(threshold.value, floor), (threshold.value, limits.end)];
    chart.draw_series(DashedLineSeries::new(line, 6, 4, ORANGE.stroke_width(2)))?;
    let style = ("sans-serif", 18, &ORANGE).into_text_style(area);
    let text = EmptyElement::at((threshold.value, limits.end))
        + Text::new(chart::clean(threshold.label), (8, 6), style);
    chart.draw_series(std::iter::once(text))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occupancy(x: Scale, y: Scale, marks_below: bool) -> String {
        let mut histogram = Histogram::new(x, 60, 1e-6, 1.0).unwrap();
        for number in 0..5000 {
            histogram.fill(1e-5 * (1.0 + f64::from(number % 70)));
        }
        histogram.fill_many(0.2, 12);
        let threshold = Some(Threshold { value: 0.015, label: "threshold <0.015>" });
        let (x_label, y_label) = ("occupancy", "strips");
        spectrum(&Spectrum {
            title: "Occupancy & co",
            x_label,
            y_label,
            histogram: &histogram,
            y_scale: y,
            threshold,
            marks_below,
        })
        .unwrap()
    }

    #[test]
    fn all_scales_draw() {
        for x in [Scale::Linear, Scale::Log] {
            for y in [Scale::Linear, Scale::Log] {
                let svg = occupancy(x, y, false);
                assert!(svg.contains("threshold &lt;0.015&gt;"), "{x:?} {y:?}");
                assert!(svg.trim_end().ends_with("</svg>"));
            }
        }
    }

    #[test]
    fn bins_on_one_side_of_the_threshold_stand_out() {
        let bars = |marks_below, colour: &str| {
            let svg = occupancy(Scale::Log, Scale::Log, marks_below);
            svg.lines().filter(|l| l.starts_with("<rect") && l.contains(colour)).count()
        };
        assert_eq!((bars(false, "#D55E00"), bars(true, "#2B6CB0")), (1, 1));
        assert!(bars(false, "#2B6CB0") > 5 && bars(true, "#D55E00") > 5);
    }

    #[test]
    fn an_empty_histogram_is_a_plot() {
        let histogram = Histogram::new(Scale::Log, 10, 1e-6, 1.0).unwrap();
        let empty = Spectrum {
            title: "",
            x_label: "",
            y_label: "",
            histogram: &histogram,
            y_scale: Scale::Log,
            threshold: None,
            marks_below: false,
        };
        assert!(spectrum(&empty).is_ok());
    }
}
