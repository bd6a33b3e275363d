//! Damaged files: what is lost, and that nothing else is.

use sct_bytestream::{
    EventError,
    eformat::FragmentError,
    storage::{BlockError, Ending, RawFile},
};

use crate::samples::{event_decoder, three_events};

/// Global ids of the events that can be used, and offsets of those that cannot.
fn read(bytes: &[u8]) -> (Vec<u64>, Vec<u64>, Vec<BlockError>, Ending) {
    let raw = RawFile::new(bytes).unwrap();
    let scan = raw.scan();
    let mut decoder = event_decoder();
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for place in &scan.blocks {
        match decoder.decode(&raw.block(place.offset).unwrap(), raw.is_compressed()) {
            Ok(event) => good.push(event.header.global_id),
            Err(error) => bad.push(error.offset()),
        }
    }
    (good, bad, scan.damage, scan.ending)
}

fn changed(offset: u64, word: u32) -> (Vec<u8>, Vec<u64>) {
    let (mut bytes, offsets) = three_events(false);
    let at = (offsets[1] + offset) as usize;
    bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    (bytes, offsets)
}

#[test]
fn a_bad_event_is_named_and_left_out() {
    // Marker, total size, header size, version, a ROB's marker and its size.
    for (word, value) in [(0, 5), (1, 9), (2, 3), (3, 0x0301_0000), (24, 5), (25, 0), (25, 1 << 30)]
    {
        let (bytes, offsets) = changed(16 + 4 * word, value);
        let (good, bad, damage, ending) = read(&bytes);
        assert_eq!((good, bad), (vec![0, 2], vec![offsets[1]]), "{word}");
        assert!(damage.is_empty() && ending == Ending::Complete);
    }
}

#[test]
fn the_error_names_the_word() {
    let (bytes, offsets) = changed(16 + 4 * 24, 5);
    let raw = RawFile::new(&bytes).unwrap();
    let error = event_decoder().decode(&raw.block(offsets[1]).unwrap(), false).unwrap_err();
    let EventError::Frame { source: FragmentError::Marker { word, found, .. }, offset } = error
    else {
        panic!("{error}")
    };
    assert_eq!((word, found, offset), (24, 5, offsets[1]));
}

#[test]
fn a_bad_separator_costs_its_event() {
    for (offset, value) in [(0, 0x1234_CCCD), (4, 5), (12, 0xFFFF_FFFC), (12, 6), (12, 0x8000)] {
        let (bytes, offsets) = changed(offset, value);
        let (good, bad, damage, ending) = read(&bytes);
        assert_eq!((good, bad), (vec![0, 2], vec![]), "{offset}");
        assert_eq!((damage.len(), ending), (1, Ending::Complete), "{damage:?}");
        assert!(damage[0].to_string().contains(&offsets[1].to_string()));
    }
}

#[test]
fn a_block_that_ends_too_early_is_no_event() {
    let (bytes, offsets) = changed(12, 40);
    let (good, bad, damage, ending) = read(&bytes);
    assert_eq!((good, bad), (vec![0, 2], vec![offsets[1]]));
    assert_eq!((damage.len(), ending), (1, Ending::Complete));
}

#[test]
fn a_block_that_reaches_over_the_next_is_no_event() {
    let (bytes, offsets) = three_events(false);
    let size = (offsets[2] - offsets[1] - 16) as u32;
    let (bytes, offsets) = {
        drop(bytes);
        let (bytes, _) = changed(12, size + 8);
        (bytes, offsets)
    };
    let (good, _, damage, _) = read(&bytes);
    assert_eq!(good, [0, 2]);
    let (end, next) = (offsets[2] + 8, offsets[2]);
    assert_eq!(damage, [BlockError::Overlap { offset: offsets[1], end, next }]);
}

#[test]
fn bytes_between_events_are_stepped_over() {
    let (mut bytes, offsets) = three_events(false);
    let at = offsets[1] as usize;
    bytes.splice(at..at, [0x55; 64]);
    let (good, bad, damage, ending) = read(&bytes);
    assert_eq!((good, bad.len(), ending), (vec![0, 1, 2], 0, Ending::Complete));
    assert_eq!(damage, [BlockError::NoSeparator { offset: offsets[1], found: 0x5555_5555 }]);
}

#[test]
fn a_damaged_stream_costs_its_event() {
    let (mut bytes, offsets) = three_events(true);
    bytes[offsets[1] as usize + 16 + 12] ^= 0xFF;
    let (good, bad, ..) = read(&bytes);
    assert_eq!((good, bad), (vec![0, 2], vec![offsets[1]]));
}

#[test]
fn everything_before_a_cut_is_read() {
    let (bytes, offsets) = three_events(false);
    for length in 296..bytes.len() {
        let (good, bad, _, ending) = read(&bytes[..length]);
        let whole = offsets[1..].iter().filter(|&&offset| offset <= length as u64).count()
            + usize::from(length >= bytes.len() - 40);
        assert_eq!((good.len(), bad.len()), (whole, 0), "{length}");
        assert_ne!(ending, Ending::Complete);
    }
}
