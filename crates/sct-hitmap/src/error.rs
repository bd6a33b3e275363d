//! What can go wrong while counting.

use sct_id::{Strip, WaferHash};

/// A count that does not fit, or maps that do not match.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// More hits in a strip than 32 bits count.
    #[error("strip {strip} of wafer {wafer} ({}) has more than {} hits", wafer.position(), u32::MAX)]
    StripOverflow {
        /// The wafer.
        wafer: WaferHash,
        /// The strip.
        strip: Strip,
    },
    /// Fewer hits in a strip than are to be taken away.
    #[error("strip {strip} of wafer {wafer} ({}) has fewer hits than are to be left out", wafer.position())]
    StripUnderflow {
        /// The wafer.
        wafer: WaferHash,
        /// The strip.
        strip: Strip,
    },
    /// Fewer events than are to be taken away.
    #[error("there are {events} events, fewer than the {left_out} to be left out")]
    EventUnderflow {
        /// Events there are.
        events: u64,
        /// Events to be left out.
        left_out: u64,
    },
    /// More hits of a chip in a lumi block than 32 bits count.
    #[error("chip {in_side} of wafer {wafer} ({}) has more than {} hits in lumi block {lumi_block}", wafer.position(), u32::MAX)]
    ChipOverflow {
        /// The wafer.
        wafer: WaferHash,
        /// Place of the chip on its side, 0 to 5.
        in_side: usize,
        /// Lumi block, from 1.
        lumi_block: usize,
    },
    /// More errors of a wafer than 32 bits count.
    #[error("wafer {wafer} ({}) has more than {} errors of type {kind}", wafer.position(), u32::MAX)]
    ErrorOverflow {
        /// The wafer.
        wafer: WaferHash,
        /// Number of the error type.
        kind: usize,
    },
    /// More events than 64 bits count.
    #[error("more than {} events", u64::MAX)]
    EventOverflow,
    /// A group of strips that runs over the end of the wafer.
    #[error("{size} strips from strip {first} run over the end of wafer {wafer} ({})", wafer.position())]
    Group {
        /// The wafer.
        wafer: WaferHash,
        /// First strip.
        first: Strip,
        /// Number of strips.
        size: usize,
    },
    /// Maps of different shape.
    #[error("maps differ in {what}: {left} and {right}")]
    Shape {
        /// Which property.
        what: &'static str,
        /// Of the one.
        left: usize,
        /// Of the other.
        right: usize,
    },
}
