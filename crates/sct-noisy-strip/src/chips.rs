//! The lumi blocks in which a chip was noisy.

use sct_hitmap::{BoxError, ChipHits};
use sct_id::{Chip, Strip, WaferHash};

use crate::{Config, Inputs};

/// Lumi blocks of the run.
pub(crate) struct LumiBlocks<'a> {
    source: Option<&'a dyn ChipHits>,
    /// How many lumi blocks are looked at.
    range: usize,
    processed: usize,
    /// Hits of a chip per event above which it is noisy in a lumi block.
    threshold: f64,
}

impl<'a> LumiBlocks<'a> {
    pub(crate) fn new(inputs: &Inputs<'a>, config: &Config) -> Self {
        let events = inputs.chip_hits.map_or(&[][..], ChipHits::events);
        let range = inputs.lumi_blocks.map_or(events.len(), |run| events.len().min(run as usize));
        // In single precision as the original; 128 strips times one half make 0.96 hits per event.
        let threshold = config.threshold() * Strip::PER_CHIP as f32 * config.chip_fraction;
        Self {
            source: inputs.chip_hits,
            range,
            processed: events[..range].iter().filter(|&&events| events > 0).count(),
            threshold: f64::from(threshold),
        }
    }

    /// Hits of a chip per event above which it is noisy in a lumi block.
    pub(crate) fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Number of lumi blocks with events.
    pub(crate) fn processed(&self) -> usize {
        self.processed
    }

    /// Zero-based numbers of the lumi blocks in which a chip was noisy.
    pub(crate) fn noisy(&self, wafer: WaferHash, chip: Chip) -> Result<Vec<usize>, BoxError> {
        let Some(source) = self.source else { return Ok(Vec::new()) };
        let Some(hits) = source.chip(wafer, chip.in_side())? else { return Ok(Vec::new()) };
        let pairs =
            hits.iter().copied().zip(source.events().iter().copied()).take(self.range).enumerate();
        let noisy = |hits: u32, events: u64| {
            events > 0 && f64::from(hits as f32) / events as f64 > self.threshold
        };
        Ok(pairs
            .filter(|&(_, (hits, events))| noisy(hits, events))
            .map(|(index, _)| index)
            .collect())
    }

    /// Part of the lumi blocks with events, single precision.
    pub(crate) fn fraction(&self, noisy: usize) -> f32 {
        if noisy == 0 { 0.0 } else { noisy as f32 / self.processed as f32 }
    }
}
