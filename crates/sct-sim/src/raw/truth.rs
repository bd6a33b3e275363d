//! What a reader of the simulated files must count.

use std::collections::BTreeMap;

use sct_bytestream::ErrorMask;
use sct_cabling::Cabling;
use sct_hitmap::{BsErrorMap, Filler, Hitmap, LumiBlockMaps, RunMaps};
use sct_id::{LumiBlock, ReadoutSwap, Strip, WaferHash};

use super::{
    RawCounts,
    faults::{EventFaults, RodFault},
};
use crate::{Error, Settings};

/// Counts hits, errors and events as they are written, strip by strip.
#[derive(Debug)]
pub(crate) struct Counter<'a> {
    pub(crate) counts: RawCounts,
    cabling: &'a Cabling,
    swap: ReadoutSwap,
    maps: RunMaps,
    filler: Filler,
    errors: BsErrorMap,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(settings: &Settings, cabling: &'a Cabling) -> Self {
        let lumi_blocks = Some(LumiBlockMaps::new(settings.lumi_blocks, settings.window));
        Self {
            counts: RawCounts::default(),
            cabling,
            swap: settings.readout_swap(),
            maps: RunMaps { hits: Hitmap::new(), lumi_blocks },
            filler: Filler::default(),
            errors: BsErrorMap::new(),
        }
    }

    /// Counts an event with the hits that its fragments hold.
    pub(crate) fn event(
        &mut self,
        lumi_block: LumiBlock,
        hits: &[(WaferHash, Strip)],
        faults: &EventFaults,
    ) -> Result<(), Error> {
        self.counts.events += 1;
        self.counts.unplaced += u64::from(faults.unplaced);
        self.errors(faults)?;
        if faults.leaves_event_out() {
            self.counts.left_out += 1;
            return Ok(());
        }
        self.filler.begin_event(lumi_block, &mut self.maps, &self.swap)?;
        for &(wafer, strip) in hits {
            self.filler.group(wafer, strip, 1)?;
        }
        Ok(())
    }

    fn errors(&mut self, faults: &EventFaults) -> Result<(), Error> {
        let mut masks: BTreeMap<WaferHash, ErrorMask> = BTreeMap::new();
        let mut add = |wafer: WaferHash, kinds: &[u8]| {
            let bits = kinds.iter().fold(0, |bits, kind| bits | 1 << kind);
            let mask = masks.entry(wafer).or_default();
            *mask = mask.with(ErrorMask::from_bits(bits));
        };
        for &(rod, fault) in &faults.rods {
            self.cabling.rod_wafers(rod).iter().flatten().for_each(|&w| add(w, fault.errors()));
        }
        for (wafer, fault) in &faults.links {
            let rod = self.cabling.online_id(*wafer).map(sct_cabling::OnlineId::rod);
            if rod.and_then(|rod| faults.of_rod(rod)).is_none_or(RodFault::keeps_hits) {
                add(*wafer, &fault.errors());
            }
        }
        self.errors.set_events(self.errors.events() + 1);
        for (wafer, mask) in masks {
            for error in mask.iter() {
                self.errors.fill(wafer, error.id(), 1)?;
            }
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<(RunMaps, BsErrorMap, RawCounts), Error> {
        self.filler.finish(&mut self.maps, &self.swap)?;
        Ok((self.maps, self.errors, self.counts))
    }
}
