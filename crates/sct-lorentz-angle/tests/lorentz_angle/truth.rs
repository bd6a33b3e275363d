//! What went into a profile comes out.

use sct_id::Side;
use sct_lorentz_angle::{
    Config, Crystal, Errors, Estimate, Failure, Flag, Inputs, Parameters, ProfileError, Sensors,
    Status, Strategy, fit,
};

use crate::{
    fit_one, fit_with,
    samples::{TRUTH, drawn, exact},
};

/// Each parameter with its truth and its error.
fn compared(found: &Estimate, truth: Parameters) -> [(f64, f64, ProfileError); 4] {
    let (p, Errors { a, angle, b, sigma }) = (found.parameters, found.errors);
    [
        (p.a, truth.a, a),
        (p.angle, truth.angle, angle),
        (p.b, truth.b, b),
        (p.sigma, truth.sigma, sigma),
    ]
}

#[test]
fn exact_widths_give_the_truth() {
    for (a, angle, b, sigma) in
        [(1.1, -4.2, 1.15, 2.0), (0.9, -3.1, 1.2, 1.4), (1.3, -5.5, 1.1, 2.9), (1.0, 0.4, 1.0, 0.8)]
    {
        let truth = Parameters { a, angle, b, sigma };
        let fit = fit_one(exact(truth, 1e-3));
        assert_eq!((fit.status, fit.strategy), (Status::Good, Some(Strategy::Start)));
        let found = fit.estimate.unwrap();
        for (value, truth, error) in compared(&found, truth) {
            assert!((value - truth).abs() < 1e-3 * error.mean(), "{found:?}");
            assert!(error.lower > 0.0 && error.upper > 0.0, "{found:?}");
        }
        assert!(found.chi_square < 1e-4, "{found:?}");
        assert_eq!((found.points, found.degrees_of_freedom()), (22, 18));
        assert!((found.min_cluster_width - truth.cluster_width(angle)).abs() < 1e-6);
    }
}

#[test]
fn errors_are_distances_to_a_rise_by_one() {
    let fit = fit_one(drawn(TRUTH, 2e6, 7));
    let found = fit.estimate.unwrap();
    // Chi-square with the angle moved, minimised by hand in the other three from below and above.
    let best = found.chi_square;
    let moved = |angle: f64| {
        let config = Config::PRODUCTION;
        let points: Vec<_> = drawn(TRUTH, 2e6, 7)
            .iter()
            .filter(|(x, _)| (config.low..=config.high).contains(x))
            .map(|(x, bin)| (x, bin.mean(), bin.error()))
            .collect();
        let at = |p: Parameters| -> f64 {
            points.iter().map(|&(x, y, e)| ((y - p.cluster_width(x)) / e).powi(2)).sum()
        };
        let mut here = Parameters { angle, ..found.parameters };
        let mut step = [found.errors.a.mean(), found.errors.b.mean(), found.errors.sigma.mean()];
        while step[0] > 1e-5 * found.errors.a.mean() {
            let tries = (0..27).map(|n: i32| {
                let go = |digit: i32| f64::from(digit % 3 - 1);
                let (a, b) = (here.a + go(n) * step[0], here.b + go(n / 3) * step[1]);
                Parameters { a, b, sigma: here.sigma + go(n / 9) * step[2], ..here }
            });
            let lowest = tries.min_by(|p, q| at(*p).total_cmp(&at(*q))).unwrap();
            if at(lowest) < at(here) {
                here = lowest;
            } else {
                step = step.map(|step| 0.5 * step);
            }
        }
        at(here) - best
    };
    let (angle, error) = (found.parameters.angle, found.errors.angle);
    for rise in [moved(angle - error.lower), moved(angle + error.upper)] {
        assert!((rise - 1.0).abs() < 0.01, "{rise}");
    }
}

