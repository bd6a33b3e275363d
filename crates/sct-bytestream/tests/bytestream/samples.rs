//! Small detectors, fragments and files.

use std::collections::BTreeMap;

use sct_bytestream::{
    ChecksumKind, ErrorMask, EventConfig, EventDecoder, Words,
    eformat::{
        EventHeader, EventVersion, EventWriter, RobFragment, RobStatus, Rod, RodFragment, RodHeader,
    },
    rod::{Cluster, Decoder, Readout, RodCounts},
    storage::{
        BeamType, Block, FileHeader, FileVersion, Metadata, RawWriter, RunParameters, Sequence,
        Stamp, Text,
    },
};
use sct_cabling::{Cabling, OnlineId, UsableLinks};
use sct_id::{LumiBlock, ModuleHash, ReadoutSwap, SerialNumber, WaferHash};

/// The ROD of all small samples.
pub(crate) const ROD: u32 = 0x22_0005;
/// Wafer on its fibre 0; fibre n has the n-th one after it.
pub(crate) const FIRST: usize = 2400;
/// Fibres with a wafer; of those after it only 94 and 95 have one.
pub(crate) const CABLED: usize = 16;

pub(crate) fn wafer(hash: usize) -> WaferHash {
    WaferHash::new(hash).unwrap()
}

/// Sixteen wafers on fibres 0 to 15 and two on fibres 94 and 95; odd wafers are read backwards.
pub(crate) fn cabling() -> Cabling {
    let mut cabling = Cabling::default();
    for fibre in (0..CABLED).chain([94, 95]) {
        let online = OnlineId::from_u32((fibre as u32) << 24 | ROD).unwrap();
        cabling.insert(wafer(FIRST + fibre), online).unwrap();
    }
    cabling
}

pub(crate) fn swap() -> ReadoutSwap {
    ReadoutSwap::from_fn(|wafer| wafer.index() % 2 == 1)
}

/// A module of the samples with these links and this serial number.
pub(crate) fn with_module(place: usize, links: UsableLinks, serial: Option<i64>) -> Cabling {
    let mut cabling = cabling();
    let module = ModuleHash::new(FIRST / 2 + place).unwrap();
    cabling.set_usable_links(module, links);
    if let Some(serial) = serial {
        cabling.set_serial_number(module, SerialNumber::from_number(serial).unwrap()).unwrap();
    }
    cabling
}

/// What came out of a fragment; wafers as fibre of the sample.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    /// Wafer, strip, size, time bin, hit errors.
    pub(crate) clusters: Vec<(usize, usize, u8, u8, u8)>,
    pub(crate) errors: BTreeMap<usize, Vec<usize>>,
    pub(crate) counts: RodCounts,
}

impl Found {
    /// Wafer, strip and size alone.
    pub(crate) fn hits(&self) -> Vec<(usize, usize, u8)> {
        self.clusters.iter().map(|&(wafer, strip, size, ..)| (wafer, strip, size)).collect()
    }

    /// Whether one wafer has these errors and no other wafer has any.
    pub(crate) fn only_errors(&self, fibre: usize, ids: &[usize]) -> bool {
        self.errors == BTreeMap::from([(fibre, ids.to_vec())])
    }
}

pub(crate) fn ids(mask: ErrorMask) -> Vec<usize> {
    mask.iter().map(sct_bytestream::ByteStreamError::id).collect()
}

/// A fragment to be decoded.
#[derive(Clone, Debug)]
pub(crate) struct Fragment {
    pub(crate) source_id: u32,
    pub(crate) event_type: u32,
    pub(crate) rob_status: u32,
    pub(crate) status: Vec<u32>,
    pub(crate) halves: Vec<u16>,
}

pub(crate) fn fragment(halves: &[u16]) -> Fragment {
    let status = vec![0];
    Fragment { source_id: ROD, event_type: 0, rob_status: 0, status, halves: halves.to_vec() }
}

/// High half first, filled up with a trailer.
pub(crate) fn pack(halves: &[u16]) -> Vec<u32> {
    halves
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 16 | u32::from(*pair.get(1).unwrap_or(&0x4000)))
        .collect()
}

pub(crate) fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Decodes fragments as those of one event.
pub(crate) fn decode_all(cabling: &Cabling, fragments: &[Fragment]) -> Found {
    let mut decoder = Decoder::new(Readout::new(cabling, &swap()));
    decoder.begin_event();
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut counts = RodCounts::default();
    for fragment in fragments {
        let (status, data) = (bytes(&fragment.status), bytes(&pack(&fragment.halves)));
        let Fragment { source_id, event_type, .. } = *fragment;
        let rod = Rod {
            header: RodHeader { source_id, event_type, ..RodHeader::default() },
            status: Words::of(&status),
            data: Words::of(&data),
            damage: None,
        };
        counts.merge(decoder.decode(&rod, RobStatus(fragment.rob_status), &mut clusters));
    }
    let fibre = |wafer: WaferHash| wafer.index() - FIRST;
    let clusters = clusters.into_iter().map(|cluster| {
        let Cluster { size, time_bin, errors, .. } = cluster;
        (fibre(cluster.wafer), cluster.strip.index(), size, time_bin, errors)
    });
    let errors = decoder.errors().iter().map(|(wafer, mask)| (fibre(wafer), ids(mask)));
    Found { clusters: clusters.collect(), errors: errors.collect(), counts }
}

