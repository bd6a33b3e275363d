//! Values of modules by lumi block.

use std::fmt::Write as _;

use crate::{
    Scale,
    colour::{Class, ColourAxis},
    number::short,
    svg::{Anchor, FAINT, INK, Svg},
};

/// Most cells drawn either way; finer tables are reduced to the largest value of neighbouring cells.
const MOST_ROWS: usize = 200;
const MOST_COLUMNS: usize = 450;
const LEFT: f64 = 150.0;
const TOP: f64 = 56.0;
const WIDTH: f64 = 1020.0;

/// A table to be drawn as colours: rows from the top (modules), columns from the left (lumi blocks).
#[derive(Clone, Copy, Debug)]
pub struct HeatMap<'a> {
    /// Title of the plot.
    pub title: &'a str,
    /// What the columns are, counted from 1.
    pub x_label: &'a str,
    /// Name of each row.
    pub rows: &'a [String],
    /// Columns per row.
    pub columns: usize,
    /// Values, row after row; missing ones count as NaN, and NaN is drawn as no value.
    pub values: &'a [f64],
    /// How values are spread over colours.
    pub scale: Scale,
    /// The value and its unit.
    pub legend: &'a str,
}

impl HeatMap<'_> {
    fn value(&self, row: usize, column: usize) -> f64 {
        self.values.get(row * self.columns + column).copied().unwrap_or(f64::NAN)
    }

    /// Largest value in a block of cells and the column it stands in.
    fn largest(
        &self,
        rows: std::ops::Range<usize>,
        columns: std::ops::Range<usize>,
    ) -> (f64, usize) {
        let cells = rows.flat_map(|row| columns.clone().map(move |column| (row, column)));
        cells.fold((f64::NAN, 0), |(most, at), (row, column)| {
            let value = self.value(row, column);
            if value.is_finite() && (most.is_nan() || value > most) {
                (value, column)
            } else {
                (most, at)
            }
        })
    }
}

/// Draws a table as colours, 1200 pixels wide and as high as the rows need. A table finer than 200 rows or 450 columns is
/// reduced: a cell drawn shows the largest value of those it stands for. Each row shows its name and its largest value under
/// the mouse.
pub fn heat_map(map: &HeatMap<'_>) -> String {
    let rows = blocks(map.rows.len(), MOST_ROWS);
    let columns = blocks(map.columns, MOST_COLUMNS);
    let row_height = (480.0 / rows.len().max(1) as f64).clamp(4.0, 20.0);
    let height = row_height * rows.len() as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most 200 rows of 20 pixels"
    )]
    let total = (TOP + height + 120.0) as u32;
    let mut svg = Svg::new(1200, total, map.title);
    let cells: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            columns.iter().map(|column| map.largest(row.clone(), column.clone()).0).collect()
        })
        .collect();
    let axis = ColourAxis::new(map.scale, cells.iter().flatten().copied());
    let width = WIDTH / columns.len().max(1) as f64;
    let classes: Vec<Vec<Class>> = cells
        .iter()
        .map(|row| row.iter().map(|&value| axis.class(Some(value))).collect())
        .collect();
    for (class, colour) in Class::all() {
        let path = path_of(&classes, class, width, row_height);
        if !path.is_empty() {
            svg.add(format_args!(
                "<path fill=\"{colour}\" shape-rendering=\"crispEdges\" d=\"{path}\"/>\n"
            ));
        }
    }
    row_labels(&mut svg, map, &rows, row_height);
    column_labels(&mut svg, map, TOP + height);
    axis.draw(&mut svg, LEFT, TOP + height + 74.0, map.legend);
    svg.finish()
}

/// `count` things in at most `most` blocks of equal size.
fn blocks(count: usize, most: usize) -> Vec<std::ops::Range<usize>> {
    let size = count.div_ceil(most).max(1);
    (0..count).step_by(size).map(|first| first..(first + size).min(count)).collect()
}

