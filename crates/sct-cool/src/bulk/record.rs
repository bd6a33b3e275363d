//! Records: the bytes of a row, or of an entry of an index. Source: "Record Format" of SQLite's file format.

use sct_conditions::{StorageType, Value};

/// One value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Int(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl<'a> Cell<'a> {
    /// A payload value as COOL binds it, see `store::payload`.
    pub(super) fn of(value: &'a Value, storage: StorageType) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Text(text) if text.is_empty() => Self::Null,
            Value::Text(text) => Self::Text(text),
            Value::Int(number) => Self::Int(*number),
            #[expect(clippy::cast_possible_truncation, reason = "a Float has single precision")]
            Value::Real(number) if storage == StorageType::Float => {
                Self::Real(f64::from(*number as f32))
            }
            Value::Real(number) => Self::Real(*number),
            Value::Blob(bytes) => Self::Blob(bytes),
        }
    }

    /// As part of the key of an index: a number, or [`NULL_KEY`] for null.
    ///
    /// # Errors
    ///
    /// A word for what it is else.
    pub(super) fn key(self) -> Result<i64, &'static str> {
        match self {
            Self::Null => Ok(NULL_KEY),
            Self::Int(NULL_KEY) => Err("a number without positive counterpart"),
            Self::Int(number) => Ok(number),
            Self::Real(_) => Err("fractions"),
            Self::Text(_) => Err("texts"),
            Self::Blob(_) => Err("blobs"),
        }
    }

    /// The value of a key.
    pub(super) fn of_key(key: i64) -> Self {
        if key == NULL_KEY { Self::Null } else { Self::Int(key) }
    }
}

/// Stands for null in keys, where it comes before all numbers.
const NULL_KEY: i64 = i64::MIN;

/// A record in the making.
#[derive(Debug, Default)]
pub(super) struct Record {
    types: Vec<u8>,
    body: Vec<u8>,
}

impl Record {
    /// Adds a value.
    pub(super) fn put(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Null => self.types.push(0),
            Cell::Int(number) => self.int(number),
            Cell::Real(number) => {
                if let Some(number) = whole(number) {
                    self.int(number);
                } else {
                    self.types.push(7);
                    self.body.extend_from_slice(&number.to_be_bytes());
                }
            }
            Cell::Text(text) => {
                varint(&mut self.types, 13 + 2 * text.len() as u64);
                self.body.extend_from_slice(text.as_bytes());
            }
            Cell::Blob(bytes) => {
                varint(&mut self.types, 12 + 2 * bytes.len() as u64);
                self.body.extend_from_slice(bytes);
            }
        }
    }

    fn int(&mut self, number: i64) {
        // Bits with the sign.
        let bits = 65 - (if number < 0 { !number } else { number }).leading_zeros();
        let (kind, bytes) = match bits {
            _ if number == 0 || number == 1 => (8 + u8::from(number == 1), 0),
            0..=8 => (1, 1),
            9..=16 => (2, 2),
            17..=24 => (3, 3),
            25..=32 => (4, 4),
            33..=48 => (5, 6),
            _ => (6, 8),
        };
        self.types.push(kind);
        // Always eight bytes, of which the rest is cut off: a copy of fixed length costs next to nothing.
        let end = self.body.len() + bytes;
        let shifted = number.unbounded_shl(64 - 8 * u32::try_from(bytes).unwrap_or(8));
        self.body.extend_from_slice(&shifted.to_be_bytes());
        self.body.truncate(end);
    }

    /// Bytes of the record so far.
    pub(super) fn length(&self) -> usize {
        self.header() + self.body.len()
    }

    /// Bytes before the values. The length of the header counts itself; two bytes are enough for the columns a table can
    /// have.
    fn header(&self) -> usize {
        let types = self.types.len();
        types + if varint_length(types as u64 + 1) == 1 { 1 } else { 2 }
    }

    /// Puts the record behind `out`; the next one begins.
    pub(super) fn append_to(&mut self, out: &mut Vec<u8>) {
        varint(out, self.header() as u64);
        out.extend_from_slice(&self.types);
        out.extend_from_slice(&self.body);
        self.types.clear();
        self.body.clear();
    }
}

/// Whole numbers of up to six bytes, which SQLite keeps as such in columns of real numbers.
fn whole(number: f64) -> Option<i64> {
    let small = number.abs() < (1_u64 << 47) as f64 && number.fract().to_bits() << 1 == 0;
    #[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
    small.then_some(number as i64)
}

fn low_bits(number: u64) -> u8 {
    number.to_be_bytes()[7] & 0x7f
}

fn varint_length(number: u64) -> u64 {
    u64::from(64 - (number | 1).leading_zeros()).div_ceil(7)
}

/// Seven bits a byte, highest first, the last byte without the top bit. Good for numbers below 2^56, as all lengths and row
/// numbers are.
pub(super) fn varint(out: &mut Vec<u8>, number: u64) {
    for place in (1..varint_length(number)).rev() {
        out.push(0x80 | low_bits(number >> (7 * place)));
    }
    out.push(low_bits(number));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(mut record: Record) -> Vec<u8> {
        let (length, mut out) = (record.length(), Vec::new());
        record.append_to(&mut out);
        assert_eq!((out.len(), record.length()), (length, 1));
        out
    }

    #[test]
    fn numbers_take_the_bytes_they_need() {
        let bytes = |cell| {
            let mut record = Record::default();
            record.put(cell);
            bytes_of(record)
        };
        assert_eq!(bytes(Cell::Null), [2, 0]);
        assert_eq!(bytes(Cell::Int(1)), [2, 9]);
        assert_eq!(bytes(Cell::Int(-1)), [2, 1, 0xff]);
        assert_eq!(bytes(Cell::Int(127)), [2, 1, 127]);
        assert_eq!(bytes(Cell::Int(128)), [2, 2, 0, 128]);
        assert_eq!(bytes(Cell::Int(-32_769)), [2, 3, 0xff, 0x7f, 0xff]);
        assert_eq!(bytes(Cell::Int(1 << 31)), [2, 5, 0, 0, 0x80, 0, 0, 0]);
        assert_eq!(bytes(Cell::Int(i64::MIN))[..3], [2, 6, 0x80]);
        assert_eq!(bytes(Cell::Real(2.0)), [2, 1, 2]);
        assert_eq!(bytes(Cell::Real(0.5)), [2, 7, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes(Cell::Text("ab")), [2, 17, b'a', b'b']);
        assert_eq!(bytes(Cell::Blob(&[7])), [2, 14, 7]);
    }

    #[test]
    fn long_headers_count_their_own_length() {
        for (cells, start) in [(126, vec![127]), (127, vec![0x81, 1]), (128, vec![0x81, 2])] {
            let mut record = Record::default();
            (0..cells).for_each(|_| record.put(Cell::Null));
            assert_eq!(bytes_of(record)[..start.len()], start, "{cells}");
        }
    }

    #[test]
    fn varints_have_seven_bits_a_byte() {
        let bytes = |number| {
            let mut out = Vec::new();
            varint(&mut out, number);
            out
        };
        assert_eq!(bytes(0), [0]);
        assert_eq!(bytes(127), [127]);
        assert_eq!(bytes(128), [0x81, 0]);
        assert_eq!(bytes(8176), [0xbf, 0x70]);
    }
}
