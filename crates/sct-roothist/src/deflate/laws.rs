//! Laws of both directions, held against two other implementations. `PROPTEST_CASES` makes them longer.

use std::io::Read as _;

use libdeflater::{CompressionLvl, Compressor, Decompressor};
use proptest::prelude::*;

use super::{PairInflater, Stream, WordPacker};

/// A text, and an array of counts behind it.
fn payload(text: &[u8], counts: &[u32]) -> (Vec<u8>, usize) {
    let mut bytes = text.to_vec();
    for &count in counts {
        bytes.extend((count as f32).to_be_bytes());
    }
    (bytes, text.len())
}

fn packed_by_library(bytes: &[u8], level: i32) -> Vec<u8> {
    let mut library = Compressor::new(CompressionLvl::new(level).unwrap());
    let mut packed = vec![0; library.zlib_compress_bound(bytes.len())];
    let length = library.zlib_compress(bytes, &mut packed).unwrap();
    packed.truncate(length);
    packed
}

fn packed_by_us(bytes: &[u8], array: usize) -> Option<Vec<u8>> {
    let mut packed = vec![0; bytes.len()];
    let length = WordPacker::default().pack(bytes, array, &mut packed)?;
    packed.truncate(length);
    Some(packed)
}

/// By the library; nothing when it finds damage.
fn unpacked_by_library(packed: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    let written = Decompressor::new().zlib_decompress(packed, &mut bytes).ok()?;
    (written == length).then_some(bytes)
}

/// By us; nothing where it is left to the library.
fn unpacked_by_us(pair: [(&[u8], usize); 2]) -> [Option<Vec<u8>>; 2] {
    let streams = pair.map(|(packed, length)| Stream { packed, length });
    PairInflater::default().inflate(streams).map(|bytes| bytes.map(<[u8]>::to_vec))
}

/// Counts around a mean, as of a hit map.
fn counts(length: u32, mean: u32, seed: u32) -> Vec<u32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    (0..length).map(|_| (next() % (mean + 1)).midpoint(next() % (mean + 1)) + mean / 2).collect()
}

#[test]
fn dense_counts_are_packed_smaller_than_by_the_library() {
    let (bytes, array) = payload(b"SCT barrel Hitmap: plane 0_1_10_2_0", &counts(770, 20, 7));
    let packed = packed_by_us(&bytes, array).unwrap();
    assert!(packed.len() < packed_by_library(&bytes, 1).len(), "{}", packed.len());
    assert_eq!(unpacked_by_library(&packed, bytes.len()).unwrap(), bytes);
}

#[test]
fn other_payloads_are_left_to_the_library() {
    let check = |counts: &[u32], expected: bool| {
        let (bytes, array) = payload(b"text", counts);
        assert_eq!(packed_by_us(&bytes, array).is_some(), expected);
    };
    check(&counts(770, 20, 7), true);
    check(&vec![3; 770], false);
    check(&counts(770, 1_000_000, 7), false);
    // Nothing to look for in so few.
    check(&counts(15, 20, 7), true);
    check(&counts(8192, 20, 7), false);
    check(&counts(8190, 20, 7), true);
    let (bytes, _) = payload(b"", &counts(770, 20, 7));
    assert_eq!(packed_by_us(&bytes, 1), None);
    assert_eq!(packed_by_us(&bytes, bytes.len() + 1), None);
}

#[test]
fn sparse_counts_are_packed_about_as_small_as_by_the_library() {
    let text = b"SCT barrel Hitmap: plane 0_1_10_2_0_";
    for (length, one_in) in [(770, 1 << 30), (902, 50), (24_640, 90), (24_640, 16), (60_000, 300)] {
        let mut counts = counts(length, 4, 11);
        let mut gap = 5;
        for count in &mut counts {
            gap = (gap * 97 + 31) % 100_003;
            *count = if gap % one_in == 0 { *count } else { 0 };
        }
        let (bytes, array) = payload(text, &counts);
        let packed = packed_by_us(&bytes, array).unwrap();
        let library = packed_by_library(&bytes, 1).len();
        assert!(packed.len() <= library + library / 12 + 8, "{} and {library}", packed.len());
        assert_eq!(unpacked_by_library(&packed, bytes.len()).unwrap(), bytes);
    }
    // As long as a payload may be, and longer.
    let check = |length: usize, expected: bool| {
        let (bytes, array) = payload(b"", &vec![0; length]);
        assert_eq!(packed_by_us(&bytes, array).is_some(), expected, "{length}");
    };
    check(1 << 16, true);
    check((1 << 16) + 1, false);
    // Much between zeros, and much of it at the end.
    let (bytes, array) = payload(text, &[vec![0; 1000], vec![0x0101_0101; 60_000]].concat());
    assert_eq!(packed_by_us(&bytes, array), None);
}

