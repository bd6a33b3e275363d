//! Histograms drawn with characters.

use sct_plot::Scale;
use sct_roothist::Histogram;

/// Lines of a drawing of one dimension, and eighths of a line.
const HEIGHT: usize = 16;
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Characters for cells from small to large values.
const SHADES: [char; 10] = ['.', ',', ':', ';', '+', 'x', 'X', '#', '%', '@'];
/// The same as colours of terminals, blue to yellow.
const COLOURS: [u8; 10] = [17, 18, 24, 30, 36, 71, 107, 149, 185, 227];
/// Most lines of a map.
const MOST_ROWS: usize = 60;

/// Where a value is between the ends of a scale, 0 to 1; `None` when it cannot be shown.
fn place(value: f64, (low, high): (f64, f64), scale: Scale) -> Option<f64> {
    let place = match scale {
        Scale::Linear => (value - low) / (high - low),
        Scale::Log if value > 0.0 => (value / low).ln() / (high / low).ln(),
        Scale::Log => return None,
    };
    (value.is_finite() && !place.is_infinite()).then_some(if place.is_nan() {
        1.0
    } else {
        place.clamp(0.0, 1.0)
    })
}

/// Ends of a scale that holds all values; a linear one holds zero.
fn ends(values: impl Iterator<Item = f64>, scale: Scale) -> Option<(f64, f64)> {
    let shown =
        values.filter(|value| value.is_finite() && (scale == Scale::Linear || *value > 0.0));
    let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    let zero =
        if scale == Scale::Linear { (low.min(0.0), high.max(0.0)) } else { (low / 2.0, high) };
    (low <= high).then_some(zero)
}

/// Blocks of neighbours, at most `most` of them.
fn blocks(count: usize, most: usize) -> Vec<std::ops::Range<usize>> {
    let shown = count.min(most).max(1);
    (0..shown).map(|block| block * count / shown..(block + 1) * count / shown).collect()
}

/// The value farthest from zero.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(
        f64::NAN,
        |most, value| {
            if most.is_nan() || value.abs() > most.abs() { value } else { most }
        },
    )
}

/// Draws contents against x as steps. Where there are more bins than columns, a column shows the largest of its bins.
pub(super) fn steps(histogram: &Histogram, width: usize, scale: Scale) -> String {
    let bins = histogram.x.bins as usize;
    let value = |bin: usize| histogram.value(bin + 1).unwrap_or(0.0);
    let columns: Vec<f64> =
        blocks(bins, width).into_iter().map(|block| largest(block.map(value))).collect();
    let Some(limits) = ends(columns.iter().copied(), scale) else {
        return "nothing to draw\n".to_owned();
    };
    // From the bottom, which is zero or the smallest value, in eighths of a line.
    let levels: Vec<usize> = columns
        .iter()
        .map(|&value| {
            let eighths = place(value, limits, scale).unwrap_or(0.0) * (8 * HEIGHT) as f64;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 128")]
            let level = eighths.round() as usize;
            level
        })
        .collect();
    let mut text = String::new();
    for line in (0..HEIGHT).rev() {
        let label = match line {
            0 => format!("{:.4}", limits.0),
            line if line + 1 == HEIGHT => format!("{:.4}", limits.1),
            _ => String::new(),
        };
        text.push_str(&format!("{label:>12} ┤"));
        let drawn: String =
            levels.iter().map(|&level| EIGHTHS[level.saturating_sub(8 * line).min(8)]).collect();
        text.push_str(drawn.trim_end());
        text.push('\n');
    }
    let rule = "─".repeat(columns.len());
    let (low, high) = (histogram.x.low.to_string(), histogram.x.high.to_string());
    let between = columns.len().saturating_sub(low.len() + high.len());
    text + &format!("{:>12} └{rule}\n{:14}{low}{:between$}{high}\n", "", "", "")
}

