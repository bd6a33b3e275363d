//! Two streams unpacked in turn: while one waits for what its last code word leads to, the other goes on.
//!
//! Of each stream one step after the other is done without a branch that depends on the data where that can be avoided: a
//! literal is a match of distance 0 whose byte is added.

#![expect(clippy::cast_possible_truncation, reason = "only the lowest bits are looked at")]

use super::{
    DISTANCES, END, LENGTHS, LITERALS, ORDER,
    decode::{DISTANCE, Entry, LENGTH, LITERAL, SIZE, fill},
    load, store,
};

/// Bytes behind the unpacked ones that are overwritten: eight bytes are copied at a time.
pub(crate) const MARGIN: usize = 16;

/// A zlib stream to be unpacked.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    pub(crate) packed: &'a [u8],
    /// Where the bytes go, and [`MARGIN`] more.
    pub(crate) target: &'a mut [u8],
}

/// Unpacks streams of one block with codes of its own, of words of at most ten bits, which is what short payloads become.
#[derive(Debug)]
pub(crate) struct PairInflater {
    tables: [Box<Tables>; 2],
}

#[derive(Debug)]
struct Tables {
    literals: [Entry; SIZE],
    distances: [Entry; SIZE],
    /// Bits of the word for the end of the block.
    end: usize,
}

/// How far a stream is.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Bits read.
    bit: usize,
    /// Bytes unpacked.
    byte: usize,
}

impl Default for PairInflater {
    fn default() -> Self {
        let tables = || Tables {
            literals: [Entry::default(); SIZE],
            distances: [Entry::default(); SIZE],
            end: 0,
        };
        Self { tables: [Box::new(tables()), Box::new(tables())] }
    }
}

impl PairInflater {
    /// Unpacks both streams; says of each whether all of it fits its target, fills it, and has the right checksum. A
    /// stream of another kind is not unpacked, a damaged one only in part.
    pub(crate) fn inflate(&mut self, streams: [Stream<'_>; 2]) -> [bool; 2] {
        let [mut first, mut second] = streams;
        let [left, right] = &mut self.tables;
        let starts = (left.read(first.packed), right.read(second.packed));
        let (Some(a), Some(b)) = starts else { return [false; 2] };
        let (mut a, mut b) = (Place { bit: a, byte: 0 }, Place { bit: b, byte: 0 });
        in_turn(left, &mut first, &mut a, right, &mut second, &mut b);
        alone(left, &mut first, &mut a);
        alone(right, &mut second, &mut b);
        [left.is_complete(&first, a), right.is_complete(&second, b)]
    }
}

impl Tables {
    /// Reads what comes before the first symbol; the place of its first bit.
    fn read(&mut self, packed: &[u8]) -> Option<usize> {
        // Deflate with a window of at most 32 kB and no dictionary; then the last block, with codes of its own.
        let (&[method, flags], _) = packed.split_first_chunk::<2>()?;
        let is_zlib = method & 15 == 8 && method >> 4 <= 7 && flags & 32 == 0;
        let next = bits(packed, 16);
        if !is_zlib || u16::from_be_bytes([method, flags]) % 31 != 0 || next & 7 != 0b101 {
            return None;
        }
        let field = |start: u32, mask: u64, least: usize| (next >> start & mask) as usize + least;
        let (literals, distances, short) = (field(3, 31, 257), field(8, 31, 1), field(13, 15, 4));
        if literals > LITERALS || distances > DISTANCES {
            return None;
        }
        let mut short_lengths = [0_u8; LENGTHS];
        for (number, &symbol) in ORDER[..short].iter().enumerate() {
            short_lengths[symbol] = bits(packed, 33 + 3 * number) as u8 & 7;
        }
        let mut short_table = [Entry::default(); 128];
        fill(&mut short_table, &short_lengths, &LENGTH)?;
        let mut lengths = [0_u8; LITERALS + DISTANCES + 8];
        let lengths = &mut lengths[..literals + distances + 8];
        let bit = read_lengths(packed, 33 + 3 * short, &short_table, lengths)?;
        self.end = usize::from(lengths[END]);
        fill(&mut self.literals, &lengths[..literals], &LITERAL)?;
        fill(&mut self.distances, &lengths[literals..literals + distances], &DISTANCE)?;
        // Without a word for the end there is none.
        (self.end > 0).then_some(bit)
    }

    /// Whether a stream that stopped ends where it should.
    fn is_complete(&self, stream: &Stream<'_>, place: Place) -> bool {
        let Some((data, checksum)) = stream.packed.split_last_chunk::<4>() else { return false };
        let length = stream.target.len() - MARGIN;
        // It may also have stopped because there was no room for more.
        self.literals[bits(stream.packed, place.bit) as usize % SIZE].is_end()
            && (place.bit + self.end).div_ceil(8) == data.len()
            && place.byte == length
            && libdeflater::adler32(&stream.target[..length]) == u32::from_be_bytes(*checksum)
    }

