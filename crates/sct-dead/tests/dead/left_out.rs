//! What is switched off or cannot be judged is left out.

use sct_hitmap::BsErrorMap;

use super::*;

fn row(kind: &str, side: &str, number: &str) -> String {
    format!("configuration,{kind},0,0,0,1,{side},{number}\n")
}

#[test]
fn disabled_modules_and_links_are_not_searched() {
    let (front, back) = (wafer("0_0_0_1_0"), wafer("0_0_0_1_1"));
    let silent = map(100, &[(front, 0..768, 0), (back, 0..768, 0)]);
    let found = |known: &str| {
        let outcome = search_knowing(&silent, known, &Config::PRODUCTION);
        let links = module(&outcome, front).map(|module| module.links.clone());
        (links, outcome.sides.disabled)
    };
    assert_eq!(found(""), (Some(Side::ALL.to_vec()), 0));
    assert_eq!(found(&row("module", "", "")), (None, 2));
    // A bad link takes its own side away and leaves the other one, on either side.
    assert_eq!(found(&row("link", "0", "")), (Some(vec![Side::One]), 1));
    assert_eq!(found(&row("link", "1", "")), (Some(vec![Side::Zero]), 1));
    // Calibration data do not switch anything off.
    let calibration = row("module", "", "").replace("configuration", "calibration");
    assert_eq!(found(&calibration), (Some(Side::ALL.to_vec()), 0));
    let off = Config { use_configuration: false, ..Config::PRODUCTION };
    assert_eq!(search_knowing(&silent, &row("module", "", ""), &off).sides.disabled, 0);
}

#[test]
fn disabled_chips_and_strips_are_not_listed() {
    // Read backwards: chip 11 has the first 128 strips.
    let back = wafer("0_0_0_1_1");
    let silent = map(100, &[(back, 0..256, 0)]);
    let chip = search_knowing(&silent, &row("chip", "", "11"), &Config::PRODUCTION);
    assert_eq!(only(&chip), texts(&[], "10", "1280-1407"));
    let strip = search_knowing(&silent, &row("strip", "1", "130"), &Config::PRODUCTION);
    // Offline strip 130 is strip 637 of its side in read-out order.
    assert_eq!(only(&strip), texts(&[], "10-11", "1280-1404 1406-1535"));
}

#[test]
fn all_strips_switched_off_one_by_one_are_a_disabled_side() {
    let back = wafer("0_0_0_1_1");
    let known: String = (0..768).map(|strip| row("strip", "1", &strip.to_string())).collect();
    let outcome = search_knowing(&map(100, &[(back, 0..768, 0)]), &known, &Config::PRODUCTION);
    assert_eq!((outcome.modules.len(), outcome.sides.disabled), (0, 1));
}

#[test]
fn a_dead_link_takes_its_disabled_strips_along() {
    let back = wafer("0_0_0_1_1");
    let silent = map(100, &[(back, 0..768, 0)]);
    let outcome = search_knowing(&silent, &row("chip", "", "7"), &Config::PRODUCTION);
    assert_eq!(only(&outcome), texts(&[Side::One], "6-11", "768-1535"));
}

#[test]
fn hits_in_disabled_strips_are_counted() {
    let outcome = search_knowing(&flat(100), &row("chip", "", "11"), &Config::PRODUCTION);
    assert_eq!(outcome.mismatch_totals(), (128, 12_800));
    assert_eq!(outcome.mismatches[0].wafer, wafer("0_0_0_1_1"));
    let module = search_knowing(&flat(100), &row("module", "", ""), &Config::PRODUCTION);
    assert_eq!(module.mismatch_totals(), (1536, 153_600));
    let silent = map(100, &[(wafer("0_0_0_1_1"), 0..128, 0)]);
    let outcome = search_knowing(&silent, &row("chip", "", "11"), &Config::PRODUCTION);
    assert_eq!((outcome.mismatches.len(), outcome.modules.len()), (0, 0));
}

#[test]
fn layer_means_count_enabled_sides_only() {
    let (front, back) = (wafer("0_0_0_1_0"), wafer("0_0_0_1_1"));
    let silent = map(100, &[(front, 0..768, 0), (back, 0..768, 0)]);
    let mean = |known: &str| {
        search_knowing(&silent, known, &Config::PRODUCTION).layers.of(wafer("0_0_5_1_0"))
    };
    let sides = 2.0 * 12.0 * 32.0;
    assert!((mean("") - 0.01 * (sides - 2.0) / sides).abs() < 1e-12);
    assert!((mean(&row("link", "1", "")) - 0.01 * (sides - 2.0) / (sides - 1.0)).abs() < 1e-12);
    assert!((mean(&row("module", "", "")) - 0.01).abs() < 1e-12);
}

#[test]
fn links_with_errors_are_not_searched() {
    let (early, late, clean) = (wafer("0_0_0_1_0"), wafer("2_0_0_1_1"), wafer("0_3_0_1_0"));
    let silent = map(100, &[(early, 5..6, 0), (late, 5..6, 0), (clean, 5..6, 0)]);
    let mut errors = BsErrorMap::new();
    errors.fill(early, 11, 1).unwrap();
    // Types without a bin of their own count as well.
    errors.fill(late, 20, 1).unwrap();
    let inputs = Inputs { bs_errors: Some(&errors), ..Inputs::new(&silent, swap()) };
    let outcome = find(&inputs, &Config::PRODUCTION).unwrap();
    assert_eq!((outcome.sides.errors, outcome.modules.len()), (2, 1));
    assert_eq!(outcome.modules[0].module, clean.module());
}

#[test]
fn a_missing_histogram_is_not_a_dead_link() {
    let mut map = flat(100);
    map.set_absent(wafer("0_0_0_1_0"));
    let outcome = search(&map, &Config::PRODUCTION);
    assert_eq!((outcome.sides.absent, outcome.modules.len()), (1, 0));
    assert!((outcome.layers.of(wafer("0_0_0_1_1")) - 0.01).abs() < 1e-12);
}