/// Decodes half words of the sample's ROD.
pub(crate) fn decode(halves: &[u16]) -> Found {
    decode_all(&cabling(), &[fragment(halves)])
}

/// Formatter and link of a fibre, as headers hold them.
pub(crate) fn link(fibre: u16) -> u16 {
    let (formatter, link) = (fibre / 12, fibre % 12);
    formatter << 4 | link
}

/// Link header in condensed mode.
pub(crate) fn header(fibre: u16) -> u16 {
    0x2100 | link(fibre)
}

/// Condensed hit of one strip.
pub(crate) fn one(side: u16, strip: u16) -> u16 {
    0x8000 | side << 14 | strip << 4
}

/// Condensed hit of two strips.
pub(crate) fn two(side: u16, strip: u16) -> u16 {
    one(side, strip) | 1
}

pub(crate) const TRAILER: u16 = 0x4000;

/// The ROD fragment of half words.
pub(crate) fn rod(source_id: u32, halves: &[u16]) -> RodFragment {
    RodFragment {
        header: RodHeader { source_id, run_number: 357_750, ..RodHeader::default() },
        status: vec![0],
        data: pack(halves),
        ..RodFragment::default()
    }
}

pub(crate) fn rob(halves: &[u16]) -> RobFragment {
    RobFragment::new(ROD, rod(ROD, halves).words())
}

pub(crate) fn event_header() -> EventHeader {
    EventHeader {
        seconds: 1_533_000_000,
        nanoseconds: 250_000_000,
        global_id: 0x1_0000_002A,
        run_type: 0,
        run_number: 357_750,
        lumi_block: 12,
        level1_id: 0x0100_0042,
        bunch_crossing: 0x123,
        trigger_type: 0x84,
    }
}

/// An event of ROBs, version 5, no checksum.
pub(crate) fn event(robs: &[RobFragment]) -> Vec<u8> {
    let mut out = Vec::new();
    EventWriter::new(EventVersion::V5, event_header()).write(robs, &mut out);
    out
}

pub(crate) fn block(bytes: &[u8]) -> Block<'_> {
    Block { offset: 296, number: 1, bytes }
}

pub(crate) fn event_decoder() -> EventDecoder {
    EventDecoder::new(Readout::new(&cabling(), &swap()), EventConfig::default())
}

pub(crate) fn stamp() -> Stamp {
    Stamp::new((31, 7, 2018), (3, 20, 0))
}

/// The file header of the worked example, in any version.
pub(crate) fn file_header(version: FileVersion) -> FileHeader {
    FileHeader {
        version,
        file_number: 1,
        written: stamp(),
        size_limit_blocks: 0,
        size_limit_mb: 0,
        app_name: Text::from("SFO-1"),
        file_name_core: Text::from(
            "data18_13TeV.00357750.calibration_SCTNoise.daq.RAW._lb0012._SFO-1",
        ),
        metadata: Metadata::online(
            "10605EAF-52B1-DB11-94A4-000347D7BFE1",
            [],
            "calibration_SCTNoise",
            "data18_13TeV",
            LumiBlock::new(12),
        ),
        run: RunParameters {
            run_number: 357_750,
            max_events: 0,
            rec_enable: 1,
            trigger_type: 0,
            detector_mask: 240,
            beam_type: BeamType::Protons,
            beam_energy: 6500,
        },
    }
}

/// A file of these events; returns it with the offset of each separator.
pub(crate) fn file(header: &FileHeader, events: &[Vec<u8>]) -> (Vec<u8>, Vec<u64>) {
    let mut writer = RawWriter::new(Vec::new(), header, Sequence::default()).unwrap();
    let offsets = events.iter().map(|event| writer.event(event).unwrap()).collect();
    (writer.finish(stamp(), true).unwrap().0, offsets)
}

/// A file of three small events.
pub(crate) fn three_events(compressed: bool) -> (Vec<u8>, Vec<u64>) {
    let mut header = file_header(FileVersion::V6);
    if compressed {
        header.metadata.strings.push(Text::from("Compression=zlib"));
    }
    let events: Vec<_> = (0..3)
        .map(|number| {
            let mut out = Vec::new();
            let mut header = event_header();
            header.global_id = number;
            let mut writer = EventWriter::new(EventVersion::V5, header);
            writer.checksum = ChecksumKind::Adler32;
            let strip = 10 * number as u16;
            let halves = [self::header(2), two(0, strip), TRAILER, self::header(3), TRAILER];
            writer.write(&[rob(&halves)], &mut out);
            out
        })
        .collect();
    file(&header, &events)
}