    /// Unpacks one symbol; nothing at the end of the block, before the target is left, and where a match begins before
    /// the stream.
    #[expect(clippy::inline_always, reason = "the places of both streams are to stay in registers")]
    #[inline(always)]
    fn step(&self, stream: &mut Stream<'_>, place: &mut Place) -> Option<()> {
        let Place { bit, byte } = *place;
        let next = bits(stream.packed, bit);
        let entry = self.literals[next as usize % SIZE];
        if entry.is_end() {
            return None;
        }
        let length = entry.count(next);
        let next = next >> entry.bits();
        let far = self.distances[next as usize % SIZE].if_marked(entry);
        let distance = far.distance(next);
        let target = &mut *stream.target;
        // Near matches overlap what they become: then eight bytes are made of fewer.
        let near = distance.min(8);
        let Pattern { mask, factor, step } = PATTERNS[near];
        let source = load(target, byte.wrapping_sub(distance))?;
        store(target, byte, (source & mask).wrapping_mul(factor) | entry.byte())?;
        if length > 8 {
            let step = step + distance - near;
            let mut at = byte + 8;
            while at < byte + length {
                let word = load(target, at.wrapping_sub(step))?;
                store(target, at, word)?;
                at += 8;
            }
        }
        place.bit = bit + (entry.bits() + far.bits()) as usize;
        place.byte = byte + length;
        Some(())
    }
}

/// Reads the lengths of all words; eight bytes more than they are may be overwritten.
fn read_lengths(
    packed: &[u8],
    mut bit: usize,
    table: &[Entry; 128],
    lengths: &mut [u8],
) -> Option<usize> {
    let total = lengths.len() - 8;
    let (mut at, mut last) = (0, 0_u64);
    // Nothing can be repeated yet.
    if table[bits(packed, bit) as usize % 128].mask() != 0 {
        return None;
    }
    while at < total {
        // Words of at most seven bits, and seven more: four of them in one number.
        let mut next = bits(packed, bit);
        for _ in 0..4 {
            let entry = table[next as usize % 128];
            last = last & u64::from(entry.mask()) | entry.byte();
            // More than eight are zeros, which are there already.
            store(lengths, at, last * 0x0101_0101_0101_0101)?;
            at += entry.count(next);
            bit += entry.bits() as usize;
            next >>= entry.bits();
            if at >= total {
                break;
            }
        }
    }
    (at == total).then_some(bit)
}

/// Steps of two streams in turn, until one of them stops.
#[inline(never)]
fn in_turn(
    left: &Tables,
    first: &mut Stream<'_>,
    a: &mut Place,
    right: &Tables,
    second: &mut Stream<'_>,
    b: &mut Place,
) {
    // Places of their own, which can stay in registers.
    let (mut left_place, mut right_place) = (*a, *b);
    while left.step(first, &mut left_place).is_some()
        && right.step(second, &mut right_place).is_some()
    {}
    (*a, *b) = (left_place, right_place);
}

/// Steps of one stream, until it stops.
#[inline(never)]
fn alone(tables: &Tables, stream: &mut Stream<'_>, place: &mut Place) {
    let mut here = *place;
    while tables.step(stream, &mut here).is_some() {}
    *place = here;
}

/// At least 57 bits, the first one lowest; zeros behind the end.
#[inline]
fn bits(packed: &[u8], bit: usize) -> u64 {
    let word = load(packed, bit / 8).unwrap_or_else(|| last_bytes(packed, bit / 8));
    word >> (bit % 8)
}

#[cold]
fn last_bytes(packed: &[u8], at: usize) -> u64 {
    let rest = packed.get(at..).unwrap_or_default();
    rest.iter().take(8).rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}

/// How eight bytes of a match are made of the bytes from `distance` back on.
#[derive(Clone, Copy)]
struct Pattern {
    /// The bytes that are there already.
    mask: u64,
    /// Repeats them.
    factor: u64,
    /// How far back whole eight bytes are there that are the next ones.
    step: usize,
}

/// By distance; 0 for literals, 8 for all from 8 on.
static PATTERNS: [Pattern; 9] = {
    let mut patterns = [Pattern { mask: 0, factor: 0, step: 8 }; 9];
    let mut distance = 1;
    while distance < 8 {
        let mut factor = 0;
        let mut at = 0;
        while at < 64 {
            factor |= 1 << at;
            at += 8 * distance;
        }
        let step = distance * 8_usize.div_ceil(distance);
        patterns[distance] = Pattern { mask: (1 << (8 * distance)) - 1, factor, step };
        distance += 1;
    }
    patterns[8] = Pattern { mask: u64::MAX, factor: 1, step: 8 };
    patterns
};
