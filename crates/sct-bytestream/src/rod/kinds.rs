//! What many half words are, found at once.

use wide::{i8x16, i16x16};

/// Words of a chunk.
pub(super) const WORDS: usize = 32;
/// Half words of a chunk: a bit for each fills 64 bits.
pub(super) const HALVES: usize = 2 * WORDS;

/// Headers of clean data: which bits to look at, and what they are to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern {
    pub(super) mask: u16,
    pub(super) value: u16,
}

/// A bit for each half word in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds {
    pub(super) hits: u64,
    /// Headers as the pattern wants them, of a link that exists.
    pub(super) headers: u64,
    /// What is none of these and no clean trailer either.
    pub(super) others: u64,
}

/// Bits of a trailer that say something, and what they are in a clean one.
const TRAILER: Pattern = Pattern { mask: 0xFC0F, value: 0x4000 };
/// A link number on its formatter from here on does not exist.
const NO_LINK: u16 = 0xC;

/// Sorts the half words of a chunk, sixteen side by side.
#[inline]
pub(super) fn kinds(halves: &[[u8; 2]; HALVES], pattern: Pattern) -> Kinds {
    let all = |value: u16| i16x16::splat(value.cast_signed());
    let (mask, header) = (all(pattern.mask), all(pattern.value));
    let (trailer_mask, trailer) = (all(TRAILER.mask), all(TRAILER.value));
    let no_link = all(NO_LINK);
    let (mut hits, mut headers, mut known) = (0, 0, 0);
    for (row, shift) in halves.as_chunks::<16>().0.iter().zip([0, 16, 32, 48]) {
        let half = i16x16::new(row.map(i16::from_le_bytes));
        let is_header = (half & mask).simd_eq(header) & !(half & no_link).simd_eq(no_link);
        let is_trailer = (half & trailer_mask).simd_eq(trailer);
        // Bit 15, which makes a hit, becomes the sign of a byte, and this a bit.
        let bits = |half| u64::from(i8x16::from_i16x16_saturate(half).to_bitmask()) << shift;
        hits |= bits(half);
        headers |= bits(is_header);
        known |= bits(half | is_header | is_trailer);
    }
    Kinds { hits, headers, others: !known }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules one half word at a time.
    fn kind(half: u16, pattern: Pattern) -> (bool, bool, bool) {
        let is_hit = half >= 0x8000;
        let is_header = half & pattern.mask == pattern.value && half & 0xF < 12;
        let is_trailer = half >> 13 == 2 && half & 0x1C0F == 0;
        (is_hit, is_header, !is_hit && !is_header && !is_trailer)
    }

    #[test]
    fn every_half_word_is_sorted_in_every_place() {
        for pattern in
            [Pattern { mask: 0xFE80, value: 0x2000 }, Pattern { mask: 0xFF80, value: 0x2100 }]
        {
            for first in (0..=u16::MAX).step_by(HALVES - 1) {
                let halves: [u16; HALVES] =
                    std::array::from_fn(|place| first.wrapping_add(u16::try_from(place).unwrap()));
                let found = kinds(&halves.map(u16::to_le_bytes), pattern);
                for (place, half) in halves.into_iter().enumerate() {
                    let has = |bits: u64| bits >> place & 1 == 1;
                    let found = (has(found.hits), has(found.headers), has(found.others));
                    assert_eq!(found, kind(half, pattern), "{half:04x} in place {place}");
                }
            }
        }
    }
}
