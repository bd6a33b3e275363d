//! Noisy chips and their lumi blocks.

use sct_hitmap::Hitmap;
use sct_id::WaferHash;
use sct_noisy_strip::{Config, Error, Inputs, NoisyChip, Outcome, find};

use crate::{Source, map, module, swap, wafer};

/// A map in which strips 0 to 64 of a wafer are noisy.
fn noisy_chip(at: WaferHash) -> Hitmap {
    map(&[(at, 0..65, 20)])
}

fn chips(outcome: &Outcome, at: WaferHash) -> Vec<NoisyChip> {
    module(outcome, at).unwrap().chips.clone()
}

#[test]
fn a_noisy_chip_has_more_than_half_of_its_strips_noisy() {
    let at = wafer("0_1_2_3_0");
    let count = |strips: usize| {
        let map = map(&[(at, 0..strips, 20)]);
        let outcome = find(&Inputs::new(&map, swap()), &Config::PRODUCTION).unwrap();
        (outcome.counts.chips, outcome.counts.modules_with_noisy_chip)
    };
    assert_eq!((count(64), count(65)), ((0, 0), (1, 1)));
    assert_eq!(count(128 + 65), (2, 1), "chips are counted by module in the summary");
}

#[test]
fn chips_are_numbered_in_read_out_order() {
    for (position, expected) in [
        ("0_1_2_3_0", 0),
        ("0_1_2_3_1", 11),
        ("-2_0_0_0_0", 5),
        ("-2_0_0_0_1", 6),
        ("2_0_0_0_0", 0),
        ("2_8_0_0_0", 5),
    ] {
        let at = wafer(position);
        let map = noisy_chip(at);
        let outcome = find(&Inputs::new(&map, swap()), &Config::PRODUCTION).unwrap();
        let found: Vec<usize> = chips(&outcome, at).iter().map(|chip| chip.chip.index()).collect();
        assert_eq!(found, [expected], "{position}");
    }
}

#[test]
fn lumi_blocks_above_the_limit_are_listed_from_zero() {
    let at = wafer("0_1_2_3_0");
    let map = noisy_chip(at);
    // The limit of 0.96 hits per event is a little less in single precision, so that 96 hits in 100 events are above it, as
    // they are in the original. A lumi block without events never is.
    let source =
        Source::new(vec![100, 100, 0, 100, 100], |_, _| Ok(Some(vec![96, 95, 500, 0, 97])));
    let search = |lumi_blocks| {
        let inputs = Inputs { chip_hits: Some(&source), lumi_blocks, ..Inputs::new(&map, swap()) };
        let outcome = find(&inputs, &Config::PRODUCTION).unwrap();
        let chip = chips(&outcome, at).remove(0);
        (chip.lumi_blocks, chip.fraction, outcome.lumi_blocks)
    };
    assert_eq!(search(None), (vec![0, 4], 0.5, 4));
    assert_eq!(search(Some(100)), (vec![0, 4], 0.5, 4));
    assert_eq!(search(Some(4)), (vec![0], 1.0 / 3.0, 3));
}

#[test]
fn only_noisy_chips_are_read() {
    let at = wafer("0_1_2_3_1");
    let map = noisy_chip(at);
    let source = Source::new(vec![100], |_, _| Ok(Some(vec![0])));
    let inputs = Inputs { chip_hits: Some(&source), ..Inputs::new(&map, swap()) };
    let outcome = find(&inputs, &Config::PRODUCTION).unwrap();
    assert_eq!(*source.asked.lock().unwrap(), [(at, 5)]);
    let chip = chips(&outcome, at).remove(0);
    assert_eq!((chip.lumi_blocks, chip.fraction), (vec![], 0.0));
}

#[test]
fn a_source_that_fails_or_lacks_the_chip() {
    let at = wafer("0_1_2_3_0");
    let map = noisy_chip(at);
    let failing = Source::new(vec![100], |_, _| Err("torn".into()));
    let error = find(
        &Inputs { chip_hits: Some(&failing), ..Inputs::new(&map, swap()) },
        &Config::PRODUCTION,
    )
    .unwrap_err();
    assert!(matches!(&error, Error::ChipHits { source, .. } if source.to_string() == "torn"));
    assert_eq!(error.to_string(), "hits of chip 0 of module 0.1.2.3 by lumi block");
    let lacking = Source::new(vec![100], |_, _| Ok(None));
    let outcome = find(
        &Inputs { chip_hits: Some(&lacking), ..Inputs::new(&map, swap()) },
        &Config::PRODUCTION,
    )
    .unwrap();
    assert!(chips(&outcome, at)[0].lumi_blocks.is_empty());
}
