//! A pass over data words that looks at little more than headers and trailers.

use sct_cabling::Fibre;
use sct_id::Strip;

use super::half_word::{HalfWord, HeaderFlags};

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
