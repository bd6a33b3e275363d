//! Time ranges. All dates are UTC.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use super::complaint::{Complaint, Piece};

/// A range of time, nanoseconds since 1970, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// First.
    pub first: u64,
    /// Last.
    pub last: u64,
}

/// What `--time` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Times {
    /// Runs that were going on in one of these ranges, or began in it.
    Ranges(Vec<TimeRange>),
    /// Runs that began later than this.
    Since(u64),
}

const SECOND: u64 = 1_000_000_000;

/// Reads a comma list of times; `now` stands for `last` and for dates without a year.
pub(crate) fn times(piece: Piece<'_>, now: Timestamp) -> Result<Times, Complaint> {
    let pieces = piece.split(',');
    if let Some(first) = pieces.first()
        && let Some(rest) = first.text().strip_prefix("last")
    {
        let at = first.text().len() - rest.len();
        return Ok(Times::Since(
            nanoseconds(now).saturating_sub(ago(first.split_at(at).1.trim())?),
        ));
    }
    pieces.into_iter().map(|piece| range(piece, now)).collect::<Result<_, _>>().map(Times::Ranges)
}

/// Sum of `N<unit>`, in nanoseconds.
fn ago(piece: Piece<'_>) -> Result<u64, Complaint> {
    let mut sum = 0_u64;
    let words = piece.words();
    if words.is_empty() {
        return Err(
            piece.complain("'last' needs a time behind it, as in 'last3d' or 'last 1d 12h'")
        );
    }
    for word in words {
        // Several may stand together: 1d12h.
        let mut rest = word;
        while !rest.is_empty() {
            let text = rest.text();
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let unit = text[digits..].chars().next();
            let seconds = match unit {
                Some('s') => 1,
                Some('m') => 60,
                Some('h') => 3_600,
                Some('d') => 86_400,
                Some('w') => 7 * 86_400,
                Some('y') => 365 * 86_400,
                _ => {
                    let at = rest.split_at(digits).1;
                    return Err(at.complain(format!(
                        "'{text}' has no unit, expected s, m, h, d, w or y behind a number"
                    )));
                }
            };
            let number: Option<u64> = text[..digits].parse().ok();
            let part = number.and_then(|number| number.checked_mul(seconds)?.checked_mul(SECOND));
            let part = part
                .ok_or_else(|| rest.complain(format!("'{text}' does not begin with a number")))?;
            sum = sum.saturating_add(part);
            rest = rest.split_at(digits + 1).1;
        }
    }
    Ok(sum)
}

fn range(piece: Piece<'_>, now: Timestamp) -> Result<TimeRange, Complaint> {
    let text = piece.text();
    if text == "-" {
        return Ok(TimeRange { first: 0, last: u64::MAX });
    }
    if let Some(at) = text.strip_suffix('+').map(str::len) {
        return Ok(TimeRange {
            first: moment(piece.split_at(at).0.trim(), now)?.0,
            last: u64::MAX,
        });
    }
    let Some(at) = text.find('-') else {
        let (first, last) = moment(piece, now)?;
        return Ok(TimeRange { first, last });
    };
    let (first, rest) = piece.split_at(at);
    let first = moment(first.trim(), now)?;
    let last = rest.split_at(1).1.trim();
    if last.is_empty() {
        return Ok(TimeRange { first: 0, last: first.1 });
    }
    let last = moment(last, now)?.1;
    if last < first.0 {
        return Err(piece.complain(format!("time range '{text}' ends before it begins")));
    }
    Ok(TimeRange { first: first.0, last })
}

