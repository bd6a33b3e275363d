//! Numbers as people read them on a plot.

/// Four significant digits, exponent only where it helps: `0.0123`, `1.2e-5`, `3000`.
pub(crate) fn short(value: f64) -> String {
    if !value.is_finite() {
        return "not a number".to_owned();
    }
    let size = value.abs();
    if value.to_bits() << 1 == 0 {
        "0".to_owned()
    } else if !(1e-3..1e6).contains(&size) {
        let text = format!("{value:.3e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{exponent}", trimmed(digits))
    } else {
        let places = if size >= 1000.0 {
            0
        } else if size >= 1.0 {
            3
        } else {
            6
        };
        trimmed(&format!("{value:.places$}")).to_owned()
    }
}

/// Without trailing zeros after the point.
fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// A power of ten as `10⁻⁵`, for axes; plain numbers between 0.01 and 1000.
pub(crate) fn decade(value: f64) -> String {
    let power = value.log10().round();
    if !(value > 0.0 && (value.log10() - power).abs() < 1e-6) {
        return short(value);
    }
    if (-2.0..=3.0).contains(&power) {
        return short(10_f64.powf(power));
    }
    let digits = format!("{power:.0}");
    let raised = digits.chars().map(|digit| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        '9' => '⁹',
        _ => '⁰',
    });
    format!("10{}", raised.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.015, "0.015"),
            (1.064_24e-5, "1.064e-5"),
            (3000.0, "3000"),
            (12.5, "12.5"),
            (1e6, "1e6"),
            (-2.0, "-2"),
            (f64::NAN, "not a number"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn powers_of_ten_are_raised() {
        for (value, text) in
            [(1e-5, "10⁻⁵"), (1e6, "10⁶"), (0.1, "0.1"), (100.0, "100"), (2e-5, "2e-5")]
        {
            assert_eq!(decade(value), text);
        }
    }
}
