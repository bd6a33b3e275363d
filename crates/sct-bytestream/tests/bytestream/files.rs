//! Files: versions, records, limits, refusals.

use sct_bytestream::{
    Words,
    storage::{
        BlockError, Ending, Error, FileVersion, Metadata, RawFile, RawWriter, Sequence, Text,
    },
};

use crate::samples::{event, file, file_header, rob, stamp, three_events};

#[test]
fn all_versions_come_back() {
    for (version, words) in [(FileVersion::V2, 9), (FileVersion::V5, 10), (FileVersion::V6, 12)] {
        let mut header = file_header(version);
        let bits = 32 * [1, 2, 4][FileVersion::ALL.iter().position(|v| *v == version).unwrap()];
        header.run.detector_mask = (0x8765_4321_u128 << 96 | 0xF0) & (u128::MAX >> (128 - bits));
        let (bytes, offsets) = file(&header, &[event(&[])]);
        let raw = RawFile::new(&bytes).unwrap();
        assert_eq!(raw.header(), &header);
        assert_eq!(offsets, [296 - 4 * (12 - words)]);
        assert!(header.run.has_sct());
    }
}

#[test]
fn the_metadata_section_may_be_absent() {
    let mut header = file_header(FileVersion::V5);
    header.metadata = Metadata::default();
    let (bytes, _) = file(&header, &[]);
    assert_eq!(RawFile::new(&bytes).unwrap().header(), &header);
    assert!(!bytes.as_chunks::<4>().0.contains(&0x1234_AABC_u32.to_le_bytes()));
}

#[test]
fn strings_are_kept_as_they_are() {
    let mut header = file_header(FileVersion::V6);
    let strings = &mut header.metadata.strings;
    strings.push(Text::from("Event type: is data, is atlas = yes=no"));
    strings.push(Text::from(&[0xFF, 0, 0xE9][..]));
    strings.push(Text::from(""));
    let (bytes, _) = file(&header, &[]);
    let raw = RawFile::new(&bytes).unwrap();
    assert_eq!(raw.header(), &header);
    let metadata = &raw.header().metadata;
    assert_eq!(metadata.value("Event type: is data, is atlas "), Some(" yes=no"));
    assert_eq!(metadata.project(), Some("data18_13TeV"));
    assert_eq!(metadata.value("Lumi"), None);
}

#[test]
fn padding_is_ignored_whatever_it_is() {
    let (mut bytes, _) = file(&file_header(FileVersion::V6), &[]);
    assert_eq!(&bytes[45..48], b"   ");
    bytes[45..48].fill(0);
    assert_eq!(RawFile::new(&bytes).unwrap().header().app_name, Text::from("SFO-1"));
}

#[test]
fn the_end_record_counts_the_sequence() {
    let before = Sequence { events: 5, bytes: 3 << 20 };
    let big = vec![0; (1 << 20) + (1 << 19)];
    let header = file_header(FileVersion::V6);
    let mut writer = RawWriter::new(Vec::new(), &header, before).unwrap();
    writer.event(&big).unwrap();
    let (bytes, written) = writer.finish(stamp(), false).unwrap();
    let raw = RawFile::new(&bytes).unwrap();
    let end = raw.end().unwrap();
    assert_eq!((end.events_in_file, end.events_in_run, end.is_last), (1, 6, false));
    // One and a half MB is rounded up, four and a half too.
    assert_eq!((end.mb_in_file, end.mb_in_run), (2, 5));
    assert_eq!(raw.scan().blocks[0].number, 6);
    assert_eq!((written.sequence.events, written.length), (6, bytes.len() as u64));
    let mut sum = (1_u32, 0_u32);
    for byte in &bytes {
        sum.0 = (sum.0 + u32::from(*byte)) % 65521;
        sum.1 = (sum.1 + sum.0) % 65521;
    }
    assert_eq!(written.checksum, sum.1 << 16 | sum.0);
}

#[test]
fn limits_tell_when_the_next_file_is_due() {
    let mut header = file_header(FileVersion::V6);
    (header.size_limit_blocks, header.size_limit_mb) = (2, 1);
    let mut writer = RawWriter::new(Vec::new(), &header, Sequence::default()).unwrap();
    assert!(writer.has_room(1 << 20) && !writer.has_room(3 << 19));
    writer.event(&[]).unwrap();
    writer.event(&[]).unwrap();
    assert!(!writer.has_room(0));
    assert!(writer.event(&[0; 3]).is_err());
}

fn refused(bytes: &[u8]) -> Error {
    RawFile::new(bytes).unwrap_err()
}

