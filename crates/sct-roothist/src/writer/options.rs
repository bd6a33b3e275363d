use crate::compress::Compression;

/// How a file is written. The defaults give the same bytes for the same content, whenever and wherever it is written.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// Packing of payloads; zlib level 1 by default.
    pub compression: Compression,
    /// Date that stands in all keys and directories.
    pub date: Date,
    /// Identifier of the file and its directories.
    pub uuid: [u8; 16],
    /// Title of the file, empty by default.
    pub title: String,
    /// What happens when a name comes twice in one directory.
    pub duplicates: Duplicates,
    /// Records that start after this offset have 8-byte pointers. A lower limit than the default gives a valid file too,
    /// which lets tests cover large files without writing one.
    pub large_after: u64,
}

impl WriteOptions {
    /// Last offset that ROOT writes in four bytes. Source: `TFile::kStartBigFile`.
    pub const LARGE_AFTER: u64 = 2_000_000_000;

    /// A fixed identifier of version 5, so that equal content gives equal files.
    pub const UUID: [u8; 16] = *b"sct-ro\x5fh\xb1ist\0\0\0\x01";
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            compression: Compression::default(),
            date: Date::EARLIEST,
            uuid: Self::UUID,
            title: String::new(),
            duplicates: Duplicates::Refuse,
            large_after: Self::LARGE_AFTER,
        }
    }
}

/// What a writer does with a second object of one name in one directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// An error: in a file made from scratch it is a mistake.
    #[default]
    Refuse,
    /// The object becomes the next cycle and hides the earlier ones.
    NextCycle,
}

/// A date as keys hold it: year since 1995, month, day, hour, minute and second in 6, 4, 5, 5, 6 and 6 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(u32);

impl Date {
    /// 1995-01-01 00:00:00, the first date that can be written.
    pub const EARLIEST: Self = Self(1 << 22 | 1 << 17);

    /// A date from its parts; `None` when one is outside its range or the year is not in 1995..=2058.
    pub fn new(
        year: u32,
        month: u32,
        day: u32,
        hour: u32,
        minute: u32,
        second: u32,
    ) -> Option<Self> {
        let valid = (1995..=2058).contains(&year)
            && (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        valid.then(|| {
            Self((year - 1995) << 26 | month << 22 | day << 17 | hour << 12 | minute << 6 | second)
        })
    }

    /// The packed number.
    pub fn packed(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_date_is_the_first_of_1995() {
        assert_eq!(Date::new(1995, 1, 1, 0, 0, 0), Some(Date::EARLIEST));
    }

    #[test]
    fn parts_have_their_bits() {
        let date = Date::new(2024, 11, 24, 11, 53, 7).map(Date::packed);
        assert_eq!(date, Some(29 << 26 | 11 << 22 | 24 << 17 | 11 << 12 | 53 << 6 | 7));
    }

    #[test]
    fn parts_out_of_range_are_refused() {
        for (year, month, day) in [(1994, 1, 1), (2059, 1, 1), (2000, 13, 1), (2000, 1, 0)] {
            assert_eq!(Date::new(year, month, day, 0, 0, 0), None);
        }
        assert_eq!(Date::new(2000, 1, 1, 24, 0, 0), None);
    }
}
