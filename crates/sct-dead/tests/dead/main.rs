//! The rules of the search for dead and quiet components, one by one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod laws;
mod left_out;
mod quiet;

use std::sync::LazyLock;

use sct_conditions::{KnownBad, normalized};
use sct_dead::{Config, DeadModule, Error, Flag, Inputs, Outcome, find};
use sct_hitmap::Hitmap;
use sct_id::{BarrelSwap, ReadoutSwap, Side, WaferHash};

const EVENTS: u64 = 10_000;

fn wafer(position: &str) -> WaferHash {
    position.parse::<sct_id::WaferPosition>().unwrap().hash()
}

/// Every strip of the detector with the same number of hits.
fn flat(hits: u32) -> Hitmap {
    let mut map = Hitmap::new();
    map.set_events(EVENTS);
    WaferHash::all().for_each(|wafer| map.wafer_mut(wafer).fill(hits));
    map
}

/// The same with strips changed: (wafer, offline strips, hits each).
fn map(hits: u32, changed: &[(WaferHash, std::ops::Range<usize>, u32)]) -> Hitmap {
    let mut map = flat(hits);
    for (wafer, strips, hits) in changed {
        map.wafer_mut(*wafer)[strips.clone()].fill(*hits);
    }
    map
}

/// Side 1 of the barrel is read backwards.
fn swap() -> &'static ReadoutSwap {
    static SWAP: LazyLock<ReadoutSwap> = LazyLock::new(|| ReadoutSwap::new(BarrelSwap::Side1));
    &SWAP
}

fn search(map: &Hitmap, config: &Config) -> Outcome {
    find(&Inputs::new(map, swap()), config).unwrap()
}

fn search_knowing(map: &Hitmap, known: &str, config: &Config) -> Outcome {
    let mut known_bad = KnownBad::default();
    let table = format!("source,kind,bec,layer_disk,phi,eta,side,number\n{known}");
    known_bad.add_csv(table.as_bytes()).unwrap();
    find(&Inputs { known_bad: Some(&known_bad), ..Inputs::new(map, swap()) }, config).unwrap()
}

fn module(outcome: &Outcome, wafer: WaferHash) -> Option<&DeadModule> {
    outcome.modules.iter().find(|module| module.module == wafer.module())
}

/// Links, chips and strips of the only module that was found, as texts.
fn only(outcome: &Outcome) -> (Vec<Side>, String, String) {
    let [module] = outcome.modules.as_slice() else { panic!("{:?}", outcome.modules) };
    let (chips, strips) = (module.chip_list(), module.strips.defect_list_by_side());
    (module.links.clone(), normalized(&chips), normalized(&strips))
}

fn texts(links: &[Side], chips: &str, strips: &str) -> (Vec<Side>, String, String) {
    (links.to_vec(), chips.to_owned(), strips.to_owned())
}

#[test]
fn a_good_detector_has_nothing_dead() {
    let outcome = search(&flat(100), &Config::PRODUCTION);
    assert_eq!((outcome.modules.len(), outcome.upload.flag), (0, Flag::Red));
    assert_eq!((outcome.sides.searched, outcome.busy), (WaferHash::COUNT, true));
    assert_eq!((outcome.untestable_strips.len(), outcome.untestable_chips.len()), (0, 0));
    assert_eq!(outcome.upload.reason, "FAILED in #chips or #strips is non-zero");
}

#[test]
fn strips_are_numbered_in_read_out_order() {
    let (front, back) = (wafer("0_3_3_-1_0"), wafer("0_3_3_-1_1"));
    let holes = [(front, 3..6, 0), (front, 766..768, 0), (back, 0..2, 0), (back, 767..768, 0)];
    let outcome = search(&map(100, &holes), &Config::PRODUCTION);
    // A run that reaches the end of a side is closed there, and one through strip 5 comes once.
    assert_eq!(only(&outcome), texts(&[], "", "3-5 766-767 768 1534-1535"));
    assert_eq!((outcome.counts.strips, outcome.upload.flag), (8, Flag::Green));
}

#[test]
fn chips_are_numbered_in_read_out_order_with_their_strips() {
    let (front, back) = (wafer("0_3_3_-1_0"), wafer("0_3_3_-1_1"));
    let outcome = search(&map(100, &[(front, 0..256, 0), (back, 0..128, 0)]), &Config::PRODUCTION);
    assert_eq!(only(&outcome), texts(&[], "0-1 11", "0-255 1408-1535"));
    assert_eq!((outcome.counts.chips, outcome.counts.strips), (3, 384));
}

#[test]
fn a_silent_side_is_a_dead_link_and_two_are_a_dead_module() {
    let (front, back) = (wafer("2_4_7_1_0"), wafer("2_4_7_1_1"));
    let one = search(&map(100, &[(back, 0..768, 0)]), &Config::PRODUCTION);
    assert_eq!(only(&one), texts(&[Side::One], "6-11", "768-1535"));
    assert_eq!((one.counts.modules, one.counts.links), (0, 1));
    let both = search(&map(100, &[(front, 0..768, 0), (back, 0..768, 0)]), &Config::PRODUCTION);
    assert_eq!(only(&both), texts(&Side::ALL, "0-5 6-11", "0-767 768-1535"));
    assert_eq!((both.counts.modules, both.counts.links), (1, 0));
    assert_eq!((both.counts.chips, both.counts.strips), (12, 1536));
}

#[test]
fn only_what_is_asked_for_is_listed() {
    let changed = [(wafer("-2_8_3_0_0"), 128..257, 0), (wafer("0_0_0_1_1"), 0..768, 0)];
    let map = map(100, &changed);
    let chips = search(&map, &Config { strips: false, ..Config::PRODUCTION });
    assert_eq!((chips.counts.chips, chips.counts.strips, chips.counts.links), (7, 0, 1));
    let strips = search(&map, &Config { chips: false, ..Config::PRODUCTION });
    assert_eq!((strips.counts.chips, strips.counts.strips, strips.counts.links), (0, 897, 1));
}

