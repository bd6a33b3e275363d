//! Numbers of units, which say where their modules sit.
//!
//! Barrel: four digits `LSPP`: layer + 3, half (0: negative eta), phi + 1. End-caps: five digits `DEQRH`: disk + 1, end
//! (even: A), quadrant, then two that only tell the harnesses of a quadrant apart; as in the detector they are the ring
//! and 1 or 2, but what counts is the position in folder Geog.

use sct_id::{ModulePosition, Region};

use super::{
    Problem,
    end_cap::{Harness, harness_of, module_at},
};

/// Numbers above this one are those of the end-caps.
const LAST_BARREL: i64 = 10_000;

/// Whether this is a unit of an end-cap.
pub(super) const fn is_end_cap(mur: i64) -> bool {
    mur > LAST_BARREL
}

/// The module at a place (from 0) of a unit. `position` is asked for end-cap units only.
pub(super) fn module(
    mur: i64,
    position: Option<i64>,
    place: i64,
) -> Result<ModulePosition, Problem> {
    let missing = || Problem::NoModule { mur, module: place.saturating_add(1) };
    let half = (mur / 100) % 10;
    if !is_end_cap(mur) {
        // There are two halves of six modules; the formula would find modules for other numbers too.
        if !matches!((half, place), (0 | 1, 0..6)) {
            return Err(missing());
        }
        let (layer, phi, eta) = (mur / 1000 - 3, mur % 100 - 1, (2 * half - 1) * (place + 1));
        return ModulePosition::new(Region::Barrel, layer, phi, eta).map_err(|_| missing());
    }
    let position = position.ok_or(Problem::NoHarness(mur))?;
    let region = if (mur / 1000) % 2 == 0 { Region::EndCapA } else { Region::EndCapC };
    let harness = Harness { disk: mur / 10_000 - 1, quadrant: half, position };
    module_at(region, harness, place).ok_or_else(missing)
}

/// A unit and a place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InUnit {
    /// Number of the unit.
    pub(crate) mur: i64,
    /// Which harness of the quadrant, in the end-caps.
    pub(crate) position: Option<i64>,
    /// Place of the module, from 0.
    pub(crate) place: i64,
}

/// Where a module is connected: the inverse of [`module`].
pub(crate) fn in_unit(module: ModulePosition) -> InUnit {
    let whole = |value: usize| i64::try_from(value).expect("positions are small");
    if module.region().is_barrel() {
        let (eta, half) = (i64::from(module.eta()), i64::from(module.eta() > 0));
        let mur = (whole(module.layer_disk()) + 3) * 1000 + half * 100 + whole(module.phi()) + 1;
        return InUnit { mur, position: None, place: eta.abs() - 1 };
    }
    let (harness, place) = harness_of(module);
    let end = i64::from(module.region() == Region::EndCapC);
    let Harness { disk, quadrant, position } = harness;
    let (ring, of_ring) = (position / 2, position % 2 + 1);
    let mur = (disk + 1) * 10_000 + end * 1000 + quadrant * 100 + ring * 10 + of_ring;
    InUnit { mur, position: Some(position), place }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn text(mur: i64, position: Option<i64>, place: i64) -> Result<String, Problem> {
        module(mur, position, place).map(|module| module.to_string())
    }

    #[test]
    fn numbers_say_where_modules_are() {
        assert_eq!(text(3001, None, 0).as_deref(), Ok("0.0.0.-1"));
        assert_eq!(text(3132, None, 5).as_deref(), Ok("0.0.31.6"));
        assert_eq!(text(6156, None, 1).as_deref(), Ok("0.3.55.2"));
        assert_eq!(text(10_001, Some(0), 5).as_deref(), Ok("2.0.14.0"));
        assert_eq!(text(91_421, Some(2), 4).as_deref(), Ok("-2.8.20.0"));
    }

    #[test]
    fn numbers_without_a_module_are_refused() {
        for (mur, place) in [
            (3133, 0),
            (3001, 6),
            (3001, -1),
            (3001, i64::MAX),
            (2001, 0),
            (7001, 0),
            (3000, 0),
            (3201, 0),
            (-3001, 0),
            (i64::MIN, 0),
            (i64::MAX, 0),
        ] {
            let expected = Problem::NoModule { mur, module: place.saturating_add(1) };
            assert_eq!(text(mur, Some(0), place), Err(expected));
        }
        assert_eq!(text(10_001, None, 0), Err(Problem::NoHarness(10_001)));
    }

    #[test]
    fn every_module_has_a_place() {
        let mut units = BTreeMap::<i64, i64>::new();
        for position in ModulePosition::all() {
            let found = in_unit(position);
            assert_eq!(module(found.mur, found.position, found.place), Ok(position));
            *units.entry(found.mur).or_default() += 1;
        }
        assert_eq!(units.keys().filter(|&&mur| !is_end_cap(mur)).count(), 352);
        assert_eq!(units.keys().filter(|&&mur| is_end_cap(mur)).count(), 2 * 177);
        assert!(units.values().all(|modules| (4..=6).contains(modules)));
    }
}
