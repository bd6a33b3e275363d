//! Dead and quiet components: what there is, and what was found of it.

use std::collections::BTreeSet;

use rayon::prelude::*;
use sct_conditions::StripSet;
use sct_hitmap::Hitmap;
use sct_id::{Chip, ModuleHash, ReadoutSwap, Side, Strip, WaferHash};
use serde::Serialize;

use crate::{
    DeadChip, DeadLink, DeadStrips, Detector, Error, Known, KnownBadPart, Match, QuietChip,
    QuietStrips, Settings, Truth, detector::WaferDefects,
};

/// Components without hits, or with few. Chips and strips of a link are among the chips and strips, strips of a chip among
/// the strips.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Silent {
    /// Strips, offline order.
    pub strips: BTreeSet<(WaferHash, Strip)>,
    /// Chips, read-out numbering.
    pub chips: BTreeSet<(WaferHash, Chip)>,
    /// Sides.
    pub links: BTreeSet<WaferHash>,
}

/// A search compared with the truth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SilentComparison {
    /// Strips.
    pub strips: Match<(WaferHash, Strip)>,
    /// Chips.
    pub chips: Match<(WaferHash, Chip)>,
    /// Sides.
    pub links: Match<WaferHash>,
}

/// The defects that make components silent.
#[derive(Clone, Copy)]
struct Defects<'a> {
    dead_strips: &'a [DeadStrips],
    dead_chips: &'a [DeadChip],
    dead_links: &'a [DeadLink],
    quiet_strips: &'a [QuietStrips],
    quiet_chips: &'a [QuietChip],
}

impl Defects<'_> {
    fn dead(self, swap: &ReadoutSwap) -> Silent {
        let mut silent = Silent::default();
        self.dead_links.iter().for_each(|dead| silent.add_link(dead.wafer, swap));
        self.dead_chips.iter().for_each(|dead| silent.add_chip(dead.wafer, dead.chip, swap));
        for dead in self.dead_strips {
            silent.strips.extend(dead.strips.iter().map(|&strip| (dead.wafer, strip)));
        }
        silent
    }

    /// Dead components are quiet as well.
    fn quiet(self, swap: &ReadoutSwap) -> Silent {
        let mut silent = self.dead(swap);
        self.quiet_chips.iter().for_each(|quiet| silent.add_chip(quiet.wafer, quiet.chip, swap));
        for quiet in self.quiet_strips {
            silent.strips.extend(quiet.strips.iter().map(|&strip| (quiet.wafer, strip)));
        }
        silent
    }
}

impl Silent {
    fn add_chip(&mut self, wafer: WaferHash, chip: Chip, swap: &ReadoutSwap) {
        self.chips.insert((wafer, chip));
        let own = Strip::all().filter(|&strip| swap.chip(wafer, strip) == chip);
        self.strips.extend(own.map(|strip| (wafer, strip)));
    }

    /// Adds a side with its chips and strips.
    pub fn add_link(&mut self, wafer: WaferHash, swap: &ReadoutSwap) {
        self.links.insert(wafer);
        Chip::all()
            .filter(|chip| chip.side() == wafer.side())
            .for_each(|chip| self.add_chip(wafer, chip, swap));
    }

    /// Keeps what lies on some sides.
    pub fn retain(&mut self, wanted: impl Fn(WaferHash) -> bool) {
        self.strips.retain(|&(wafer, _)| wanted(wafer));
        self.chips.retain(|&(wafer, _)| wanted(wafer));
        self.links.retain(|&wafer| wanted(wafer));
    }

