//! The fourteen Lorentz fits of a run, with their errors, on two threads.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use criterion::{Criterion, criterion_group, criterion_main};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sct_lorentz_angle::{Bin, Config, Inputs, Parameters, Profile, Sensors, fit};

/// Profiles of a run of `clusters` clusters each, with the spread of parameters that layers have.
fn profiles(clusters: f64) -> [Option<Profile>; Sensors::COUNT] {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    std::array::from_fn(|_| {
        let truth = Parameters {
            a: random.random_range(0.9..1.3),
            angle: random.random_range(-4.8..-3.6),
            b: random.random_range(1.1..1.2),
            sigma: random.random_range(1.5..3.0),
        };
        let bin = |number: u32| {
            let angle = -89.75 + 0.5 * f64::from(number);
            let entries = (clusters / 44.0 * (-0.5 * ((angle + 3.0) / 9.0).powi(2)).exp()).round();
            if entries < 2.0 {
                return Bin::default();
            }
            let mean = truth.cluster_width(angle);
            let spread = (mean - 1.0).sqrt();
            // The sum of twelve even numbers is normal enough.
            let normal = (0..12).map(|_| random.random_range(-0.5..0.5)).sum::<f64>();
            let mean = mean + normal * spread / entries.sqrt();
            let sum_of_squares = entries * (mean * mean + spread * spread);
            Bin { sum: entries * mean, sum_of_squares, entries, squared_weights: None }
        };
        Some(Profile::uniform(-90.0, 90.0, (0..360).map(bin).collect()))
    })
}

fn fits(criterion: &mut Criterion) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let mut group = criterion.benchmark_group("fourteen Lorentz fits");
    group.sample_size(20);
    for (name, clusters) in [("200 000 clusters each", 2e5), ("2 million clusters each", 2e6)] {
        let profiles = profiles(clusters);
        group.bench_function(name, |bencher| {
            let inputs = Inputs { profiles: &profiles };
            bencher.iter(|| pool.install(|| fit(&inputs, &Config::PRODUCTION).unwrap()));
        });
    }
    let width = Parameters { a: 1.1, angle: -4.2, b: 1.15, sigma: 2.0 };
    group.bench_function("one value of the model", |bencher| {
        bencher.iter(|| std::hint::black_box(width).cluster_width(std::hint::black_box(1.75)));
    });
    group.finish();
}

criterion_group!(benches, fits);
criterion_main!(benches);
