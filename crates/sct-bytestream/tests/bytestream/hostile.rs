//! Any bytes: no panic, and results that hold.

use proptest::prelude::*;
use sct_cabling::Fibre;

use crate::{
    exercise::{Exercise, Outcome},
    samples::three_events,
};

proptest! {
    #[test]
    fn any_words_as_rod_data(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        Exercise::default().rod_data(&bytes);
    }

    #[test]
    fn changed_bytes_of_a_file(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
        is_compressed in any::<bool>(),
    ) {
        let (mut bytes, _) = three_events(is_compressed);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        Exercise::default().raw_file(&bytes);
    }
}

#[test]
fn outcomes_tell_good_from_bad() {
    let mut exercise = Exercise::default();
    let (bytes, _) = three_events(false);
    assert_eq!(exercise.raw_file(&bytes), Outcome::Sound);
    assert_eq!(exercise.raw_file(&bytes[..bytes.len() - 4]), Outcome::Damaged);
    assert_eq!(exercise.raw_file(b"root"), Outcome::Refused);
    assert_eq!(exercise.rod_data(&[]), Outcome::Refused);
    assert_eq!(exercise.rod_data(&[0, 1]), Outcome::Errors);
    assert_eq!(exercise.rod_data(&[0, 0]), Outcome::Sound);
}

#[test]
fn many_damaged_separators_take_linear_time() {
    // Each claims a block that ends where nothing begins: a search from every one to the end would take for ever.
    let (mut bytes, _) = three_events(false);
    bytes.truncate(296);
    for number in 0..200_000_u32 {
        for word in [0x1234_CCCC, 4, number, 4 * (number % 3), 0] {
            bytes.extend_from_slice(&u32::to_le_bytes(word));
        }
    }
    let raw = sct_bytestream::storage::RawFile::new(&bytes).unwrap();
    assert!(raw.scan().blocks.len() < Fibre::COUNT * 4000);
}
