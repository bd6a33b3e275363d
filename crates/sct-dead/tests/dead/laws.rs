//! The search against the definitions written out.

use proptest::prelude::*;
use sct_dead::Defect;
use sct_id::Strip;

use super::*;

/// Strips (read-out order) and chips of a side that has hits, by the definitions, with powers instead of logarithms.
fn by_definition(hits: &[u32], off: &[bool], busy: bool, quiet: bool) -> (Vec<usize>, Vec<usize>) {
    const TAIL: f64 = 9.865_876_450_377e-10;
    let events = EVENTS as f64;
    let on = |strip: &usize| !off[*strip];
    let mean = |strips: &mut dyn Iterator<Item = usize>| {
        let steady: Vec<f64> = strips
            .filter(|strip| on(strip) && f64::from(hits[*strip]) / events <= f64::from(0.05_f32))
            .map(|strip| f64::from(hits[strip]))
            .collect();
        let with_hits: Vec<f64> = steady.iter().copied().filter(|&hits| hits > 0.0).collect();
        let average = |hits: &[f64]| {
            if hits.is_empty() { 0.0 } else { hits.iter().sum::<f64>() / hits.len() as f64 }
        };
        let leave_out = busy && (!quiet || average(&with_hits) >= 20.0);
        average(if leave_out { &with_hits } else { &steady }) / events
    };
    let whole = mean(&mut (0..768));
    let is_found = |chip: usize| {
        let strips: Vec<usize> = (chip * 128..(chip + 1) * 128).filter(on).collect();
        let sum: f64 = strips.iter().map(|strip| f64::from(hits[*strip])).sum();
        let trials = events * strips.len() as f64;
        if quiet {
            whole * trials >= 20.0 && trials > 0.0 && sum / trials < 0.5 * whole
        } else {
            sum == 0.0 && (1.0 - whole).powf(trials) < TAIL
        }
    };
    let chips: Vec<usize> = (0..6).filter(|chip| is_found(*chip)).collect();
    let rest = mean(&mut (0..768).filter(|strip| !chips.contains(&(strip / 128))));
    let strips = (0..768).filter(on).filter(|strip| {
        if quiet {
            rest * events >= 20.0 && f64::from(hits[*strip]) / events < 0.5 * rest
        } else {
            hits[*strip] == 0 && (1.0 - rest).powf(events) < TAIL
        }
    });
    (strips.collect(), chips)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_side_is_what_the_definitions_say(
        level in 1..60_u32,
        parts in prop::collection::vec((0..768_usize, 1..200_usize, 0..120_u32), 0..6),
        noisy in prop::collection::vec((0..768_usize, 400..2000_u32), 0..4),
        off in prop::collection::vec(0..768_usize, 0..40),
        (side_one, busy, quiet) in any::<(bool, bool, bool)>(),
    ) {
        let one = wafer(if side_one { "0_0_0_1_1" } else { "0_0_0_1_0" });
        let mut hits: Vec<u32> = (0..768_u32).map(|strip| level + strip % 3).collect();
        for &(first, length, value) in &parts {
            hits[first..(first + length).min(768)].fill(value.min(level));
        }
        for &(strip, value) in &noisy {
            hits[strip] = value;
        }
        prop_assume!(hits.iter().any(|&hits| hits > 0));
        let mut map = flat(level);
        map.wafer_mut(one).copy_from_slice(&hits);
        let known: String = off
            .iter()
            .map(|strip| format!("configuration,strip,0,0,0,1,{},{strip}\n", u8::from(side_one)))
            .collect();
        let config = Config {
            defect: if quiet { Defect::Quiet } else { Defect::Dead },
            busy_occupancy: if busy { 0.0 } else { 0.5 },
            ..Config::PRODUCTION
        };
        let outcome = search_knowing(&map, &known, &config);
        let mut mask = vec![false; 768];
        for &strip in &off {
            mask[strip] = true;
        }
        prop_assume!(hits.iter().zip(&mask).any(|(&hits, &off)| hits > 0 && !off));
        if side_one {
            hits.reverse();
            mask.reverse();
        }
        let (strips, chips) = by_definition(&hits, &mask, busy, quiet);
        let first = one.side().index();
        let found = module(&outcome, one).cloned();
        let found_strips: Vec<usize> = found.iter().flat_map(|module| module.strips.iter().collect::<Vec<_>>())
            .map(|strip| strip.index() - first * Strip::PER_WAFER).collect();
        let found_chips: Vec<usize> = found.iter().flat_map(|module| &module.chips).map(|chip| chip.in_side()).collect();
        prop_assert_eq!(found_strips, strips);
        prop_assert_eq!(found_chips, chips);
        // Counts are those of the lists.
        let sum = |number: fn(&DeadModule) -> usize| outcome.modules.iter().map(number).sum::<usize>() as u64;
        prop_assert_eq!(outcome.counts.strips, sum(|module| module.strips.len()));
        prop_assert_eq!(outcome.counts.chips, sum(|module| module.chips.len()));
    }
}
