//! Hits of a chip by lumi block, wherever they come from.

use sct_id::WaferHash;

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