    /// Adds what was found on one module; strips in read-out order, as the search lists them.
    pub fn add_found(
        &mut self,
        module: ModuleHash,
        strips: &StripSet,
        chips: impl IntoIterator<Item = Chip>,
        sides: impl IntoIterator<Item = Side>,
        swap: &ReadoutSwap,
    ) {
        let offline = |online: sct_id::ModuleStrip| {
            let wafer = module.wafer(online.side());
            (wafer, swap.online(wafer, online.strip()))
        };
        self.strips.extend(strips.iter().map(offline));
        self.chips.extend(chips.into_iter().map(|chip| (module.wafer(chip.side()), chip)));
        self.links.extend(sides.into_iter().map(|side| module.wafer(side)));
    }

    /// Compares a search with this truth.
    pub fn compare(&self, found: &Self) -> SilentComparison {
        SilentComparison {
            strips: Match::new(&found.strips, &self.strips),
            chips: Match::new(&found.chips, &self.chips),
            links: Match::new(&found.links, &self.links),
        }
    }
}

impl Detector {
    fn silent(&self) -> Defects<'_> {
        Defects {
            dead_strips: &self.dead_strips,
            dead_chips: &self.dead_chips,
            dead_links: &self.dead_links,
            quiet_strips: &self.quiet_strips,
            quiet_chips: &self.quiet_chips,
        }
    }

    /// What is dead, though it is switched on.
    pub fn dead(&self, swap: &ReadoutSwap) -> Silent {
        self.silent().dead(swap)
    }

    /// What was made quiet or dead, though it is switched on.
    pub fn quiet(&self, swap: &ReadoutSwap) -> Silent {
        self.silent().quiet(swap)
    }
}

impl Truth {
    fn silent(&self) -> Defects<'_> {
        Defects {
            dead_strips: &self.dead_strips,
            dead_chips: &self.dead_chips,
            dead_links: &self.dead_links,
            quiet_strips: &self.quiet_strips,
            quiet_chips: &self.quiet_chips,
        }
    }

    /// What is dead, though it is switched on.
    pub fn dead(&self) -> Silent {
        self.silent().dead(&self.settings.readout_swap())
    }

    /// What was made quiet or dead, though it is switched on.
    pub fn quiet(&self) -> Silent {
        self.silent().quiet(&self.settings.readout_swap())
    }
}

/// The strips whose true rate is below `part` of the mean rate of their side, those of quiet chips being left out of the
/// mean. Noise varies from strip to strip, so that there are many beside those that were made quiet. What is switched off
/// and sides with byte-stream errors are left out.
///
/// # Errors
///
/// As [`Detector::new`].
pub fn quiet_by_rate(
    settings: &Settings,
    part: f64,
) -> Result<BTreeSet<(WaferHash, Strip)>, Error> {
    let detector = Detector::new(settings)?;
    let (by_wafer, swap) = (detector.by_wafer(settings), settings.readout_swap());
    let quiet_chips = detector.quiet(&swap).chips;
    let off: Vec<KnownBadPart> = (detector.known_bad.iter())
        .filter(|bad| bad.known == Known::Configuration)
        .map(|bad| bad.part)
        .collect();
    let is_off = |wafer: WaferHash, strip| {
        let mut own = off.iter().filter(|part| part.wafers().contains(&wafer));
        own.any(|part| part.contains(wafer, strip, &swap))
    };
    let healthy = WaferDefects::default();
    let of_wafer = |wafer: WaferHash| {
        let defects = by_wafer.get(&wafer).unwrap_or(&healthy);
        if !defects.errors.is_empty() {
            return Vec::new();
        }
        let rates = defects.rates(settings, wafer);
        let is_counted = |strip: Strip| !quiet_chips.contains(&(wafer, swap.chip(wafer, strip)));
        let counted = Strip::all().zip(&rates).filter(|&(strip, _)| is_counted(strip));
        let (strips, sum) = counted.fold((0, 0.0), |(n, sum), (_, rate)| (n + 1, sum + rate));
        let limit = if strips == 0 { 0.0 } else { part * sum / f64::from(strips) };
        let quiet = Strip::all().zip(rates).filter(|&(_, rate)| rate < limit);
        let quiet = quiet.filter(|&(strip, _)| defects.silent.is_empty() || !is_off(wafer, strip));
        quiet.map(|(strip, _)| (wafer, strip)).collect()
    };
    let wafers: Vec<WaferHash> = WaferHash::all().collect();
    let found: Vec<Vec<(WaferHash, Strip)>> = wafers.into_par_iter().map(of_wafer).collect();
    Ok(found.into_iter().flatten().collect())
}

