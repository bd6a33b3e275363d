//! Objects of a folder.

use sct_id::Iov;

use crate::{ChannelId, Value};

/// One object of a folder: valid for a channel over an interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Channel.
    pub channel: ChannelId,
    /// Interval.
    pub iov: Iov,
    /// Values in column order.
    pub payload: Vec<Value>,
}

/// One object of a folder with vector payload: several payloads, in order, for a channel over an interval.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorRow {
    /// Channel.
    pub channel: ChannelId,
    /// Interval.
    pub iov: Iov,
    /// Payloads in order, each with values in column order; none is allowed.
    pub items: Vec<Vec<Value>>,
}
