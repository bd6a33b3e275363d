//! Times as COOL and the XML files print them.

use jiff::{Timestamp, tz::TimeZone};

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
    fn absurd_times_do_not_panic() {
        assert_eq!(time_text(i64::MAX, u32::MAX).len(), 33);
        let _ = time_text(i64::MIN, 0);
    }
}
