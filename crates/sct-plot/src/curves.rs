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
}

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

/// Draws points and the lines between them, 1200 x 520 pixels, with a legend.
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
    let mut chart = chart::axes(area, labels, (low..high).log_scale(), bottom..top)?;
    for (curve, colour) in curves.curves.iter().zip(COLOURS.into_iter().cycle()) {
        let points: Vec<(f64, f64)> = curve.points.iter().copied().filter(is_drawn).collect();
        let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2));
        chart
            .draw_series(line)?
            .label(chart::clean(curve.label))
            .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 18, y + 5)], colour.filled()));
        chart.draw_series(points.into_iter().map(|at| Circle::new(at, 4, colour.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::MiddleRight)
        .background_style(WHITE.mix(0.85))
        .border_style(FAINT)
        .label_font(("sans-serif", 17, &INK))
        .draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(points: Vec<(f64, f64)>, circles: usize) {
        let one = Curve { label: "dead <strips>", points };
        let other = Curve { label: "none", points: Vec::new() };
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
