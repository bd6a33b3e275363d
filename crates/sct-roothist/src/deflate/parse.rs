//! Finds repetitions in a payload: text and header first, then an array of numbers in single precision.
//!
//! Counts in single precision end with two zero bytes, mostly begin with the same byte as the one before, and differ in
//! the second: 16.0 is `41 80 00 00`. So behind each second byte, which is stored as it is, the two zeros and the next
//! first byte repeat what is a few words back. That takes fewer bits than to look for the whole word further back, and
//! less time: the way from word to word does not depend on what is found.

#![expect(
    clippy::cast_possible_truncation,
    reason = "dense payloads and texts before an array are shorter than 2^15, and in sparse arrays the distance is 1"
)]

use super::{
    DISTANCES, END, LITERALS, LONGEST_MATCH, SHORTEST,
    emit::{distance_symbol, length_symbol},
    load,
};

/// Distances in words that are near.
pub(super) const NEAR: usize = 64;

/// Bytes between runs of zeros that are always allowed; of all there are an eighth.
const ALLOWED: usize = 64;

/// Something found.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token {
    /// A literal, then a match of three bytes this many words back.
    Near { literal: u8, words: u8 },
    /// This many literals, then a match.
    Far { literals: u16, length: u16, distance: u16 },
}

/// What was found, and how often each symbol comes.
#[derive(Debug)]
pub(super) struct Parse<'a> {
    tokens: &'a mut Vec<Token>,
    /// Literals since the last match.
    pending: u16,
    pub(super) literals: [u16; LITERALS],
    pub(super) distances: [u16; DISTANCES],
    /// Near matches by distance in words.
    near: [u16; NEAR],
}

impl<'a> Parse<'a> {
    /// Looks through the bytes before an array; what is found goes to `tokens`.
    fn before(text: &[u8], tokens: &'a mut Vec<Token>) -> Self {
        tokens.clear();
        let mut parse = Self {
            tokens,
            pending: 0,
            literals: [0; LITERALS],
            distances: [0; DISTANCES],
            near: [0; NEAR],
        };
        parse.literals[END] = 1;
        parse.text(text);
        parse
    }

    /// Looks through `bytes`, which from `array` on are mostly zeros: long runs of these, and what is between them. Nothing
    /// when there is much between them.
    pub(super) fn sparse(bytes: &[u8], array: usize, tokens: &'a mut Vec<Token>) -> Option<Self> {
        let mut parse = Self::before(&bytes[..array], tokens);
        parse.runs(bytes, array)?;
        Some(parse)
    }

    /// Looks through `bytes`, which from `array` on are numbers that mostly differ.
    pub(super) fn dense(bytes: &[u8], array: usize, tokens: &'a mut Vec<Token>) -> Self {
        let mut parse = Self::before(&bytes[..array], tokens);
        parse.words(bytes, array);
        for (words, &count) in parse.near.iter().enumerate().skip(1) {
            parse.literals[SHORTEST] += count;
            parse.distances[distance_symbol(4 * words).0] += count;
        }
        parse
    }

    pub(super) fn tokens(&self) -> &[Token] {
        self.tokens
    }

    #[inline]
    fn literal(&mut self, byte: u8) {
        self.literals[usize::from(byte)] += 1;
        self.pending += 1;
    }

