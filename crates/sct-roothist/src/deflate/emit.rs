//! Writes what was found in a payload as a zlib stream of one block with codes of its own.

#![expect(clippy::cast_possible_truncation, reason = "symbols and extra bits are below 2^15")]

use super::{
    DISTANCES, END, LENGTHS, LITERALS, LONGEST_MATCH, ORDER, SHORTEST,
    code::{Code, Word},
    length_of,
    parse::{NEAR, Parse, Token},
    store,
};

/// Longest word: a literal and a match with all their extra bits are 54 bits at most, and go out at once.
const LONGEST: u32 = 10;
/// Longest word for the length of a word. Source: RFC 1951, 3.2.7.
const LONGEST_OF_LENGTHS: u32 = 7;

/// By length of a match: its symbol, and extra bits.
static SYMBOLS: [(u16, u8); LONGEST_MATCH + 1] = {
    let mut symbols = [(0, 0); LONGEST_MATCH + 1];
    let mut symbol = SHORTEST;
    while symbol < LITERALS {
        let (extra, length) = length_of(symbol);
        let mut at = length as usize;
        while at < length as usize + (1 << extra) && at <= LONGEST_MATCH {
            symbols[at] = (symbol as u16, extra as u8);
            at += 1;
        }
        symbol += 1;
    }
    symbols
};

/// Symbol and extra bits of a length of 3 to 258.
#[inline]
pub(super) fn length_symbol(length: usize) -> (usize, u32) {
    let (symbol, extra) = SYMBOLS[length];
    (usize::from(symbol), u32::from(extra))
}

/// Symbol and extra bits of a distance of 1 to 32768.
#[inline]
pub(super) fn distance_symbol(distance: usize) -> (usize, u32) {
    let number = distance as u32 - 1;
    if number < 2 {
        return (number as usize, 0);
    }
    let extra = number.ilog2() - 1;
    ((2 * extra + (number >> extra)) as usize, extra)
}

/// Bits that are put together before they are written.
#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    bits: u64,
    length: u32,
}

impl Piece {
    #[inline]
    fn and(self, bits: u64, length: u32) -> Self {
        Self { bits: self.bits | bits << (self.length % 64), length: self.length + length }
    }

    #[inline]
    fn and_word(self, word: Word) -> Self {
        self.and(word.bits(), word.length())
    }
}

/// Bits on their way to bytes.
#[derive(Debug)]
struct Bits<'a> {
    out: &'a mut [u8],
    at: usize,
    word: u64,
    length: u32,
}

impl Bits<'_> {
    /// Writes at most 56 bits; nothing when there is no room.
    #[inline]
    fn put(&mut self, piece: Piece) -> Option<()> {
        self.word |= piece.bits << (self.length % 8);
        self.length += piece.length;
        store(self.out, self.at, self.word)?;
        let whole = self.length / 8 * 8;
        self.at += (whole / 8) as usize;
        self.word >>= whole;
        self.length %= 8;
        Some(())
    }
}

/// The two codes of a block.
struct Codes {
    literals: Code<LITERALS>,
    distances: Code<DISTANCES>,
}

/// Writes the stream of `bytes` to `out`; gives its length, or nothing when there is no room.
pub(super) fn emit(bytes: &[u8], parse: &Parse<'_>, out: &mut [u8]) -> Option<usize> {
    let codes = Codes {
        literals: Code::new(&parse.literals, LONGEST),
        distances: Code::new(&parse.distances, LONGEST),
    };
    // Deflate with a window of 32 kB, fastest level.
    out.get_mut(..2)?.copy_from_slice(&[0x78, 0x01]);
    let mut bits = Bits { out, at: 2, word: 0, length: 0 };
    codes.put_header(&mut bits)?;
    codes.put_tokens(bytes, parse.tokens(), &mut bits)?;
    let end = bits.at + usize::from(bits.length > 0);
    let checksum = libdeflater::adler32(bytes).to_be_bytes();
    out.get_mut(end..end + checksum.len())?.copy_from_slice(&checksum);
    Some(end + checksum.len())
}

impl Codes {
    fn literal(&self, byte: u8) -> Piece {
        Piece::default().and_word(self.literals.word(usize::from(byte)))
    }

    #[inline]
    fn distance(&self, piece: Piece, distance: usize) -> Piece {
        let (symbol, extra) = distance_symbol(distance);
        let rest = (distance as u64 - 1) & ((1 << extra) - 1);
        piece.and_word(self.distances.word(symbol)).and(rest, extra)
    }

