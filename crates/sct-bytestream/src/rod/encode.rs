//! Writing the data of one ROD.

use super::half_word::{HeaderFlags, TrailerFlags};

/// How hits are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// One or two strips a half word, no time bins.
    #[default]
    Condensed,
    /// Strips with time bins.
    Expanded,
    /// Up to 16 strips a half word, no time bins. The whole fragment must have [`SUPER_CONDENSED`](super::SUPER_CONDENSED)
    /// in its detector event type.
    SuperCondensed,
}

/// A hit strip in offline order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StripHit {
    /// Offline strip.
    pub strip: sct_id::Strip,
    /// Three time bins, oldest in bit 2; written in expanded mode alone.
    pub time_bin: u8,
}

/// One link of a fragment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkData {
    /// Fibre the header names, below 96.
    pub fibre: u8,
    /// Whether the wafer of the fibre is read out against the offline order.
    pub is_swapped: bool,
    /// Side bit of the hits; the parity of the fibre where the data come over the wafer's own link.
    pub side: u8,
    /// Error flags of the header, see [`HeaderFlags`].
    pub header: u16,
    /// Hit strips in any order; repeated ones count once.
    pub hits: Vec<StripHit>,
    /// Half words between header and hits: [`Encoder::chip_error`], [`Encoder::RAW`], or any other.
    pub injected: Vec<u16>,
    /// Error flags of the trailer, see [`TrailerFlags`].
    pub trailer: u16,
    /// First temporarily masked chip plus 1; 0 for none.
    pub first_masked_chip: u8,
}

impl LinkData {
    /// A link without errors whose hits are those of the fibre's own wafer.
    pub fn new(fibre: u8, is_swapped: bool, hits: Vec<StripHit>) -> Self {
        Self { fibre, is_swapped, side: fibre & 1, hits, ..Self::default() }
    }
}

/// Collects the half words of a fragment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoder {
    halves: Vec<u16>,
    /// Hits of the link of the moment in read-out order: strip, time bin.
    sorted: Vec<(u16, u8)>,
}

impl Encoder {
    /// Bits that the ROD could not decode.
    pub const RAW: u16 = 0x6000;
    /// Half word that fills up the last word.
    pub const PADDING: u16 = 0x4000;

    /// An error of a chip: `chip` with its side in bit 3, code 1, 2, 4 or 7.
    pub const fn chip_error(chip: u8, code: u8) -> u16 {
        (chip as u16 & 0xF) << 3 | code as u16 & 7
    }

    /// Appends one link: header, injected half words, hits, trailer.
    pub fn link(&mut self, link: &LinkData, mode: Mode) {
        let condensed = if mode == Mode::Condensed { HeaderFlags::CONDENSED } else { 0 };
        let flags = link.header & HeaderFlags::ERRORS | condensed;
        self.halves.push(HeaderFlags::of_link(link.fibre, flags).0);
        self.halves.extend(&link.injected);
        self.sort(link);
        let sorted = std::mem::take(&mut self.sorted);
        let is_next = |a: &(u16, u8), b: &(u16, u8)| a.0 + 1 == b.0 && !b.0.is_multiple_of(128);
        for run in sorted.chunk_by(is_next) {
            self.run(run, u16::from(link.side & 1), mode);
        }
        self.sorted = sorted;
        self.halves.push(TrailerFlags::new(link.trailer, link.first_masked_chip).0);
    }

    fn sort(&mut self, link: &LinkData) {
        self.sorted.clear();
        self.sorted.extend(link.hits.iter().map(|hit| {
            let strip = if link.is_swapped { hit.strip.mirrored() } else { hit.strip };
            let strip = u16::try_from(strip.index()).expect("strips are below 768");
            (strip, hit.time_bin & 7)
        }));
        self.sorted.sort_unstable();
        self.sorted.dedup_by_key(|hit| hit.0);
    }

    /// A run of neighbouring strips on one chip.
    fn run(&mut self, run: &[(u16, u8)], side: u16, mode: Mode) {
        let hit = |strip: u16, low: u16| 0x8000 | side << 14 | strip << 4 | low;
        match mode {
            Mode::Condensed => {
                let halves = run.chunks(2).map(|pair| hit(pair[0].0, u16::from(pair.len() == 2)));
                self.halves.extend(halves);
            }
            Mode::SuperCondensed => {
                let more = |part: &[_]| u16::try_from(part.len() - 1).expect("at most 15");
                let halves = run.chunks(16).map(|part| hit(part[0].0, more(part)));
                self.halves.extend(halves);
            }
            Mode::Expanded => {
                let Some((first, rest)) = run.split_first() else { return };
                self.halves.push(hit(first.0, first.1.into()));
                self.halves.extend(rest.chunks(2).map(|next| match *next {
                    [(_, first), (_, second)] => 0x8088 | u16::from(second) << 4 | u16::from(first),
                    [(_, last), ..] => 0x8008 | u16::from(last),
                    [] => Self::PADDING,
                }));
            }
        }
    }

    /// Appends any half word.
    pub fn half_word(&mut self, half: u16) {
        self.halves.push(half);
    }

    /// The data words: high half first, filled up to whole words. The encoder is empty afterwards.
    pub fn finish(&mut self) -> Vec<u32> {
        if !self.halves.len().is_multiple_of(2) {
            self.halves.push(Self::PADDING);
        }
        let (pairs, _) = self.halves.as_chunks::<2>();
        let words = pairs.iter().map(|[high, low]| u32::from(*high) << 16 | u32::from(*low));
        let words = words.collect();
        self.halves.clear();
        words
    }
}
