//! Decoding RAW events and filling a hit map, against one Adler-32 pass over the same bytes.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sct_bytestream::{
    EventConfig, EventDecoder,
    eformat::{EventHeader, EventVersion, EventWriter, RobFragment, RodFragment, RodHeader},
    rod::{Encoder, LinkData, Mode, Readout, StripHit},
    storage::{FileHeader, RawFile, RawWriter, Sequence, Stamp},
};
use sct_cabling::{Cabling, Fibre};
use sct_hitmap::{Filler, Hitmap, LumiBlockMaps, RunMaps};
use sct_id::{BarrelSwap, LumiBlock, ReadoutSwap, SerialNumber, Strip, WaferHash};

const EVENTS: usize = 50;

fn cabling() -> Cabling {
    let serial = |module: sct_id::ModuleHash| {
        SerialNumber::from_truncated(100_000_000 + u32::try_from(module.index()).unwrap()).unwrap()
    };
    Cabling::simulated(serial).unwrap()
}

/// Hits of one wafer: noise by strip, and clusters of one to three strips.
fn hits((noise, clusters): (f64, f64), random: &mut ChaCha8Rng) -> Vec<StripHit> {
    let mut hits = Vec::new();
    let mut draw = |mean: f64, longest: usize| {
        while random.random_bool((mean / (1.0 + mean)).min(0.999)) {
            let first = random.random_range(0..Strip::COUNT);
            let size = random.random_range(1..=longest);
            let strips = (first..(first + size).min(Strip::COUNT)).map(|s| Strip::new(s).unwrap());
            hits.extend(strips.map(|strip| StripHit { strip, time_bin: 2 }));
        }
    };
    draw(noise * Strip::COUNT as f64, 1);
    draw(clusters, 3);
    hits
}

/// A file of events with noise and so many clusters a wafer, and 90 ROBs each.
fn file(mode: Mode, means: (f64, f64)) -> Vec<u8> {
    let (cabling, swap) = (cabling(), ReadoutSwap::new(BarrelSwap::Side1));
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut writer =
        RawWriter::new(Vec::new(), &FileHeader::default(), Sequence::default()).unwrap();
    let mut encoder = Encoder::default();
    for global_id in 0..EVENTS as u64 {
        let header = EventHeader { global_id, run_number: 1, ..EventHeader::default() };
        let robs = cabling.rods().iter().map(|rod| {
            for fibre in Fibre::all() {
                let Some(wafer) = cabling.rod_wafers(*rod)[fibre.index()] else { continue };
                let number = u8::try_from(fibre.index()).unwrap();
                let hits = hits(means, &mut random);
                encoder.link(&LinkData::new(number, swap.is_swapped(wafer), hits), mode);
            }
            let event_type = if mode == Mode::SuperCondensed { 1 << 21 } else { 0 };
            let header = RodHeader { source_id: rod.to_u32(), event_type, ..RodHeader::default() };
            let rod_fragment = RodFragment {
                header,
                status: vec![0, 0],
                data: encoder.finish(),
                ..RodFragment::default()
            };
            RobFragment::new(rod.to_u32(), rod_fragment.words())
        });
        let robs: Vec<_> = robs.collect();
        let mut event = Vec::new();
        EventWriter::new(EventVersion::V5, header).write(&robs, &mut event);
        writer.event(&event).unwrap();
    }
    writer.finish(Stamp::new((1, 1, 2018), (0, 0, 0)), true).unwrap().0
}

/// Adler-32 as its definition says it, the sums reduced as seldom as possible: what a plain loop costs.
fn plain_adler(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    for part in bytes.chunks(5552) {
        for &byte in part {
            a += u32::from(byte);
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    b << 16 | a
}

fn decode(
    file: &RawFile<'_>,
    decoder: &mut EventDecoder,
    mut event: impl FnMut(&[sct_bytestream::rod::Cluster]),
) {
    for block in file.blocks() {
        event(&decoder.decode(&block.unwrap(), false).unwrap().clusters);
    }
}

fn bytestream(criterion: &mut Criterion) {
    for (name, mode, means) in [
        ("noise 1e-5, condensed", Mode::Condensed, (1e-5, 0.0)),
        ("noise 1e-4, condensed", Mode::Condensed, (1e-4, 0.0)),
        ("noise 1e-4, expanded", Mode::Expanded, (1e-4, 0.0)),
        ("noise 1e-4 and 0.1 clusters a wafer, condensed", Mode::Condensed, (1e-4, 0.1)),
        ("noise 1e-4 and 3 clusters a wafer, condensed", Mode::Condensed, (1e-4, 3.0)),
        ("noise 1e-4 and 3 clusters a wafer, expanded", Mode::Expanded, (1e-4, 3.0)),
        ("noise 1e-4 and 3 clusters a wafer, super-condensed", Mode::SuperCondensed, (1e-4, 3.0)),
    ] {
        compare(criterion, name, &file(mode, means));
    }
}

/// One pass of each kind over the bytes of a file.
fn compare(criterion: &mut Criterion, name: &str, bytes: &[u8]) {
    let raw = RawFile::new(bytes).unwrap();
    let readout = Readout::new(&cabling(), &ReadoutSwap::new(BarrelSwap::Side1));
    let mut decoder = EventDecoder::new(readout, EventConfig::default());
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes.len() as u64)).sample_size(20);
    group.bench_function("Adler-32, plain loop", |bencher| {
        bencher.iter(|| plain_adler(black_box(bytes)));
    });
    group.bench_function("Adler-32, libdeflate", |bencher| {
        bencher.iter(|| libdeflater::adler32(black_box(bytes)));
    });
    group.bench_function("decode", |bencher| {
        bencher.iter(|| {
            decode(&raw, &mut decoder, |clusters| {
                black_box(clusters.len());
            });
        });
    });
    group.bench_function("decode and fill a flat array", |bencher| {
        let mut counts = vec![0_u32; WaferHash::COUNT * Strip::PER_WAFER];
        bencher.iter(|| {
            decode(&raw, &mut decoder, |clusters| {
                for cluster in clusters {
                    let (row, strips) =
                        (cluster.wafer.index() * Strip::PER_WAFER, cluster.strips());
                    for count in &mut counts[row + strips.start..row + strips.end] {
                        *count += 1;
                    }
                }
            });
        });
    });
    group.bench_function("decode and fill, with lumi blocks", |bencher| {
        let swap = ReadoutSwap::new(BarrelSwap::Side1);
        let lumi_blocks = Some(LumiBlockMaps::new(900, 30));
        let mut maps = RunMaps { hits: Hitmap::new(), lumi_blocks };
        let mut filler = Filler::default();
        bencher.iter(|| {
            decode(&raw, &mut decoder, |clusters| {
                filler.begin_event(LumiBlock::new(1), &mut maps, &swap).unwrap();
                for cluster in clusters {
                    let size = usize::from(cluster.size);
                    filler.group(cluster.wafer, cluster.strip, size).unwrap();
                }
            });
        });
    });
    group.finish();
}

criterion_group!(benches, bytestream);
criterion_main!(benches);
