//! ROD and ROB fragments with sizes that do not hold, checksums, duplicates.

use sct_bytestream::{
    ChecksumKind, Damage, DamageKind, EventConfig, EventDecoder,
    eformat::{EventVersion, EventWriter, FragmentError, Level, RobFragment, Rod, StatusPosition},
    rod::Readout,
};

use crate::samples::{
    ROD, TRAILER, block, bytes, cabling, event, event_decoder, event_header, header, ids, one, rob,
    rod, swap,
};
use sct_bytestream::Words;

const HALVES: [u16; 4] = [0x2102, 0x8050, 0x4000, 0x4000];

fn parse(words: &[u32]) -> Result<(Vec<u32>, Vec<u32>, bool), FragmentError> {
    let bytes = bytes(words);
    let rod = Rod::parse(Words::of(&bytes), 0)?;
    Ok((rod.status.iter().collect(), rod.data.iter().collect(), rod.damage.is_some()))
}

#[test]
fn status_stands_before_or_after_the_data() {
    let mut fragment = rod(ROD, &HALVES);
    fragment.status = vec![1, 2, 3];
    let expected = Ok((vec![1, 2, 3], vec![0x2102_8050, 0x4000_4000], false));
    for position in [StatusPosition::Before, StatusPosition::After] {
        fragment.status_position = position;
        assert_eq!(parse(&fragment.words()), expected);
    }
}

#[test]
fn sizes_that_do_not_add_up_leave_the_body_as_data() {
    let mut words = rod(ROD, &HALVES).words();
    let data = words.len() - 2;
    words[data] = 7;
    let body = words[9..].to_vec();
    assert_eq!(parse(&words), Ok((vec![], body, true)));
    let mut rob = rob(&HALVES);
    rob.payload = words;
    let bytes = event(&[rob]);
    let mut decoder = event_decoder();
    let event = decoder.decode(&block(&bytes), false).unwrap();
    assert_eq!(event.clusters.len(), 1);
    let word = 24 + 8;
    let error = FragmentError::RodSize { word, status: 1, data: 7, available: 3 };
    assert_eq!(event.damage, [Damage { source_id: ROD, kind: DamageKind::Rod(error) }]);
}

#[test]
fn rods_that_are_none_are_dropped_with_their_place() {
    let good = rod(ROD, &HALVES).words();
    for (at, value) in [(0, 0xEE12_34EF), (1, 8), (2, 0x0400_0000)] {
        let mut words = good.clone();
        words[at] = value;
        assert!(parse(&words).is_err(), "{at}");
    }
    let short = FragmentError::Cut { level: Level::Rod, word: 0, needed: 12, available: 11 };
    assert_eq!(parse(&good[..11]), Err(short));
    assert!(parse(&[]).is_err());
}

#[test]
fn a_bad_rod_leaves_the_rest_of_its_event() {
    let mut bad = rob(&HALVES);
    bad.payload[0] = 0;
    bad.status = vec![1 << 27];
    let mut other = rob(&HALVES);
    other.source_id = 0x21_0000;
    let bytes = event(&[bad, other]);
    let mut decoder = event_decoder();
    let event = decoder.decode(&block(&bytes), false).unwrap();
    assert!(event.clusters.is_empty() && event.damage.len() == 1);
    assert_eq!((event.robs, event.sct_robs, event.foreign_sct_robs), (2, 1, 1));
    // The status of the ROB still holds for the wafers of its ROD.
    let errors: Vec<_> = decoder.errors().iter().map(|(_, mask)| ids(mask)).collect();
    assert!(errors.len() == 18 && errors.iter().all(|ids| *ids == [13, 14]));
}

#[test]
fn the_last_of_two_robs_counts() {
    let (first, second) = (rob(&HALVES), rob(&[header(4), one(0, 9), TRAILER]));
    let bytes = event(&[first, second]);
    let mut decoder = event_decoder();
    let event = decoder.decode(&block(&bytes), false).unwrap();
    assert_eq!(event.clusters.len(), 1);
    assert_eq!(event.clusters[0].strips(), 9..10);
    let kind = DamageKind::Duplicate { word: 24 };
    assert_eq!(event.damage, [Damage { source_id: ROD, kind }]);
}

