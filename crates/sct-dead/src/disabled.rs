//! What the configuration has switched off, and what cannot be judged.

use sct_conditions::{KnownBad, Source};
use sct_id::{Chip, Strip, WaferHash};

use crate::{Config, Inputs};

/// Why a side is not searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// The module or the link is switched off, or all strips are.
    Disabled,
    /// The link has byte-stream errors.
    Errors,
    /// Its histogram is missing.
    Absent,
}

/// Strips of a side in read-out order; true where they are switched off.
pub(crate) type Mask = [bool; Strip::PER_WAFER];

/// Looks up what is switched off.
pub(crate) struct Disabled<'a> {
    inputs: &'a Inputs<'a>,
    known: Option<&'a KnownBad>,
}

impl<'a> Disabled<'a> {
    pub(crate) fn new(inputs: &'a Inputs<'a>, config: &Config) -> Self {
        Self { inputs, known: inputs.known_bad.filter(|_| config.use_configuration) }
    }

    /// Whether the whole side is switched off: its module or its link.
    pub(crate) fn side(&self, wafer: WaferHash) -> bool {
        self.known.is_some_and(|known| {
            known.is_bad_module(Source::Configuration, wafer.module())
                || known.is_bad_link(Source::Configuration, wafer)
        })
    }

    /// Whether the layer mean counts the side: it is there and switched on.
    pub(crate) fn is_enabled(&self, wafer: WaferHash) -> bool {
        self.inputs.hitmap.is_present(wafer) && !self.side(wafer)
    }

    /// Why the side as a whole is not searched, if it is not.
    pub(crate) fn left_out(&self, wafer: WaferHash) -> Option<LeftOut> {
        if self.side(wafer) {
            return Some(LeftOut::Disabled);
        }
        if !self.inputs.hitmap.is_present(wafer) {
            return Some(LeftOut::Absent);
        }
        let has_errors = self.inputs.bs_errors.is_some_and(|errors| {
            errors.outside(wafer) > 0 || errors.wafer(wafer).iter().any(|&events| events > 0)
        });
        has_errors.then_some(LeftOut::Errors)
    }

    /// Chips and strips of a side that are switched off; none when all are on.
    pub(crate) fn strips(&self, wafer: WaferHash) -> Option<Mask> {
        let (known, swap) = (self.known?, self.inputs.swap);
        let (module, side) = (wafer.module(), wafer.side());
        let mut mask: Option<Mask> = None;
        let mut off = |online: usize| mask.get_or_insert([false; Strip::PER_WAFER])[online] = true;
        for chip in Chip::all().filter(|chip| chip.side() == side) {
            if known.is_bad_chip(Source::Configuration, module, chip) {
                let first = chip.in_side() * Strip::PER_CHIP;
                (first..first + Strip::PER_CHIP).for_each(&mut off);
            }
        }
        for strip in known
            .bad_strips(Source::Configuration, module)
            .into_iter()
            .flat_map(|strips| strips.on_side(side))
        {
            off(swap.online(wafer, strip.strip()).index());
        }
        mask
    }

    /// Whether a chip is switched off as a whole.
    pub(crate) fn chip(&self, wafer: WaferHash, chip: Chip) -> bool {
        self.known
            .is_some_and(|known| known.is_bad_chip(Source::Configuration, wafer.module(), chip))
    }
}