#[test]
fn errors_cover_the_truth_as_often_as_they_should() {
    let runs = 40;
    let (mut inside, mut widths, mut chi_square, mut freedom) = (0, 0, 0.0, 0);
    for seed in 0..runs {
        let fit = fit_one(drawn(TRUTH, 2e6, seed));
        assert!(fit.is_good(), "seed {seed}: {}", fit.status);
        let found = fit.estimate.unwrap();
        for (value, truth, error) in compared(&found, TRUTH) {
            let error = if value > truth { error.lower } else { error.upper };
            inside += usize::from((value - truth).abs() < error);
        }
        let width = TRUTH.cluster_width(TRUTH.angle);
        widths +=
            usize::from((found.min_cluster_width - width).abs() < found.min_cluster_width_error);
        chi_square += found.chi_square;
        freedom += found.degrees_of_freedom();
    }
    // 68 % of 160 (of 40) with a tolerance of three standard deviations, were the four independent.
    assert!((91..=126).contains(&inside), "{inside} of 160");
    assert!((18..=36).contains(&widths), "{widths} of 40");
    let mean = chi_square / freedom as f64;
    assert!((0.85..1.15).contains(&mean), "{mean}");
}

#[test]
fn fourteen_good_fits_are_green() {
    let profiles: [_; Sensors::COUNT] =
        std::array::from_fn(|i| Some(drawn(TRUTH, 2e6, 100 + i as u64)));
    let outcome = fit(&Inputs { profiles: &profiles }, &Config::PRODUCTION).unwrap();
    assert_eq!((outcome.flag, outcome.flag.letter()), (Flag::Green, 'G'));
    assert_eq!(outcome.good().count(), 14);
    assert!(outcome.fits.iter().map(|fit| fit.sensors).eq(Sensors::all()));
    let absent = Sensors { layer: 1, side: Side::One, crystal: Crystal::Plane100 };
    let fit = &outcome.fits[absent.index()];
    assert_eq!((fit.sensors, fit.status, fit.estimate), (absent, Status::NoSensors, None));
}

#[test]
fn one_failed_fit_is_red() {
    let mut profiles: [_; Sensors::COUNT] =
        std::array::from_fn(|i| Some(drawn(TRUTH, 2e6, 100 + i as u64)));
    profiles[15] = None;
    let outcome = fit(&Inputs { profiles: &profiles }, &Config::PRODUCTION).unwrap();
    assert_eq!((outcome.flag, outcome.flag.letter()), (Flag::Red, 'R'));
    assert_eq!(outcome.fits[15].status, Status::Failed(Failure::Missing));
    assert_eq!(outcome.good().count(), 13);
}

#[test]
fn a_second_strategy_rescues_a_bad_start() {
    let start = Parameters { a: 1.0, angle: 75.0, b: 1.0, sigma: 0.1 };
    let config = Config { start, ..Config::PRODUCTION };
    let fit = fit_with(drawn(TRUTH, 2e6, 5), &config);
    assert!(fit.is_good(), "{}", fit.status);
    assert_eq!((fit.strategy, fit.retries.len()), (Some(Strategy::Parabola), 1));
    let usual = fit_one(drawn(TRUTH, 2e6, 5)).estimate.unwrap();
    let found = fit.estimate.unwrap();
    assert!((found.chi_square - usual.chi_square).abs() < 1e-4);
    assert!((found.errors.angle.mean() / usual.errors.angle.mean() - 1.0).abs() < 1e-3);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let profiles: [_; Sensors::COUNT] =
        std::array::from_fn(|i| Some(drawn(TRUTH, 3e5, 200 + i as u64)));
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| fit(&Inputs { profiles: &profiles }, &Config::PRODUCTION).unwrap())
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn errors_fall_with_the_root_of_the_clusters() {
    let mut last = f64::INFINITY;
    for clusters in [1e6, 1e8, 1e10, 1e12] {
        let fit = fit_one(drawn(TRUTH, clusters, 9));
        assert!(fit.is_good(), "{clusters} clusters: {}", fit.status);
        let found = fit.estimate.unwrap();
        for (value, truth, error) in compared(&found, TRUTH) {
            assert!((value - truth).abs() < 4.0 * error.mean(), "{clusters} clusters: {found:?}");
        }
        let error = found.errors.angle.mean();
        assert!(last.is_infinite() || (last / error / 10.0 - 1.0).abs() < 0.1, "{last} {error}");
        last = error;
    }
}
