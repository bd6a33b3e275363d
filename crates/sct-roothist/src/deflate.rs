//! DEFLATE of our own for what merging and filling do tens of thousands of times: unpacking short streams, two in turn, and
//! packing arrays of counts, dense or mostly zeros. Everything else, and everything unusual, is left to the library.
//!
//! Source: RFC 1950 and 1951; `docs/formats/root.md`, "Packing".

#![expect(clippy::cast_possible_truncation, reason = "symbols are below 286")]

mod code;
mod decode;
mod emit;
mod pair;
mod parse;
mod words;

#[cfg(test)]
mod laws;

pub(crate) use self::{
    pair::{PairInflater, ROOM, Stream},
    words::WordPacker,
};

/// Symbols of literals, the end of the block, and lengths.
const LITERALS: usize = 286;
/// Symbols of distances.
const DISTANCES: usize = 30;
/// Symbols of the lengths of code words.
const LENGTHS: usize = 19;

/// Symbol of the end of the block.
const END: usize = 256;
/// Symbol of the shortest match, three bytes.
const SHORTEST: usize = 257;
/// Bytes of the longest match.
const LONGEST_MATCH: usize = 258;

/// Order in which the lengths of the words for lengths are stored.
const ORDER: [usize; LENGTHS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Extra bits of a length symbol, and the length without them.
const fn length_of(symbol: usize) -> (u32, u32) {
    let number = symbol as u32 - SHORTEST as u32;
    match number {
        0..4 => (0, number + 3),
        28 => (0, LONGEST_MATCH as u32),
        _ => {
            let extra = number / 4 - 1;
            (extra, ((4 + number % 4) << extra) + 3)
        }
    }
}

/// Extra bits of a distance symbol, and the distance without them.
const fn distance_of(symbol: usize) -> (u32, u32) {
    let number = symbol as u32;
    if number < 2 {
        return (0, number + 1);
    }
    let extra = number / 2 - 1;
    (extra, ((2 + number % 2) << extra) + 1)
}

/// Eight bytes as a number, first byte lowest.
#[inline]
fn load(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.wrapping_add(8))?;
    bytes.as_array::<8>().map(|bytes| u64::from_le_bytes(*bytes))
}

/// Writes a number over eight bytes.
#[inline]
fn store(bytes: &mut [u8], at: usize, word: u64) -> Option<()> {
    let place = bytes.get_mut(at..at.wrapping_add(8))?;
    place.copy_from_slice(&word.to_le_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of RFC 1951, 3.2.5, at their corners, and without gaps.
    #[test]
    fn lengths_and_distances_are_those_of_the_standard() {
        for (symbol, extra, length) in
            [(257, 0, 3), (264, 0, 10), (265, 1, 11), (269, 2, 19), (284, 5, 227), (285, 0, 258)]
        {
            assert_eq!(length_of(symbol), (extra, length), "{symbol}");
        }
        for (symbol, extra, distance) in
            [(0, 0, 1), (3, 0, 4), (4, 1, 5), (5, 1, 7), (6, 2, 9), (29, 13, 24_577)]
        {
            assert_eq!(distance_of(symbol), (extra, distance), "{symbol}");
        }
        for symbol in 257..284 {
            let (extra, length) = length_of(symbol);
            assert_eq!(length_of(symbol + 1).1, length + (1 << extra));
        }
        for symbol in 0..29 {
            let (extra, distance) = distance_of(symbol);
            assert_eq!(distance_of(symbol + 1).1, distance + (1 << extra));
        }
    }
}
