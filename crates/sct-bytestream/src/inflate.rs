//! zlib streams inside files.

use std::fmt;

use libdeflater::{CompressionLvl, Compressor, DecompressionError, Decompressor};

/// No deflate stream grows by more than this factor. Source: the bound of the format.
const LARGEST_RATIO: usize = 1032;
/// Room for what a stream of a few bytes holds.
const SLACK: usize = 64;

/// Why a stream did not inflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InflateError {
    /// The bytes are no zlib stream, or its checksum does not agree.
    #[error("the zlib stream of {stored} bytes is damaged")]
    Damaged {
        /// Compressed bytes.
        stored: usize,
    },
    /// Another size came out than was announced.
    #[error("the zlib stream holds {found} bytes, the header announces {announced}")]
    Size {
        /// What came out.
        found: usize,
        /// What the header says.
        announced: usize,
    },
    /// The announced size cannot come out of so few bytes, or the stream has more.
    #[error("a zlib stream of {stored} bytes cannot hold, or holds more than, {announced} bytes")]
    TooLarge {
        /// Compressed bytes.
        stored: usize,
        /// What the header says, or the bound of the format.
        announced: usize,
    },
}

/// Decoder state, kept from one event to the next.
pub(crate) struct Inflater(Decompressor);

impl Default for Inflater {
    fn default() -> Self {
        Self(Decompressor::new())
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inflater")
    }
}

impl Inflater {
    /// Replaces `target` by the `announced` bytes of the stream. Bytes after its end are padding.
    pub(crate) fn exact(
        &mut self,
        stream: &[u8],
        announced: usize,
        target: &mut Vec<u8>,
    ) -> Result<(), InflateError> {
        let stored = stream.len();
        if announced > largest(stored) {
            return Err(InflateError::TooLarge { stored, announced });
        }
        target.resize(announced, 0);
        match self.0.zlib_decompress(stream, target) {
            Ok(found) if found == announced => Ok(()),
            Ok(found) => Err(InflateError::Size { found, announced }),
            Err(DecompressionError::InsufficientSpace) => {
                Err(InflateError::TooLarge { stored, announced })
            }
            Err(DecompressionError::BadData) => Err(InflateError::Damaged { stored }),
        }
    }

    /// Replaces `target` by the bytes of a stream that does not announce how many there are.
    pub(crate) fn growing(
        &mut self,
        stream: &[u8],
        target: &mut Vec<u8>,
    ) -> Result<(), InflateError> {
        let stored = stream.len();
        let bound = largest(stored);
        let mut room = target.capacity().max(3 * stored).clamp(SLACK, bound);
        loop {
            target.resize(room, 0);
            match self.0.zlib_decompress(stream, target) {
                Ok(found) => {
                    target.truncate(found);
                    return Ok(());
                }
                Err(DecompressionError::InsufficientSpace) if room < bound => {
                    room = (2 * room).min(bound);
                }
                Err(DecompressionError::InsufficientSpace) => {
                    return Err(InflateError::TooLarge { stored, announced: bound });
                }
                Err(DecompressionError::BadData) => return Err(InflateError::Damaged { stored }),
            }
        }
    }
}

fn largest(stored: usize) -> usize {
    stored.saturating_mul(LARGEST_RATIO).saturating_add(SLACK)
}

/// A zlib level, 1 (fast) to 12 (small).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZlibLevel(i32);

impl ZlibLevel {
    /// The level used when nothing is said, 1.
    pub const USUAL: Self = Self(1);

    /// Checks the range.
    pub const fn new(level: u8) -> Option<Self> {
        if level >= 1 && level <= 12 { Some(Self(level as i32)) } else { None }
    }

    /// Appends the stream of `bytes`, padded with zeros to a whole word.
    pub(crate) fn deflate(self, bytes: &[u8], out: &mut Vec<u8>) {
        let level = CompressionLvl::new(self.0).expect("the level is one of libdeflate's");
        let mut compressor = Compressor::new(level);
        let start = out.len();
        out.resize(start + compressor.zlib_compress_bound(bytes.len()), 0);
        let written = compressor
            .zlib_compress(bytes, &mut out[start..])
            .expect("the bound leaves enough room");
        out.truncate(start + written);
        out.resize(start + written.next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_come_back_with_and_without_size() {
        let bytes = b"strip ".repeat(4000);
        let mut stream = Vec::new();
        ZlibLevel::USUAL.deflate(&bytes, &mut stream);
        assert!(stream.len().is_multiple_of(4) && stream.len() * 100 < bytes.len());
        stream.extend([0; 8]);
        let (mut inflater, mut target) = (Inflater::default(), Vec::new());
        inflater.exact(&stream, bytes.len(), &mut target).unwrap();
        assert_eq!(target, bytes);
        inflater.growing(&stream, &mut Vec::new()).unwrap();
        let mut grown = Vec::new();
        inflater.growing(&stream, &mut grown).unwrap();
        assert_eq!(grown, bytes);
    }

    #[test]
    fn sizes_must_agree() {
        let mut stream = Vec::new();
        ZlibLevel::USUAL.deflate(&[7; 100], &mut stream);
        let stored = stream.len();
        let exact = |announced| Inflater::default().exact(&stream, announced, &mut Vec::new());
        assert_eq!(exact(100), Ok(()));
        assert_eq!(exact(104), Err(InflateError::Size { found: 100, announced: 104 }));
        assert_eq!(exact(96), Err(InflateError::TooLarge { stored, announced: 96 }));
        let huge = 1 << 40;
        assert_eq!(exact(huge), Err(InflateError::TooLarge { stored, announced: huge }));
        stream[4] ^= 0x55;
        assert_eq!(
            Inflater::default().growing(&stream, &mut Vec::new()),
            Err(InflateError::Damaged { stored })
        );
    }

    #[test]
    fn levels_end_at_12() {
        assert_eq!(ZlibLevel::new(1), Some(ZlibLevel::USUAL));
        assert!(ZlibLevel::new(12).is_some() && ZlibLevel::new(0).is_none());
        assert!(ZlibLevel::new(13).is_none());
    }
}