#[test]
fn robs_outside_the_cabling_are_counted_and_left_alone() {
    let robs: Vec<_> = [0x11_0001, 0x77_0000, 0x24_0003]
        .map(|source_id| RobFragment::new(source_id, vec![1, 2, 3]))
        .to_vec();
    let bytes = event(&robs);
    let mut decoder = event_decoder();
    let event = decoder.decode(&block(&bytes), false).unwrap();
    assert_eq!((event.robs, event.sct_robs, event.foreign_sct_robs), (3, 0, 1));
    assert!(event.damage.is_empty() && decoder.errors().iter().len() == 0);
}

#[test]
fn a_rob_of_another_version_is_used_and_named() {
    let mut bytes = event(&[rob(&HALVES)]);
    bytes[4 * 27..4 * 28].copy_from_slice(&0x0400_0000_u32.to_le_bytes());
    let mut decoder = event_decoder();
    let event = decoder.decode(&block(&bytes), false).unwrap();
    assert_eq!(event.damage, [Damage { source_id: ROD, kind: DamageKind::Version { word: 24 } }]);
    assert_eq!(event.clusters.len(), 1);
}

/// An event and its ROB with Adler-32 both, and a change to one word of the ROB's payload.
fn with_checksums(change: u8, verify_checksums: bool) -> (u64, u64, u64, usize, usize) {
    let mut writer = EventWriter::new(EventVersion::V5, event_header());
    writer.checksum = ChecksumKind::Adler32;
    let mut rob = rob(&HALVES);
    rob.checksum = ChecksumKind::Adler32;
    let mut bytes = Vec::new();
    writer.write(&[rob], &mut bytes);
    bytes[4 * (24 + 8 + 4)] ^= change;
    let config = EventConfig { verify_checksums, ..EventConfig::default() };
    let mut decoder = EventDecoder::new(Readout::new(&cabling(), &swap()), config);
    let event = decoder.decode(&block(&bytes), false).unwrap();
    let sums = event.checksums;
    (sums.good, sums.bad, sums.not_verified, event.damage.len(), event.clusters.len())
}

#[test]
fn checksums_are_counted_and_reject_nothing() {
    assert_eq!(with_checksums(0, true), (2, 0, 0, 0, 1));
    assert_eq!(with_checksums(1, true), (0, 2, 0, 1, 1));
    assert_eq!(with_checksums(1, false), (0, 0, 2, 0, 1));
}

#[test]
fn crc_16_is_skipped_and_counted() {
    let mut bytes = bytes(&[]);
    let mut writer = EventWriter::new(EventVersion::V5, event_header());
    writer.checksum = ChecksumKind::Adler32;
    writer.write(&[rob(&HALVES)], &mut bytes);
    bytes[4 * 7] = 1;
    let mut decoder = event_decoder();
    let event = decoder.decode(&block(&bytes), false).unwrap();
    assert_eq!((event.checksums.not_verified, event.clusters.len()), (1, 1));
    // It cannot be written.
    let mut none = Vec::new();
    writer.checksum = ChecksumKind::Crc16;
    writer.write(&[], &mut none);
    assert_eq!((none.len(), none[4 * 7]), (4 * 24, 0));
}

#[test]
fn status_words_may_be_absent_or_many() {
    for status in [vec![], vec![0], vec![0, 5, 6]] {
        let mut rob = rob(&HALVES);
        rob.status.clone_from(&status);
        let mut writer = EventWriter::new(EventVersion::V5, event_header());
        writer.status = status;
        let mut bytes = Vec::new();
        writer.write(&[rob], &mut bytes);
        let mut decoder = event_decoder();
        assert_eq!(decoder.decode(&block(&bytes), false).unwrap().clusters.len(), 1);
        assert_eq!(decoder.errors().iter().len(), 0);
    }
}
