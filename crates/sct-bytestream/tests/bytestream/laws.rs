//! What is written comes back, in every mode, version and compression.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sct_bytestream::{
    ChecksumKind, ZlibLevel,
    eformat::{EventVersion, EventWriter, RobFragment},
    rod::{Encoder, LinkData, Mode, SUPER_CONDENSED, StripHit},
    storage::{FileVersion, RawFile, Text},
};
use sct_id::{Strip, WaferHash};

use crate::samples::{
    FIRST, ROD, event_decoder, event_header, file, file_header, rod, swap, wafer,
};

/// Fibre, strip, time bin.
type Hit = (u8, usize, u8);

fn hits() -> impl Strategy<Value = BTreeSet<(u8, usize)>> {
    // Runs of neighbours as well as single strips, at chip borders too.
    let run = (0..16_u8, 0..768_usize, 1..40_usize);
    prop::collection::vec(run, 0..12).prop_map(|runs| {
        let strips = runs.into_iter().flat_map(|(fibre, first, count)| {
            (first..(first + count).min(768)).map(move |strip| (fibre, strip))
        });
        strips.collect()
    })
}

/// The data words of these hits; time bins from a rule, as they must come back.
fn encode(hits: &BTreeSet<(u8, usize)>, mode: Mode, all_links: bool) -> Vec<u32> {
    let mut encoder = Encoder::default();
    for fibre in 0..16 {
        let own = hits.iter().filter(|hit| hit.0 == fibre);
        let strips = own.map(|&(fibre, strip)| StripHit {
            strip: Strip::new(strip).unwrap(),
            time_bin: time_bin(fibre, strip, mode),
        });
        let strips: Vec<_> = strips.collect();
        if all_links || !strips.is_empty() {
            let is_swapped = swap().is_swapped(wafer(FIRST + usize::from(fibre)));
            encoder.link(&LinkData::new(fibre, is_swapped, strips), mode);
        }
    }
    encoder.finish()
}

fn time_bin(fibre: u8, strip: usize, mode: Mode) -> u8 {
    if mode == Mode::Expanded { (strip + usize::from(fibre)) as u8 % 7 + 1 } else { 2 }
}

proptest! {
    #[test]
    fn hits_come_back(
        hits in hits(),
        mode in prop::sample::select(vec![Mode::Condensed, Mode::Expanded, Mode::SuperCondensed]),
        version in prop::sample::select(vec![EventVersion::V4, EventVersion::V5]),
        file_version in prop::sample::select(FileVersion::ALL.to_vec()),
        (all_links, payload, whole, checksum) in any::<(bool, bool, bool, bool)>(),
    ) {
        let mut fragment = rod(ROD, &[]);
        fragment.data = encode(&hits, mode, all_links);
        fragment.header.event_type = if mode == Mode::SuperCondensed { SUPER_CONDENSED } else { 0 };
        let mut rob = RobFragment::new(ROD, fragment.words());
        let mut writer = EventWriter::new(version, event_header());
        if checksum {
            (writer.checksum, rob.checksum) = (ChecksumKind::Adler32, ChecksumKind::Adler32);
        }
        writer.compression = payload.then_some(ZlibLevel::USUAL);
        let mut event = Vec::new();
        writer.write(&[rob], &mut event);
        let mut header = file_header(file_version);
        if whole {
            header.metadata.strings.push(Text::from("Compression=zlib"));
        }
        let (bytes, _) = file(&header, &[event.clone(), event]);
        let raw = RawFile::new(&bytes).unwrap();
        prop_assert_eq!(raw.header(), &header);
        let mut decoder = event_decoder();
        let mut events = 0;
        for block in raw.blocks() {
            let event = decoder.decode(&block.unwrap(), raw.is_compressed()).unwrap();
            let found = event.clusters.iter().flat_map(|cluster| {
                cluster.strips().map(|strip| (fibre(cluster.wafer), strip, cluster.time_bin))
            });
            let found: Vec<Hit> = found.collect();
            let expected: BTreeSet<Hit> = hits.iter()
                .map(|&(fibre, strip)| (fibre, strip, time_bin(fibre, strip, mode)))
                .collect();
            prop_assert_eq!(found.len(), expected.len());
            prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
            prop_assert_eq!((event.checksums.good, event.checksums.bad), (2 * u64::from(checksum), 0));
            prop_assert!(event.damage.is_empty() && event.counts.unplaced == 0);
            events += 1;
        }
        prop_assert_eq!(events, 2);
        prop_assert_eq!(decoder.errors().iter().len(), 0);
    }
}

fn fibre(wafer: WaferHash) -> u8 {
    u8::try_from(wafer.index() - FIRST).unwrap()
}

#[test]
fn injected_errors_come_back() {
    let mut encoder = Encoder::default();
    let strips = vec![StripHit { strip: Strip::new(5).unwrap(), time_bin: 2 }];
    let mut link = LinkData::new(2, false, strips);
    link.header = 0x1E80;
    link.injected = vec![Encoder::chip_error(3, 7), Encoder::RAW];
    link.trailer = 0x1C00;
    link.first_masked_chip = 5;
    encoder.link(&link, Mode::Condensed);
    // One side's data over the other one's link.
    encoder.link(
        &LinkData { side: 1, is_swapped: true, ..LinkData::new(4, true, link.hits.clone()) },
        Mode::Condensed,
    );
    let data = encoder.finish();
    assert!(encoder.finish().is_empty());
    let halves: Vec<u16> =
        data.iter().flat_map(|word| [(word >> 16) as u16, *word as u16]).collect();
    let found = crate::samples::decode(&halves);
    assert!(found.only_errors(2, &[1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 20, 30, 31, 32]), "{found:?}");
    assert_eq!(found.hits(), [(2, 5, 1), (5, 5, 1)]);
}
