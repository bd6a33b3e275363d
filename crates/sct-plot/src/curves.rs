//! Quantities that change with a number spread over decades.

use plotters::prelude::*;

use crate::{
    Error,
    chart::{self, BLUE, BoxError, FAINT, INK, Labels, ORANGE},
};

/// Colours that every reader can tell apart, in the order of the curves; they come round again.
const COLOURS: [RGBColor; 6] = [
    BLUE,
    ORANGE,
    RGBColor(0x00, 0x7a, 0x5e),
    RGBColor(0xb0, 0x3a, 0x83),
    RGBColor(0x8a, 0x6d, 0x00),
    FAINT,
];

/// One curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve<'a> {
    /// What it is.
    pub label: &'a str,
    /// Points from left to right. Those left of zero, or not finite, are left out.
    pub points: Vec<(f64, f64)>,
    /// Drawn with dashes, in the colour of the curve before: another quantity of the same thing.
    pub dashed: bool,
}

/// Width of the legend at the right, pixels.
const LEGEND: u32 = 300;

/// Curves over a logarithmic axis, to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Curves<'a> {
    /// Title of the plot.
    pub title: &'a str,
    /// The quantity they depend on, and its unit.
    pub x_label: &'a str,
    /// The quantity they show, and its unit.
    pub y_label: &'a str,
    /// Lower and upper end of the vertical axis.
    pub y_range: (f64, f64),
    /// The curves.
    pub curves: &'a [Curve<'a>],
}

/// Draws points and the lines between them, 1200 x 520 pixels, with a legend at their
/// right.
///
/// # Errors
///
/// [`Error::Draw`] when the drawing library fails.
pub fn curves(curves: &Curves<'_>) -> Result<String, Error> {
    chart::page(curves.title, |area| draw(area, curves))
}

fn draw(area: &chart::Area<'_>, curves: &Curves<'_>) -> Result<(), BoxError> {
    let is_drawn = |&(x, y): &(f64, f64)| x > 0.0 && x.is_finite() && y.is_finite();
    let all = || curves.curves.iter().flat_map(|curve| curve.points.iter().copied());
    let (low, high) = all()
        .filter(is_drawn)
        .fold((f64::INFINITY, 0.0_f64), |(low, high), (x, _)| (low.min(x), high.max(x)));
    let (low, high) = if low < high { (low / 1.3, high * 1.3) } else { (1.0, 10.0) };
    let labels = Labels { title: curves.title, x: curves.x_label, y: curves.y_label };
    let (bottom, top) = curves.y_range;
    let (left, right) = area.split_horizontally(chart::SIZE.0 - LEGEND);
    let mut chart = chart::axes(&left, labels, (low..high).log_scale(), bottom..top)?;
    let mut colours = COLOURS.into_iter().cycle();
    let mut colour = FAINT;
    let mut y = 70;
    for curve in curves.curves {
        if !curve.dashed {
            colour = colours.next().unwrap_or(FAINT);
        }
        let points: Vec<(f64, f64)> = curve.points.iter().copied().filter(is_drawn).collect();
        let style = colour.stroke_width(2);
        let sample = [(0, y), (44, y)];
        if curve.dashed {
            chart.draw_series(DashedLineSeries::new(points.iter().copied(), 7, 5, style))?;
            // Shapes without a chart are drawn in pixels, where there are no series: two dashes.
            right.draw(&PathElement::new([(0, y), (16, y)], style))?;
            right.draw(&PathElement::new([(28, y), (44, y)], style))?;
        } else {
            chart.draw_series(LineSeries::new(points.iter().copied(), style))?;
            right.draw(&PathElement::new(sample, style))?;
        }
        let size = if curve.dashed { 3 } else { 4 };
        chart.draw_series(points.into_iter().map(|at| Circle::new(at, size, colour.filled())))?;
        let text = ("sans-serif", 17, &INK).into_text_style(&right);
        right.draw(&Text::new(chart::clean(curve.label), (54, y - 6), text))?;
        y += 28;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(points: Vec<(f64, f64)>, circles: usize) {
        let one = Curve { label: "dead <strips>", points, dashed: false };
        let other = Curve { label: "none", points: Vec::new(), dashed: true };
        let curves_of = Curves {
            title: "Efficiency",
            x_label: "events",
            y_label: "part",
            y_range: (0.0, 1.05),
            curves: &[one, other],
        };
        let svg = curves(&curves_of).unwrap();
        assert_eq!(svg.lines().filter(|line| line.starts_with("<circle")).count(), circles);
        assert!(svg.contains("dead &lt;strips&gt;"));
    }

    #[test]
    fn every_point_is_drawn() {
        check(vec![(5e3, 0.1), (2e5, 0.9), (4e6, 1.0)], 3);
    }

    #[test]
    fn odd_points_are_left_out() {
        check(vec![(0.0, 0.1), (-1.0, 0.1), (f64::NAN, 1.0), (10.0, f64::NAN), (10.0, 0.5)], 1);
        check(Vec::new(), 0);
    }
}