#[test]
fn files_that_are_none_name_the_byte() {
    let (bytes, _) = three_events(false);
    let with = |offset: usize, word: u32| {
        let mut changed = bytes.clone();
        changed[offset..offset + 4].copy_from_slice(&word.to_le_bytes());
        refused(&changed)
    };
    assert_eq!(with(0, 0x746F_6F72), Error::NotRaw { offset: 0, found: 0x746F_6F72 });
    assert_eq!(with(0, 0xAAAA_3412), Error::ByteOrder);
    assert_eq!(with(8, 3), Error::Version { offset: 8, found: 3 });
    let record = "file start";
    assert_eq!(with(4, 9), Error::RecordSize { record, offset: 4, found: 9, expected: 8 });
    let (record, expected) = ("file name strings", 0x1234_AABB);
    assert_eq!(with(32, 7), Error::Marker { record, offset: 32, found: 7, expected });
    assert!(matches!(with(36, 0xFFFF_FFF0), Error::Cut { offset: 40, .. }));
    assert!(matches!(with(124, u32::MAX), Error::Cut { .. } | Error::Marker { .. }));
    let record = "run parameters";
    assert_eq!(with(252, 10), Error::RecordSize { record, offset: 252, found: 10, expected: 12 });
    assert!(with(248, 1).to_string().contains("byte 248"));
}

#[test]
fn headers_cut_anywhere_are_refused() {
    let (bytes, _) = three_events(false);
    for length in 0..296 {
        assert!(matches!(refused(&bytes[..length]), Error::Cut { .. }), "{length}");
    }
    assert!(RawFile::new(&bytes[..296]).unwrap().blocks().next().is_none());
}

#[test]
fn blocks_are_found_at_their_separators() {
    let (bytes, offsets) = three_events(false);
    let raw = RawFile::new(&bytes).unwrap();
    let scan = raw.scan();
    assert_eq!(scan.blocks.iter().map(|block| block.offset).collect::<Vec<_>>(), offsets);
    assert_eq!(scan.blocks.iter().map(|block| block.number).collect::<Vec<_>>(), [1, 2, 3]);
    for place in &scan.blocks {
        let block = raw.block(place.offset).unwrap();
        assert_eq!((block.number, block.bytes.len()), (place.number, place.size as usize));
        assert_eq!(Words::of(block.bytes).get(0), Some(0xAA12_34AA));
    }
    assert!(matches!(raw.block(offsets[1] + 4), Err(BlockError::NoSeparator { .. })));
    assert!(matches!(raw.block(u64::MAX), Err(BlockError::Cut { .. })));
}

#[test]
fn a_file_without_end_record_is_read_to_its_end() {
    let (bytes, offsets) = three_events(false);
    let cut = &bytes[..bytes.len() - 40];
    let raw = RawFile::new(cut).unwrap();
    let scan = raw.scan();
    assert_eq!((scan.blocks.len(), raw.end()), (3, None));
    assert_eq!(scan.ending, Ending::NoEndRecord { offset: cut.len() as u64 });
    // In the middle of the last event.
    let cut = &bytes[..bytes.len() - 60];
    let scan = RawFile::new(cut).unwrap().scan();
    assert_eq!((scan.blocks.len(), scan.ending), (2, Ending::Truncated { offset: offsets[2] }));
    let available = cut.len() as u64 - offsets[2];
    let needed = bytes.len() as u64 - 40 - offsets[2];
    assert_eq!(scan.damage, [BlockError::Cut { offset: offsets[2], needed, available }]);
}

#[test]
fn an_end_record_without_date_is_none() {
    let (mut bytes, _) = three_events(false);
    let date = bytes.len() - 32;
    bytes[date..date + 4].fill(0);
    let raw = RawFile::new(&bytes).unwrap();
    assert_eq!((raw.end(), raw.scan().blocks.len()), (None, 3));
}

#[test]
fn the_events_of_two_files_are_the_same_compressed_or_not() {
    let (plain, _) = three_events(false);
    let (packed, _) = three_events(true);
    assert!(RawFile::new(&packed).unwrap().is_compressed());
    let decode = |bytes: &[u8]| {
        let raw = RawFile::new(bytes).unwrap();
        let mut decoder = crate::samples::event_decoder();
        let decode = |block: Result<_, _>| {
            let event = decoder.decode(&block.unwrap(), raw.is_compressed()).unwrap();
            (event.header, event.clusters.clone(), event.checksums)
        };
        raw.blocks().map(decode).collect::<Vec<_>>()
    };
    let events = decode(&plain);
    assert_eq!(events, decode(&packed));
    assert_eq!((events.len(), events[2].1[0].strips(), events[2].2.good), (3, 20..22, 1));
}

#[test]
fn rob_data_and_files_share_no_state() {
    let (bytes, _) = file(&file_header(FileVersion::V6), &[event(&[rob(&[])]), event(&[])]);
    let raw = RawFile::new(&bytes).unwrap();
    let mut decoder = crate::samples::event_decoder();
    let robs: Vec<u32> = raw
        .blocks()
        .map(|block| decoder.decode(&block.unwrap(), false).unwrap().sct_robs)
        .collect();
    assert_eq!(robs, [1, 0]);
}