#[test]
fn streams_of_short_payloads_are_unpacked_by_us() {
    let one = payload(b"one", &counts(770, 20, 1)).0;
    let other = payload(b"the other", &counts(300, 3, 2)).0;
    for level in [1, 6] {
        let packed = [packed_by_library(&one, level), packed_by_library(&other, level)];
        let [first, second] = unpacked_by_us([(&packed[0], one.len()), (&packed[1], other.len())]);
        assert_eq!((first.as_ref(), second.as_ref()), (Some(&one), Some(&other)), "level {level}");
    }
}

#[test]
fn other_lengths_and_checksums_are_refused() {
    let bytes = payload(b"text", &counts(770, 20, 1)).0;
    let packed = packed_by_library(&bytes, 1);
    let check = |packed: &[u8], length: usize, expected: bool| {
        let [one, other] = unpacked_by_us([(packed, length), (packed, length)]);
        assert_eq!((one.is_some(), other.is_some()), (expected, expected), "{length}");
    };
    check(&packed, bytes.len(), true);
    check(&packed, bytes.len() - 1, false);
    check(&packed, bytes.len() + 1, false);
    check(&packed, 0, false);
    let mut changed = packed.clone();
    *changed.last_mut().unwrap() ^= 1;
    check(&changed, bytes.len(), false);
    check(&[packed.as_slice(), &[0]].concat(), bytes.len(), false);
    for length in 0..packed.len() {
        check(&packed[..length], bytes.len(), false);
    }
}

/// A stream that fills its target exactly where a long match does not fit any more, with the right checksum of that much.
#[test]
fn streams_that_go_on_are_refused() {
    let mut bytes = payload(b"text", &counts(300, 20, 1)).0;
    let length = bytes.len();
    bytes.extend_from_within(length - 250..);
    let packed = packed_by_library(&bytes, 9);
    for end in 100..packed.len() {
        let mut cut = packed[..end].to_vec();
        fit_checksum(&mut cut, length);
        let [one, _] = unpacked_by_us([(&cut, length); 2]);
        assert_eq!(one, None, "{end}");
    }
}

/// Texts of few letters, which give matches of all lengths and distances.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let letters = prop_oneof![Just(0_u8), Just(0x41), 0_u8..4, any::<u8>()];
    let words = (proptest::collection::vec(letters, 1..12), 1_usize..40);
    let repeated = words.prop_map(|(word, times)| word.repeat(times));
    proptest::collection::vec(repeated, 1..40).prop_map(|words| words.concat())
}

/// Readers of other origin find the bytes that were packed.
fn others_unpack(packed: &[u8], bytes: &Vec<u8>) -> Result<(), TestCaseError> {
    prop_assert_eq!(&unpacked_by_library(packed, bytes.len()).unwrap(), bytes);
    let mut unpacked = Vec::new();
    flate2::read::ZlibDecoder::new(packed).read_to_end(&mut unpacked).unwrap();
    prop_assert_eq!(&unpacked, bytes);
    Ok(())
}