    fn literal_all(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.literal(byte);
        }
    }

    #[inline]
    fn far(&mut self, length: usize, distance: usize) {
        self.literals[length_symbol(length).0] += 1;
        self.distances[distance_symbol(distance).0] += 1;
        let (length, distance) = (length as u16, distance as u16);
        self.tokens.push(Token::Far { literals: self.pending, length, distance });
        self.pending = 0;
    }

    /// Takes any repetition of four bytes that was seen last at the same place of a small table.
    fn text(&mut self, bytes: &[u8]) {
        let mut last = [0_u16; 512];
        let mut at = 0;
        while let Some(word) = word(bytes, at) {
            let place = &mut last[(word.wrapping_mul(0x9E37_79B1) >> 23) as usize];
            let before = usize::from(*place);
            *place = at as u16;
            if before < at && self::word(bytes, before) == Some(word) {
                let length = common(bytes, before, at);
                self.far(length, at - before);
                at += length;
            } else {
                self.literal(bytes[at]);
                at += 1;
            }
        }
        self.literal_all(&bytes[at..]);
    }

    /// Goes from run to run of zeros. A run is a zero and its repetition.
    fn runs(&mut self, bytes: &[u8], array: usize) -> Option<()> {
        let (mut at, mut between) = (array, 0);
        loop {
            let start = at;
            while at < bytes.len() && (bytes[at] != 0 || zeros(bytes, at) < 4) {
                self.literal(bytes[at]);
                at += 1;
                if between + at - start > ALLOWED + (at - array) / 8 {
                    return None;
                }
            }
            between += at - start;
            if at == bytes.len() {
                return Some(());
            }
            self.literal(0);
            at += 1;
            let mut run = zeros(bytes, at);
            at += run;
            while run > 0 {
                // No rest that is too short for a match.
                let length = if run > LONGEST_MATCH && run < LONGEST_MATCH + 3 {
                    LONGEST_MATCH - 3
                } else {
                    run.min(LONGEST_MATCH)
                };
                self.far(length, 1);
                run -= length;
            }
        }
    }

    /// Goes from the third byte of a word to that of the next.
    fn words(&mut self, bytes: &[u8], array: usize) {
        // Where two zeros and this byte were last.
        let mut last = [0_u16; 256];
        let mut at = bytes.len().min(array + 2);
        self.literal_all(&bytes[array..at]);
        while let Some(next) = load(bytes, at) {
            let [0, 0, first, second, ..] = next.to_le_bytes() else {
                self.literal_all(&bytes[at..at + 4]);
                at += 4;
                continue;
            };
            let before = usize::from(last[usize::from(first)]);
            last[usize::from(first)] = at as u16;
            let words = (at - before) / 4;
            if before == 0 {
                self.literal_all(&bytes[at..at + 4]);
                at += 4;
            } else if load(bytes, before) != Some(next) && words < NEAR && self.pending == 1 {
                let literal = bytes[at - 1];
                self.tokens.push(Token::Near { literal, words: words as u8 });
                self.near[words] += 1;
                self.literals[usize::from(second)] += 1;
                at += 4;
            } else {
                at = self.long(bytes, before, at);
            }
        }
        self.literal_all(&bytes[at..]);
    }

    /// A match that may be longer than three bytes; gives the third byte of a word behind it.
    fn long(&mut self, bytes: &[u8], before: usize, at: usize) -> usize {
        let length = common(bytes, before, at);
        // It ends behind the first or the second byte of a word.
        let length = length - [0, 1, 2, 0][length % 4];
        self.far(length, at - before);
        let end = at + length;
        if length.is_multiple_of(4) {
            return end;
        }
        let second = bytes.get(end..end + 1).unwrap_or_default();
        self.literal_all(second);
        end + second.len()
    }
}

/// How many zeros there are from `at` on.
#[inline]
fn zeros(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    while let Some(next) = load(bytes, end) {
        if next != 0 {
            return end + next.trailing_zeros() as usize / 8 - at;
        }
        end += 8;
    }
    end + bytes[end..].iter().take_while(|&&byte| byte == 0).count() - at
}

/// Four bytes as a number.
#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.as_array::<4>().map(|bytes| u32::from_le_bytes(*bytes))
}

/// How many bytes from `before` and from `at` on are the same, as far as a match may go.
fn common(bytes: &[u8], before: usize, at: usize) -> usize {
    let most = LONGEST_MATCH.min(bytes.len() - at);
    let mut length = 0;
    while length + 8 <= most {
        let pair = (load(bytes, before + length), load(bytes, at + length));
        let (Some(one), Some(other)) = pair else { break };
        if one != other {
            return length + (one ^ other).trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let rest = bytes[before + length..].iter().zip(&bytes[at + length..at + most]);
    length + rest.take_while(|(one, other)| one == other).count()
}