/// Draws contents as a map, y upwards; cells without a value are blank, and where there are too many cells one shows the
/// largest of several.
pub(super) fn map(histogram: &Histogram, width: usize, scale: Scale, colour: bool) -> String {
    let (columns, rows) = (histogram.x.bins as usize, histogram.y.bins as usize);
    let wide = if 2 * columns <= width { 2 } else { 1 };
    let (across, up) = (blocks(columns, width / wide), blocks(rows, MOST_ROWS));
    let value = |column: usize, row: usize| {
        let cell = histogram.cell(column + 1, row + 1)?;
        let empty =
            histogram.profile.as_ref().is_some_and(|profile| profile.bin_entries[cell] == 0.0);
        histogram.value(cell).filter(|value| !empty && *value != 0.0)
    };
    let table: Vec<Vec<f64>> = up
        .iter()
        .map(|rows| {
            let block = |columns: &std::ops::Range<usize>| {
                let cells =
                    rows.clone().flat_map(|row| columns.clone().map(move |column| (column, row)));
                largest(cells.filter_map(|(column, row)| value(column, row)))
            };
            across.iter().map(block).collect()
        })
        .collect();
    let Some(limits) = ends(table.iter().flatten().copied(), scale) else {
        return "nothing to draw: all cells are empty\n".to_owned();
    };
    let shade = |value: f64| {
        let place = place(value, limits, scale)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 9")]
        let shade = (place * (SHADES.len() - 1) as f64).round() as usize;
        Some(shade)
    };
    let mut text = String::new();
    for (rows, cells) in up.iter().zip(&table).rev() {
        let label = histogram.y.center(rows.start + 1);
        text.push_str(&format!("{label:>8} │"));
        for &value in cells {
            text.push_str(&character(shade(value), wide, colour));
        }
        text.push_str("│\n");
    }
    let (low, high) = (histogram.x.center(1), histogram.x.center(columns));
    text.push_str(&format!("         x from {low} to {high}; "));
    for shade in [0, SHADES.len() - 1] {
        let (end, word) = if shade == 0 { (limits.0, "") } else { (limits.1, " to ") };
        text.push_str(&format!("{word}{} {end:.4}", character(Some(shade), 1, colour)));
    }
    text + "\n"
}

fn character(shade: Option<usize>, wide: usize, colour: bool) -> String {
    match shade {
        None => " ".repeat(wide),
        Some(shade) if colour => {
            format!("\x1b[48;5;{}m{}\x1b[0m", COLOURS[shade], " ".repeat(wide))
        }
        Some(shade) => SHADES[shade].to_string().repeat(wide),
    }
}

#[cfg(test)]
mod tests {
    use sct_roothist::{Axis, Class, Contents};

    use super::*;

    fn counts(values: &[f32]) -> Histogram {
        let bins = u32::try_from(values.len()).unwrap();
        let axis = Axis::uniform(0, bins, 0.0, f64::from(bins));
        let mut histogram = Histogram::new(Class::Th1F, "h", "", axis, None);
        histogram.contents = Contents::F32([&[0.0], values, &[0.0]].concat());
        histogram
    }

    #[test]
    fn a_single_hot_bin_among_many_is_seen() {
        let mut values = vec![0.0; 5000];
        values[1234] = 8.0;
        let text = steps(&counts(&values), 50, Scale::Linear);
        assert_eq!(text.matches('█').count(), HEIGHT);
        assert!(text.starts_with("      8.0000 ┤            █\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 64));
    }

    #[test]
    fn heights_are_in_eighths() {
        let text = steps(&counts(&[16.0, 8.0, 1.0, 0.5]), 50, Scale::Linear);
        let bottom = text.lines().nth(HEIGHT - 1).unwrap();
        assert!(bottom.ends_with("┤███▄"), "{text}");
    }

    #[test]
    fn nothing_and_odd_values_are_drawn_without_harm() {
        for scale in [Scale::Linear, Scale::Log] {
            for values in [&[0.0][..], &[f32::NAN], &[f32::INFINITY, 1.0], &[-3.0, 2.0]] {
                let text = steps(&counts(values), 40, scale);
                assert!(text.ends_with('\n'), "{scale:?} {values:?}");
            }
        }
        assert_eq!(steps(&counts(&[0.0, 0.0]), 40, Scale::Log), "nothing to draw\n");
    }

    #[test]
    fn maps_have_y_upwards_and_blanks_without_a_value() {
        let (x, y) = (Axis::uniform(0, 2, 0.0, 2.0), Axis::uniform(1, 2, 0.0, 2.0));
        let mut map2 = Histogram::new(Class::Th2F, "m", "", x, Some(y));
        let cell = map2.cell(2, 2).unwrap();
        let Contents::F32(contents) = &mut map2.contents else { unreachable!("a map of floats") };
        contents[cell] = 5.0;
        let text = map(&map2, 40, Scale::Linear, false);
        assert!(text.starts_with("     1.5 │  @@│\n     0.5 │    │\n"), "{text}");
        assert!(map(&map2, 40, Scale::Linear, true).contains("\x1b[48;5;227m"));
    }
}
