//! Hits of a chip by lumi block, wherever they come from.

use std::fmt;

use sct_id::{LumiBlock, LumiBlockSet, WaferHash};

/// Any error of a source of chip hits.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Gives the hits of single chips by lumi block. Files implement it lazily, so that a search reads the chips it asks for
/// and no other.
pub trait ChipHits: Sync {
    /// Events per lumi block; index 0 is lumi block 1.
    fn events(&self) -> &[u64];

    /// Hits per lumi block of the chip at place `in_side` (0 to 5, read-out order) of a wafer, as long as
    /// [`Self::events`]; `None` when the source lacks the chip.
    ///
    /// # Errors
    ///
    /// Whatever keeps the source from reading the chip.
    fn chip(&self, wafer: WaferHash, in_side: usize) -> Result<Option<Vec<u32>>, BoxError>;
}

/// A source without some of its lumi blocks: they have no events, so that nothing looks at their hits.
pub struct WithoutLumiBlocks<'a> {
    source: &'a dyn ChipHits,
    events: Vec<u64>,
}

impl<'a> WithoutLumiBlocks<'a> {
    /// Leaves lumi blocks out of a source.
    pub fn new(source: &'a dyn ChipHits, left_out: &LumiBlockSet) -> Self {
        let kept = |(&events, number): (&u64, u32)| {
            if left_out.contains(LumiBlock::new(number)) { 0 } else { events }
        };
        Self { source, events: source.events().iter().zip(1..).map(kept).collect() }
    }
}

impl fmt::Debug for WithoutLumiBlocks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithoutLumiBlocks").field("events", &self.events).finish_non_exhaustive()
    }
}

impl ChipHits for WithoutLumiBlocks<'_> {
    fn events(&self) -> &[u64] {
        &self.events
    }

    fn chip(&self, wafer: WaferHash, in_side: usize) -> Result<Option<Vec<u32>>, BoxError> {
        self.source.chip(wafer, in_side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChipLumiBlocks;

    #[test]
    fn lumi_blocks_left_out_have_no_events() {
        let mut map = ChipLumiBlocks::new(4);
        (1..=4).try_for_each(|number| map.add_event(LumiBlock::new(number))).unwrap();
        let less = WithoutLumiBlocks::new(&map, &"2-3 9".parse().unwrap());
        assert_eq!(less.events(), [1, 0, 0, 1]);
    }
}
