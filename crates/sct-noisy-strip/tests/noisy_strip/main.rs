//! The rules of the noisy-strip search, one by one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod chips;
mod reference;
mod wafers;

use std::sync::LazyLock;

use sct_conditions::StripSets;
use sct_hitmap::{BoxError, ChipHits, Hitmap};
use sct_id::{BarrelSwap, ModuleHash, ModuleStrip, ReadoutSwap, Strip, WaferHash};
use sct_noisy_strip::{Config, Error, Inputs, NoisyModule, Outcome, find};

/// Events of the maps below: the limit of 0.015 lies exactly at 15 hits.
const EVENTS: u64 = 1000;

fn wafer(position: &str) -> WaferHash {
    position.parse::<sct_id::WaferPosition>().unwrap().hash()
}

fn strip(number: usize) -> Strip {
    Strip::new(number).unwrap()
}

/// A map with given hits: (wafer, strips, hits each).
fn map(filled: &[(WaferHash, std::ops::Range<usize>, u32)]) -> Hitmap {
    let mut map = Hitmap::new();
    map.set_events(EVENTS);
    for (wafer, strips, hits) in filled {
        map.wafer_mut(*wafer)[strips.clone()].fill(*hits);
    }
    map
}

fn swap() -> &'static ReadoutSwap {
    static SWAP: LazyLock<ReadoutSwap> = LazyLock::new(|| ReadoutSwap::new(BarrelSwap::Side1));
    &SWAP
}

fn search(map: &Hitmap, config: &Config) -> Outcome {
    find(&Inputs::new(map, swap()), config).unwrap()
}

fn module(outcome: &Outcome, wafer: WaferHash) -> Option<&NoisyModule> {
    outcome.modules.iter().find(|module| module.module == wafer.module())
}

/// A reference with one module.
fn reference(module: ModuleHash, strips: &[usize]) -> StripSets {
    let strips = strips.iter().map(|&number| ModuleStrip::new(number).unwrap()).collect();
    StripSets::from([(module, strips)])
}

/// Chip hits from a function, remembering what was asked for.
struct Source<F> {
    events: Vec<u64>,
    hits: F,
    asked: std::sync::Mutex<Vec<(WaferHash, usize)>>,
}

impl<F: Fn(WaferHash, usize) -> Result<Option<Vec<u32>>, BoxError> + Sync> Source<F> {
    fn new(events: Vec<u64>, hits: F) -> Self {
        Self { events, hits, asked: std::sync::Mutex::new(Vec::new()) }
    }
}

impl<F: Fn(WaferHash, usize) -> Result<Option<Vec<u32>>, BoxError> + Sync> ChipHits for Source<F> {
    fn events(&self) -> &[u64] {
        &self.events
    }

    fn chip(&self, wafer: WaferHash, in_side: usize) -> Result<Option<Vec<u32>>, BoxError> {
        self.asked.lock().unwrap().push((wafer, in_side));
        (self.hits)(wafer, in_side)
    }
}

#[test]
fn a_strip_at_the_threshold_is_quiet_and_above_it_noisy() {
    let at = wafer("0_1_2_3_0");
    let outcome = search(&map(&[(at, 5..6, 15), (at, 9..10, 16)]), &Config::PRODUCTION);
    let found: Vec<usize> =
        module(&outcome, at).unwrap().all.iter().map(ModuleStrip::index).collect();
    assert_eq!((found, outcome.counts.strips, outcome.counts.modules), (vec![9], 1, 1));
}

#[test]
fn the_online_threshold_is_used_when_asked_for() {
    let at = wafer("0_1_2_3_1");
    let config = Config { offline_threshold: false, ..Config::PRODUCTION };
    let outcome = search(&map(&[(at, 5..6, 2)]), &config);
    assert_eq!(
        module(&outcome, at).unwrap().all.iter().map(ModuleStrip::index).collect::<Vec<_>>(),
        [768 + 5]
    );
    assert_eq!(outcome.threshold.to_bits(), 0.0015_f32.to_bits());
}

#[test]
fn zero_events_and_nonsense_are_refused() {
    let error = find(&Inputs::new(&Hitmap::new(), swap()), &Config::PRODUCTION).unwrap_err();
    assert!(matches!(error, Error::NoEvents));
    for threshold in [-1.0, f32::NAN, f32::INFINITY] {
        let config = Config { max_occupancy_offline: threshold, ..Config::PRODUCTION };
        let error = find(&Inputs::new(&map(&[]), swap()), &config).unwrap_err();
        assert!(error.to_string().starts_with("NoisyStripThrOffline is "), "{error}");
    }
}

#[test]
fn an_absent_wafer_does_not_move_the_others() {
    let at = wafer("0_0_0_-5_0");
    let mut map = map(&[(at, 1..2, 50)]);
    map.set_absent(wafer("0_0_0_-6_0"));
    let outcome = search(&map, &Config::PRODUCTION);
    assert!(module(&outcome, at).is_some() && outcome.modules.len() == 1);
}

#[test]
fn the_search_agrees_with_its_definition() {
    // Straight from the text: single precision, strictly above.
    let mut map = map(&[]);
    for (hash, number) in WaferHash::all().zip(0_usize..) {
        for strip in 0..Strip::PER_WAFER {
            map.wafer_mut(hash)[strip] = u32::try_from((number * 31 + strip * 7) % 23).unwrap();
        }
    }
    let outcome = search(&map, &Config::PRODUCTION);
    let noisy = |hits: u32| hits as f32 / EVENTS as f32 > 0.015_f32;
    let expected: usize = WaferHash::all()
        .map(|hash| map.wafer(hash).iter().filter(|hits| noisy(**hits)).count())
        .sum();
    assert_eq!(outcome.counts.strips, expected as u64);
    for found in &outcome.modules {
        for strip in ModuleStrip::all() {
            let hits = map.wafer(found.module.wafer(strip.side()))[strip.strip().index()];
            assert_eq!(found.all.contains(strip), noisy(hits));
        }
    }
}
