//! Where the modules of an end-cap harness sit.
//!
//! A quadrant of a disk has 13 outer, 10 middle and 10 inner modules, numbered 0 to 12, 13 to 22 and 23 to 32. Source:
//! `SCT_CablingCondAlgFromCoraCool`, whose tables are repeated here.

use sct_id::{ModulePosition, Region};

/// Number in the quadrant by harness and place on the harness.
const NUMBERS: [&[i64]; 6] = [
    &[5, 4, 3, 2, 1, 0],
    &[12, 11, 10, 9, 8, 7],
    &[6, 16, 15, 14, 13],
    &[22, 21, 20, 19, 18, 17],
    &[28, 30, 32, 29, 31],
    &[26, 27, 25, 23, 24],
];

/// First number in the quadrant and modules of a quadrant, by ring.
const RINGS: [(i64, i64); 3] = [(0, 13), (13, 10), (23, 10)];

/// The last disk. It has the outer ring alone, so that module 6 of each quadrant hangs on a harness of its own.
pub(super) const LAST_DISK: i64 = 8;
/// The "quadrant" of that harness.
pub(super) const EXTRA_QUADRANT: i64 = 4;
/// The number in the quadrant of its modules.
const EXTRA_NUMBER: i64 = 6;
/// Quadrant of the modules 1 to 4 of that harness; it has no module 0.
const EXTRA_C: [i64; 4] = [3, 2, 1, 0];
const EXTRA_A: [i64; 4] = [2, 1, 0, 3];

/// Place of a module in the cabling of an end-cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Harness {
    pub(super) disk: i64,
    /// 0 to 3, or [`EXTRA_QUADRANT`].
    pub(super) quadrant: i64,
    /// Which harness of the quadrant, 0 to 5.
    pub(super) position: i64,
}

/// The module at a place of a harness; none when there is none.
pub(super) fn module_at(region: Region, harness: Harness, place: i64) -> Option<ModulePosition> {
    let Harness { disk, quadrant, position } = harness;
    let (number, quadrant) = if disk == LAST_DISK && quadrant == EXTRA_QUADRANT {
        (EXTRA_NUMBER, *extra(region).get(usize::try_from(place.checked_sub(1)?).ok()?)?)
    } else {
        let numbers = NUMBERS.get(usize::try_from(position).ok()?)?;
        (*numbers.get(usize::try_from(place).ok()?)?, quadrant)
    };
    let ring = RINGS.iter().rposition(|&(first, _)| number >= first)?;
    let (first, per_quadrant) = RINGS[ring];
    let around = per_quadrant * quadrant + number - first;
    let ring = i64::try_from(ring).ok()?;
    ModulePosition::new(region, disk, phi(region, disk, ring, around), ring).ok()
}

/// The harness and the place on it of an end-cap module: the inverse of [`module_at`].
pub(super) fn harness_of(module: ModulePosition) -> (Harness, i64) {
    let disk = i64::try_from(module.layer_disk()).expect("disks are few");
    let extra = (disk == LAST_DISK).then_some(EXTRA_QUADRANT);
    let harnesses = extra.into_iter().chain(0..4).flat_map(|quadrant| {
        (0_i64..).zip(NUMBERS).flat_map(move |(position, numbers)| {
            let places = 0..i64::try_from(numbers.len()).expect("six at most");
            places.map(move |place| (Harness { disk, quadrant, position }, place))
        })
    });
    // The extra harness has no position of its own; it is told as the one that has the same module elsewhere.
    let extra_is_told_once =
        |harness: Harness| harness.quadrant != EXTRA_QUADRANT || harness.position == 2;
    harnesses
        .filter(|&(harness, _)| extra_is_told_once(harness))
        .find(|&(harness, place)| module_at(module.region(), harness, place) == Some(module))
        .expect("every end-cap module hangs on a harness")
}

fn extra(region: Region) -> &'static [i64; 4] {
    if region == Region::EndCapC { &EXTRA_C } else { &EXTRA_A }
}

