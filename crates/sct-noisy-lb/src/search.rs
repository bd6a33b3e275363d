//! The lumi blocks in which a module was noisy.

use sct_id::{Chip, LumiBlock, LumiBlockSet, ModuleHash, Side};

use crate::{Config, Error, Inputs, NoisyChip, NoisyLink, NoisyModule};

/// What was found of one module.
pub(crate) struct Found {
    pub(crate) noisy: Option<NoisyModule>,
    pub(crate) has_hits: bool,
    pub(crate) missing_chips: usize,
}

/// The search with everything that is the same for all modules worked out.
pub(crate) struct Search<'a> {
    inputs: &'a Inputs<'a>,
    config: &'a Config,
    /// Events of the lumi blocks of the run.
    pub(crate) events: &'a [u64],
    /// Whether a lumi block has enough of them.
    pub(crate) tested: Vec<bool>,
}

impl<'a> Search<'a> {
    pub(crate) fn new(inputs: &'a Inputs<'a>, config: &'a Config) -> Self {
        let events = inputs.chip_hits.events();
        let range = inputs.lumi_blocks.map_or(events.len(), |run| events.len().min(run as usize));
        let events = &events[..range];
        // Without events there is no occupancy, whatever the minimum.
        let least = config.min_events.max(1);
        let tested = events.iter().map(|&events| events >= least).collect();
        Self { inputs, config, events, tested }
    }

    pub(crate) fn module(&self, module: ModuleHash) -> Result<Found, Error> {
        let mut result = NoisyModule {
            module,
            lumi_blocks: LumiBlockSet::new(),
            links: Vec::new(),
            chips: Vec::new(),
        };
        let (mut has_hits, mut missing_chips) = (false, 0);
        for side in Side::ALL {
            let before = result.chips.len();
            for chip in Chip::all().filter(|chip| chip.side() == side) {
                let hits = self.inputs.chip_hits.chip(module.wafer(side), chip.in_side());
                let hits = hits.map_err(|source| Error::ChipHits { module, chip, source })?;
                let Some(hits) = hits else {
                    missing_chips += 1;
                    continue;
                };
                has_hits |= hits.iter().any(|&hits| hits > 0);
                result.chips.extend(self.chip(chip, &hits));
            }
            result.links.extend(self.link(side, &result.chips[before..]));
        }
        for chip in &result.chips {
            result.lumi_blocks.extend_from(&chip.lumi_blocks);
        }
        let noisy = (!result.chips.is_empty()).then_some(result);
        Ok(Found { noisy, has_hits, missing_chips })
    }

    fn chip(&self, chip: Chip, hits: &[u32]) -> Option<NoisyChip> {
        let threshold = self.config.chip_threshold();
        let counts = hits.iter().copied().zip(self.events.iter().copied());
        let mut noisy = NoisyChip { chip, lumi_blocks: LumiBlockSet::new(), hits: 0, events: 0 };
        for (((hits, events), &tested), number) in counts.zip(&self.tested).zip(1..) {
            // Precision as in the lumi blocks of noisy chips.
            if tested && f64::from(hits as f32) / events as f64 > threshold {
                noisy.lumi_blocks.insert(LumiBlock::new(number));
                noisy.hits += u64::from(hits);
                noisy.events += events;
            }
        }
        (!noisy.lumi_blocks.is_empty()).then_some(noisy)
    }

    fn link(&self, side: Side, chips: &[NoisyChip]) -> Option<NoisyLink> {
        let mut noisy_chips = vec![0_u8; if chips.is_empty() { 0 } else { self.events.len() }];
        for number in chips.iter().flat_map(|chip| chip.lumi_blocks.iter()) {
            noisy_chips[number.to_u32() as usize - 1] += 1;
        }
        let noisy =
            noisy_chips.iter().zip(1..).filter(|(chips, _)| self.config.is_noisy_link(**chips));
        let lumi_blocks: LumiBlockSet = noisy.map(|(_, number)| LumiBlock::new(number)).collect();
        (!lumi_blocks.is_empty()).then_some(NoisyLink { side, lumi_blocks })
    }
}
