//! Times as COOL and the XML files print them.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// A time in UTC as 33 characters: `2022-12-01_00:00:00.000000000 GMT`. Times outside the years 1 to 9999 become the
/// nearest time inside.
///
/// `seconds` count from 1970, `nanoseconds` (below 10^9) add to them.
pub fn time_text(seconds: i64, nanoseconds: u32) -> String {
    let (first, last) =
        (Timestamp::MIN.as_second() + 86_400 * 2, Timestamp::MAX.as_second() - 86_400 * 2);
    let time = Timestamp::from_second(seconds.clamp(first, last)).unwrap_or(Timestamp::UNIX_EPOCH);
    let time = TimeZone::UTC.to_datetime(time);
    format!(
        "{:04}-{:02}-{:02}_{:02}:{:02}:{:02}.{:09} GMT",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        nanoseconds.min(999_999_999)
    )
}

/// Seconds since 1970 of a time as [`time_text`] writes it, or of a number of seconds; a fraction is left out. None for
/// anything else.
pub fn time_seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        #[expect(clippy::cast_possible_truncation, reason = "saturates; times are whole seconds")]
        return number.is_finite().then_some(number.trunc() as i64);
    }
    let time = text.strip_suffix("GMT")?.trim();
    let time = DateTime::strptime("%Y-%m-%d_%H:%M:%S%.f", time).ok()?;
    let time = TimeZone::UTC.to_timestamp(time).ok()?;
    // Down, also before 1970.
    i64::try_from(time.as_nanosecond().div_euclid(1_000_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc() {
        assert_eq!(time_text(1_669_852_800, 0), "2022-12-01_00:00:00.000000000 GMT");
        assert_eq!(time_text(0, 229_557_586), "1970-01-01_00:00:00.229557586 GMT");
        assert_eq!(time_text(-1, 0), "1969-12-31_23:59:59.000000000 GMT");
    }

    #[test]
    fn what_is_written_is_read() {
        for seconds in [0, 1_669_852_800, -1, 4_102_444_799] {
            assert_eq!(time_seconds(&time_text(seconds, 229_557_586)), Some(seconds));
            assert_eq!(time_seconds(&format!(" {seconds}.25 ")), Some(seconds));
        }
        for odd in ["", "x", "NaN", "soon", "2015-06-09", "2015-99-09_08:10:12.000000000 GMT"] {
            assert_eq!(time_seconds(odd), None, "{odd}");
        }
    }

    #[test]
    fn absurd_times_do_not_panic() {
        assert_eq!(time_text(i64::MAX, u32::MAX).len(), 33);
        let _ = time_text(i64::MIN, 0);
    }
}
