//! Packing of payloads: zlib streams in blocks with nine-byte headers.
//!
//! Source: `docs/formats/root.md`, "Packing".

use std::fmt;

use libdeflater::{CompressionLvl, Compressor};

use crate::deflate::WordPacker;

/// How payloads are packed when a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Payloads are stored as they are.
    Stored,
    /// Zlib of a level from 1 (fast) to 9 (small).
    Zlib(u8),
}

impl Compression {
    /// The number that stands in a file header: 100 times the algorithm plus the level; 0 for stored.
    pub fn setting(self) -> i32 {
        match self {
            Self::Stored => 0,
            Self::Zlib(level) => 100 + i32::from(level.clamp(1, 9)),
        }
    }
}

impl Default for Compression {
    /// Zlib level 1, setting 101: what ROOT writes by default.
    fn default() -> Self {
        Self::Zlib(1)
    }
}

/// Largest unpacked length of one block. Source: three-byte lengths of the block header.
const MAX_BLOCK: usize = 0x00FF_FFFF;

/// Length of a block header.
const HEADER: usize = 9;

/// Shorter payloads are stored, as ROOT does.
const MIN_PACKED: usize = 257;

/// A reusable packer: the tables of the codec are allocated once.
pub(crate) struct Packer {
    codec: Option<Codec>,
}

struct Codec {
    library: Compressor,
    /// For arrays of counts, at the level where speed is asked for.
    words: Option<WordPacker>,
}

impl fmt::Debug for Packer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packer({})", if self.codec.is_some() { "zlib" } else { "stored" })
    }
}

impl Packer {
    pub(crate) fn new(compression: Compression) -> Self {
        let codec = match compression {
            Compression::Stored => None,
            Compression::Zlib(level) => {
                let words = (level <= 1).then(WordPacker::default);
                let level = CompressionLvl::new(i32::from(level.clamp(1, 9)));
                Some(Codec { library: Compressor::new(level.unwrap_or_default()), words })
            }
        };
        Self { codec }
    }

    /// Packs `payload` into `packed`, which is cleared first. False when the payload does not shrink and is to be stored
    /// as it is; `packed` is then of no use.
    ///
    /// `array` is where numbers of single precision begin, if the payload ends with an array of them.
    pub(crate) fn pack(
        &mut self,
        payload: &[u8],
        array: Option<usize>,
        packed: &mut Vec<u8>,
    ) -> bool {
        packed.clear();
        let Some(codec) = &mut self.codec else { return false };
        if payload.len() < MIN_PACKED {
            return false;
        }
        // No more room than the payload takes: a codec that runs out of it has not shrunk anything.
        packed.resize(payload.len(), 0);
        let mut filled = 0;
        for block in payload.chunks(MAX_BLOCK) {
            match codec.pack_block(block, array, &mut packed[filled..]) {
                Some(length) => filled += length,
                None => return false,
            }
        }
        packed.truncate(filled);
        filled < payload.len()
    }
}

impl Codec {
    /// Packs one block with its header; gives their length, or nothing when it does not shrink.
    fn pack_block(
        &mut self,
        block: &[u8],
        array: Option<usize>,
        place: &mut [u8],
    ) -> Option<usize> {
        let (header, place) = place.split_first_chunk_mut::<HEADER>()?;
        let words = self.words.as_mut().zip(array);
        let length = words.and_then(|(words, array)| words.pack(block, array, place));
        let length = length.or_else(|| self.library.zlib_compress(block, place).ok());
        let length = length.filter(|&length| length < block.len())?;
        put_header(header, length, block.len());
        Some(HEADER + length)
    }
}

fn put_header(header: &mut [u8; HEADER], packed: usize, unpacked: usize) {
    header[..3].copy_from_slice(b"ZL\x08");
    header[3..6].copy_from_slice(&three_bytes(packed));
    header[6..].copy_from_slice(&three_bytes(unpacked));
}

/// A length below 2²⁴ in three bytes, little-endian unlike everything else in the file.
fn three_bytes(length: usize) -> [u8; 3] {
    let [a, b, c, ..] = length.to_le_bytes();
    [a, b, c]
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// Unpacks with the plain zlib decoder, block by block.
    fn unpack(mut packed: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        while !packed.is_empty() {
            assert_eq!(&packed[..3], b"ZL\x08");
            let number = |at: usize| {
                usize::from(packed[at])
                    | usize::from(packed[at + 1]) << 8
                    | usize::from(packed[at + 2]) << 16
            };
            let (short, long) = (number(3), number(6));
            let before = out.len();
            flate2::read::ZlibDecoder::new(&packed[9..9 + short]).read_to_end(&mut out).unwrap();
            assert_eq!(out.len() - before, long);
            packed = &packed[9 + short..];
        }
        out
    }

    /// Bytes that do not shrink: a linear congruential sequence.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn packed_payloads_unpack_to_themselves() {
        let payload: Vec<u8> = (0..10_000_u32).map(|i| u8::try_from(i / 100).unwrap()).collect();
        for level in 1..=9 {
            let (mut packer, mut packed) = (Packer::new(Compression::Zlib(level)), Vec::new());
            for _ in 0..2 {
                assert!(packer.pack(&payload, None, &mut packed), "level {level}");
                assert_eq!(unpack(&packed), payload, "level {level}");
            }
        }
    }

    #[test]
    fn long_payloads_take_several_blocks() {
        let payload = vec![7; 2 * MAX_BLOCK + 5_000];
        let (mut packer, mut packed) = (Packer::new(Compression::Zlib(1)), Vec::new());
        assert!(packer.pack(&payload, None, &mut packed));
        assert_eq!(unpack(&packed), payload);
    }

    #[test]
    fn noise_and_short_payloads_are_stored() {
        let (mut packer, mut packed) = (Packer::new(Compression::default()), Vec::new());
        assert!(!packer.pack(&noise(5000), None, &mut packed));
        assert!(!packer.pack(&[0; 256], None, &mut packed));
        assert!(packer.pack(&[0; 257], None, &mut packed));
    }

    #[test]
    fn settings_are_those_of_the_header() {
        assert_eq!(Compression::default().setting(), 101);
        assert_eq!(Compression::Zlib(9).setting(), 109);
        assert_eq!(Compression::Stored.setting(), 0);
    }
}