    #[inline]
    fn far(&self, length: usize, distance: usize) -> Piece {
        let (symbol, extra) = length_symbol(length);
        let rest = u64::from(length as u32 - length_of(symbol).1);
        let piece = Piece::default().and_word(self.literals.word(symbol)).and(rest, extra);
        self.distance(piece, distance)
    }

    fn put_tokens(&self, bytes: &[u8], tokens: &[Token], bits: &mut Bits<'_>) -> Option<()> {
        let mut near = [Piece::default(); NEAR];
        for (words, near) in near.iter_mut().enumerate().skip(1) {
            *near = self.far(3, 4 * words);
        }
        let mut at = 0;
        for token in tokens {
            match *token {
                Token::Near { literal, words } => {
                    let near = near[usize::from(words) % NEAR];
                    bits.put(self.literal(literal).and(near.bits, near.length))?;
                    at += 4;
                }
                Token::Far { literals, length, distance } => {
                    let (length, end) = (usize::from(length), at + usize::from(literals));
                    self.put_literals(&bytes[at..end], bits)?;
                    bits.put(self.far(length, usize::from(distance)))?;
                    at = end + length;
                }
            }
        }
        self.put_literals(&bytes[at..], bits)?;
        bits.put(Piece::default().and_word(self.literals.word(END)))
    }

    fn put_literals(&self, bytes: &[u8], bits: &mut Bits<'_>) -> Option<()> {
        bytes.iter().try_for_each(|&byte| bits.put(self.literal(byte)))
    }

    /// The lengths of all words, as far as there are any: lengths, and runs of zeros between them.
    fn put_header(&self, bits: &mut Bits<'_>) -> Option<()> {
        let ends = |symbols: &[u16]| symbols.last().map_or(1, |&symbol| usize::from(symbol) + 1);
        let (literals, distances) = (ends(self.literals.symbols()), ends(self.distances.symbols()));
        let mut runs = Runs::new();
        for &symbol in self.literals.symbols() {
            let symbol = usize::from(symbol);
            runs.put(symbol, self.literals.word(symbol).length());
        }
        for &symbol in self.distances.symbols() {
            let symbol = usize::from(symbol);
            runs.put(literals + symbol, self.distances.word(symbol).length());
        }
        let code = Code::new(&runs.counts, LONGEST_OF_LENGTHS);
        let length = |symbol: usize| code.word(symbol).length();
        let kept = ORDER.iter().rposition(|&symbol| length(symbol) > 0).map_or(4, |at| at + 1);
        // The last block, with codes of its own.
        let piece = Piece { bits: 0b101, length: 3 }.and(literals as u64 - 257, 5);
        bits.put(piece.and(distances as u64 - 1, 5).and(kept.max(4) as u64 - 4, 4))?;
        for &symbol in &ORDER[..kept.max(4)] {
            bits.put(Piece { bits: u64::from(length(symbol)), length: 3 })?;
        }
        for &(symbol, rest) in &runs.list[..runs.used] {
            let symbol = usize::from(symbol);
            let extra = [2, 3, 7].get(symbol.wrapping_sub(16)).map_or(0, |&extra| extra);
            bits.put(Piece::default().and_word(code.word(symbol)).and(u64::from(rest), extra))?;
        }
        Some(())
    }
}

/// Lengths of words, and runs of zeros.
struct Runs {
    /// Symbol and extra bits.
    list: [(u8, u8); 2 * (LITERALS + DISTANCES)],
    used: usize,
    counts: [u16; LENGTHS],
    next: usize,
}

impl Runs {
    fn new() -> Self {
        let list = [(0, 0); 2 * (LITERALS + DISTANCES)];
        Self { list, used: 0, counts: [0; LENGTHS], next: 0 }
    }

    /// Adds the word of the symbol at `place`; those between it and the last have none.
    fn put(&mut self, place: usize, length: u32) {
        let mut zeros = place - self.next;
        while zeros > 0 {
            let (symbol, taken, least) = match zeros {
                1 | 2 => (0, 1, 1),
                3..11 => (17, zeros, 3),
                _ => (18, zeros.min(138), 11),
            };
            self.add(symbol, (taken - least) as u8);
            zeros -= taken;
        }
        self.add(length as u8, 0);
        self.next = place + 1;
    }

    fn add(&mut self, symbol: u8, rest: u8) {
        self.list[self.used] = (symbol, rest);
        self.used += 1;
        self.counts[usize::from(symbol)] += 1;
    }
}
