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

/// Most bytes of a stream, packed or unpacked.
pub(crate) const ROOM: usize = 1 << 15;

/// Bytes behind the room that may be overwritten: eight bytes are copied at a time, and the last match may be too long.
const MARGIN: usize = 512;

/// A zlib stream to be unpacked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream<'a> {
    pub(crate) packed: &'a [u8],
    /// Bytes it should become.
    pub(crate) length: usize,
}

/// Unpacks streams of one block with codes of its own, of words of at most ten bits, which is what short payloads become.
#[derive(Debug)]
pub(crate) struct PairInflater {
    lanes: [Box<Lane>; 2],
}

/// All that one stream needs, in one place of a size that is known: one register holds where it is, and no index in it can
/// be wrong.
#[derive(Debug)]
struct Lane {
    literals: [Entry; SIZE],
    distances: [Entry; SIZE],
    /// The stream, and at least eight zeros.
    packed: [u8; ROOM + MARGIN],
    /// What it becomes.
    target: [u8; ROOM + MARGIN],
    /// Bytes of the stream.
    filled: usize,
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
    #[expect(clippy::large_stack_arrays, reason = "on their way to the heap, once a thread")]
    fn default() -> Self {
        let lane = || Lane {
            literals: [Entry::default(); SIZE],
            distances: [Entry::default(); SIZE],
            packed: [0; ROOM + MARGIN],
            target: [0; ROOM + MARGIN],
            filled: 0,
            end: 0,
        };
        Self { lanes: [Box::new(lane()), Box::new(lane())] }
    }
}

impl PairInflater {
    /// Unpacks both streams; gives of each what it becomes when that has the right length and checksum. A stream of another
    /// kind is not unpacked.
    pub(crate) fn inflate(&mut self, streams: [Stream<'_>; 2]) -> [Option<&[u8]>; 2] {
        let [first, second] = streams;
        let [left, right] = &mut self.lanes;
        let starts = (left.begin(first.packed), right.begin(second.packed));
        let (Some(a), Some(b)) = starts else { return [None; 2] };
        let (mut a, mut b) = (Place { bit: a, byte: 0 }, Place { bit: b, byte: 0 });
        in_turn(left, &mut a, right, &mut b);
        alone(left, &mut a);
        alone(right, &mut b);
        [left.finish(first.length, a), right.finish(second.length, b)]
    }

    /// What the first stream became, right or wrong.
    #[cfg(test)]
    pub(crate) fn unchecked(&self, length: usize) -> &[u8] {
        &self.lanes[0].target[..length]
    }
}

impl Lane {
    /// Takes a stream; the place of the bit after the header.
    fn begin(&mut self, packed: &[u8]) -> Option<usize> {
        // Places of bits are taken modulo the room: what lies beyond it would be read from the start again.
        self.packed
            .get_mut(..packed.len())
            .filter(|room| room.len() <= ROOM)?
            .copy_from_slice(packed);
        self.packed.get_mut(packed.len()..packed.len() + 8)?.fill(0);
        self.filled = packed.len();
        self.read(packed)
    }

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

    /// What a stream became that stopped, if it ends where it should.
    fn finish(&self, length: usize, place: Place) -> Option<&[u8]> {
        let packed = self.packed.get(..self.filled)?;
        let (data, checksum) = packed.split_last_chunk::<4>()?;
        // It may also have stopped because there was no room for more.
        let is_complete = self.literals[self.bits(place.bit) as usize % SIZE].is_end()
            && (place.bit + self.end).div_ceil(8) == data.len()
            && place.byte == length;
        let target = self.target.get(..length).filter(|_| is_complete)?;
        (libdeflater::adler32(target) == u32::from_be_bytes(*checksum)).then_some(target)
    }

    /// At least 57 bits, the first one lowest; zeros for a while behind the end.
    #[inline]
    fn bits(&self, bit: usize) -> u64 {
        load(&self.packed, bit / 8 % ROOM).unwrap_or_default() >> (bit % 8)
    }

    /// Unpacks one symbol; nothing at the end of the block, when there is no room left, and where a match begins before the
    /// stream.
    #[expect(clippy::inline_always, reason = "the places of both streams are to stay in registers")]
    #[inline(always)]
    fn step(&mut self, place: &mut Place) -> Option<()> {
        let Place { bit, byte } = *place;
        let next = self.bits(bit);
        let entry = self.literals[next as usize % SIZE];
        if entry.is_end() || byte >= ROOM {
            return None;
        }
        let length = entry.count(next);
        let next = next >> entry.bits();
        let far = self.distances[next as usize % SIZE].if_marked(entry);
        let distance = far.distance(next);
        // Near matches overlap what they become: then eight bytes are made of fewer.
        let near = distance.min(8);
        let Pattern { mask, factor, step } = PATTERNS[near];
        let source = load(&self.target, byte.checked_sub(distance)? % ROOM)?;
        store(&mut self.target, byte, (source & mask).wrapping_mul(factor) | entry.byte())?;
        let step = step + distance - near;
        // Four more bytes cost less than to find out whether they are wanted.
        let more = self.target.get((byte + 8 - step) % ROOM..)?.first_chunk::<4>().copied()?;
        self.target.get_mut(byte + 8..)?.first_chunk_mut::<4>()?.copy_from_slice(&more);
        if length > 12 {
            let mut at = byte + 12;
            while at < byte + length {
                let word = load(&self.target, at.wrapping_sub(step))?;
                store(&mut self.target, at, word)?;
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
fn in_turn(left: &mut Lane, a: &mut Place, right: &mut Lane, b: &mut Place) {
    // Places of their own, which can stay in registers.
    let (mut left_place, mut right_place) = (*a, *b);
    while left.step(&mut left_place).is_some() && right.step(&mut right_place).is_some() {}
    (*a, *b) = (left_place, right_place);
}

/// Steps of one stream, until it stops.
#[inline(never)]
fn alone(lane: &mut Lane, place: &mut Place) {
    let mut here = *place;
    while lane.step(&mut here).is_some() {}
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
