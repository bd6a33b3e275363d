//! What the fuzz targets run, and the campaign program and the tests with them: any bytes, no panic, results that hold.

use sct_bytestream::{
    ByteStreamError, ErrorMask, EventConfig, EventDecoder, Words,
    eformat::{RobStatus, Rod, RodHeader},
    rod::{Cluster, Decoder, Readout},
    storage::{Ending, RawFile},
};
use sct_cabling::Cabling;
use sct_id::{BarrelSwap, ReadoutSwap, SerialNumber, Strip, WaferHash};

/// What became of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Outcome {
    /// No RAW file, or its header is damaged.
    Refused,
    /// A file in which something is damaged.
    Damaged,
    /// A file without damage to its frame, in which some wafer has an error.
    Errors,
    /// Nothing to complain about.
    Sound,
}

/// Decoders that are kept from one input to the next, as a job keeps them.
#[derive(Debug)]
pub(crate) struct Exercise {
    events: EventDecoder,
    rods: Decoder,
    clusters: Vec<Cluster>,
}

/// The read-out of the simulated cabling.
pub(crate) fn readout() -> Readout {
    let serial = |module: sct_id::ModuleHash| {
        let digits = u32::try_from(module.index()).expect("4088 modules");
        SerialNumber::from_truncated(100_000_000 + digits).expect("nine digits")
    };
    let cabling = Cabling::simulated(serial).expect("serial numbers differ");
    Readout::new(&cabling, &ReadoutSwap::new(BarrelSwap::Side1))
}

impl Default for Exercise {
    fn default() -> Self {
        let events = EventDecoder::new(readout(), EventConfig::default());
        Self { events, rods: Decoder::new(readout()), clusters: Vec::new() }
    }
}

/// Strips exist, clusters lie on one chip.
fn check_cluster(cluster: Cluster) {
    let strips = cluster.strips();
    assert!(!strips.is_empty() && strips.end <= Strip::PER_WAFER, "{cluster:?}");
    assert_eq!(strips.start / Strip::PER_CHIP, (strips.end - 1) / Strip::PER_CHIP, "{cluster:?}");
    assert!(cluster.wafer.index() < WaferHash::COUNT && cluster.time_bin < 8 && cluster.errors < 4);
}

impl Exercise {
    /// Reads the bytes as a RAW file, with all of its events.
    pub(crate) fn raw_file(&mut self, bytes: &[u8]) -> Outcome {
        let Ok(file) = RawFile::new(bytes) else { return Outcome::Refused };
        let scan = file.scan();
        let mut damaged = !scan.damage.is_empty() || scan.ending != Ending::Complete;
        let mut errors = 0;
        let mut end = file.first_offset();
        for place in &scan.blocks {
            let block = file.block(place.offset).expect("the scan found it");
            assert!(place.offset >= end && block.end() <= bytes.len() as u64);
            end = block.end();
            match self.events.decode(&block, file.is_compressed()) {
                Ok(event) => {
                    assert_eq!(event.counts.clusters, event.clusters.len() as u64);
                    assert_eq!(event.is_skipped, event.counts.unplaced > 10);
                    event.clusters.iter().copied().for_each(check_cluster);
                    damaged |= !event.damage.is_empty() || event.checksums.bad > 0;
                    errors += self.events.errors().iter().len();
                }
                Err(error) => {
                    assert_eq!(error.offset(), place.offset);
                    assert!(self.events.event().clusters.is_empty());
                    damaged = true;
                }
            }
        }
        match (damaged, errors) {
            (true, _) => Outcome::Damaged,
            (false, 1..) => Outcome::Errors,
            (false, 0) => Outcome::Sound,
        }
    }

    /// Reads the bytes as the data of a ROD: the first byte says which one and in which mode, the second which status
    /// words it has.
    pub(crate) fn rod_data(&mut self, bytes: &[u8]) -> Outcome {
        let (&[select, state, ..], data) = (bytes, bytes.get(2..).unwrap_or_default()) else {
            return Outcome::Refused;
        };
        let rods = self.rods.readout().rods();
        let source_id = rods[usize::from(select & 0x7F) % rods.len()].to_u32();
        let event_type = u32::from(select >> 7) << 21 | u32::from(state & 1) << 20;
        let clock = [0, 0, 0, 0, 0, 0, u8::from(state & 2 != 0), 0];
        let rod = Rod {
            header: RodHeader { source_id, event_type, ..RodHeader::default() },
            status: Words::of(&clock),
            data: Words::of(data),
            damage: None,
        };
        let status = RobStatus(if state & 4 == 0 { 0 } else { u32::from(state) << 24 });
        self.rods.begin_event();
        self.clusters.clear();
        let counts = self.rods.decode(&rod, status, &mut self.clusters);
        assert_eq!(counts.clusters, self.clusters.len() as u64);
        self.clusters.iter().copied().for_each(check_cluster);
        let mut all = ErrorMask::NONE;
        for (_, mask) in self.rods.errors().iter() {
            assert!(!mask.is_empty());
            all = all.with(mask);
        }
        if counts.unplaced > 0 || all.contains(ByteStreamError::ByteStreamParse) {
            Outcome::Damaged
        } else if all.is_empty() {
            Outcome::Sound
        } else {
            Outcome::Errors
        }
    }
}
