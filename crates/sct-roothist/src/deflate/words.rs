//! Packs payloads that end with an array of counts in single precision, dense or sparse.

use super::{
    emit::emit,
    parse::{Parse, Token},
};

/// Longest payload with a dense array: all distances are then allowed.
const LONGEST_DENSE: usize = 32_767;
/// Longest payload with a sparse array: no symbol comes more often than 16 bits count, as there are at most the bytes before
/// the array, [`super::parse`]'s 64 and an eighth of the array: 61 500 in all.
const LONGEST_SPARSE: usize = 1 << 18;

/// A packer for dense arrays, whose neighbours mostly differ, and for sparse ones, which are mostly zeros.
#[derive(Debug, Default)]
pub(crate) struct WordPacker {
    tokens: Vec<Token>,
}

impl WordPacker {
    /// Packs `bytes`, which from `array` on are numbers, into a zlib stream in `out`; gives its length. Nothing when the
    /// payload is not of the kind that is packed well here, or does not fit `out`.
    pub(crate) fn pack(&mut self, bytes: &[u8], array: usize, out: &mut [u8]) -> Option<usize> {
        let numbers = bytes.get(array..)?;
        if bytes.len() > LONGEST_SPARSE || array > LONGEST_DENSE {
            return None;
        }
        let parse = if bytes.len() <= LONGEST_DENSE && is_dense(numbers) {
            Parse::dense(bytes, array, &mut self.tokens)
        } else {
            Parse::sparse(bytes, array, &mut self.tokens)?
        };
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
