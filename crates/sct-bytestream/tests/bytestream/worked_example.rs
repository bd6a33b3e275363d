//! The worked example of the format page, number by number.

use sct_bytestream::{
    Checksum, ChecksumKind, EventConfig, EventDecoder, Words, ZlibLevel,
    eformat::{
        Event, EventVersion, EventWriter, PayloadCompression, RobFragment, Rod, RodFragment,
        RodHeader, StatusPosition,
    },
    rod::{Cluster, Encoder, HalfWord, HeaderFlags, Readout},
    storage::{Ending, FileVersion, RawFile},
};
use sct_cabling::{Cabling, OnlineId};
use sct_id::ReadoutSwap;

use crate::samples::{bytes, event_header, file, file_header, ids, wafer};

const EVENT: [u32; 49] = [
    0xaa12_34aa,
    0x0000_0031,
    0x0000_0018,
    0x0500_0000,
    0x0000_0000,
    0x0000_0001,
    0x0000_0000,
    0x0000_0000,
    0x5b5f_b940,
    0x0ee6_b280,
    0x0000_002a,
    0x0000_0001,
    0x0000_0000,
    0x0005_7576,
    0x0000_000c,
    0x0100_0042,
    0x0000_0123,
    0x0000_0084,
    0x0000_0000,
    0x0000_0019,
    0x0000_0000,
    0x0000_0000,
    0x0000_0000,
    0x0000_0000,
    0xdd12_34dd,
    0x0000_0019,
    0x0000_0008,
    0x0500_0000,
    0x0022_0005,
    0x0000_0001,
    0x0000_0000,
    0x0000_0000,
    0xee12_34ee,
    0x0000_0009,
    0x0301_0000,
    0x0022_0005,
    0x0005_7576,
    0x0100_0042,
    0x0000_0123,
    0x0000_0084,
    0x0000_0000,
    0x2311_d910,
    0xefe9_0054,
    0x4000_4000,
    0x0000_0000,
    0x0000_0000,
    0x0000_0002,
    0x0000_0003,
    0x0000_0001,
];

/// Fibre 12 leads to wafer 100, fibre 13 to wafer 101, which is read backwards.
fn readout() -> Readout {
    let mut cabling = Cabling::default();
    cabling.insert(wafer(100), OnlineId::from_u32(0x0C22_0005).unwrap()).unwrap();
    cabling.insert(wafer(101), OnlineId::from_u32(0x0D22_0005).unwrap()).unwrap();
    Readout::new(&cabling, &ReadoutSwap::from_fn(|wafer| wafer.index() == 101))
}

/// The same event, written.
fn writer() -> (EventWriter, RobFragment) {
    let rod = RodFragment {
        header: RodHeader {
            minor_version: 0,
            source_id: 0x22_0005,
            run_number: 357_750,
            level1_id: 0x0100_0042,
            bunch_crossing: 0x123,
            trigger_type: 0x84,
            event_type: 0,
        },
        status: vec![0, 0],
        data: vec![0x2311_D910, 0xEFE9_0054, 0x4000_4000],
        status_position: StatusPosition::After,
    };
    (EventWriter::new(EventVersion::V5, event_header()), RobFragment::new(0x22_0005, rod.words()))
}

fn written(change: impl FnOnce(&mut EventWriter)) -> Vec<u8> {
    let (mut writer, rob) = writer();
    change(&mut writer);
    let mut out = Vec::new();
    writer.write(&[rob], &mut out);
    out
}

#[test]
fn the_header_reads_as_written() {
    let bytes = bytes(&EVENT);
    let event = Event::parse(Words::of(&bytes)).unwrap();
    assert_eq!(event.header, event_header());
    assert_eq!(event.header.global_id, 4_294_967_338);
    assert_eq!(event.header.time(), (1_533_000_000, 250_000_000));
    assert_eq!((event.compression, event.payload_words), (PayloadCompression::None, 25));
    assert_eq!(event.fragment().checksum(), Checksum::None);
    assert_eq!(event.fragment().status().iter().collect::<Vec<_>>(), [0]);
    assert_eq!(event.stream_tags().iter().count(), 0);
    assert!(event.level1_info.is_empty() && event.level2_info.is_empty());
}

#[test]
fn the_fragments_read_as_written() {
    let bytes = bytes(&EVENT);
    let event = Event::parse(Words::of(&bytes)).unwrap();
    let robs: Vec<_> = event.robs().map(Result::unwrap).collect();
    assert_eq!((robs.len(), robs[0].source_id(), robs[0].word()), (1, 0x22_0005, 24));
    assert!(!robs[0].status().is_error());
    let rod = Rod::parse(robs[0].fragment().payload(), robs[0].payload_word()).unwrap();
    assert_eq!((rod.status.len(), rod.data.len(), rod.damage), (2, 3, None));
    assert_eq!(rod.data.get(0), Some(0x2311_D910));
    assert_eq!(rod.header.run_number, 357_750);
}

#[test]
fn the_half_words_are_of_the_kinds_written() {
    assert_eq!(HalfWord::new(0x2311), HalfWord::Header(HeaderFlags(0x2311)));
    let header = HeaderFlags(0x2311);
    assert!(header.has(HeaderFlags::CONDENSED) && header.has(HeaderFlags::BCID));
    assert_eq!(header.link(), 13);
    assert_eq!(HalfWord::new(0xD910), HalfWord::Hit(0xD910));
    assert_eq!(HalfWord::new(0x0054), HalfWord::ChipError { chip: 10, code: 4 });
    assert_eq!(Encoder::chip_error(10, 4), 0x0054);
}

