//! Monitoring HIST files: opening, reading for each task, writing the longest list.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

#[path = "../../crates/sct-histfile/tests/histfile/hist/sample.rs"]
#[allow(dead_code, reason = "the reader's own tests use more of it")]
mod sample;

use criterion::{Criterion, criterion_group, criterion_main};
use sct_bs_error::{Config, ErrorCounts, Inputs, measure};
use sct_histfile::{HistFile, NoiseTrigger};
use sct_id::RunNumber;

use self::sample::{RUN, Sample};

fn hist(criterion: &mut Criterion) {
    let (_folder, path) = Sample::default().written();
    let open = || HistFile::open(&path, RunNumber::new(RUN).unwrap()).unwrap();
    let file = open();
    let mut group = criterion.benchmark_group("HIST file, full size");
    group.sample_size(20);
    group.bench_function("open", |bencher| bencher.iter(open));
    group.bench_function("noise", |bencher| {
        bencher.iter(|| file.noise(NoiseTrigger::All).unwrap());
    });
    group.bench_function("hits", |bencher| bencher.iter(|| file.hits().unwrap()));
    group.bench_function("efficiency, all and first bunches", |bencher| {
        bencher.iter(|| (file.efficiency().unwrap(), file.first_bunch_efficiency().unwrap()));
    });
    group.bench_function("byte-stream errors", |bencher| {
        bencher.iter(|| file.byte_stream_errors().unwrap());
    });
    group.bench_function("Lorentz profiles", |bencher| {
        bencher.iter(|| file.lorentz_profiles().unwrap());
    });
    let (maps, events) = (file.byte_stream_errors().unwrap(), file.events().unwrap());
    let config = Config { counts: ErrorCounts::Mean, ..Config::PRODUCTION };
    group.bench_function("count byte-stream errors", |bencher| {
        bencher.iter(|| measure(&Inputs { maps: &maps, events }, &config).unwrap());
    });
    group.finish();
}

criterion_group!(benches, hist);
criterion_main!(benches);