#[test]
fn a_strip_needs_twenty_one_expected_hits() {
    // (1 - p)^10000 is below the tail at six standard deviations from 20.716 hits per strip on.
    let one = wafer("0_1_5_2_0");
    let found = |hits| {
        let outcome = search(&map(hits, &[(one, 9..10, 0)]), &Config::PRODUCTION);
        (outcome.counts.strips, outcome.untestable_strips.len())
    };
    assert_eq!(found(21), (1, 0));
    let untestable = found(20);
    assert_eq!(untestable, (0, WaferHash::COUNT));
    let four = Config { strip_significance: 4.0, ..Config::PRODUCTION };
    assert_eq!(search(&map(20, &[(one, 9..10, 0)]), &four).counts.strips, 1);
}

#[test]
fn noisy_strips_do_not_raise_a_mean() {
    let one = wafer("0_1_5_2_0");
    let noisy = [(one, 0..40, 9_000), (one, 700..701, 0)];
    let outcome = search(&map(20, &noisy), &Config::PRODUCTION);
    assert_eq!(outcome.counts.strips, 0);
    assert!((outcome.layers.of(one) - 0.002).abs() < 1e-6);
    // Exactly at the threshold a strip belongs to the mean.
    let at = Config { noisy_occupancy: 0.5, ..Config::PRODUCTION };
    assert!(search(&map(20, &[(one, 0..40, 5_000)]), &at).layers.of(one) > 0.002_01);
}

#[test]
fn both_end_caps_make_one_mean() {
    let mut map = flat(0);
    for wafer in WaferHash::all() {
        let module = wafer.position().module();
        if !module.region().is_barrel() && (module.layer_disk(), module.eta()) == (3, 2) {
            let hits = if wafer.index() < 4000 { 100 } else { 300 };
            map.wafer_mut(wafer).fill(hits);
        }
    }
    let outcome = search(&map, &Config::PRODUCTION);
    for one in ["-2_3_0_2_1", "2_3_39_2_0"] {
        assert!((outcome.layers.of(wafer(one)) - 0.02).abs() < 1e-12);
    }
    assert!(outcome.layers.of(wafer("2_3_39_1_0")).abs() < 1e-12);
    assert_eq!((outcome.layers.iter().count(), outcome.busy), (26, false));
    // Nothing can be said of sides without hits in layers without hits.
    assert_eq!((outcome.modules.len(), outcome.untestable_chips.len()), (0, 8176 - 160));
}

#[test]
fn a_busy_stream_leaves_strips_without_hits_out_of_the_mean() {
    // Half of the strips have 30 hits, the mean over all is 15: too few for a dead strip, but for a busy stream.
    let one = wafer("0_1_5_2_0");
    let half: Vec<_> = (0..768).step_by(2).map(|strip| (one, strip..strip + 1, 0)).collect();
    let map = map(30, &half);
    let busy = search(&map, &Config::PRODUCTION);
    assert_eq!((busy.busy, busy.counts.strips), (true, 384));
    let calm = Config { busy_occupancy: 0.1, ..Config::PRODUCTION };
    let calm = search(&map, &calm);
    assert_eq!((calm.busy, calm.counts.strips), (false, 0));
}

#[test]
fn strips_are_compared_without_dead_chips() {
    // Five dead chips leave a mean of 100/6 over the whole side, and of 100 over the living chip.
    let one = wafer("0_1_5_2_0");
    let calm = Config { busy_occupancy: 0.1, ..Config::PRODUCTION };
    let outcome = search(&map(100, &[(one, 0..640, 0), (one, 700..701, 0)]), &calm);
    assert_eq!(only(&outcome), texts(&[], "0-4", "0-639 700"));
}

#[test]
fn too_few_events_are_a_remark() {
    let mut map = flat(100);
    map.set_events(4_999);
    let outcome = search(&map, &Config::PRODUCTION);
    let few: Vec<_> = outcome.low_statistics.iter().map(|few| (few.strips, few.minimum)).collect();
    assert_eq!(few, [(true, 5_000), (false, 5_000)]);
    let busy = Config { min_events_strips_busy: 7_000, chips: false, ..Config::PRODUCTION };
    assert_eq!(search(&map, &busy).low_statistics[0].minimum, 7_000);
    map.set_events(5_000);
    assert_eq!(search(&map, &Config::PRODUCTION).low_statistics, []);
}

#[test]
fn without_events_or_with_bad_thresholds_there_is_no_search() {
    let empty = Hitmap::new();
    let inputs = Inputs::new(&empty, swap());
    assert_eq!(find(&inputs, &Config::PRODUCTION), Err(Error::NoEvents));
    let map = flat(1);
    let bad = Config { quiet_chip: f32::NAN, ..Config::PRODUCTION };
    let error = find(&Inputs::new(&map, swap()), &bad).unwrap_err().to_string();
    assert_eq!(error, "QuietThresholdChip is NaN, expected a number from 0");
}

#[test]
fn millions_of_events_do_not_wrap() {
    // Trials of a side: more than 32 bits from 5 592 406 events on.
    let one = wafer("0_2_0_6_0");
    let mut map = map(60, &[(one, 0..768, 0), (wafer("0_2_1_6_0"), 5..6, 0)]);
    map.set_events(16_000_000);
    let outcome = search(&map, &Config::PRODUCTION);
    assert_eq!((outcome.counts.links, outcome.counts.strips), (1, 769));
}
