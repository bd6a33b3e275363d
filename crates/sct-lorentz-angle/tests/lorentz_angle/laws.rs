//! Laws: nothing panics, and results follow the units.

use proptest::prelude::*;
use sct_lorentz_angle::{Bin, Parameters, Profile, Status};

use crate::{
    fit_one,
    samples::{TRUTH, bin, drawn},
};

/// Any number, also the ones that are none.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -1e3..1e3,
        1 => any::<f64>(),
        1 => prop::sample::select(vec![0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300]),
    ]
}

fn wild_bin() -> impl Strategy<Value = Bin> {
    (number(), number(), number(), prop::option::of(number())).prop_map(
        |(sum, sum_of_squares, entries, squared_weights)| Bin {
            sum,
            sum_of_squares,
            entries,
            squared_weights,
        },
    )
}

/// Bins whose numbers are usual, whatever their means.
fn tame_bin() -> impl Strategy<Value = Bin> {
    (-5.0..50.0, 0.0..3.0, 0_u16..1000)
        .prop_map(|(mean, spread, entries)| bin(mean, spread, f64::from(entries)))
}

fn check_numbers(profile: Profile) {
    let fit = fit_one(profile);
    let Some(found) = fit.estimate else {
        assert!(matches!(fit.status, Status::Failed(_)) && fit.strategy.is_none());
        return;
    };
    let Parameters { a, angle, b, sigma } = found.parameters;
    let errors = [found.errors.a, found.errors.angle, found.errors.b, found.errors.sigma];
    let numbers = [a, angle, b, sigma, found.chi_square, found.min_cluster_width];
    if fit.is_good() {
        assert!(numbers.into_iter().all(f64::is_finite), "{fit:?}");
        assert!((-9.0..=2.0).contains(&angle) && (0.1..=50.0).contains(&sigma), "{fit:?}");
        assert!(errors.iter().all(|error| error.lower >= 0.0 && error.upper > 0.0), "{fit:?}");
        assert!(found.min_cluster_width_error > 0.0, "{fit:?}");
    } else {
        assert!(!fit.status.to_string().is_empty() && fit.retries.len() <= 2, "{fit:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn wild_numbers_do_not_panic(bins in prop::collection::vec(wild_bin(), 0..60)) {
        check_numbers(Profile::uniform(-12.0, 4.0, bins));
    }

    #[test]
    fn few_bins_do_not_panic(bins in prop::collection::vec(tame_bin(), 0..8)) {
        check_numbers(Profile::uniform(-9.0, 2.0, bins));
    }

    #[test]
    fn any_means_do_not_panic(bins in prop::collection::vec(tame_bin(), 22)) {
        check_numbers(Profile::uniform(-9.0, 2.0, bins));
    }

    #[test]
    fn any_edges_do_not_panic(
        edges in prop::collection::vec(number(), 24),
        bins in prop::collection::vec(tame_bin(), 23),
    ) {
        check_numbers(Profile::with_edges(&edges, bins).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn wider_clusters_change_only_a_and_b(seed in 0_u64..1000, factor in 0.5..3.0) {
        let profile = drawn(TRUTH, 2e6, seed);
        let wider = |bin: &Bin| Bin {
            sum: factor * bin.sum,
            sum_of_squares: factor * factor * bin.sum_of_squares,
            ..*bin
        };
        let bins = profile.bins().iter().map(wider).collect();
        let before = fit_one(profile).estimate.unwrap();
        let after = fit_one(Profile::uniform(-90.0, 90.0, bins)).estimate.unwrap();
        let close = |left: f64, right: f64| (left / right - 1.0).abs() < 1e-3;
        prop_assert!(close(after.parameters.a, factor * before.parameters.a));
        prop_assert!(close(after.parameters.b, factor * before.parameters.b));
        prop_assert!(close(after.parameters.angle, before.parameters.angle));
        prop_assert!(close(after.parameters.sigma, before.parameters.sigma));
        prop_assert!(close(after.errors.angle.upper, before.errors.angle.upper));
        prop_assert!(close(after.errors.b.lower, factor * before.errors.b.lower));
        prop_assert!((after.chi_square - before.chi_square).abs() < 1e-3);
    }
}