#[test]
fn the_event_decodes_to_the_result() {
    let mut decoder = EventDecoder::new(readout(), EventConfig::default());
    let bytes = bytes(&EVENT);
    let event = decoder.decode(&crate::samples::block(&bytes), false).unwrap();
    let words: Vec<u32> = event.clusters.iter().map(|cluster| cluster.word()).collect();
    assert_eq!(words, [0x008B_7001, 0x4080_0002]);
    let strips: Vec<usize> = event.clusters.iter().flat_map(|cluster| cluster.strips()).collect();
    assert_eq!(strips, [366, 0, 1]);
    assert!(event.clusters.iter().all(|cluster| cluster.wafer == wafer(101)));
    assert_eq!(event.clusters[1].errors, Cluster::SECOND_HIT_ERROR);
    assert!(event.clusters.iter().all(|cluster| cluster.is_on_time()));
    assert_eq!((event.robs, event.sct_robs, event.damage.len()), (1, 1, 0));
    assert_eq!((event.counts.unplaced, event.is_skipped), (0, false));
    let errors: Vec<_> = decoder.errors().iter().collect();
    assert_eq!(errors.len(), 1);
    assert_eq!((errors[0].0, errors[0].1.bits()), (wafer(101), 0x208_0204));
    assert_eq!(ids(errors[0].1), [2, 9, 19, 25]);
}

#[test]
fn the_writer_makes_the_same_words() {
    assert_eq!(written(|_| ()), bytes(&EVENT));
}

#[test]
fn the_file_has_the_bytes_written() {
    let (bytes, offsets) = file(&file_header(FileVersion::V6), &[bytes(&EVENT)]);
    assert_eq!((offsets, bytes.len()), (vec![296], 296 + 16 + 196 + 40));
    let words: Vec<u32> = Words::of(&bytes).iter().collect();
    assert_eq!(words[..8], [0x1234_AAAA, 8, 6, 1, 31_072_018, 32_000, 0, 0]);
    assert_eq!((words[8], words[9]), (0x1234_AABB, 5));
    assert_eq!(&bytes[40..48], b"SFO-1   ");
    assert_eq!(words[12], 65);
    let core = b"data18_13TeV.00357750.calibration_SCTNoise.daq.RAW._lb0012._SFO-1   ";
    assert_eq!(&bytes[52..120], core);
    assert_eq!((words[30], words[31], words[32]), (0x1234_AABC, 4, 41));
    let run = words[62..74].to_vec();
    assert_eq!(run, [0x1234_BBBB, 12, 357_750, 0, 1, 0, 240, 0, 0, 0, 1, 6500]);
    assert_eq!(words[74..78], [0x1234_CCCC, 4, 1, 196]);
    assert_eq!(words[78..127], EVENT);
    assert_eq!(words[127..], [0x1234_DDDD, 10, 31_072_018, 32_000, 1, 0, 1, 0, 1, 0x1234_EEEE]);
}

#[test]
fn the_file_reads_back() {
    let header = file_header(FileVersion::V6);
    let (bytes, _) = file(&header, &[bytes(&EVENT)]);
    let raw = RawFile::new(&bytes).unwrap();
    assert_eq!((raw.header(), raw.first_offset()), (&header, 296));
    let metadata = &raw.header().metadata;
    assert_eq!(metadata.guid(), Some("10605EAF-52B1-DB11-94A4-000347D7BFE1"));
    assert_eq!(metadata.stream(), Some("calibration_SCTNoise"));
    assert_eq!(metadata.lumi_block(), Some(sct_id::LumiBlock::new(12)));
    let end = raw.end().unwrap();
    assert_eq!((end.events_in_file, end.events_in_run, end.is_last), (1, 1, true));
    let scan = raw.scan();
    assert_eq!((scan.blocks.len(), scan.ending), (1, Ending::Complete));
    assert!(scan.damage.is_empty());
}

#[test]
fn a_checksum_makes_50_words() {
    let out = written(|writer| writer.checksum = ChecksumKind::Adler32);
    assert_eq!(out.len(), 4 * 50);
    let event = Event::parse(Words::of(&out)).unwrap();
    assert_eq!(Words::of(&out).get(7), Some(2));
    assert_eq!(event.fragment().checksum(), Checksum::Good);
}

/// The payload as zlib 1.3 compresses it at level 1.
const ZLIB: [u32; 19] = [
    0x6bbb_0178,
    0x9257_7422,
    0x0381_8181,
    0x9580_8188,
    0x8189_4195,
    0x9306_c211,
    0xde84_4cef,
    0x8c59_8271,
    0xb2b9_20cc,
    0x2706_5652,
    0x6546_0606,
    0xa816_a2a0,
    0x829b_813a,
    0x2f0c_21ca,
    0x0038_33df,
    0x0130_1421,
    0x0620_6669,
    0x3600_0599,
    0x004f_0ae1,
];

#[test]
fn compression_shrinks_the_payload_to_19_words() {
    let mut outside = EVENT[..24].to_vec();
    outside[1] = 24 + 19;
    outside[18] = 1;
    outside.extend(ZLIB);
    // Our compressor chooses other matches.
    let ours = written(|writer| writer.compression = Some(ZlibLevel::USUAL));
    assert!(ours.len() < 4 * 49);
    for event in [bytes(&outside), ours] {
        let mut decoder = EventDecoder::new(readout(), EventConfig::default());
        let decoded = decoder.decode(&crate::samples::block(&event), false).unwrap();
        let strips: Vec<usize> = decoded.clusters.iter().flat_map(|c| c.strips()).collect();
        assert_eq!(strips, [366, 0, 1]);
    }
}
