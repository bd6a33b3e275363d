//! Packs payloads that end with an array of counts in single precision.

use super::{
    emit::emit,
    parse::{Parse, Token},
};

/// Longest payload: all distances are then allowed.
const LONGEST: usize = 32_767;

/// A packer for dense arrays, whose neighbours mostly differ.
#[derive(Debug, Default)]
pub(crate) struct WordPacker {
    tokens: Vec<Token>,
}

impl WordPacker {
    /// Packs `bytes`, which from `array` on are numbers, into a zlib stream in `out`; gives its length. Nothing when the
    /// payload is not of the kind that is packed well here, or does not fit `out`.
    pub(crate) fn pack(&mut self, bytes: &[u8], array: usize, out: &mut [u8]) -> Option<usize> {
        if bytes.len() > LONGEST || !is_dense(bytes.get(array..)?) {
            return None;
        }
        let parse = Parse::new(bytes, array, &mut self.tokens);
        emit(bytes, &parse, out)
    }
}

/// Whether at most an eighth of the numbers equals the next one, or has more digits than two bytes hold: where more do,
/// longer repetitions are worth looking for.
fn is_dense(array: &[u8]) -> bool {
    let (words, rest) = array.as_chunks::<4>();
    let same = words.iter().zip(words.iter().skip(1)).filter(|(one, other)| one == other).count();
    let long = words.iter().filter(|[.., third, fourth]| third | fourth != 0).count();
    rest.is_empty() && words.len() >= 16 && 8 * same.max(long) <= words.len()
}
