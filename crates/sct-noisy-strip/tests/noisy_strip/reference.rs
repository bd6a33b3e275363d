//! New strips in both senses, and what is stored.

use sct_conditions::{KnownBad, Source, StripSets};
use sct_id::ModuleHash;
use sct_noisy_strip::{Config, Flag, Inputs, Outcome, Recent, Store, find};

use crate::{map, module, reference, strip, swap, wafer};

const UPDATE: Config = Config { update: true, ..Config::PRODUCTION };

fn with_reference(
    noisy: &[(sct_id::WaferHash, std::ops::Range<usize>, u32)],
    known: &StripSets,
    config: &Config,
) -> Outcome {
    let map = map(noisy);
    find(&Inputs { reference: Some(known), ..Inputs::new(&map, swap()) }, config).unwrap()
}

fn stored(outcome: &Outcome) -> Vec<(ModuleHash, usize)> {
    match &outcome.store {
        Store::Modules(modules) => {
            modules.iter().map(|(module, strips)| (*module, strips.len())).collect()
        }
        Store::Nothing(_) => Vec::new(),
    }
}

#[test]
fn newly_bad_strips_are_good_in_the_sources_in_use() {
    let at = wafer("0_1_2_3_0");
    let mut known = KnownBad::default();
    known.add_strip(Source::Configuration, at.module(), strip(5).in_module(at.side()));
    known.add_strip(Source::Calibration, at.module(), strip(6).in_module(at.side()));
    let map = map(&[(at, 5..8, 20)]);
    let new = |use_configuration, use_calibration| {
        let config = Config { use_configuration, use_calibration, ..Config::PRODUCTION };
        let outcome =
            find(&Inputs { known_bad: Some(&known), ..Inputs::new(&map, swap()) }, &config)
                .unwrap();
        let strips: Vec<usize> = module(&outcome, at)
            .unwrap()
            .newly_bad
            .iter()
            .map(sct_id::ModuleStrip::index)
            .collect();
        strips
    };
    assert_eq!(new(true, true), [7]);
    assert_eq!(new(true, false), [6, 7]);
    assert_eq!(new(false, true), [5, 7]);
    assert!(new(false, false).is_empty(), "without a source nothing counts as good before");
}

#[test]
fn strips_that_are_not_in_the_reference_are_counted_for_every_module() {
    let (known, other) = (wafer("0_1_2_3_0"), wafer("0_1_2_4_0"));
    let outcome = with_reference(
        &[(known, 5..7, 20), (other, 1..4, 20)],
        &reference(known.module(), &[5, 9]),
        &UPDATE,
    );
    let counts = &outcome.counts;
    assert_eq!((counts.strips, counts.strips_not_in_reference), (5, 4));
    assert_eq!(
        (counts.modules_reference, counts.strips_reference, counts.modules_different),
        (1, 2, 2)
    );
}

#[test]
fn all_modules_are_stored_by_default() {
    let at = wafer("0_1_2_3_0");
    let outcome = with_reference(&[(at, 5..7, 20)], &StripSets::new(), &Config::PRODUCTION);
    let rows = stored(&outcome);
    assert_eq!((rows.len(), rows[at.module().index()], rows[0].1), (4088, (at.module(), 2), 0));
    let few = Config { write_all_modules: false, ..Config::PRODUCTION };
    assert_eq!(
        stored(&with_reference(&[(at, 5..7, 20)], &StripSets::new(), &few)),
        [(at.module(), 2)]
    );
}

#[test]
fn only_new_strips_are_stored_when_asked_for() {
    let at = wafer("0_1_2_3_0");
    let mut known = KnownBad::default();
    known.add_strip(Source::Calibration, at.module(), strip(5).in_module(at.side()));
    let config = Config { strip_all: false, ..Config::PRODUCTION };
    let search = |strips| {
        let map = map(&[(at, strips, 20)]);
        find(&Inputs { known_bad: Some(&known), ..Inputs::new(&map, swap()) }, &config)
            .unwrap()
            .store
    };
    assert!(
        matches!(search(5..7), Store::Modules(modules) if modules.len() == 1 && modules[0].1.len() == 1)
    );
    assert_eq!(search(5..6), Store::Nothing("no noisy strip is new"));
}

#[test]
fn update_mode_stores_changes_and_recoveries() {
    let (at, other) = (wafer("0_1_2_3_0"), wafer("0_1_2_4_0"));
    let same = with_reference(&[(at, 5..7, 20)], &reference(at.module(), &[5, 6]), &UPDATE);
    assert_eq!(same.store, Store::Nothing("the noisy strips are those of the reference"));
    let changed = with_reference(
        &[(at, 5..8, 20), (other, 1..2, 20)],
        &reference(at.module(), &[5, 6]),
        &UPDATE,
    );
    assert_eq!(stored(&changed), [(at.module(), 3), (other.module(), 1)]);
    let recovered = with_reference(&[], &reference(at.module(), &[5, 6]), &UPDATE);
    assert_eq!(stored(&recovered), [(at.module(), 0)], "the old list would stay valid otherwise");
    assert_eq!(
        with_reference(&[], &StripSets::new(), &UPDATE).store,
        Store::Nothing("no strip is noisy, and none was before")
    );
    assert_eq!(
        with_reference(&[], &StripSets::new(), &Config::PRODUCTION).store,
        Store::Nothing("no strip is noisy")
    );
}

#[test]
fn the_flag_needs_numbers_of_recent_uploads() {
    let at = wafer("0_1_2_3_0");
    let mut map = map(&[(at, 5..7, 400)]);
    map.set_events(20_000);
    let flag = |recent| {
        let inputs = Inputs { recent, ..Inputs::new(&map, swap()) };
        find(&inputs, &Config::PRODUCTION).unwrap().upload.flag
    };
    assert_eq!(flag(None), Flag::Undecided);
    assert_eq!(flag(Recent::from_runs(&[(1, 2), (1, 2)])), Flag::Green);
    assert_eq!(flag(Recent::from_runs(&[(1, 1)])), Flag::Yellow);
    assert_eq!(Recent::from_runs(&[]), None);
}
