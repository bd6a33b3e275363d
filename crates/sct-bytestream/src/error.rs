//! Why an event was left out.

use crate::{eformat::FragmentError, inflate::InflateError};

/// An event that cannot be used. The rest of the file can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The block of a compressed file does not inflate.
    #[error("event at byte {offset}: its block does not inflate")]
    Block {
        /// Offset of its data separator.
        offset: u64,
        /// Why.
        source: InflateError,
    },
    /// The payload does not inflate.
    #[error("event at byte {offset}: its payload does not inflate")]
    Payload {
        /// Offset of its data separator.
        offset: u64,
        /// Why.
        source: InflateError,
    },
    /// The frame of the event, or of one of its ROBs, does not hold.
    #[error("event at byte {offset}: its frame does not hold")]
    Frame {
        /// Offset of its data separator.
        offset: u64,
        /// Where and why.
        source: FragmentError,
    },
}

impl EventError {
    /// Offset of the event's data separator.
    pub const fn offset(&self) -> u64 {
        match self {
            Self::Block { offset, .. }
            | Self::Payload { offset, .. }
            | Self::Frame { offset, .. } => *offset,
        }
    }
}
