//! The hits drawn for a run or a file of it, as far as the truth needs them.

use std::collections::BTreeMap;

use sct_hitmap::Hitmap;
use sct_id::{Chip, LumiBlock, LumiBlockSet, Strip, WaferHash};

use crate::{Error, Settings, wafer::WaferHits};

/// A lumi block with fewer events tells nothing about a chip.
const FEWEST_EVENTS: u64 = 10;

/// Hits per strip of all wafers, and hits per chip and lumi block of those with noisy chips.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) hitmap: Hitmap,
    /// By place on the side and lumi block; index 0 is lumi block 1.
    pub(crate) chips: BTreeMap<WaferHash, [Vec<u32>; Chip::PER_SIDE]>,
    /// Lumi blocks in which chips were noisy.
    pub(crate) noisy: BTreeMap<(WaferHash, Chip), LumiBlockSet>,
}

impl Drawn {
    pub(crate) fn new() -> Self {
        Self { hitmap: Hitmap::new(), chips: BTreeMap::new(), noisy: BTreeMap::new() }
    }

    /// Takes the hits of one wafer.
    pub(crate) fn set(&mut self, wafer: WaferHash, hits: &WaferHits, keep_chips: bool) {
        self.hitmap.wafer_mut(wafer).copy_from_slice(&hits.strips);
        if keep_chips {
            self.chips.insert(wafer, hits.lumi_blocks.chips.clone());
        }
    }

    /// Notes the lumi blocks in which a chip is noisy: its hits per event are above the threshold times half of its strips,
    /// a product in single precision.
    pub(crate) fn judge(
        &mut self,
        settings: &Settings,
        (wafer, in_side): (WaferHash, usize),
        hits: &[u32],
        events: &[u64],
    ) {
        let limit = f64::from(settings.threshold * Strip::PER_CHIP as f32 * 0.5);
        let noisy = |hits: u32, events: u64| {
            events >= FEWEST_EVENTS && f64::from(hits) / events as f64 > limit
        };
        let counts = (1..).zip(hits.iter().zip(events));
        let found = counts.filter(|(_, (hits, events))| noisy(**hits, **events));
        let found: LumiBlockSet = found.map(|(number, _)| LumiBlock::new(number)).collect();
        if let (false, Ok(chip)) = (found.is_empty(), Chip::on_side(wafer.side(), in_side)) {
            self.noisy.insert((wafer, chip), found);
        }
    }

    /// Adds another file of the run, which has lumi blocks of its own.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), Error> {
        self.hitmap.merge(&other.hitmap)?;
        for (chip, times) in &other.noisy {
            self.noisy.entry(*chip).or_default().extend_from(times);
        }
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
