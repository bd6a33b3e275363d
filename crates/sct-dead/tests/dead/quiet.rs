//! The search for quiet components.

use sct_dead::Defect;

use super::*;

const QUIET: Config = Config { defect: Defect::Quiet, ..Config::PRODUCTION };

#[test]
fn strips_below_half_of_the_mean_are_quiet() {
    let one = wafer("0_1_5_2_1");
    let outcome = search(&map(100, &[(one, 0..1, 49), (one, 9..10, 50), (one, 20..21, 0)]), &QUIET);
    // The mean is a little below 100, so that 50 is above its half; read backwards.
    assert_eq!(only(&outcome), texts(&[], "", "1515 1535"));
    let tenth = Config { quiet_strip: 0.1, ..QUIET };
    let outcome = search(&map(100, &[(one, 0..1, 49), (one, 20..21, 0)]), &tenth);
    assert_eq!(only(&outcome), texts(&[], "", "1515"));
}

#[test]
fn quiet_chips_do_not_lower_the_mean_of_strips() {
    // Without chip 0 the mean is 100, with it 88: strip 700 is quiet only without.
    let one = wafer("0_1_5_2_0");
    let outcome = search(&map(100, &[(one, 0..128, 28), (one, 700..701, 46)]), &QUIET);
    assert_eq!(only(&outcome), texts(&[], "0", "0-127 700"));
}

#[test]
fn low_means_are_not_testable() {
    let one = wafer("0_1_5_2_0");
    let outcome = search(&map(19, &[(one, 5..6, 0)]), &QUIET);
    assert_eq!((outcome.counts.strips, outcome.untestable_strips.len()), (0, 8176));
    assert_eq!(outcome.untestable_chips.len(), 0);
    let outcome = search(&map(20, &[(wafer("0_1_5_2_1"), 5..6, 0)]), &QUIET);
    // The dead strip itself takes its side below the limit, unless the stream is busy.
    assert_eq!(
        (outcome.busy, outcome.counts.strips, outcome.untestable_strips.len()),
        (true, 1, 0)
    );
    // 128 strips with a hit in 8 of them have fewer than 20.
    let mut few = flat(0);
    WaferHash::all()
        .for_each(|wafer| few.wafer_mut(wafer).iter_mut().step_by(8).for_each(|hits| *hits = 1));
    let calm = Config { busy_occupancy: 0.1, ..QUIET };
    assert_eq!(search(&few, &calm).untestable_chips.len(), 8176);
}

#[test]
fn strips_without_hits_by_chance_stay_in_the_mean_of_a_busy_stream() {
    // A fifth of the strips has one hit: 26 a chip. The mean over these strips alone would make every chip quiet.
    let one = wafer("0_1_5_2_0");
    let four: Vec<_> = (0..768).filter(|strip| strip % 5 > 0).collect();
    let mut changed: Vec<_> = four.iter().map(|&strip| (one, strip..strip + 1, 0)).collect();
    changed.extend((0..768).step_by(5).map(|strip| (one, strip..strip + 1, 1)));
    let outcome = search(&map(100, &changed), &QUIET);
    assert_eq!((outcome.busy, outcome.modules.len()), (true, 0));
    assert_eq!((outcome.untestable_chips.len(), outcome.untestable_strips.len()), (0, 1));
}

#[test]
fn disabled_strips_are_not_quiet() {
    let one = wafer("0_0_0_1_0");
    let map = map(100, &[(one, 3..5, 10), (one, 256..384, 10)]);
    let known = "configuration,strip,0,0,0,1,0,3\nconfiguration,chip,0,0,0,1,,2\n";
    let outcome = search_knowing(&map, known, &QUIET);
    assert_eq!(only(&outcome), texts(&[], "", "4"));
}

#[test]
fn a_dead_link_is_quiet_too() {
    let outcome = search(&map(100, &[(wafer("2_0_3_0_0"), 0..768, 0)]), &QUIET);
    assert_eq!(only(&outcome), texts(&[Side::Zero], "0-5", "0-767"));
}
