//! Passes over data words that look at little more than headers and trailers.

use sct_cabling::Fibre;
use sct_id::Strip;

use super::half_word::{HalfWord, HeaderFlags};

/// Words that are stepped over at once.
const STRIDE: usize = 8;

/// How many words from the first on are quiet; the first is known to be.
#[inline]
pub(super) fn quiet(data: &[[u8; 4]], is_quiet: impl Fn(u32) -> bool + Copy) -> usize {
    let word = |quad: &[u8; 4]| is_quiet(u32::from_le_bytes(*quad));
    let singles =
        |from: usize, to: usize| from + data[from..to].iter().take_while(|quad| word(quad)).count();
    // Noise leaves runs of about twelve words, for which strides are too long.
    let head = data.len().min(4 * STRIDE);
    let found = singles(1, head);
    if found < head {
        return found;
    }
    // No early end within a stride, so that it becomes a few vector instructions.
    let strides = data[head..].as_chunks::<STRIDE>().0;
    let is_whole =
        |stride: &[[u8; 4]; STRIDE]| stride.iter().fold(true, |all, quad| all & word(quad));
    let whole = strides.iter().take_while(|stride| is_whole(stride)).count();
    singles(head + STRIDE * whole, data.len())
}

/// The fibres that a fragment selects, a bit each: those of headers, and those that hits lead to.
pub(super) fn selected(data: &[[u8; 4]], is_super_condensed: bool) -> u128 {
    let (mut selected, mut link, mut is_open, mut is_condensed) = (0, 0, false, false);
    for quad in data {
        let word = u32::from_le_bytes(*quad);
        for half in [(word >> 16) as u16, (word & 0xFFFF) as u16] {
            match HalfWord::new(half) {
                HalfWord::Header(flags) => {
                    link = flags.link();
                    is_open = link < Fibre::COUNT;
                    is_condensed = is_super_condensed || flags.has(HeaderFlags::CONDENSED);
                }
                HalfWord::Trailer(_) => is_open = false,
                HalfWord::Hit(hit) if is_open && (is_condensed || hit & 8 == 0) => {
                    if usize::from(hit >> 4 & 0x3FF) < Strip::PER_WAFER {
                        link = link & !1 | usize::from(hit >> 14 & 1);
                    }
                }
                _ => continue,
            }
            if is_open {
                selected |= 1 << link;
            }
        }
    }
    selected
}
