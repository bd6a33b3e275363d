//! Headers of events in both versions.

use sct_bytestream::{
    EventError, Words, ZlibLevel,
    eformat::{Event, EventHeader, EventVersion, EventWriter, FragmentError, pack_tags},
};

use crate::samples::{block, event_decoder, event_header, header, one, rob};

fn full(version: EventVersion) -> EventWriter {
    let mut writer = EventWriter::new(version, event_header());
    writer.level1_info = (0..48).collect();
    writer.level2_info = vec![7];
    writer.hlt_info = vec![8, 9];
    writer.stream_tags = pack_tags([&b"SCTNoise calibration"[..], b"Main"]);
    writer
}

fn written(writer: &EventWriter) -> Vec<u8> {
    let mut out = Vec::new();
    writer.write(&[rob(&[header(2), one(0, 5), 0x4000])], &mut out);
    out
}

#[test]
fn both_versions_come_back() {
    for version in [EventVersion::V4, EventVersion::V5] {
        let writer = full(version);
        let bytes = written(&writer);
        let event = Event::parse(Words::of(&bytes)).unwrap();
        let mut expected = event_header();
        if version == EventVersion::V4 {
            expected.global_id &= 0xFFFF_FFFF;
        }
        assert_eq!((event.header, event.fragment().event_version()), (expected, version));
        assert!(event.level1_info.iter().eq(0..48) && event.level2_info.iter().eq([7]));
        assert!(event.hlt_info.iter().eq([8, 9]));
        let tags: Vec<_> = event.stream_tags().iter().collect();
        assert_eq!(tags, [&b"SCTNoise calibration"[..], b"Main"]);
        assert_eq!(event.robs().count(), 1);
    }
}

#[test]
fn empty_headers_have_24_and_21_words() {
    for (version, words) in [(EventVersion::V5, 24), (EventVersion::V4, 21)] {
        let mut out = Vec::new();
        EventWriter::new(version, EventHeader::default()).write(&[], &mut out);
        assert_eq!((out.len(), u32::from(out[8])), (4 * words as usize, words));
    }
}

#[test]
fn version_4_positions_are_those_of_the_page() {
    let mut out = Vec::new();
    EventWriter::new(EventVersion::V4, event_header()).write(&[], &mut out);
    let words: Vec<u32> = Words::of(&out).iter().collect();
    assert_eq!(words[3], 0x0400_0000);
    let expected = [1_533_000_000, 250_000_000, 42, 0, 357_750, 12, 0x0100_0042, 0x123, 0x84];
    assert_eq!(words[8..17], expected);
    assert_eq!(words[17..], [0, 0, 0, 0]);
}

#[test]
fn header_sizes_must_hold_their_content() {
    let mut bytes = written(&full(EventVersion::V5));
    let at = 4 * 20;
    for count in [0, 47, 49, u32::MAX] {
        bytes[at..at + 4].copy_from_slice(&count.to_le_bytes());
        let error = Event::parse(Words::of(&bytes)).unwrap_err();
        assert!(matches!(error, FragmentError::HeaderSize { .. }), "{count} {error}");
    }
}

#[test]
fn unknown_versions_and_compressions_are_refused() {
    for (word, value) in [(3, 0x0301_0000), (3, 0x0600_0000), (18, 0xFF), (18, 2)] {
        let mut bytes = written(&EventWriter::new(EventVersion::V5, event_header()));
        bytes[4 * word..4 * word + 4].copy_from_slice(&u32::to_le_bytes(value));
        let error = Event::parse(Words::of(&bytes)).unwrap_err();
        assert!(error.to_string().contains(&format!("word {word}")), "{error}");
    }
}

#[test]
fn times_of_early_runs_are_put_right() {
    let time = |run_number, seconds, nanoseconds| {
        EventHeader { run_number, seconds, nanoseconds, ..EventHeader::default() }.time()
    };
    assert_eq!(time(20_919, 5, 1_200_000_000), (1_200_000_000, 5));
    assert_eq!(time(20_920, 5, 1_200_000_000), (5, 1_000_000_000));
    assert_eq!(time(20_919, 1_200_000_000, 5), (1_200_000_000, 5));
}

#[test]
fn compressed_payloads_must_have_the_announced_size() {
    let mut writer = EventWriter::new(EventVersion::V5, event_header());
    writer.compression = Some(ZlibLevel::USUAL);
    let good = written(&writer);
    let announced = u32::from(good[4 * 19]);
    for (size, is_good) in [
        (announced, true),
        (announced + 1, false),
        (announced - 1, false),
        (u32::MAX, false),
        (0, false),
    ] {
        let mut bytes = good.clone();
        bytes[4 * 19..4 * 20].copy_from_slice(&size.to_le_bytes());
        let mut decoder = event_decoder();
        let outcome = decoder.decode(&block(&bytes), false).map(|event| event.clusters.len());
        match outcome {
            Ok(clusters) => assert!(is_good && clusters == 1),
            Err(error) => {
                assert!(!is_good && matches!(error, EventError::Payload { offset: 296, .. }));
            }
        }
    }
    // Version 4 has no word for it.
    writer.version = EventVersion::V4;
    let event = written(&writer);
    assert_eq!(event_decoder().decode(&block(&event), false).unwrap().clusters.len(), 1);
}
