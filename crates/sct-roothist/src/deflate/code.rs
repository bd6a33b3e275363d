//! Prefix codes of limited length. Source: RFC 1951, 3.2.2.

#![expect(clippy::cast_possible_truncation, reason = "symbols and lengths are below 512")]

/// A code word, first bit lowest, and above bit 16 its length.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Word(u32);

impl Word {
    #[inline]
    pub(super) fn bits(self) -> u64 {
        u64::from(self.0 & 0xFFFF)
    }

    #[inline]
    pub(super) fn length(self) -> u32 {
        self.0 >> 16
    }
}

/// The code of an alphabet of `N` symbols.
#[derive(Clone, Debug)]
pub(super) struct Code<const N: usize> {
    words: [Word; N],
    symbols: [u16; N],
    used: usize,
}

impl<const N: usize> Code<N> {
    /// A code of words of at most `longest` bits, for symbols that come as often as `counts` says.
    ///
    /// Every word gets the length of its share, rounded up; the room that leaves is given first to the symbols whose
    /// share is far above their word. Huffman's tree packs 1.5 % better and takes three times as long.
    pub(super) fn new(counts: &[u16; N], longest: u32) -> Self {
        // Then the shares of rare symbols fit, see below.
        debug_assert!(N <= 1 << (longest - 1));
        let mut code = Self { words: [Word::default(); N], symbols: [0; N], used: 0 };
        for (symbol, &count) in counts.iter().enumerate() {
            code.symbols[code.used.min(N - 1)] = symbol as u16;
            code.used += usize::from(count > 0);
        }
        // Readers may refuse a code that is not complete, so there are two words at least.
        if code.used < 2 {
            let other = if code.used == 1 { code.symbols[0].max(1) } else { 1 };
            (code.symbols[0], code.symbols[1], code.used) = (0, other, 2);
        }
        let mut shares = [0_u32; N];
        let shares = &mut shares[..code.used];
        // With this as the smallest share, the total is below 2^longest of it: total / least < 2^(longest - 1) + N.
        let total: u32 = counts.iter().map(|&count| u32::from(count)).sum();
        let least = (total >> (longest - 1)) + 1;
        for (share, &symbol) in shares.iter_mut().zip(&code.symbols) {
            *share = u32::from(counts[usize::from(symbol)]).max(least);
        }
        let mut lengths = [0_u8; N];
        let lengths = &mut lengths[..code.used];
        share_out(shares, longest, lengths);
        code.assign(lengths);
        code
    }

    /// Words in the order of their lengths, then of the symbols.
    fn assign(&mut self, lengths: &[u8]) {
        let mut next = [0_u16; 17];
        for &length in lengths {
            next[usize::from(length & 15) + 1] += 1;
        }
        for length in 1..16 {
            next[length] = (next[length] + next[length - 1]) << 1;
        }
        for (&length, &symbol) in lengths.iter().zip(&self.symbols) {
            let length = length & 15;
            let number = &mut next[usize::from(length)];
            let bits = number.reverse_bits() >> ((16 - length) & 15);
            *number += 1;
            self.words[usize::from(symbol)] = Word(u32::from(bits) | u32::from(length) << 16);
        }
    }

    #[inline]
    pub(super) fn word(&self, symbol: usize) -> Word {
        self.words[symbol]
    }

    /// The symbols that have a word, in order.
    pub(super) fn symbols(&self) -> &[u16] {
        &self.symbols[..self.used]
    }
}

/// Lengths of words for shares, each of which is at least 2^-`longest` of all.
fn share_out(shares: &[u32], longest: u32, lengths: &mut [u8]) {
    let total: u32 = shares.iter().sum();
    // In words of the greatest length.
    let mut room = 1_u32 << longest;
    for (length, &share) in lengths.iter_mut().zip(shares) {
        let log = share.leading_zeros() - total.leading_zeros();
        let log = (log + u32::from(share << log < total)).max(1);
        *length = log as u8;
        room -= 1 << (longest - log);
    }
    // What is left is a multiple of the longest word's share, so one of these can always be shortened.
    let mut bar = total + total * 3 / 8;
    while room > 0 {
        for (length, &share) in lengths.iter_mut().zip(shares) {
            let cost = 1 << (longest - u32::from(*length));
            // No branch: nobody could foresee it.
            let takes = share << *length >= bar && cost <= room;
            room -= cost * u32::from(takes);
            *length -= u8::from(takes);
        }
        bar = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Complete, free of prefixes by its lengths, and not longer than allowed.
        #[test]
        fn codes_are_complete(counts: [u16; 19], zeros in 0_u32..1 << 19) {
            let mut counts = counts.map(|count| count >> (count & 15));
            for (symbol, count) in counts.iter_mut().enumerate() {
                if zeros >> symbol & 1 == 1 {
                    *count = 0;
                }
            }
            let code = Code::new(&counts, 7);
            let share: u32 = code.symbols().iter()
                .map(|&symbol| 128 >> code.word(usize::from(symbol)).length())
                .sum();
            prop_assert_eq!(share, 128);
            for (symbol, &count) in counts.iter().enumerate() {
                let length = code.word(symbol).length();
                prop_assert!(length <= 7 && (length > 0 || count == 0));
            }
        }
    }

    #[test]
    fn frequent_symbols_have_short_words() {
        // The three rare ones count alike; the first of them gets the room that is left.
        let code = Code::new(&[100, 1, 50, 1, 0, 2], 7);
        let lengths: Vec<_> = (0..6).map(|symbol| code.word(symbol).length()).collect();
        assert_eq!(lengths, [1, 3, 2, 4, 0, 4]);
    }

    #[test]
    fn one_symbol_and_none_get_two_words() {
        for (counts, expected) in [([0, 0, 0], [0, 1]), ([0, 0, 9], [0, 2]), ([9, 0, 0], [0, 1])] {
            assert_eq!(Code::new(&counts, 7).symbols(), expected);
        }
    }
}
