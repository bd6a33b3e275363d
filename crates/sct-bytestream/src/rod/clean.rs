//! Clean data, 64 half words at a time and almost without branches.
//!
//! Nearly all data are clean: headers and trailers without an error, every hit between a header and a trailer, of the link's
//! own side, with growing strips, and all links packed alike. They need none of the state of [`Walk`]: what a half word is
//! becomes a bit, and each hit becomes its clusters on its own. Whatever is not clean ends the run, and the walk goes on from
//! the header before it.

use std::{hint::select_unpredictable, ops::Range};

use super::{
    Cluster,
    half_word::{Halves, HeaderFlags, ON_TIME, packed, time_bin},
    kinds::{HALVES, Kinds, Pattern, WORDS, kinds},
    link::{Open, Packing, Pending},
    readout::Places,
    walk::Walk,
};

/// Words that one run may take, whole chunks: the room for clusters must not grow with hostile fragments.
const MOST_WORDS: usize = 128 * WORDS;
/// Two clean trailers: they change nothing after clean data.
const PADDING: [u8; 4] = [0, 0x40, 0, 0x40];
/// Where a chunk lies in its buffer; before it stands the header of the link that is open when it begins.
const FIRST: usize = 8;

impl Pattern {
    /// Clean headers of this packing.
    const fn of(packing: Packing) -> Self {
        let (mask, value, condensed) =
            (0xE000 | HeaderFlags::ERRORS, 0x2000, HeaderFlags::CONDENSED);
        match packing {
            Packing::SuperCondensed => Self { mask, value },
            Packing::Expanded => Self { mask: mask | condensed, value },
            Packing::Condensed => Self { mask: mask | condensed, value: value | condensed },
        }
    }
}

/// Some half words, and what they are.
struct Chunk {
    /// In the order of the file: the second half word of each word first.
    halves: [[u8; 2]; FIRST + HALVES],
    /// A bit for each hit; the lowest is that of the half word sent first.
    hits: u64,
    /// The same for clean headers of the right packing.
    headers: u64,
    /// Whether all others are clean trailers.
    is_clean: bool,
}

impl Chunk {
    const EMPTY: Self =
        Self { halves: [[0; 2]; FIRST + HALVES], hits: 0, headers: 0, is_clean: true };

    /// Takes the next words.
    #[inline]
    fn load(&mut self, words: &[[u8; 4]; WORDS], pattern: Pattern) {
        let Some(halves) = self.halves.last_chunk_mut::<HALVES>() else { return };
        halves.copy_from_slice(words.as_flattened().as_chunks().0);
        let Kinds { hits, headers, others } = kinds(halves, pattern);
        (self.hits, self.headers) = (as_sent(hits), as_sent(headers));
        self.is_clean = others == 0;
    }

    /// A half word by its place in the order of sending, counted from the one before the chunk.
    #[inline]
    fn half(&self, place: usize) -> u16 {
        u16::from_le_bytes(self.halves[(FIRST - 1 + place) ^ 1])
    }

    /// The header of the link that is open where these lowest bits end.
    #[inline]
    fn header_in(&self, lowest: u64) -> u16 {
        self.half(HALVES - (self.headers & lowest).leading_zeros() as usize)
    }

    /// Says what header comes before the chunk.
    fn set_header_before(&mut self, header: u16) {
        self.halves[(FIRST - 1) ^ 1] = header.to_le_bytes();
    }
}

/// Exchanges neighbouring bits: of two half words the second stands first in the file.
const fn as_sent(bits: u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    (bits & EVEN) << 1 | bits >> 1 & EVEN
}

/// Clean chunks one after another.
struct Run<'a> {
    /// The fibres of the ROD by the lowest seven bits of a header.
    codes: &'a Places,
    clusters: &'a mut [Cluster],
    /// How many of them are made.
    made: usize,
    /// Last strip of the open link as sent.
    last: u16,
    /// Whether the last half word was a header or a hit.
    after: (bool, bool),
}

impl Run<'_> {
    /// Decodes a chunk; whether it was clean. Nothing is kept of one that was not.
    #[expect(clippy::needless_bitwise_bool, reason = "branches cannot be foreseen here")]
    #[inline]
    fn chunk<const PACKING: u8>(&mut self, chunk: &Chunk) -> bool {
        let first = chunk.headers << 1 | u64::from(self.after.0);
        let belongs = first | chunk.hits << 1 | u64::from(self.after.1);
        if !chunk.is_clean || chunk.hits & !belongs != 0 {
            return false;
        }
        let (mut hits, mut is_bad, mut made, mut last) = (chunk.hits, false, self.made, self.last);
        while hits != 0 {
            let bit = hits & hits.wrapping_neg();
            let half = chunk.half(1 + hits.trailing_zeros() as usize);
            hits ^= bit;
            let header = chunk.header_in(bit - 1);
            let place = self.codes[usize::from(header & 0x7F)];
            let is_first = first & bit != 0;
            let is_other_side = (half >> 14 ^ header) & 1 != 0;
            let strip = half >> 4 & 0x3FF;
            is_bad |= !place.is_known;
            if PACKING == Packing::Expanded as u8 {
                let (is_next, is_pair) = (half & 8 != 0, half & 0x88 == 0x88);
                let strip = select_unpredictable(is_next, last + 1, strip);
                last = strip + u16::from(is_pair);
                let one = |strip| Pending { strip, size: 1, errors: 0 };
                let (cluster, fits) = place.cluster(one(strip), time_bin(half));
                // Written in any case, and kept as the second of a pair only.
                let (second, also_fits) = place.cluster(one(last), time_bin(half >> 4));
                self.clusters[made] = cluster;
                self.clusters[made + 1] = second;
                made += 1 + usize::from(is_pair);
                is_bad |=
                    !fits | !also_fits | select_unpredictable(is_next, is_first, is_other_side);
            } else {
                let (size, errors) = if PACKING == Packing::SuperCondensed as u8 {
                    packed::<true>(half)
                } else {
                    packed::<false>(half)
                };
                let (cluster, fits) = place.cluster(Pending { strip, size, errors }, ON_TIME);
                self.clusters[made] = cluster;
                made += 1;
                is_bad |= !fits | is_other_side | (!is_first & (strip <= last));
                last = strip;
            }
        }
        if is_bad {
            return false;
        }
        (self.made, self.last) = (made, last);
        self.after = (chunk.headers >> 63 != 0, chunk.hits >> 63 != 0);
        true
    }
}

