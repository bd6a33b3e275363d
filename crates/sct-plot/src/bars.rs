//! Values in bins of any width.

use plotters::prelude::*;

use crate::{
    Error, Scale,
    chart::{self, BLUE, BoxError, Labels},
};

/// Values in bins, to be drawn as steps.
#[derive(Clone, Copy, Debug)]
pub struct Bars<'a> {
    /// Title of the plot.
    pub title: &'a str,
    /// The quantity along the axis.
    pub x_label: &'a str,
    /// What the values are.
    pub y_label: &'a str,
    /// Edges of the bins, rising, one more than values.
    pub edges: &'a [f64],
    /// Values; what is not finite is left out.
    pub values: &'a [f64],
    /// Errors of the values, drawn as bars; none for none.
    pub errors: &'a [f64],
    /// Scale of the values. On a logarithmic one, what is not above zero is left out.
    pub scale: Scale,
}

/// Draws values in bins as steps, 1200 x 520 pixels.
///
/// # Errors
///
/// [`Error::Draw`] when the drawing library fails; [`Error::Bins`] when the edges are not one more than the values and rising.
pub fn bars(bars: &Bars<'_>) -> Result<String, Error> {
    let Bars { edges, values, .. } = bars;
    let (low, high) = (edges.first().copied(), edges.last().copied());
    let (low, high) = (low.unwrap_or(f64::NAN), high.unwrap_or(f64::NAN));
    let rising = edges.is_sorted_by(|a, b| a < b) && low.is_finite() && high.is_finite();
    if edges.len() != values.len() + 1 || !rising || values.is_empty() {
        return Err(Error::Bins { bins: values.len(), low, high });
    }
    let shown = || values.iter().copied().filter(|value| value.is_finite());
    let most = shown().fold(f64::NEG_INFINITY, f64::max);
    chart::page(bars.title, |area| match bars.scale {
        Scale::Linear => {
            let (top, bottom) = (most.max(0.0), shown().fold(0.0, f64::min));
            let top = if top > bottom { top + 0.08 * (top - bottom) } else { bottom + 1.0 };
            draw(area, bars, (low, high), bottom..top)
        }
        Scale::Log => {
            let least = shown().filter(|&value| value > 0.0).fold(f64::INFINITY, f64::min);
            let sound = least.is_finite() && most > 0.0;
            let (least, most) = if sound { (least, most) } else { (1.0, 1.0) };
            draw(area, bars, (low, high), (least / 2.0..most * 2.0).log_scale())
        }
    })
}

fn draw<Y>(
    area: &chart::Area<'_>,
    bars: &Bars<'_>,
    (low, high): (f64, f64),
    y: Y,
) -> Result<(), BoxError>
where
    Y: plotters::coord::ranged1d::AsRangedCoord<Value = f64>,
    Y::CoordDescType: plotters::coord::ranged1d::ValueFormatter<f64>,
{
    let labels = Labels { title: bars.title, x: bars.x_label, y: bars.y_label };
    let mut chart = chart::axes(area, labels, low..high, y)?;
    let limits = chart.y_range();
    let log = bars.scale == Scale::Log;
    let floor = if log { limits.start } else { limits.start.max(0.0) };
    let drawn = |&(_, value): &(usize, f64)| value.is_finite() && (!log || value > 0.0);
    let values: Vec<(usize, f64)> = bars.values.iter().copied().enumerate().filter(drawn).collect();
    chart.draw_series(values.iter().map(|&(bin, value)| {
        let corners = [(bars.edges[bin], floor), (bars.edges[bin + 1], value)];
        Rectangle::new(corners, BLUE.mix(0.35).filled())
    }))?;
    chart.draw_series(values.iter().filter_map(|&(bin, value)| {
        let error =
            bars.errors.get(bin).copied().filter(|error| error.is_finite() && *error > 0.0)?;
        let middle = 0.5 * (bars.edges[bin] + bars.edges[bin + 1]);
        let ends = [value - error, value + error].map(|end| end.clamp(limits.start, limits.end));
        Some(PathElement::new(ends.map(|end| (middle, end)).to_vec(), BLUE.stroke_width(1)))
    }))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(edges: &[f64], values: &[f64], scale: Scale) -> Result<String, Error> {
        let errors: Vec<f64> = values.iter().map(|value| value.abs().sqrt()).collect();
        let errors = &*errors;
        bars(&Bars { title: "T", x_label: "x", y_label: "y", edges, values, errors, scale })
    }

    #[test]
    fn bins_of_any_width_are_drawn_on_both_scales() {
        for scale in [Scale::Linear, Scale::Log] {
            for values in [[1.0, -2.0, 300.0], [0.0, 0.0, 0.0], [f64::NAN, f64::INFINITY, 1e-9]] {
                let svg = draw(&[0.0, 1.0, 3.0, 10.0], &values, scale).unwrap();
                assert!(svg.trim_end().ends_with("</svg>"), "{scale:?} {values:?}");
            }
        }
    }

    #[test]
    fn edges_that_do_not_rise_are_refused() {
        for edges in [&[0.0, 1.0][..], &[0.0, 2.0, 1.0], &[0.0, f64::NAN, 2.0], &[]] {
            assert!(draw(edges, &[1.0, 2.0], Scale::Linear).is_err(), "{edges:?}");
        }
        assert!(draw(&[0.0], &[], Scale::Linear).is_err());
    }
}
