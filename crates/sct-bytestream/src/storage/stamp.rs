//! Dates and times of files.

use std::fmt;

/// Local date and time of the writing machine, no zone, as the records hold it: `DDMMYYYY` and `HHMMSS` in decimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// day * 1 000 000 + month * 10 000 + year.
    pub date: u32,
    /// hour * 10 000 + minute * 100 + second.
    pub time: u32,
}

impl Stamp {
    /// From day, month, year and hour, minute, second.
    pub const fn new(
        (day, month, year): (u8, u8, u16),
        (hour, minute, second): (u8, u8, u8),
    ) -> Self {
        Self {
            date: day as u32 * 1_000_000 + month as u32 * 10_000 + year as u32,
            time: hour as u32 * 10_000 + minute as u32 * 100 + second as u32,
        }
    }
}

impl fmt::Display for Stamp {
    /// `2018-07-31 03:20:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { date, time } = self;
        let (day, month, year) = (date / 1_000_000, date / 10_000 % 100, date % 10_000);
        let (hour, minute, second) = (time / 10_000, time / 100 % 100, time % 100);
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_decimal_numbers() {
        let stamp = Stamp::new((31, 1, 2007), (3, 20, 0));
        assert_eq!((stamp.date, stamp.time), (31_012_007, 32_000));
        assert_eq!(stamp.to_string(), "2007-01-31 03:20:00");
    }
}
