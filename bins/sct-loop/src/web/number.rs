//! Numbers and times for people.

/// A number with four significant digits: what fits into a narrow column.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value.fract() == 0.0 && value.abs() < 1e9 {
        return format!("{value:.0}");
    }
    match value.abs() {
        size if !(1e-3..1e6).contains(&size) => format!("{value:.2e}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 10.0 => format!("{value:.2}"),
        size if size >= 1.0 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

/// A count in groups of three digits.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A time to the minute, UTC.
pub(crate) fn time(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.strftime("%Y-%m-%d %H:%M").to_string())
}

/// A time as COOL and the queue write it, to the minute: fractions of a second are for machines.
pub(crate) fn when(time: &str) -> String {
    let minute = time.get(..16).filter(|_| time.as_bytes().get(10) == Some(&b'_'));
    minute.map_or_else(|| time.to_owned(), |minute| minute.replacen('_', " ", 1))
}

/// What the command line says, as a sentence.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}

/// A span of time: the two largest units.
pub(crate) fn span(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    match (days, hours, minutes) {
        _ if seconds < 0 => "-".to_owned(),
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, ..) => format!("{hours} h {minutes:02} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// A size of a file.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fit_their_columns() {
        let shown: Vec<String> =
            [0.0, 12.0, 0.000_012_34, 0.1234, 1.0 / 3.0 + 12.0, 123_456.7, -4.25].map(short).into();
        assert_eq!(shown, ["0", "12", "1.23e-5", "0.1234", "12.33", "123456.7", "-4.250"]);
        assert_eq!(short(f64::NAN), "-");
        assert_eq!(grouped(6_279_168), "6\u{202f}279\u{202f}168");
        assert_eq!(grouped(12), "12");
    }

    #[test]
    fn spans_have_two_units() {
        let shown: Vec<String> = [5, 61, 7_321, 90_000, -1].map(span).into();
        assert_eq!(shown, ["5 s", "1 min", "2 h 02 min", "1 d 1 h", "-"]);
    }
}
