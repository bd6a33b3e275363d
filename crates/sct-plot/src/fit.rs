//! Points with errors, the curve fitted to them, and what is left over.

use plotters::prelude::*;

use crate::{
    Error,
    chart::{self, BLUE, BoxError, FAINT, Labels, ORANGE},
};

/// A point with its error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitPoint {
    /// Place on the horizontal axis.
    pub x: f64,
    /// Value.
    pub y: f64,
    /// Error of the value.
    pub error: f64,
    /// The fitted curve at `x`; none outside the range of the fit, or without a fit.
    pub fitted: Option<f64>,
}

/// A fit, to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct FitPlot<'a> {
    /// Title of the plot.
    pub title: &'a str,
    /// What came out of the fit, in one line.
    pub result: &'a str,
    /// The quantity on the horizontal axis, and its unit.
    pub x_label: &'a str,
    /// The quantity on the vertical axis, and its unit.
    pub y_label: &'a str,
    /// Limits of the horizontal axis.
    pub x_range: (f64, f64),
    /// The points. Those that are not finite, huge, or outside the axis, are left out.
    pub points: &'a [FitPoint],
    /// The curve, left to right; empty without a fit.
    pub curve: &'a [(f64, f64)],
}

/// Larger numbers are left out: the drawing library cannot place labels for them.
const LARGEST: f64 = 1e9;
/// Height of the upper part, pixels of 520.
const UPPER: u32 = 340;

/// Draws points and curve above, residuals in units of their errors below, 1200 x 520 pixels.
///
/// # Errors
///
/// [`Error::Draw`] when the drawing library fails.
pub fn fit_plot(plot: &FitPlot<'_>) -> Result<String, Error> {
    chart::page(plot.title, |area| {
        let (upper, lower) = area.split_vertically(UPPER);
        let (left, right) = plot.x_range;
        let good = |point: &&FitPoint| {
            (left..=right).contains(&point.x) && point.y.abs() < LARGEST && point.error.is_finite()
        };
        let points: Vec<FitPoint> = plot.points.iter().filter(good).copied().collect();
        draw_points(&upper, plot, &points)?;
        draw_residuals(&lower, plot, &points)
    })
}

fn draw_points(
    area: &chart::Area<'_>,
    plot: &FitPlot<'_>,
    points: &[FitPoint],
) -> Result<(), BoxError> {
    let (left, right) = plot.x_range;
    let curve: Vec<(f64, f64)> =
        plot.curve.iter().copied().filter(|(x, y)| x.is_finite() && y.abs() < LARGEST).collect();
    // Bins at the ends have few entries: their errors must not squeeze the rest.
    let values = points.iter().map(|point| point.y).chain(curve.iter().map(|(_, y)| *y));
    let (low, high) = padded(values);
    let labels = Labels { title: plot.title, x: "", y: plot.y_label };
    let mut chart = chart::axes(area, labels, left..right, low..high)?;
    let clipped = |y: f64| y.clamp(low, high);
    chart.draw_series(points.iter().map(|point| {
        let ends = [point.y - point.error, point.y + point.error].map(clipped);
        PathElement::new(ends.map(|y| (point.x, y)).to_vec(), BLUE.stroke_width(1))
    }))?;
    chart.draw_series(
        points.iter().map(|point| Circle::new((point.x, point.y), 3, BLUE.filled())),
    )?;
    chart.draw_series(LineSeries::new(curve, ORANGE.stroke_width(2)))?;
    let style = ("sans-serif", 18, &FAINT).into_text_style(area);
    let text =
        EmptyElement::at((left, high)) + Text::new(chart::clean(plot.result), (10, 6), style);
    chart.draw_series(std::iter::once(text))?;
    Ok(())
}

fn draw_residuals(
    area: &chart::Area<'_>,
    plot: &FitPlot<'_>,
    points: &[FitPoint],
) -> Result<(), BoxError> {
    let (left, right) = plot.x_range;
    let residual = |point: &FitPoint| {
        let residual = (point.y - point.fitted?) / point.error;
        (residual.abs() < LARGEST).then_some((point.x, residual))
    };
    let residuals: Vec<(f64, f64)> = points.iter().filter_map(residual).collect();
    let largest = residuals.iter().map(|(_, y)| y.abs()).fold(3.0, f64::max) * 1.1;
    let labels = Labels { title: "", x: plot.x_label, y: "residual / error" };
    let mut chart = chart::axes(area, labels, left..right, -largest..largest)?;
    let zero = [(left, 0.0), (right, 0.0)];
    chart.draw_series(LineSeries::new(zero, ORANGE.stroke_width(1)))?;
    chart.draw_series(residuals.iter().map(|&(x, y)| {
        PathElement::new(vec![(x, (y - 1.0).max(-largest)), (x, (y + 1.0).min(largest))], BLUE)
    }))?;
    chart.draw_series(residuals.iter().map(|&at| Circle::new(at, 3, BLUE.filled())))?;
    Ok(())
}

/// Limits around values, with room at both ends.
fn padded(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    if low > high {
        return (0.0, 1.0);
    }
    let room = (0.08 * (high - low)).max(1e-6 * high.abs().max(1e-300)).max(1e-12);
    (low - room, high + 3.0 * room)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(points: &[FitPoint], curve: &[(f64, f64)]) -> String {
        fit_plot(&FitPlot {
            title: "Layer 0 <side 1>",
            result: "L = -4.2",
            x_label: "angle, degrees",
            y_label: "cluster width, strips",
            x_range: (-15.0, 8.0),
            points,
            curve,
        })
        .unwrap()
    }

    fn point(x: f64, fitted: Option<f64>) -> FitPoint {
        FitPoint { x, y: 1.2 + 0.01 * x * x, error: 0.01, fitted }
    }

    #[test]
    fn points_in_the_range_of_the_fit_have_a_residual() {
        let points = [point(-20.0, None), point(-10.0, None), point(-4.0, Some(1.3))];
        let circles = |svg: &str| svg.matches("<circle").count();
        assert_eq!(circles(&svg(&points, &[(-9.0, 1.5), (2.0, 1.2)])), 3);
        let text = svg(&points, &[]);
        assert!(text.contains("L = -4.2") && text.contains("Layer 0 &lt;side 1&gt;"));
        assert!(text.contains("residual / error"));
    }

    #[test]
    fn odd_numbers_draw_something() {
        for odd in [f64::NAN, f64::INFINITY, 1e300, 0.0] {
            let point = FitPoint { x: 0.0, y: odd, error: odd, fitted: Some(odd) };
            assert!(svg(&[point, point], &[(odd, odd)]).contains("</svg>"), "{odd}");
        }
        assert!(svg(&[], &[]).contains("</svg>"));
    }
}
