//! Filling and merging hit maps, against a plain loop over a vector.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sct_hitmap::{Filler, Hitmap, LumiBlockMaps, RunMaps};
use sct_id::{BarrelSwap, LumiBlock, ReadoutSwap, Strip, WaferHash};

/// Hits of noise, in the order in which events bring them: any wafer, any strip.
fn hits(count: usize) -> Vec<(WaferHash, Strip)> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut hit = || {
        let wafer = WaferHash::new(random.random_range(0..WaferHash::COUNT)).unwrap();
        (wafer, Strip::new(random.random_range(0..Strip::COUNT)).unwrap())
    };
    (0..count).map(|_| hit()).collect()
}

fn fill(criterion: &mut Criterion) {
    let hits = hits(2_000_000);
    let mut group = criterion.benchmark_group("fill 2 million strips");
    group.throughput(Throughput::Elements(hits.len() as u64)).sample_size(20);
    group.bench_function("plain Vec<u32>", |bencher| {
        let mut counts = vec![0_u32; WaferHash::COUNT * Strip::PER_WAFER];
        bencher.iter(|| {
            for &(wafer, strip) in &hits {
                counts[wafer.index() * Strip::PER_WAFER + strip.index()] += 1;
            }
            black_box(counts[0])
        });
    });
    group.bench_function("Hitmap", |bencher| {
        let mut map = Hitmap::new();
        bencher.iter(|| {
            for &(wafer, strip) in &hits {
                map.fill(wafer, strip).unwrap();
            }
            black_box(map.wafer(hits[0].0)[0])
        });
    });
    group.bench_function("LumiBlockMaps", |bencher| {
        let swap = ReadoutSwap::new(BarrelSwap::Side1);
        bencher.iter_batched_ref(
            || LumiBlockMaps::new(900, 30),
            |maps| {
                for (&(wafer, strip), number) in hits.iter().zip(0_u32..) {
                    maps.fill_group(wafer, strip, 1, LumiBlock::new(1 + number / 2223), &swap)
                        .unwrap();
                }
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("Filler", |bencher| {
        let swap = ReadoutSwap::new(BarrelSwap::Side1);
        bencher.iter_batched_ref(
            || {
                let lumi_blocks = Some(LumiBlockMaps::new(900, 30));
                (Filler::default(), RunMaps { hits: Hitmap::new(), lumi_blocks })
            },
            |(filler, maps)| {
                // 600 hits an event, 30 lumi blocks.
                for (event, number) in hits.chunks(600).zip(0_u32..) {
                    filler.begin_event(LumiBlock::new(1 + number / 111), maps, &swap).unwrap();
                    for &(wafer, strip) in event {
                        filler.group(wafer, strip, 1).unwrap();
                    }
                }
                filler.finish(maps, &swap).unwrap();
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn merge(criterion: &mut Criterion) {
    let mut part = Hitmap::new();
    for (wafer, strip) in hits(1_000_000) {
        part.fill(wafer, strip).unwrap();
    }
    let mut group = criterion.benchmark_group("merge");
    group
        .throughput(Throughput::Elements((WaferHash::COUNT * Strip::PER_WAFER) as u64))
        .sample_size(20);
    group.bench_function("two hit maps", |bencher| {
        bencher.iter_batched_ref(
            || part.clone(),
            |sum| sum.merge(&part).unwrap(),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, fill, merge);
criterion_main!(benches);
