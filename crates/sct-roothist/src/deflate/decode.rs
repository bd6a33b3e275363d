//! Tables that turn code words into what they stand for.

#![expect(clippy::cast_possible_truncation, reason = "symbols are below 286, numbers below 2^15")]

use super::{DISTANCES, LENGTHS, LITERALS, SHORTEST, distance_of, length_of};

/// Longest code word that is read; streams with longer ones are left to the library.
pub(super) const BITS: usize = 10;
/// Entries of a table.
pub(super) const SIZE: usize = 1 << BITS;

/// What a code word stands for, with all that is needed to go on; 0 is the end of the block.
///
/// From the lowest bit: length of word and extra bits (5 bits), length of the word (4), number (9; 15 for distances),
/// literal (8; none for distances), and in the highest a mark.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entry(u32);

impl Entry {
    /// Of a literal, or a length of a word: how many of what.
    const fn literal(literal: usize) -> Self {
        Self(1 << 9 | (literal as u32) << 18)
    }

    /// Of a length, distance or repetition.
    const fn number((extra, number): (u32, u32)) -> Self {
        Self(extra | number << 9)
    }

    /// Marked: a match follows, or the last length of a word is repeated.
    const fn marked(self) -> Self {
        Self(self.0 | 1 << 31)
    }

    /// For a word of `length` bits; the end of the block stays 0.
    fn of_word(self, length: usize) -> Self {
        if self.is_end() { self } else { Self(self.0 + length as u32 * (1 | 1 << 5)) }
    }

    #[inline]
    pub(super) fn is_end(self) -> bool {
        self.0 == 0
    }

    /// Bits of the word and the extra bits together.
    #[inline]
    pub(super) fn bits(self) -> u32 {
        self.0 & 31
    }

    /// The extra bits, out of the bits that begin with the word.
    #[inline]
    fn extra(self, next: u64) -> usize {
        ((next & LOW[self.bits() as usize]) >> (self.0 >> 5 & 15)) as usize
    }

    /// How long the match is, or how many lengths these are; 1 for literals.
    #[inline]
    pub(super) fn count(self, next: u64) -> usize {
        (self.0 >> 9 & 511) as usize + self.extra(next)
    }

    /// How far back the match begins.
    #[inline]
    pub(super) fn distance(self, next: u64) -> usize {
        (self.0 >> 9) as usize + self.extra(next)
    }

    /// The literal; 0 where there is none.
    #[inline]
    pub(super) fn byte(self) -> u64 {
        u64::from(self.0 >> 18 & 255)
    }

    /// This entry if `other` is marked, and otherwise one that takes no bits and says 0.
    #[inline]
    pub(super) fn if_marked(self, other: Self) -> Self {
        Self(self.0 & other.mask())
    }

    /// All ones if marked.
    #[inline]
    pub(super) fn mask(self) -> u32 {
        0_u32.wrapping_sub(self.0 >> 31)
    }
}

/// Numbers of which the lowest bits are set: a load is cheaper than a shift by a variable.
static LOW: [u64; 32] = {
    let mut low = [0; 32];
    let mut bits = 1;
    while bits < 32 {
        low[bits] = (1 << bits) - 1;
        bits += 1;
    }
    low
};

/// Entries of literals, the end and lengths, without the lengths of their words.
pub(super) static LITERAL: [Entry; LITERALS] = {
    let mut entries = [Entry(0); LITERALS];
    let mut symbol = 0;
    while symbol < LITERALS {
        if symbol < 256 {
            entries[symbol] = Entry::literal(symbol);
        } else if symbol >= SHORTEST {
            entries[symbol] = Entry::number(length_of(symbol)).marked();
        }
        symbol += 1;
    }
    entries
};

/// Entries of distances.
pub(super) static DISTANCE: [Entry; DISTANCES] = {
    let mut entries = [Entry(0); DISTANCES];
    let mut symbol = 0;
    while symbol < DISTANCES {
        entries[symbol] = Entry::number(distance_of(symbol));
        symbol += 1;
    }
    entries
};

/// Entries of the lengths of words: 0 to 15, the last one three to six times, 0 three to ten or eleven to 138 times.
pub(super) static LENGTH: [Entry; LENGTHS] = {
    let mut entries = [Entry(0); LENGTHS];
    let mut symbol = 0;
    while symbol < 16 {
        entries[symbol] = Entry::literal(symbol);
        symbol += 1;
    }
    entries[16] = Entry::number((2, 3)).marked();
    entries[17] = Entry::number((3, 3));
    entries[18] = Entry::number((7, 11));
    entries
};

/// Numbers of [`BITS`] bits in reverse.
static REVERSED: [u16; SIZE] = {
    let mut reversed = [0; SIZE];
    let mut number = 0;
    while number < SIZE {
        reversed[number] = (number as u16).reverse_bits() >> (16 - BITS);
        number += 1;
    }
    reversed
};

/// Fills a table for the lengths of the words of an alphabet; the table has as many entries as the longest word that is
/// allowed has values. Nothing when a word is longer, or when the code is not complete.
pub(super) fn fill(table: &mut [Entry], lengths: &[u8], entries: &[Entry]) -> Option<()> {
    let longest = table.len().ilog2() as usize;
    // Most symbols have no word.
    let mut symbols = [0_u16; LITERALS + 1];
    let mut used = 0;
    for (symbol, &length) in lengths.iter().enumerate() {
        *symbols.get_mut(used)? = symbol as u16;
        used += usize::from(length > 0);
    }
    let symbols = &symbols[..used];
    let length_of = |symbol: u16| usize::from(lengths[usize::from(symbol)] & 15);
    let mut numbers = [0_usize; 16];
    for &symbol in symbols {
        numbers[length_of(symbol)] += 1;
    }
    let (mut starts, mut start, mut room) = ([0_usize; 16], 0, 1_usize << longest);
    for length in 1..16 {
        starts[length] = start;
        start += numbers[length];
        if length <= longest {
            room = room.checked_sub(numbers[length] << (longest - length))?;
        } else if numbers[length] > 0 {
            return None;
        }
    }
    if room != 0 {
        return None;
    }
    let mut sorted = [0_u16; LITERALS];
    for &symbol in symbols {
        let place = &mut starts[length_of(symbol)];
        *sorted.get_mut(*place)? = symbol;
        *place += 1;
    }
    // From short to long words: the table so far is doubled, and the new words take their places in it.
    let (mut rest, mut word, mut size) = (&sorted[..used], 0, 1);
    for (length, &number) in numbers.iter().enumerate().take(longest + 1).skip(1) {
        table.copy_within(0..size, size);
        size *= 2;
        let (these, others) = rest.split_at_checked(number)?;
        for &symbol in these {
            let place = usize::from(*REVERSED.get(word << (BITS - longest))?);
            *table.get_mut(place)? = entries.get(usize::from(symbol))?.of_word(length);
            word += 1 << (longest - length);
        }
        rest = others;
    }
    Some(())
}
