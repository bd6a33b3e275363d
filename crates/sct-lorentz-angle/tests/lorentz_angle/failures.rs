//! Profiles that cannot be fitted: each says why.

use sct_lorentz_angle::{
    Bin, Config, ConfigError, Error, Errors, Failure, Inputs, Parameter, Parameters, Profile,
    Sensors, Status, Strategy, fit,
};

use crate::{
    fit_one,
    samples::{TRUTH, bin, centres, drawn, exact},
};

#[track_caller]
fn check(profile: Profile, expected: Failure, text: &str) {
    let fit = fit_one(profile);
    assert_eq!(fit.status, Status::Failed(expected));
    assert_eq!((fit.strategy, fit.estimate), (None, None));
    assert_eq!(fit.status.to_string(), text);
}

fn filled(f: impl FnMut(f64) -> Bin) -> Profile {
    Profile::uniform(-90.0, 90.0, centres().map(f).collect())
}

const EMPTY: Failure = Failure::Empty { low: -9.0, high: 2.0 };
const EMPTY_TEXT: &str = "no bin from -9 to 2 degrees has entries with different widths";

#[test]
fn profiles_without_entries_are_empty() {
    check(filled(|_| Bin::default()), EMPTY, EMPTY_TEXT);
    check(Profile::default(), EMPTY, EMPTY_TEXT);
    check(Profile::uniform(0.0, 0.0, Vec::new()), EMPTY, EMPTY_TEXT);
}

#[test]
fn entries_outside_the_range_do_not_count() {
    let outside = |x: f64| if x.abs() > 9.0 { bin(2.0, 1.0, 100.0) } else { Bin::default() };
    check(filled(outside), EMPTY, EMPTY_TEXT);
}

#[test]
fn bins_of_equal_widths_have_no_error_and_do_not_count() {
    check(filled(|_| bin(2.0, 0.0, 100.0)), EMPTY, EMPTY_TEXT);
    check(filled(|_| bin(3.0, 0.0, 1.0)), EMPTY, EMPTY_TEXT);
}

#[test]
fn three_points_are_too_few() {
    let three = |x: f64| if (0.0..1.5).contains(&x) { bin(2.0, 1.0, 9.0) } else { Bin::default() };
    let text = "3 bins with entries of different widths, expected at least 4";
    check(filled(three), Failure::TooFewPoints { points: 3 }, text);
}

#[test]
fn numbers_that_are_none_are_named_with_their_bin() {
    let damaged = |broken: Bin| {
        let profile =
            filled(|x| if (x + 4.25).abs() < 0.1 { broken } else { bin(2.0 - x, 1.0, 9.0) });
        let Status::Failed(Failure::NotFinite { angle, .. }) = fit_one(profile).status else {
            panic!("{broken:?}")
        };
        assert_eq!(angle.to_bits(), (-4.25_f64).to_bits());
    };
    let good = bin(2.0, 1.0, 9.0);
    damaged(Bin { sum: f64::NAN, ..good });
    damaged(Bin { sum: f64::INFINITY, ..good });
    damaged(Bin { sum_of_squares: f64::INFINITY, ..good });
    damaged(Bin { sum_of_squares: f64::NAN, ..good });
    damaged(Bin { entries: f64::NAN, ..good });
    damaged(Bin { entries: -9.0, ..good });
    damaged(Bin { squared_weights: Some(0.0), ..good });
    damaged(Bin { sum: 1e300, sum_of_squares: 1.0, entries: 1e-300, squared_weights: None });
}

#[test]
fn equal_means_do_not_determine_an_angle() {
    let fit = fit_one(filled(|_| bin(1.5, 0.7, 1000.0)));
    let open = Failure::NoError { parameter: Parameter::Sigma };
    let Status::Failed(failure) = fit.status else { panic!("{fit:?}") };
    // By rounding, the slope is 0 or nearly so.
    assert!(failure == Failure::Undetermined || failure == open, "{fit:?}");
    assert_eq!((fit.strategy, fit.retries.len()), (Some(Strategy::HeldSigma), 2));
    assert!(fit.estimate.unwrap().parameters.a.abs() < 1e-6, "{fit:?}");
}

#[test]
fn points_at_one_angle_do_not_determine_the_parameters() {
    let bins = (0..6).map(|i| bin(1.5 + 0.1 * f64::from(i), 0.7, 1000.0)).collect();
    let edges = [-5.0, -4.0, -5.0, -4.0, -5.0, -4.0, -5.0];
    let fit = fit_one(Profile::with_edges(&edges, bins).unwrap());
    assert_eq!(fit.status, Status::Failed(Failure::Undetermined));
    assert_eq!(fit.status.to_string(), "the points do not determine the parameters");
    let found = fit.estimate.unwrap();
    assert!(found.chi_square.is_finite() && found.errors == Errors::default(), "{found:?}");
}

#[test]
fn a_straight_line_has_no_narrowest_place() {
    let fit = fit_one(filled(|x| bin(1.5 + 0.02 * (x + 9.0), 0.7, 1e5)));
    assert!(matches!(fit.status, Status::Failed(_)), "{fit:?}");
    assert!(fit.estimate.is_some() && fit.retries.len() <= 2);
}

#[test]
fn an_angle_outside_the_range_is_kept_and_flagged() {
    let fit = fit_one(exact(Parameters { angle: 2.4, sigma: 1.5, ..TRUTH }, 1e-4));
    let Status::Failed(Failure::AngleOutside { angle, low, high }) = fit.status else {
        panic!("{fit:?}")
    };
    assert_eq!((low.to_bits(), high.to_bits()), ((-9.0_f64).to_bits(), 2.0_f64.to_bits()));
    assert!((angle - 2.4).abs() < 1e-3, "{angle}");
    assert!((fit.estimate.unwrap().parameters.angle - angle).abs() < 1e-12);
    assert!(fit.status.to_string().ends_with("is outside -9 to 2 degrees"), "{}", fit.status);
}

#[test]
fn too_few_clusters_leave_sigma_without_an_error() {
    let failures = (0..10).map(|seed| fit_one(drawn(TRUTH, 2e4, seed)));
    let without: Vec<_> = failures.filter(|fit| !fit.is_good()).collect();
    let open = Failure::NoError { parameter: Parameter::Sigma };
    let text = "sigma has no error: chi-square does not rise by 1 on both sides";
    assert!(without.iter().any(|fit| fit.status == Status::Failed(open)), "{without:?}");
    assert_eq!(open.to_string(), text);
    for fit in without {
        let found = fit.estimate.unwrap();
        assert!(found.chi_square.is_finite() && found.parameters.a.is_finite(), "{found:?}");
        assert!(found.errors.angle.mean().is_finite(), "{found:?}");
    }
}

#[test]
fn limits_out_of_range_are_an_error() {
    let profiles = [const { None }; Sensors::COUNT];
    let config = Config { min_sigma: -1.0, ..Config::PRODUCTION };
    let error = fit(&Inputs { profiles: &profiles }, &config).unwrap_err();
    let Error::Config(ConfigError { name, .. }) = error else { panic!("{error}") };
    assert_eq!(name, "min_sigma");
}
