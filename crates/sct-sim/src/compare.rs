//! What was found against what there is.

use std::collections::BTreeSet;

use sct_conditions::StripSet;
use sct_id::{Chip, LumiBlock, LumiBlockSet, ModuleHash, Side, Strip, WaferHash};
use serde::Serialize;

use crate::Truth;

/// What a search called noisy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Strips, offline order.
    pub strips: BTreeSet<(WaferHash, Strip)>,
    /// Chips, read-out numbering.
    pub chips: BTreeSet<(WaferHash, Chip)>,
    /// Wafers.
    pub wafers: BTreeSet<WaferHash>,
}

impl Found {
    /// Adds what was found on one module.
    pub fn add(
        &mut self,
        module: ModuleHash,
        strips: &StripSet,
        chips: impl IntoIterator<Item = Chip>,
        sides: impl IntoIterator<Item = Side>,
    ) {
        let place = |strip: sct_id::ModuleStrip| (module.wafer(strip.side()), strip.strip());
        self.strips.extend(strips.iter().map(place));
        self.chips.extend(chips.into_iter().map(|chip| (module.wafer(chip.side()), chip)));
        self.wafers.extend(sides.into_iter().map(|side| module.wafer(side)));
    }
}

/// One kind of component compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match<T> {
    /// Found and expected.
    pub common: usize,
    /// Expected and not found.
    pub missing: Vec<T>,
    /// Found and not expected.
    pub extra: Vec<T>,
}

impl<T: Copy + Ord> Match<T> {
    pub(crate) fn new(found: &BTreeSet<T>, expected: &BTreeSet<T>) -> Self {
        Self {
            common: found.intersection(expected).count(),
            missing: expected.difference(found).copied().collect(),
            extra: found.difference(expected).copied().collect(),
        }
    }
}

impl<T> Match<T> {
    /// Part of the expected components that was found; 1 when none was expected.
    pub fn efficiency(&self) -> f64 {
        fraction(self.common, self.missing.len())
    }

    /// Part of the found components that was expected; 1 when none was found.
    pub fn purity(&self) -> f64 {
        fraction(self.common, self.extra.len())
    }

    /// Whether exactly the expected components were found.
    pub fn is_exact(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty()
    }
}

fn fraction(good: usize, bad: usize) -> f64 {
    if good + bad == 0 { 1.0 } else { good as f64 / (good + bad) as f64 }
}

/// A search compared with the truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Noisy strips.
    pub strips: Match<(WaferHash, Strip)>,
    /// Noisy chips.
    pub chips: Match<(WaferHash, Chip)>,
    /// Noisy wafers.
    pub wafers: Match<WaferHash>,
}

impl Comparison {
    /// Whether everything agrees.
    pub fn is_exact(&self) -> bool {
        self.strips.is_exact() && self.chips.is_exact() && self.wafers.is_exact()
    }
}

impl Truth {
    /// Compares a search with what it must find in these hits.
    pub fn compare(&self, found: &Found) -> Comparison {
        let expected = &self.expected;
        let strips = expected.strips.iter().map(|strip| (strip.wafer, strip.strip)).collect();
        let chips = expected.chips.iter().map(|chip| (chip.wafer, chip.chip)).collect();
        Comparison {
            strips: Match::new(&found.strips, &strips),
            chips: Match::new(&found.chips, &chips),
            wafers: Match::new(&found.wafers, &expected.wafers.iter().copied().collect()),
        }
    }
}

/// A chip and a lumi block in which it was noisy.
pub type NoisyTriple = (WaferHash, Chip, LumiBlock);

impl Truth {
    /// Compares lumi blocks of noisy chips, and bursts, with what a search must find in these hits.
    pub fn compare_lumi_blocks(
        &self,
        chips: &BTreeSet<NoisyTriple>,
        bursts: &LumiBlockSet,
    ) -> (Match<NoisyTriple>, Match<LumiBlock>) {
        let expected = self.expected.noisy_lumi_blocks.iter();
        let expected = expected.flat_map(|times| {
            times.lumi_blocks.iter().map(|number| (times.wafer, times.chip, number))
        });
        let set = |lumi_blocks: &LumiBlockSet| lumi_blocks.iter().collect::<BTreeSet<_>>();
        (
            Match::new(chips, &expected.collect()),
            Match::new(&set(bursts), &set(&self.expected.bursts)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn efficiency_and_purity_count_both_kinds_of_mistake() {
        let set = |numbers: &[u32]| numbers.iter().copied().collect::<BTreeSet<_>>();
        let check = |found: &[u32], expected: &[u32], efficiency: f64, purity: f64| {
            let result = Match::new(&set(found), &set(expected));
            assert!((result.efficiency() - efficiency).abs() < 1e-12);
            assert!((result.purity() - purity).abs() < 1e-12);
            assert_eq!(result.is_exact(), found == expected);
        };
        check(&[1, 2, 3], &[1, 2, 3], 1.0, 1.0);
        check(&[1, 2, 9], &[1, 2, 3, 4], 0.5, 2.0 / 3.0);
        check(&[], &[1], 0.0, 1.0);
        check(&[1], &[], 1.0, 0.0);
        check(&[], &[], 1.0, 1.0);
    }
}
