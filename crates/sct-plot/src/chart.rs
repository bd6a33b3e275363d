//! What the charts with axes share.

use plotters::{
    coord::{
        Shift,
        ranged1d::{AsRangedCoord, ValueFormatter},
    },
    prelude::*,
};

use crate::{Error, number, svg};

pub(crate) const SIZE: (u32, u32) = (1200, 520);
pub(crate) const INK: RGBColor = RGBColor(0x1b, 0x24, 0x30);
pub(crate) const FAINT: RGBColor = RGBColor(0x5b, 0x66, 0x75);
pub(crate) const GRID: RGBColor = RGBColor(0xe4, 0xe7, 0xec);
/// Data.
pub(crate) const BLUE: RGBColor = RGBColor(0x2b, 0x6c, 0xb0);
/// Thresholds and what lies above them; told from the blue by every reader.
pub(crate) const ORANGE: RGBColor = RGBColor(0xd5, 0x5e, 0x00);

/// A drawing surface on text.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// Whatever the drawing library reports.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// A plain chart with two axes.
pub(crate) type Chart<'a, 'b, X, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>;

/// Title and labels of the axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Labels<'a> {
    pub(crate) title: &'a str,
    pub(crate) x: &'a str,
    pub(crate) y: &'a str,
}

/// Runs `draw` on an empty light page and gives the SVG.
pub(crate) fn page(
    title: &str,
    draw: impl FnOnce(&Area<'_>) -> Result<(), BoxError>,
) -> Result<String, Error> {
    let mut text = String::new();
    let outcome = (|| {
        let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
        Ok::<(), BoxError>(())
    })();
    outcome.map_err(|source| Error::Draw { title: title.to_owned(), source })?;
    let labelled = format!("<svg role=\"img\" aria-label=\"{}\" ", svg::escape(title));
    Ok(text.replacen("<svg ", &labelled, 1))
}

/// Draws title, axes and grid.
pub(crate) fn axes<'a, 'b, X, Y>(
    area: &'a Area<'b>,
    labels: Labels<'_>,
    x: X,
    y: Y,
) -> Result<Chart<'a, 'b, X::CoordDescType, Y::CoordDescType>, BoxError>
where
    X: AsRangedCoord<Value = f64>,
    Y: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
    Y::CoordDescType: ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .caption(clean(labels.title), ("sans-serif", 25, &INK))
        .margin(16)
        .margin_right(32)
        .x_label_area_size(58)
        .y_label_area_size(88)
        .build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .x_desc(clean(labels.x))
        .y_desc(clean(labels.y))
        .x_labels(12)
        .y_labels(8)
        .bold_line_style(GRID)
        .light_line_style(WHITE.mix(0.0))
        .axis_style(FAINT)
        .label_style(("sans-serif", 17, &FAINT))
        .axis_desc_style(("sans-serif", 18, &INK))
        .x_label_formatter(&|value| number::decade(*value))
        .y_label_formatter(&|value| number::decade(*value))
        .draw()?;
    Ok(chart)
}

/// Text without the characters that XML does not know; the drawing library escapes the others.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{FFFE}' | '\u{FFFF}')).collect()
}