/// Where a run of clean chunks ended.
struct End {
    /// Clusters made.
    made: usize,
    /// The last header, if there is one.
    header: Option<HeaderFlags>,
    /// Whether the last half word was a header or a hit.
    after: (bool, bool),
}

impl Walk<'_> {
    /// Decodes clean data from half word `next` on, where a word begins; the open link has no hit yet. Returns where the walk
    /// is to go on, with the state as if every half word had been taken alone, and where clean data may begin again.
    pub(super) fn clean(&mut self, data: &[[u8; 4]], next: usize) -> (usize, usize) {
        let halves = Halves::of(data);
        let packing = match (self.is_super_condensed, self.open) {
            (true, _) => Packing::SuperCondensed,
            (false, Open::Link) => self.packing,
            (false, _) => match halves.get(next) {
                Some(half) if half & 0xE100 == 0x2000 => Packing::Expanded,
                _ => Packing::Condensed,
            },
        };
        let rest = &data[next / 2..];
        let rest = &rest[..rest.len().min(MOST_WORDS)];
        let (words, end) = match packing {
            Packing::Condensed => self.chunks::<{ Packing::Condensed as u8 }>(rest, packing),
            Packing::Expanded => self.chunks::<{ Packing::Expanded as u8 }>(rest, packing),
            Packing::SuperCondensed => {
                self.chunks::<{ Packing::SuperCondensed as u8 }>(rest, packing)
            }
        };
        let stop = next + 2 * words;
        (self.after_clean(halves, next..stop, packing, &end), stop + HALVES)
    }

    /// Decodes as many chunks as are clean, and says how many words these are.
    fn chunks<const PACKING: u8>(&mut self, data: &[[u8; 4]], packing: Packing) -> (usize, End) {
        let pattern = Pattern::of(packing);
        // A half word makes two clusters at most, and one more may be written.
        let most = 4 * data.len() + 1;
        if self.scratch.len() < most {
            self.scratch.resize(most, Cluster::nothing());
        }
        let open = self.link.filter(|_| self.open == Open::Link);
        let mut run = Run {
            codes: self.codes,
            clusters: &mut self.scratch[..most],
            made: 0,
            last: 0,
            after: (open.is_some(), false),
        };
        let mut chunk = Chunk::EMPTY;
        chunk.set_header_before(open.map_or(0, |link| link.header().0));
        let (whole, tail) = data.as_chunks::<WORDS>();
        let mut padded = [PADDING; WORDS];
        padded[..tail.len()].copy_from_slice(tail);
        let tail = (!tail.is_empty()).then_some(&padded);
        let (mut words, mut header) = (0, None);
        for part in whole.iter().chain(tail) {
            chunk.load(part, pattern);
            if !run.chunk::<PACKING>(&chunk) {
                break;
            }
            words += WORDS;
            if chunk.headers != 0 {
                let last = chunk.header_in(u64::MAX);
                chunk.set_header_before(last);
                header = Some(HeaderFlags(last));
            }
        }
        let Run { made, after, .. } = run;
        (words.min(data.len()), End { made, header, after })
    }

    /// Brings the state to where it is after clean half words. Returns where to go on: hits may be followed by more of their
    /// link, which is then taken again from its header on.
    fn after_clean(
        &mut self,
        halves: Halves<'_>,
        clean: Range<usize>,
        packing: Packing,
        end: &End,
    ) -> usize {
        if clean.is_empty() {
            return clean.start;
        }
        let (mut next, mut made) = (clean.end, end.made);
        if end.after.1 {
            let is_hit = |&half: &u16| half & 0x8000 != 0;
            while let Some(hit) =
                halves.get(next.wrapping_sub(1)).filter(is_hit).filter(|_| next > clean.start)
            {
                next -= 1;
                made -= 1 + usize::from(packing == Packing::Expanded && hit & 0x88 == 0x88);
            }
            // From the header itself on, unless that came before the clean data.
            next = if next > clean.start { next - 1 } else { next };
            self.clusters.extend_from_slice(&self.scratch[..made]);
            return next;
        }
        self.clusters.extend_from_slice(&self.scratch[..made]);
        if let Some(header) = end.header {
            self.start_link(header);
        }
        if !end.after.0 {
            self.open = Open::No;
        }
        next
    }
}