/// First and last nanosecond of a day or an instant.
fn moment(piece: Piece<'_>, now: Timestamp) -> Result<(u64, u64), Complaint> {
    let (date, time) = match piece.text().find('_') {
        Some(at) => {
            let (date, time) = piece.split_at(at);
            (date, Some(time.split_at(1).1))
        }
        None => (piece, None),
    };
    let date = day(date, now)?;
    let at = |time: Time| nanoseconds_of(date.to_datetime(time));
    match time {
        None => {
            let end = Time::constant(23, 59, 59, 0);
            Ok((at(Time::midnight()), at(end)))
        }
        Some(time) => {
            let parsed = Time::strptime("%H:%M:%S", time.text()).map_err(|_| {
                time.complain(format!("'{}' is no time of day, expected HH:MM:SS", time.text()))
            })?;
            Ok((at(parsed), at(parsed)))
        }
    }
}

/// `D.M.YYYY`, or `D.M.` in the year of `now`.
fn day(piece: Piece<'_>, now: Timestamp) -> Result<Date, Complaint> {
    let text = piece.text();
    let wrong = || piece.complain(format!("'{text}' is no date, expected D.M.YYYY or D.M."));
    let parts: Vec<&str> = text.split('.').collect();
    let [day, month, year] = parts[..] else { return Err(wrong()) };
    let year = if year.is_empty() {
        TimeZone::UTC.to_datetime(now).year()
    } else {
        year.parse().map_err(|_| wrong())?
    };
    let (day, month) = (day.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
    Date::new(year, month, day).map_err(|_| wrong())
}

fn nanoseconds_of(time: DateTime) -> u64 {
    TimeZone::UTC.to_timestamp(time).map_or(0, nanoseconds)
}

/// Times before 1970 are 1970.
pub(crate) fn nanoseconds(time: Timestamp) -> u64 {
    u64::try_from(time.as_nanosecond()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Times, Complaint> {
        times(Piece::new(text, 0..text.len()), "2026-11-24T12:00:00Z".parse().unwrap())
    }

    fn at(text: &str) -> u64 {
        nanoseconds(text.parse().unwrap())
    }

    #[test]
    fn times_of_the_guide() {
        assert_eq!(read("last3d"), Ok(Times::Since(at("2026-11-21T12:00:00Z"))));
        assert_eq!(read("last 1d 12h"), Ok(Times::Since(at("2026-11-23T00:00:00Z"))));
        assert_eq!(read("last 1w1y"), Ok(Times::Since(at("2025-11-17T12:00:00Z"))));
        let check = |text: &str, first: &str, last: &str| {
            let expected = TimeRange { first: at(first), last: at(last) };
            assert_eq!(read(text), Ok(Times::Ranges(vec![expected])), "{text}");
        };
        check("1.6.2015-3.6.2015", "2015-06-01T00:00:00Z", "2015-06-03T23:59:59Z");
        check("10.6.", "2026-06-10T00:00:00Z", "2026-06-10T23:59:59Z");
        let from = TimeRange { first: at("2015-06-01T12:00:00Z"), last: u64::MAX };
        assert_eq!(read("1.6.2015_12:00:00+"), Ok(Times::Ranges(vec![from])));
        let until = TimeRange { first: 0, last: at("2015-06-01T23:59:59Z") };
        assert_eq!(read("1.6.2015-"), Ok(Times::Ranges(vec![until])));
        assert!(
            matches!(read("1.6.2015,3.6.2015,-"), Ok(Times::Ranges(ranges)) if ranges.len() == 3)
        );
    }

    #[test]
    fn wrong_times_are_pointed_at() {
        let error = read("1.6.2015,31.2.2015").unwrap_err();
        assert_eq!(&error.text[error.word.clone()], "31.2.2015");
        let error = read("1.6.2015_25:00:00+").unwrap_err();
        assert_eq!(&error.text[error.word.clone()], "25:00:00");
        for text in [
            "",
            "last",
            "last3",
            "last3q",
            "lastd",
            "yesterday",
            "1.6",
            "3.6.2015-1.6.2015",
            "1.6.2015_",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,30}") {
            let _ = read(&text).map_err(|error| error.to_string());
        }

        #[test]
        fn numbers_of_any_size_are_read_or_refused(text in "last[0-9smhdwy]{1,40}") {
            let _ = read(&text);
        }
    }
}
