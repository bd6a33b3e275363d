//! The search itself, and with reading the files.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use criterion::{Criterion, criterion_group, criterion_main};
use sct_histfile::{LumiBlockFile, ReadOptions, read_hit_maps};
use sct_id::{BarrelSwap, ReadoutSwap};
use sct_noisy_strip::{Config, Inputs, find};
use sct_sim::{Settings, simulate_run};

fn search(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    simulate_run(&Settings::full_size(), folder.path()).unwrap();
    let (maps, lumi_blocks) =
        (folder.path().join("SCTHitMaps.root"), folder.path().join("SCTLB.root"));
    let swap = ReadoutSwap::new(BarrelSwap::Side1);
    let mut group = criterion.benchmark_group("noisy strips, full size");
    group.sample_size(20);
    group.bench_function("read SCTHitMaps.root", |bencher| {
        bencher.iter(|| read_hit_maps(&maps, ReadOptions::default()).unwrap());
    });
    group.bench_function("open SCTLB.root", |bencher| {
        bencher.iter(|| LumiBlockFile::open(&lumi_blocks).unwrap());
    });
    let (hitmap, _) = read_hit_maps(&maps, ReadOptions::default()).unwrap();
    let file = LumiBlockFile::open(&lumi_blocks).unwrap();
    let inputs = Inputs { chip_hits: Some(&file), ..Inputs::new(&hitmap, &swap) };
    group.bench_function("find", |bencher| {
        bencher.iter(|| find(&inputs, &Config::PRODUCTION).unwrap());
    });
    group.finish();
}

criterion_group!(benches, search);
criterion_main!(benches);
