//! Noisy wafers.

use sct_id::{Side, Strip};
use sct_noisy_strip::Config;

use crate::{map, module, search, wafer};

#[test]
fn a_noisy_wafer_has_more_than_half_of_its_strips_noisy_and_a_high_average() {
    let at = wafer("0_1_2_3_1");
    let links = |strips: usize| {
        let outcome = search(&map(&[(at, 0..strips, 20)]), &Config::PRODUCTION);
        (outcome.counts.links, module(&outcome, at).unwrap().links.clone())
    };
    assert_eq!(links(384), (0, vec![]));
    assert_eq!(links(385), (1, vec![Side::One]));
}

#[test]
fn the_average_comes_from_the_entry_count() {
    let at = wafer("2_4_7_1_0");
    let mut map = map(&[(at, 0..500, 20)]);
    // 0.001 hits per strip and event are 768 entries in 1000 events; not above it is not noisy.
    for (entries, links) in [(768, 0), (769, 1)] {
        map.set_entries(at, entries);
        assert_eq!(search(&map, &Config::PRODUCTION).counts.links, links, "{entries} entries");
    }
}

#[test]
fn every_region_has_its_own_limit() {
    for (position, config) in [
        ("-2_4_7_1_0", Config { max_wafer_occupancy_end_cap_c: 0.5, ..Config::PRODUCTION }),
        ("0_1_2_3_0", Config { max_wafer_occupancy_barrel: 0.5, ..Config::PRODUCTION }),
        ("2_4_7_1_0", Config { max_wafer_occupancy_end_cap_a: 0.5, ..Config::PRODUCTION }),
    ] {
        let map = map(&[(wafer(position), 0..500, 20)]);
        assert_eq!(search(&map, &Config::PRODUCTION).counts.links, 1, "{position}");
        assert_eq!(search(&map, &config).counts.links, 0, "{position}");
    }
}

#[test]
fn a_noisy_wafer_that_is_not_written_hides_no_later_module() {
    let (noisy, later) = (wafer("0_0_0_-6_0"), wafer("0_3_55_6_1"));
    let map = map(&[(noisy, 0..500, 20), (later, 3..4, 20)]);
    let config = Config { wafer_write: false, ..Config::PRODUCTION };
    let outcome = search(&map, &config);
    assert!(module(&outcome, noisy).unwrap().all.is_empty());
    assert_eq!((module(&outcome, later).unwrap().all.len(), outcome.counts.links), (1, 1));
}

#[test]
fn all_strips_of_a_noisy_wafer_are_taken_when_asked_for() {
    let (noisy, later) = (wafer("0_0_0_-6_0"), wafer("0_3_55_6_1"));
    let map = map(&[(noisy, 0..500, 20), (later, 3..4, 20)]);
    let config = Config { wafer_all_strips: true, ..Config::PRODUCTION };
    let outcome = search(&map, &config);
    assert_eq!(module(&outcome, noisy).unwrap().all.len(), Strip::PER_WAFER);
    assert_eq!(module(&outcome, later).unwrap().all.len(), 1);
    let off = Config { wafer_finder: false, ..config };
    assert_eq!(module(&search(&map, &off), noisy).unwrap().all.len(), 500);
}
