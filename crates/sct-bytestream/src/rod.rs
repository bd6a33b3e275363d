//! SCT data of one ROD: half words to clusters and byte-stream errors, and back.
//!
//! Source: section 4 of `docs/formats/raw.md`.

mod clean;
mod cluster;
mod decode;
mod encode;
mod errors;
mod half_word;
mod kinds;
mod link;
mod readout;
mod skim;
mod walk;

pub use self::{
    cluster::Cluster,
    decode::{Decoder, RodCounts},
    encode::{Encoder, LinkData, Mode, StripHit},
    errors::WaferErrors,
    half_word::{HalfWord, HeaderFlags, ROD_LINKS, TrailerFlags},
    readout::Readout,
};

/// Detector event type of simulated data.
pub const SIMULATED: u32 = 1 << 20;
/// Detector event type of a fragment in super-condensed mode.
pub const SUPER_CONDENSED: u32 = 1 << 21;
/// Second ROD status word: error of the timing interface module.
pub const TIM_CLOCK_ERROR: u32 = 1 << 16;
/// Second ROD status word: error of the back-of-crate card.
pub const BOC_CLOCK_ERROR: u32 = 1 << 17;
