//! The search for dead and quiet components, and reading what it needs.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use criterion::{Criterion, criterion_group, criterion_main};
use sct_conditions::KnownBad;
use sct_dead::{Config, Defect, Inputs, find};
use sct_histfile::{ReadOptions, read_bs_errors, read_hit_maps, write_bs_errors, write_hit_maps};
use sct_sim::{Settings, draw_hit_maps, known_bad_csv};

fn search(criterion: &mut Criterion) {
    let settings = Settings::full_size();
    let folder = tempfile::tempdir().unwrap();
    let [maps, errors] =
        ["SCTHitMaps.root", "SCTBSErrors.root"].map(|name| folder.path().join(name));
    let drawn = draw_hit_maps(&settings).unwrap();
    write_hit_maps(&maps, &drawn.0).unwrap();
    write_bs_errors(&errors, &drawn.1).unwrap();
    let mut known_bad = KnownBad::default();
    known_bad.add_csv(known_bad_csv(&settings).unwrap().as_bytes()).unwrap();
    let swap = settings.readout_swap();
    let mut group = criterion.benchmark_group("dead and quiet components, full size");
    group.sample_size(20);
    group.bench_function("read SCTHitMaps.root", |bencher| {
        bencher.iter(|| read_hit_maps(&maps, ReadOptions::default()).unwrap());
    });
    group.bench_function("read SCTBSErrors.root", |bencher| {
        bencher.iter(|| read_bs_errors(&errors).unwrap());
    });
    let inputs = Inputs {
        hitmap: &drawn.0,
        bs_errors: Some(&drawn.1),
        known_bad: Some(&known_bad),
        swap: &swap,
    };
    let quiet = Config { defect: Defect::Quiet, ..Config::PRODUCTION };
    for (name, config) in [("find dead", Config::PRODUCTION), ("find quiet", quiet)] {
        group.bench_function(name, |bencher| bencher.iter(|| find(&inputs, &config).unwrap()));
    }
    group.finish();
}

criterion_group!(benches, search);
criterion_main!(benches);
