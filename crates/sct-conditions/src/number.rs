//! Numbers as C++ streams print them.

use std::fmt;

/// Prints a number with six significant digits in the shorter of fixed and exponent form, without trailing zeros: the
/// default of C++ streams, `%g` of C.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SixDigits(pub f64);

/// Significant digits of the default stream.
const DIGITS: i32 = 6;

impl fmt::Display for SixDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        if !value.is_finite() {
            let sign = if value.is_sign_negative() { "-" } else { "" };
            return write!(f, "{sign}{}", if value.is_nan() { "nan" } else { "inf" });
        }
        // The exponent after rounding decides the form, as in C.
        let scientific = format!("{value:.5e}");
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        if (-4..DIGITS).contains(&exponent) {
            let decimals = usize::try_from(DIGITS - 1 - exponent).unwrap_or(0);
            return f.write_str(trimmed(&format!("{value:.decimals$}")));
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(f, "{}e{sign}{:02}", trimmed(mantissa), exponent.unsigned_abs())
    }
}

/// Without trailing zeros after the point, and without a point at the end.
fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// The text of [`SixDigits`].
pub fn six_digits(value: f64) -> String {
    SixDigits(value).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_print_as_c_prints_them() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.064_24e-5, "1.06424e-05"),
            (0.990_123, "0.990123"),
            (3000.0, "3000"),
            (999_999.0, "999999"),
            (999_999.5, "1e+06"),
            (1_000_000.0, "1e+06"),
            (123_456_789.0, "1.23457e+08"),
            (0.0001, "0.0001"),
            (0.000_099_999_96, "0.0001"),
            (0.000_099_999_4, "9.99994e-05"),
            (-1.5e-5, "-1.5e-05"),
            (1e-100, "1e-100"),
            (f64::from(0.015_f32), "0.015"),
            (f64::from(0.3_f32 * 100.0), "30"),
            (f64::INFINITY, "inf"),
            (-f64::NAN, "-nan"),
        ] {
            assert_eq!(six_digits(value), expected);
        }
    }

    proptest! {
        #[test]
        fn six_digits_are_kept(value in prop::num::f64::NORMAL) {
            let printed: f64 = six_digits(value).parse().unwrap();
            let rounded: f64 = format!("{value:.5e}").parse().unwrap();
            prop_assert_eq!(printed.to_bits(), rounded.to_bits());
        }
    }
}
