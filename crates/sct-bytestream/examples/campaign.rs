//! Runs the fuzz targets on seeded mutations: `campaign [executions] [seed]`.

#[path = "../fuzz/exercise.rs"]
mod exercise;

use std::{collections::BTreeMap, env, panic, time::Instant};

use exercise::{Exercise, Outcome};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sct_bytestream::{
    ChecksumKind, ZlibLevel,
    eformat::{EventHeader, EventVersion, EventWriter, RobFragment, RodFragment, RodHeader},
    rod::{Encoder, LinkData, Mode, StripHit},
    storage::{FileHeader, FileVersion, Metadata, RawWriter, Sequence, Stamp, Text},
};
use sct_id::Strip;

/// Words that mean something, to be put anywhere.
const WORDS: [u32; 14] = [
    0x1234_CCCC,
    0x1234_DDDD,
    0x1234_EEEE,
    0xAA12_34AA,
    0xDD12_34DD,
    0xEE12_34EE,
    0,
    1,
    4,
    0xFFFF_FFFF,
    0x7FFF_FFFF,
    0x4000_2100,
    0x2100_4000,
    0x207F_8888,
];

fn main() {
    let mut arguments = env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let executions = arguments.next().unwrap_or(100_000);
    let seed = arguments.next().unwrap_or(1);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (files, rods) = (files(&mut random), rods(&mut random));
    let mut exercise = Exercise::default();
    let mut outcomes: BTreeMap<(&str, Option<Outcome>), u64> = BTreeMap::new();
    let begun = Instant::now();
    for number in 0..executions {
        // Files are longer: one in eight keeps both decoders busy for about the same time.
        let is_file = number % 8 == 0;
        let samples = if is_file { &files } else { &rods };
        let bytes = mutated(samples, &mut random);
        let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            if is_file { exercise.raw_file(&bytes) } else { exercise.rod_data(&bytes) }
        }));
        if outcome.is_err() {
            exercise = Exercise::default();
        }
        let target = if is_file { "RAW file" } else { "ROD data" };
        *outcomes.entry((target, outcome.ok())).or_default() += 1;
    }
    report(executions, seed, begun.elapsed().as_secs_f64(), &outcomes);
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn report(
    executions: u64,
    seed: u64,
    seconds: f64,
    outcomes: &BTreeMap<(&str, Option<Outcome>), u64>,
) {
    let panics: u64 = outcomes.iter().filter(|((_, o), _)| o.is_none()).map(|(_, n)| n).sum();
    println!("{executions} executions, seed {seed}, {seconds:.1} s, panics = {panics}");
    for ((target, outcome), count) in outcomes {
        println!("{target}: {count} {}", outcome.map_or("Panic".to_owned(), |o| format!("{o:?}")));
    }
    assert_eq!(panics, 0, "there were panics");
}

/// One of the samples with up to eight changes.
fn mutated(samples: &[Vec<u8>], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = samples[random.random_range(0..samples.len())].clone();
    for _ in 0..random.random_range(0..=8) {
        let at = random.random_range(0..bytes.len().max(1));
        match random.random_range(0..7) {
            _ if bytes.len() < 8 => bytes.push(random.random()),
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random(),
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..(at + random.random_range(1..32)).min(bytes.len()))),
            4 => {
                let copied = bytes[at..(at + 16).min(bytes.len())].to_vec();
                let to = random.random_range(0..=bytes.len());
                bytes.splice(to..to, copied);
            }
            _ => {
                let word = WORDS[random.random_range(0..WORDS.len())].to_le_bytes();
                let at = (at & !3).min(bytes.len() - 4);
                bytes[at..at + 4].copy_from_slice(&word);
            }
        }
    }
    bytes
}

fn hit(random: &mut ChaCha8Rng) -> StripHit {
    StripHit {
        strip: Strip::new(random.random_range(0..Strip::COUNT)).expect("it is in range"),
        time_bin: random.random_range(0..8),
    }
}

/// The data words of some links in this mode.
fn data(mode: Mode, random: &mut ChaCha8Rng) -> Vec<u32> {
    let mut encoder = Encoder::default();
    for fibre in 0..96 {
        if random.random_bool(0.7) {
            continue;
        }
        let hits: Vec<_> = (0..random.random_range(0..6)).map(|_| hit(random)).collect();
        let is_swapped = random.random();
        let mut link = LinkData::new(fibre, is_swapped, hits);
        if random.random_bool(0.1) {
            link.header = random.random();
            link.trailer = random.random();
            link.first_masked_chip = random.random_range(0..16);
            link.injected = vec![random.random_range(0..0x80), Encoder::RAW];
        }
        encoder.link(&link, mode);
    }
    encoder.finish()
}

fn rods(random: &mut ChaCha8Rng) -> Vec<Vec<u8>> {
    let modes = [Mode::Condensed, Mode::Expanded, Mode::SuperCondensed];
    let sample = |number: usize| {
        let mode = modes[number % 3];
        let first = if mode == Mode::SuperCondensed { 0x80 } else { 0 };
        let mut bytes = vec![first | random.random_range(0..90), 0];
        bytes.extend(data(mode, random).into_iter().flat_map(u32::to_le_bytes));
        bytes
    };
    (0..300).map(sample).collect()
}

fn files(random: &mut ChaCha8Rng) -> Vec<Vec<u8>> {
    (0..48).map(|number| file(number, random)).collect()
}

fn file(number: usize, random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut header = FileHeader {
        version: FileVersion::ALL[number % 3],
        app_name: Text::from("SFO-1"),
        metadata: Metadata { strings: vec![Text::from("LumiBlock=12")] },
        ..FileHeader::default()
    };
    if number % 4 == 3 {
        header.metadata.strings.push(Text::from("Compression=zlib"));
    }
    let version = [EventVersion::V4, EventVersion::V5][number / 3 % 2];
    let mut writer = RawWriter::new(Vec::new(), &header, Sequence::default()).expect("memory");
    for global_id in 0..3 {
        let mut event =
            EventWriter::new(version, EventHeader { global_id, ..EventHeader::default() });
        event.checksum = [ChecksumKind::None, ChecksumKind::Adler32][number / 6 % 2];
        event.compression = number.is_multiple_of(5).then_some(ZlibLevel::USUAL);
        let robs: Vec<_> = [0x21_0000, 0x22_0105, 0x23_010B, 0x51_0000]
            .into_iter()
            .map(|source_id| {
                let header = RodHeader { source_id, ..RodHeader::default() };
                let data = data(Mode::Condensed, random);
                let rod =
                    RodFragment { header, status: vec![0, 0], data, ..RodFragment::default() };
                RobFragment::new(source_id, rod.words())
            })
            .collect();
        let mut bytes = Vec::new();
        event.write(&robs, &mut bytes);
        writer.event(&bytes).expect("memory");
    }
    writer.finish(Stamp::new((1, 2, 2020), (3, 4, 5)), true).expect("memory").0
}