/// The hits that each strip has in the mean of many runs, rounded: a run without chance. Noisy strips, chips and wafers have
/// their ordinary noise only.
///
/// # Errors
///
/// As [`Detector::new`].
pub fn mean_hit_map(settings: &Settings) -> Result<Hitmap, Error> {
    let by_wafer = Detector::new(settings)?.by_wafer(settings);
    let healthy = WaferDefects::default();
    let mut hitmap = Hitmap::new();
    hitmap.set_events(settings.events);
    hitmap.rows_mut().enumerate().for_each(|(wafer, row)| {
        let wafer = WaferHash::new(wafer).expect("rows are numbered by wafer hash");
        let rates = by_wafer.get(&wafer).unwrap_or(&healthy).rates(settings, wafer);
        for (hits, rate) in row.iter_mut().zip(rates) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole and positive; a cast of a larger one saturates"
            )]
            let mean = (rate * settings.events as f64).round() as u32;
            *hits = mean;
        }
    });
    Ok(hitmap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_components_keep_their_part_of_the_hits() {
        let settings =
            Settings { events: 500, occupancy: 5e-3, physics: 5e-3, ..Settings::small() };
        let detector = Detector::new(&settings).unwrap();
        let (hitmap, _) = crate::draw_hit_maps(&settings).unwrap();
        let defects = detector.by_wafer(&settings);
        for quiet in &detector.quiet_chips {
            let rates = defects[&quiet.wafer].rates(&settings, quiet.wafer);
            let swap = settings.readout_swap();
            let own = Strip::all().filter(|&strip| swap.chip(quiet.wafer, strip) == quiet.chip);
            let (mut expected, mut hits) = (0.0, 0.0);
            for strip in own {
                expected += rates[strip.index()] * settings.events as f64;
                hits += f64::from(hitmap.wafer(quiet.wafer)[strip.index()]);
            }
            assert!((hits - expected).abs() < 6.0 * expected.sqrt(), "{hits} and {expected}");
        }
        for dead in &detector.dead_links {
            assert_eq!(hitmap.hits(dead.wafer), 0);
        }
        assert_eq!(detector.dead_links.len(), 4);
    }

    #[test]
    fn what_was_made_quiet_is_quiet_by_its_rate() {
        let settings = Settings { spread: 0.01, ..Settings::small() };
        let detector = Detector::new(&settings).unwrap();
        let swap = settings.readout_swap();
        let made: BTreeSet<_> = detector
            .quiet(&swap)
            .strips
            .into_iter()
            .filter(|(wafer, _)| !detector.dead_links.iter().any(|dead| dead.wafer == *wafer))
            .collect();
        let by_rate = quiet_by_rate(&settings, 0.5).unwrap();
        assert!(made.is_subset(&by_rate));
    }

    #[test]
    fn found_strips_are_turned_into_offline_order() {
        let settings = Settings::small();
        let (detector, swap) = (Detector::new(&settings).unwrap(), settings.readout_swap());
        let dead = &detector.dead_strips[0];
        let mut found = Silent::default();
        let online = dead.strips.iter().map(|&strip| swap.online(dead.wafer, strip));
        let online: StripSet = online.map(|strip| strip.in_module(dead.wafer.side())).collect();
        found.add_found(dead.wafer.module(), &online, [], [], &swap);
        let comparison = detector.dead(&swap).compare(&found);
        assert_eq!(comparison.strips.common, dead.strips.len());
        assert!(comparison.strips.extra.is_empty() && comparison.links.missing.len() == 4);
    }
}
