//! Building fragments.

use crate::{
    ChecksumKind, ZlibLevel,
    words::{count, put},
};

use super::{EVENT_MARKER, EventHeader, EventVersion, ROB_MARKER, RodHeader, StatusPosition};

/// A ROD fragment to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RodFragment {
    /// The header.
    pub header: RodHeader,
    /// Status words.
    pub status: Vec<u32>,
    /// Data words.
    pub data: Vec<u32>,
    /// Which of the two comes first.
    pub status_position: StatusPosition,
}

impl RodFragment {
    /// The words of the fragment.
    pub fn words(&self) -> Vec<u32> {
        let [status, data] = [&self.status, &self.data].map(|block| count(block.len()));
        let (blocks, position) = match self.status_position {
            StatusPosition::Before => ([&self.status, &self.data], 0),
            StatusPosition::After => ([&self.data, &self.status], 1),
        };
        let mut words = self.header.to_words().to_vec();
        words.extend(blocks.into_iter().flatten());
        words.extend([status, data, position]);
        words
    }
}

/// A ROB fragment to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RobFragment {
    /// Source identifier.
    pub source_id: u32,
    /// Minor format version.
    pub minor_version: u16,
    /// Status words.
    pub status: Vec<u32>,
    /// Checksum of the payload; a kind that cannot be computed is written as none.
    pub checksum: ChecksumKind,
    /// Payload: the words of a ROD fragment.
    pub payload: Vec<u32>,
}

impl RobFragment {
    /// A fragment with one status word of 0 and no checksum.
    pub fn new(source_id: u32, payload: Vec<u32>) -> Self {
        Self { source_id, minor_version: 0, status: vec![0], checksum: ChecksumKind::None, payload }
    }

    /// Appends the fragment.
    fn write(&self, version: EventVersion, out: &mut Vec<u8>) {
        let start = out.len();
        let head = Head {
            marker: ROB_MARKER,
            version: version.major() << 16 | u32::from(self.minor_version),
            source_id: self.source_id,
            status: &self.status,
            checksum: self.checksum,
            specific: &[],
        };
        head.write(out);
        put(out, self.payload.iter().copied());
        head.finish(start, out);
    }
}

/// What the common part of a fragment holds.
struct Head<'a> {
    marker: u32,
    version: u32,
    source_id: u32,
    status: &'a [u32],
    checksum: ChecksumKind,
    specific: &'a [u32],
}

impl Head<'_> {
    fn words(&self) -> usize {
        7 + self.status.len() + self.specific.len()
    }

    /// What is really computed.
    fn checksum(&self) -> ChecksumKind {
        if self.checksum == ChecksumKind::Adler32 { self.checksum } else { ChecksumKind::None }
    }

    /// Appends the header with a total size of zero.
    fn write(&self, out: &mut Vec<u8>) {
        let status = count(self.status.len());
        put(out, [self.marker, 0, count(self.words()), self.version, self.source_id, status]);
        put(out, self.status.iter().copied());
        put(out, [self.checksum().to_u32()]);
        put(out, self.specific.iter().copied());
    }

    /// Appends the checksum of what followed the header and fills in the total size.
    fn finish(&self, start: usize, out: &mut Vec<u8>) {
        if self.checksum() == ChecksumKind::Adler32 {
            let sum = libdeflater::adler32(&out[start + 4 * self.words()..]);
            put(out, [sum]);
        }
        let total = count((out.len() - start) / 4);
        out[start + 4..start + 8].copy_from_slice(&total.to_le_bytes());
    }
}

/// Writes full events. Everything but the payload is set once and changed from event to event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventWriter {
    /// Format version.
    pub version: EventVersion,
    /// Minor format version.
    pub minor_version: u16,
    /// Source identifier; 0 for a full event.
    pub source_id: u32,
    /// Status words.
    pub status: Vec<u32>,
    /// What the header says. Version 4 keeps 32 bits of the global id.
    pub header: EventHeader,
    /// Level-1 trigger words.
    pub level1_info: Vec<u32>,
    /// Level-2 trigger words.
    pub level2_info: Vec<u32>,
    /// High-level trigger words.
    pub hlt_info: Vec<u32>,
    /// Stream tags, see [`pack_tags`](super::pack_tags).
    pub stream_tags: Vec<u32>,
    /// Checksum of the payload as stored; a kind that cannot be computed is written as none.
    pub checksum: ChecksumKind,
    /// Level of the payload's compression; version 4 cannot compress and ignores it.
    pub compression: Option<ZlibLevel>,
}

impl EventWriter {
    /// Events of this version with one status word of 0, neither trigger words nor tags, no checksum, no compression.
    pub fn new(version: EventVersion, header: EventHeader) -> Self {
        Self {
            version,
            minor_version: 0,
            source_id: 0,
            status: vec![0],
            header,
            level1_info: Vec::new(),
            level2_info: Vec::new(),
            hlt_info: Vec::new(),
            stream_tags: Vec::new(),
            checksum: ChecksumKind::None,
            compression: None,
        }
    }

    /// Appends an event of these ROBs to `out`.
    pub fn write(&self, robs: &[RobFragment], out: &mut Vec<u8>) {
        let mut payload = Vec::new();
        for rob in robs {
            rob.write(self.version, &mut payload);
        }
        let level = self.compression.filter(|_| self.version == EventVersion::V5);
        let specific = self.specific(level.is_some(), count(payload.len() / 4));
        let head = Head {
            marker: EVENT_MARKER,
            version: self.version.major() << 16 | u32::from(self.minor_version),
            source_id: self.source_id,
            status: &self.status,
            checksum: self.checksum,
            specific: &specific,
        };
        let start = out.len();
        head.write(out);
        match level {
            Some(level) => level.deflate(&payload, out),
            None => out.extend_from_slice(&payload),
        }
        head.finish(start, out);
    }

    fn specific(&self, compressed: bool, payload_words: u32) -> Vec<u32> {
        let header = &self.header;
        let id = header.global_id.to_le_bytes();
        let mut halves = crate::Words::of(&id).iter();
        let (low, high) = (halves.next().unwrap_or(0), halves.next().unwrap_or(0));
        let mut words = vec![header.seconds, header.nanoseconds, low];
        if self.version == EventVersion::V5 {
            words.push(high);
        }
        words.extend([
            header.run_type,
            header.run_number,
            header.lumi_block.into(),
            header.level1_id,
            header.bunch_crossing.into(),
            header.trigger_type.into(),
        ]);
        if self.version == EventVersion::V5 {
            words.extend([u32::from(compressed), payload_words]);
        }
        for block in [&self.level1_info, &self.level2_info, &self.hlt_info, &self.stream_tags] {
            words.push(count(block.len()));
            words.extend(block);
        }
        words
    }
}