/// All cells of one colour as one path; neighbours in a row are one rectangle.
fn path_of(classes: &[Vec<Class>], wanted: Class, width: f64, height: f64) -> String {
    let mut path = String::new();
    for (number, row) in classes.iter().enumerate() {
        let mut column = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == wanted {
                let (x, y) = (LEFT + width * column as f64, TOP + height * number as f64);
                let length = width * run.len() as f64;
                write!(path, "M{x:.1} {y:.1}h{length:.1}v{height:.1}h-{length:.1}Z")
                    .expect("writing to a string does not fail");
            }
            column += run.len();
        }
    }
    path
}

fn row_labels(svg: &mut Svg, map: &HeatMap<'_>, rows: &[std::ops::Range<usize>], height: f64) {
    // Names need about 13 pixels each.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a row is at least 4 pixels high"
    )]
    let every = (13.0 / height).ceil() as usize;
    for (number, row) in rows.iter().enumerate() {
        let y = TOP + height * number as f64;
        let name = match map.rows.get(row.clone()) {
            Some([one]) => one.clone(),
            Some([first, .., last]) => format!("{first} to {last}"),
            _ => continue,
        };
        if number % every == 0 {
            let text = &map.rows[row.start];
            svg.label(LEFT - 8.0, y + height / 2.0 + 4.0, 12, Anchor::End, FAINT, text);
        }
        let (most, column) = map.largest(row.clone(), 0..map.columns);
        let tip = if most.is_nan() {
            format!("{name}: no value")
        } else {
            format!("{name}: at most {}, at {}", short(most), column + 1)
        };
        svg.add("<g fill=\"#ffffff\" fill-opacity=\"0\">");
        svg.shape(&format!("M0 {y:.1}h1200v{height:.1}H0Z"), &tip);
        svg.close();
    }
}

fn column_labels(svg: &mut Svg, map: &HeatMap<'_>, bottom: f64) {
    let columns = map.columns.max(1);
    let step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]
        .into_iter()
        .find(|step| columns / step <= 18)
        .unwrap_or(columns);
    for number in (step..=map.columns).step_by(step) {
        let x = LEFT + WIDTH * (number as f64 - 0.5) / columns as f64;
        svg.label(x, bottom + 18.0, 12, Anchor::Middle, FAINT, &number.to_string());
    }
    svg.label(LEFT + WIDTH, bottom + 38.0, 14, Anchor::End, INK, map.x_label);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(rows: usize, columns: usize, values: &[f64]) -> String {
        let names: Vec<String> = (0..rows).map(|row| format!("row {row}")).collect();
        heat_map(&HeatMap {
            title: "Heat",
            x_label: "lumi block",
            rows: &names,
            columns,
            values,
            scale: Scale::Log,
            legend: "hits per event",
        })
    }

    #[test]
    fn a_single_hot_cell_survives_the_reduction() {
        let (rows, columns) = (500, 1800);
        let mut values = vec![0.0; rows * columns];
        values[321 * columns + 1234] = 0.7;
        let svg = draw(rows, columns, &values);
        assert!(svg.contains("at most 0.7, at 1235"));
        assert!(svg.len() < 200_000);
    }

    #[test]
    fn noise_everywhere_stays_below_the_limit() {
        let (rows, columns) = (200, 900);
        let noise = |cell: usize| f64::from(u32::try_from(cell * 7919 % 1009).unwrap()) / 1009.0;
        let values: Vec<f64> = (0..rows * columns).map(noise).collect();
        assert!(draw(rows, columns, &values).len() < 3_000_000);
    }

    #[test]
    fn short_tables_have_cells_without_a_value() {
        let svg = draw(2, 3, &[0.1, 0.2]);
        assert!(svg.contains(crate::colour::NONE) && svg.contains("row 1: no value"));
        assert!(draw(0, 0, &[]).contains("</svg>"));
    }
}
