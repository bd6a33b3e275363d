//! What is in a sound file.

use sct_histfile::{Bunches, LorentzProfile, NoiseTrigger, missing_planes};
use sct_hitmap::{ByteStreamError, ErrorCell, ProfileCell};
use sct_id::{Crystal, Region, Side, WaferHash};

use super::{EVENTS, Names, Sample, lorentz_order, number, open};

#[test]
fn events_are_the_entries_of_the_counter() {
    let (_folder, file) =
        open(&Sample { wanted: |name| name.starts_with("GENERAL/Conf"), ..Sample::default() });
    assert_eq!(file.events().unwrap(), 20_000);
}

#[test]
fn every_wafer_gets_its_own_bin() {
    let (_folder, file) =
        open(&Sample { wanted: |name| !name.contains("errors"), ..Sample::default() });
    let cell = |factor: f64, wafer| ProfileCell { sum: factor * number(wafer), entries: EVENTS };
    let (all, selected) = (file.noise(NoiseTrigger::All), file.noise(NoiseTrigger::Selected));
    let (all, selected, hits) = (all.unwrap(), selected.unwrap(), file.hits().unwrap());
    let (every, first) = (file.efficiency().unwrap(), file.first_bunch_efficiency().unwrap());
    let chips = file.chip_efficiency(Bunches::First).unwrap();
    for wafer in WaferHash::all() {
        assert_eq!((all[wafer], selected[wafer]), (cell(1.0, wafer), cell(2.0, wafer)), "{wafer}");
        assert!((hits[wafer] - number(wafer)).abs() < f64::EPSILON, "{wafer}");
        assert_eq!(every[wafer], cell(1.0, wafer), "{wafer}");
        assert_eq!(first[wafer], Some(cell(0.5, wafer)), "{wafer}");
        assert_eq!((chips[3][wafer], chips[4][wafer]), (None, Some(cell(0.5, wafer))), "{wafer}");
    }
    assert_eq!((missing_planes(&chips[3]).len(), missing_planes(&chips[4]).len()), (44, 0));
}

/// Byte-stream errors under all names.
fn check(names: Names, counts: bool) {
    let (_folder, file) =
        open(&Sample { names, wanted: |name| name.contains("errors"), ..Sample::default() });
    let maps = file.byte_stream_errors().unwrap();
    for (kind, map) in ByteStreamError::ALL.into_iter().zip(&maps) {
        for (wafer, found) in map.iter() {
            let events = number(wafer) + 100.0 * kind.index() as f64;
            let content = if counts { events } else { events / EVENTS };
            assert_eq!(*found, ErrorCell { content, events }, "{names:?} {kind} {wafer}");
        }
    }
}

#[test]
fn run_3_errors_are_profiles_in_folders() {
    check(Names::NumberOf, false);
}

#[test]
fn run_3_errors_without_folders() {
    check(Names::NumberOfFlat, false);
}

#[test]
fn run_2_errors_are_profiles_under_the_bare_name_in_the_barrel_too() {
    check(Names::Plain, false);
}

#[test]
fn run_2_errors_without_folders() {
    check(Names::PlainFlat, false);
}

#[test]
fn counts_of_errors_are_taken_as_they_are() {
    check(Names::Counts, true);
}

#[test]
fn hits_of_before_2010() {
    let sample = Sample {
        wanted: |name| name.contains("hits/"),
        change: |map| {
            if let Some(end) = map.name.strip_prefix("hitsmapEC") {
                map.name = format!("EC{}_hitsmap{}", &end[..1], &end[1..]);
            }
        },
        ..Sample::default()
    };
    let hits = open(&sample).1.hits().unwrap();
    assert!(hits.iter().all(|(wafer, hits)| (hits - number(wafer)).abs() < f64::EPSILON));
}

#[test]
fn planes_without_an_efficiency_map_are_named() {
    let sample = Sample {
        wanted: |name| name.contains("eff/") && !name.contains("/m_eff_8_1_bcid"),
        ..Sample::default()
    };
    let (_folder, file) = open(&sample);
    assert!(file.efficiency().is_ok());
    let missing = missing_planes(&file.first_bunch_efficiency().unwrap());
    let missing: Vec<_> =
        missing.iter().map(|plane| (plane.region(), plane.layer_disk(), plane.side())).collect();
    assert_eq!(missing, [(Region::EndCapC, 8, Side::One)]);
}

#[test]
fn lorentz_profiles_are_plain_sums() {
    let (_folder, file) =
        open(&Sample { wanted: |name| name.contains("lorentz"), ..Sample::default() });
    let profiles = file.lorentz_profiles().unwrap();
    let order: Vec<_> = profiles
        .iter()
        .map(|LorentzProfile { sensors, .. }| {
            (usize::from(sensors.layer), sensors.side.index(), u32::from(sensors.crystal.number()))
        })
        .collect();
    assert_eq!(order, lorentz_order().collect::<Vec<_>>());
    let profile = &profiles[1];
    assert_eq!(profile.sensors.crystal, Crystal::Plane111);
    assert_eq!((profile.edges.len(), profile.bins.len()), (361, 360));
    assert_eq!((profile.edges[0], profile.edges[162], profile.edges[360]), (-90.0, -9.0, 90.0));
    let (first, last) = (profile.bins[0], profile.bins[359]);
    assert_eq!((first.entries, first.sum, first.sum_of_squares), (10.0, 30.0, 95.0));
    assert_eq!((last.entries, last.sum, last.squared_weights), (100.0, 111.0, None));
}

#[test]
fn squares_of_weights_are_kept() {
    let sample = Sample {
        wanted: |name| name.contains("lorentz"),
        change: |map| {
            let profile = map.profile.as_mut().unwrap();
            profile.bin_sumw2 = vec![0.0; 362];
            profile.bin_sumw2[1] = 50.0;
        },
        ..Sample::default()
    };
    let bin = open(&sample).1.lorentz_profiles().unwrap()[0].bins[0];
    assert_eq!((bin.entries, bin.squared_weights), (10.0, Some(50.0)));
}
