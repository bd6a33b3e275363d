//! The hits drawn for a run or a file of it, as far as the truth needs them.

use std::collections::BTreeMap;

use sct_hitmap::Hitmap;
use sct_id::{Chip, WaferHash};

use crate::{Error, wafer::WaferHits};

/// Hits per strip of all wafers, and hits per chip and lumi block of those with noisy chips.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) hitmap: Hitmap,
    /// By place on the side and lumi block; index 0 is lumi block 1.
    pub(crate) chips: BTreeMap<WaferHash, [Vec<u32>; Chip::PER_SIDE]>,
}

impl Drawn {
    pub(crate) fn new() -> Self {
        Self { hitmap: Hitmap::new(), chips: BTreeMap::new() }
    }

    /// Takes the hits of one wafer.
    pub(crate) fn set(&mut self, wafer: WaferHash, hits: &WaferHits, keep_chips: bool) {
        self.hitmap.wafer_mut(wafer).copy_from_slice(&hits.strips);
        if keep_chips {
            self.chips.insert(wafer, hits.lumi_blocks.chips.clone());
        }
    }

    /// Adds another file of the run.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.hitmap.merge(&other.hitmap)?;
        for (wafer, rows) in other.chips {
            let Some(sums) = self.chips.get_mut(&wafer) else {
                self.chips.insert(wafer, rows);
                continue;
            };
            let cells = sums.iter_mut().flatten().zip(rows.iter().flatten());
            // Far below 2^32: no more hits than strips times events.
            cells.for_each(|(sum, more)| *sum += more);
        }
        Ok(())
    }
}