/// Phi of the module that is `around` places from the start of its ring.
fn phi(region: Region, disk: i64, ring: i64, around: i64) -> i64 {
    let modules = if ring == 0 { 52 } else { 40 };
    let first_minus = |offset: i64| (offset - around).rem_euclid(modules);
    let first_plus = |offset: i64| (offset + around).rem_euclid(modules);
    match (region, disk, ring) {
        (Region::EndCapC, LAST_DISK, _) => first_plus(14),
        (Region::EndCapC, _, 0) | (_, LAST_DISK, _) => first_minus(64),
        (Region::EndCapC, _, _) => first_minus(49),
        (_, _, 0) => first_plus(66),
        (_, _, 1) => first_plus(50),
        (_, _, _) => first_plus(51),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn place(region: Region, [disk, quadrant, position]: [i64; 3], place: i64) -> Option<String> {
        module_at(region, Harness { disk, quadrant, position }, place).map(|m| m.to_string())
    }

    #[test]
    fn places_are_those_of_the_tables() {
        for (region, harness, at, expected) in [
            (Region::EndCapA, [0, 0, 0], 5, Some("2.0.14.0")),
            (Region::EndCapA, [0, 3, 1], 0, Some("2.0.13.0")),
            (Region::EndCapA, [0, 0, 2], 4, Some("2.0.10.1")),
            (Region::EndCapA, [3, 1, 5], 3, Some("2.3.21.2")),
            (Region::EndCapC, [0, 0, 0], 5, Some("-2.0.12.0")),
            (Region::EndCapC, [0, 2, 3], 5, Some("-2.0.25.1")),
            (Region::EndCapC, [5, 3, 4], 2, Some("-2.5.10.2")),
            (Region::EndCapA, [8, 0, 0], 5, Some("2.8.12.0")),
            (Region::EndCapC, [8, 0, 0], 5, Some("-2.8.14.0")),
            // Module 6 of quadrant 2 (A) and of quadrant 3 (C).
            (Region::EndCapA, [8, 4, 2], 1, Some("2.8.32.0")),
            (Region::EndCapC, [8, 4, 2], 1, Some("-2.8.7.0")),
            (Region::EndCapA, [8, 4, 0], 4, Some("2.8.19.0")),
            (Region::EndCapA, [8, 4, 2], 0, None),
            (Region::EndCapA, [8, 4, 2], 5, None),
            (Region::EndCapA, [0, 0, 2], 5, None),
            (Region::EndCapA, [0, 0, 4], 0, None),
            (Region::EndCapA, [0, 0, 6], 0, None),
            (Region::EndCapA, [9, 0, 0], 0, None),
            (Region::EndCapA, [0, 0, -1], 0, None),
            (Region::EndCapA, [0, 0, 0], -1, None),
            (Region::EndCapA, [8, 4, 2], i64::MIN, None),
        ] {
            assert_eq!(
                place(region, harness, at).as_deref(),
                expected,
                "{region} {harness:?} {at}"
            );
        }
    }

    #[test]
    fn harnesses_have_their_modules_in_the_published_order() {
        let phis: [&[usize]; 6] = [
            &[19, 18, 17, 16, 15, 14],
            &[26, 25, 24, 23, 22, 21],
            &[20, 13, 12, 11, 10],
            &[19, 18, 17, 16, 15, 14],
            &[16, 18, 20, 17, 19],
            &[14, 15, 13, 11, 12],
        ];
        for (position, expected) in (0..).zip(phis) {
            let harness = Harness { disk: 1, quadrant: 0, position };
            let found = (0..6).map_while(|place| module_at(Region::EndCapA, harness, place));
            assert_eq!(found.map(ModulePosition::phi).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn every_end_cap_module_has_its_own_place() {
        let end_caps = ModulePosition::all().filter(|module| !module.region().is_barrel());
        let places: BTreeSet<(usize, Harness, i64)> = end_caps
            .map(|module| {
                let (harness, place) = harness_of(module);
                assert_eq!(module_at(module.region(), harness, place), Some(module));
                (module.region().index(), harness, place)
            })
            .collect();
        assert_eq!(places.len(), 2 * 988);
        let harnesses: BTreeSet<_> = places.iter().map(|(region, h, _)| (region, h)).collect();
        assert_eq!(harnesses.len(), 2 * 177);
    }
}
