use proptest::prelude::*;

use super::*;

const SECOND: u64 = NANOSECONDS;

fn iov(since: u64, until: u64) -> Iov {
    Iov::new(since * SECOND, until * SECOND).unwrap()
}

fn value<T>(module: usize, since: u64, until: u64, value: T) -> ModuleValue<T> {
    let module = ModuleHash::new(module).unwrap();
    ModuleValue { module, iov: iov(since, until), value: Some(value) }
}

/// Ten lumi blocks of a minute each, from second 1000 on.
fn lumi_blocks() -> Vec<LumiBlockTime> {
    let time = |number: u32| {
        let start = 1000 + 60 * u64::from(number - 1);
        LumiBlockTime { lumi_block: LumiBlock::new(number), iov: iov(start, start + 60) }
    };
    (1..=10).map(time).collect()
}

fn search(voltages: &[ModuleValue<f32>], states: &[ModuleValue<HvState>]) -> Outcome {
    let lumi_blocks = lumi_blocks();
    let inputs = Inputs { run: iov(1000, 1600), voltages, states, lumi_blocks: &lumi_blocks };
    find(&inputs, &Config::PRODUCTION).unwrap()
}

fn times(outcome: &Outcome) -> Vec<(u64, u64)> {
    let seconds = |trip: &Trip| (trip.iov.since() / SECOND, trip.iov.until() / SECOND);
    outcome.trips.iter().map(seconds).collect()
}

#[test]
fn a_gap_of_five_seconds_is_bridged_and_one_of_six_is_not() {
    use HvState::{Off, On, Ramping};
    let states = [
        value(3, 0, 1100, On),
        value(3, 1100, 1120, Off),
        value(3, 1120, 1125, On),
        value(3, 1125, 1130, Ramping),
        value(3, 1130, 1136, On),
        value(3, 1136, 1140, Off),
        value(3, 1140, 9000, On),
    ];
    let outcome = search(&[], &states);
    assert_eq!(times(&outcome), [(1100, 1130), (1136, 1140)]);
    assert_eq!(outcome.trips[0].states, [Off, Ramping]);
    assert_eq!((outcome.modules, outcome.modules_always_off), (1, 0));
    assert_eq!(outcome.off_time, 34 * SECOND);
}

#[test]
fn voltage_and_state_add_up() {
    let states = [value(3, 0, 1200, HvState::On), value(3, 1200, 1260, HvState::TripSoftware)];
    let voltages =
        [value(3, 1000, 1190, 150.0), value(3, 1190, 1210, 55.0), value(3, 1258, 1300, 7.5)];
    let outcome = search(&voltages, &states);
    assert_eq!(times(&outcome), [(1190, 1300)]);
    let trip = &outcome.trips[0];
    assert_eq!((trip.first.to_u32(), trip.last.to_u32()), (4, 5));
    assert_eq!(trip.states, [HvState::TripSoftware]);
    assert_eq!(trip.lowest_voltage.map(f32::to_bits), Some(7.5_f32.to_bits()));
}

#[test]
fn only_the_run_counts() {
    let states = [
        value(1, 0, 900, HvState::Off),
        value(1, 900, 9000, HvState::Manual),
        value(2, 0, 9000, HvState::Standby),
        value(3, 1600, 1700, HvState::Off),
    ];
    let outcome = search(&[], &states);
    assert_eq!(times(&outcome), [(1000, 1600)]);
    assert_eq!((outcome.modules_known, outcome.modules_always_off), (2, 1));
    assert!(outcome.off_by_lumi_block.iter().all(|(_, off)| *off == 1));
}

#[test]
fn the_end_of_a_trip_is_not_part_of_it() {
    let outcome =
        search(&[], &[value(1, 1060, 1120, HvState::Off), value(1, 1126, 1127, HvState::Off)]);
    let blocks: Vec<_> =
        outcome.trips.iter().map(|t| (t.first.to_u32(), t.last.to_u32())).collect();
    assert_eq!(blocks, [(2, 2), (3, 3)]);
    let off: Vec<usize> = outcome.off_by_lumi_block.iter().map(|(_, off)| *off).collect();
    assert_eq!(off[..4], [0, 1, 1, 0]);
}

#[test]
fn two_trips_in_one_lumi_block_are_one_module() {
    let off = |since| value(1, since, since + 1, HvState::Off);
    let outcome =
        search(&[], &[off(1001), off(1011), off(1021), value(2, 1030, 1031, HvState::Off)]);
    assert_eq!((outcome.trips.len(), outcome.off_by_lumi_block[0].1), (4, 2));
}

#[test]
fn what_is_not_known_is_not_off() {
    let mut unknown = value(1, 1000, 1600, HvState::Off);
    unknown.value = None;
    let outcome = search(&[value(2, 1000, 1600, 150.0)], &[unknown]);
    assert!(outcome.trips.is_empty());
    assert_eq!(outcome.modules_known, 1);
}

#[test]
fn what_cannot_be_searched_is_said() {
    let good = lumi_blocks();
    let error =
        |lumi_blocks: &[LumiBlockTime], states: &[ModuleValue<HvState>], config: &Config| {
            let inputs = Inputs { run: iov(1000, 1600), voltages: &[], states, lumi_blocks };
            find(&inputs, config).unwrap_err()
        };
    let states = [value(1, 0, 2000, HvState::On)];
    let config = Config::PRODUCTION;
    assert_eq!(error(&[], &states, &config), Error::NoLumiBlocks);
    assert_eq!(error(&good, &[], &config), Error::NothingKnown);
    assert_eq!(error(&good, &[value(1, 0, 900, HvState::On)], &config), Error::NothingKnown);
    let mut twice = good.clone();
    twice[4] = twice[3];
    assert_eq!(error(&twice, &states, &config), Error::LumiBlockOrder(LumiBlock::new(4)));
    let limits = Config { min_voltage: f32::NAN, ..config };
    assert!(matches!(error(&good, &states, &limits), Error::Limits(..)));
}

proptest! {
    /// Second by second: off, or between two off seconds at most five good ones apart.
    #[test]
    fn it_is_the_definition_second_by_second(
        off in prop::collection::vec((0..3_usize, 980..1620_u64, 1..40_u64, any::<bool>()), 1..40),
    ) {
        let (mut voltages, mut states) = (vec![value(9, 0, 9000, 150.0)], Vec::new());
        let mut seconds = vec![[false; 600]; 3];
        for &(module, since, length, by_state) in &off {
            if by_state {
                states.push(value(module, since, since + length, HvState::TripHardware));
            } else {
                voltages.push(value(module, since, since + length, 1.0));
            }
            for second in since.max(1000)..(since + length).min(1600) {
                seconds[module][usize::try_from(second - 1000).unwrap()] = true;
            }
        }
        let mut expected = vec![[false; 600]; 3];
        for (seconds, expected) in seconds.iter().zip(&mut expected) {
            let mut last = None;
            for (second, _) in seconds.iter().enumerate().filter(|(_, off)| **off) {
                let from = last.filter(|last| second - last <= 6).map_or(second, |last| last + 1);
                expected[from..=second].fill(true);
                last = Some(second);
            }
        }
        let mut found = vec![[false; 600]; 3];
        for trip in search(&voltages, &states).trips {
            let second = |key: u64| usize::try_from(key / SECOND - 1000).unwrap();
            found[trip.module.index()][second(trip.iov.since())..second(trip.iov.until())].fill(true);
        }
        prop_assert_eq!(found, expected);
    }
}
