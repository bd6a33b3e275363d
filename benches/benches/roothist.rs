//! Opening big files, decoding, merging.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::path::PathBuf;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sct_roothist::{
    Axis, Class, Compression, Contents, Encoder, Histogram, MergeOptions, RootFile, Scratch, merge,
};
use sct_sim::{Settings, simulate_run};

fn files(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let run = simulate_run(&Settings { files: 2, ..Settings::full_size() }, folder.path()).unwrap();
    let path =
        |name: &str| -> Vec<PathBuf> { run.folders.iter().map(|part| part.join(name)).collect() };
    let (maps, lumi_blocks) = (path("SCTHitMaps.root"), path("SCTLB.root"));
    let mut group = criterion.benchmark_group("ROOT files");
    group.sample_size(10);
    group.bench_function("open 57 233 histograms, read one", |bencher| {
        bencher.iter(|| {
            RootFile::open(&lumi_blocks[0]).unwrap().histogram("SCTB/0_3_3_-1_0_0").unwrap()
        });
    });
    let file = RootFile::open(&maps[0]).unwrap();
    let bytes: usize = file.keys().map(|key| key.uncompressed_len()).sum();
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("decode 8177 histograms, one thread", |bencher| {
        let mut scratch = Scratch::default();
        bencher.iter(|| {
            file.keys().map(|key| file.view(&key, &mut scratch).unwrap().entries()).sum::<f64>()
        });
    });
    group.throughput(Throughput::Bytes(2 * bytes as u64));
    let out = folder.path().join("sum.root");
    group.bench_function("merge two SCTHitMaps.root", |bencher| {
        bencher.iter(|| merge(&maps, &out, &MergeOptions::default(), &mut |_| ()).unwrap());
    });
    group.finish();
}

/// Packs the sum of ten hit maps: numbers around 20, which no two neighbours share for long.
fn packing(criterion: &mut Criterion) {
    let axis = Axis::uniform(0, 768, -0.5, 767.5);
    let mut hits = Histogram::new(Class::Th1F, "0_1_10_2_0", "SCT barrel Hitmap", axis, None);
    if let Contents::F32(values) = &mut hits.contents {
        let mut state = 1_u32;
        for value in values {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *value = 10.0 + f32::from((state >> 24).to_le_bytes()[0] % 20);
        }
    }
    let mut group = criterion.benchmark_group("ROOT payloads");
    for level in [1, 2] {
        let mut encoder = Encoder::new(Compression::Zlib(level));
        group.bench_function(
            format!("encode and pack a dense hit map, level {level}"),
            |bencher| {
                bencher.iter(|| encoder.encode(&hits).unwrap().payload.len());
            },
        );
    }
    group.finish();
}

criterion_group!(benches, files, packing);
criterion_main!(benches);
