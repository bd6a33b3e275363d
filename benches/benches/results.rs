//! The index of results: looks at the folder, and what pages ask for.
//!
//! `SCT_RUNS` gives the number of runs; 20 000 take 3 GB and some minutes to make.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::env;

use criterion::{Criterion, criterion_group, criterion_main};
use sct_id::{ModuleHash, RunNumber};
use sct_result::Index;
use sct_sim::{ResultSettings, write_results};

/// Runs when nothing else is asked for.
const RUNS: u32 = 2_000;
/// Runs with lists by module.
const LISTS: u32 = 20;

fn results(criterion: &mut Criterion) {
    let runs = env::var("SCT_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(RUNS);
    let data = tempfile::tempdir().unwrap();
    let first_run = RunNumber::new(420_000).unwrap();
    let settings = ResultSettings { seed: 1, first_run, runs, databases: LISTS };
    write_results(&settings, data.path()).unwrap();
    let (folder, file) = (data.path().join("results"), data.path().join("results.db"));
    let mut index = Index::open(&file).unwrap();
    index.refresh(&folder).unwrap();
    while index.read_lists(50).unwrap().left > 0 {}
    let mut group = criterion.benchmark_group(format!("index of {runs} runs"));
    group.bench_function("look at all runs, nothing new", |bencher| {
        bencher.iter(|| index.refresh(&folder).unwrap());
    });
    group.bench_function("look at the newest 200 runs, nothing new", |bencher| {
        bencher.iter(|| index.refresh_newest(&folder, 200).unwrap());
    });
    group.bench_function("newest 20 runs of a task", |bencher| {
        bencher.iter(|| index.newest("sctno", None, 20).unwrap());
    });
    let measures = index.measures().unwrap();
    let measure = measures.iter().find(|measure| measure.kind == "sctno").unwrap();
    group.bench_function("trend of a measure over all runs", |bencher| {
        bencher.iter(|| index.trend(measure).unwrap());
    });
    let module = ModuleHash::new(1_000).unwrap();
    group.bench_function("a module over all runs with lists", |bencher| {
        bencher.iter(|| index.module(module, 1_000).unwrap());
    });
}

criterion_group!(benches, results);
criterion_main!(benches);