proptest! {
    /// What we pack, others unpack.
    #[test]
    fn packed_arrays_unpack_to_themselves(
        text in texts(),
        length in 16_u32..2000,
        mean in 0_u32..600,
        odd in proptest::collection::vec((any::<prop::sample::Index>(), any::<u32>()), 0..20),
        seed: u32,
    ) {
        let mut counts = counts(length, mean, seed);
        for (at, value) in odd {
            let at = at.index(counts.len());
            counts[at] = value;
        }
        let (bytes, array) = payload(&text, &counts);
        if let Some(packed) = packed_by_us(&bytes, array) {
            others_unpack(&packed, &bytes)?;
            let [one, other] = unpacked_by_us([(&packed, bytes.len()); 2]);
            prop_assert_eq!((one.as_ref(), other.as_ref()), (Some(&bytes), Some(&bytes)));
        }
    }

    /// The same for arrays of mostly zeros, with runs of all lengths.
    #[test]
    fn packed_sparse_arrays_unpack_to_themselves(
        text in texts(),
        runs in proptest::collection::vec((0_usize..800, any::<u32>(), 0_u32..30), 0..40),
        short in proptest::collection::vec((0_usize..80, 1_u32..5), 0..400),
    ) {
        let mut counts = Vec::new();
        for (zeros, value, shift) in runs {
            counts.extend(std::iter::repeat_n(0, zeros));
            counts.push(value >> shift);
        }
        for (zeros, value) in short {
            counts.extend(std::iter::repeat_n(0, zeros));
            counts.push(value);
        }
        let (bytes, array) = payload(&text, &counts);
        if let Some(packed) = packed_by_us(&bytes, array) {
            others_unpack(&packed, &bytes)?;
        }
    }

    /// What others pack, we unpack or leave alone.
    #[test]
    fn streams_unpack_to_themselves(one in texts(), other in texts(), level in 1..=12) {
        let packed = [packed_by_library(&one, level), packed_by_library(&other, level)];
        let [first, second] =
            unpacked_by_us([(&packed[0], one.len()), (&packed[1], other.len())]);
        prop_assert!(first.is_none_or(|first| first == one));
        prop_assert!(second.is_none_or(|second| second == other));
    }

    /// Damage never panics, and what is taken for sound, the library takes for sound too. The checksum is made to fit in
    /// every second case: else it would hide what happens before it is compared.
    #[test]
    fn damaged_streams_unpack_as_by_the_library(
        text in texts(),
        seed: u32,
        level in 1..=9,
        changes in proptest::collection::vec(
            (any::<prop::sample::Index>(), any::<u8>(), any::<bool>()), 1..6
        ),
        lengths in proptest::collection::vec(any::<prop::sample::Index>(), 0..3),
    ) {
        let (bytes, _) = payload(&text, &counts(200, 12, seed));
        let sound = packed_by_library(&bytes, level);
        for rounds in 1..=changes.len() {
            let mut packed = sound.clone();
            for (at, value, early) in &changes[..rounds] {
                // The header of the block decides most.
                let at = if *early { 2 + at.index(60) } else { at.index(packed.len()) };
                packed[at] ^= value;
            }
            let length = lengths.get(rounds).map_or(bytes.len(), |at| at.index(2 * bytes.len()));
            if rounds % 2 == 0 {
                fit_checksum(&mut packed, length);
            }
            let [one, other] = unpacked_by_us([(&packed, length), (&sound, bytes.len())]);
            if let Some(one) = one {
                prop_assert_eq!(unpacked_by_library(&packed, length), Some(one));
            }
            if let Some(other) = other {
                prop_assert_eq!(&other, &bytes);
            }
        }
    }

    /// Bytes that are no stream at all.
    #[test]
    fn noise_does_not_panic(
        mut noise in proptest::collection::vec(any::<u8>(), 0..300),
        length in 0_usize..2000,
    ) {
        if let Some(start) = noise.first_chunk_mut::<3>() {
            *start = [0x78, 0x01, start[2] & !7 | 5];
        }
        let [one, _] = unpacked_by_us([(&noise, length); 2]);
        if let Some(one) = one {
            prop_assert_eq!(unpacked_by_library(&noise, length), Some(one));
        }
    }
}

/// Sets the checksum to that of what we make of the stream, right or wrong.
fn fit_checksum(packed: &mut [u8], length: usize) {
    let mut inflater = PairInflater::default();
    inflater.inflate([Stream { packed, length }; 2]);
    let checksum = libdeflater::adler32(inflater.unchecked(length)).to_be_bytes();
    if let Some(place) = packed.last_chunk_mut::<4>() {
        *place = checksum;
    }
}
