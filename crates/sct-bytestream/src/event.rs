//! Whole events: from the block of a file to clusters, errors and counts.

use crate::{
    Checksum, ChecksumCounts, EventError, Words,
    eformat::{
        Event, EventHeader, FragmentError, PayloadCompression, Rob, Robs, Rod, sub_detector,
    },
    inflate::Inflater,
    rod::{Cluster, Decoder, Readout, RodCounts, WaferErrors},
    storage::Block,
};

/// What to do besides decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventConfig {
    /// Compare checksums; they are counted as not verified otherwise. Costs a pass over the bytes.
    pub verify_checksums: bool,
    /// An event with more clusters than this on unknown fibres is left out.
    pub max_unplaced: u64,
}

impl Default for EventConfig {
    /// Checksums are compared, 10 unplaced clusters are admissible. Source of the limit: Athena release 21.0,
    /// `SCT_CalibEventInfo`.
    fn default() -> Self {
        Self { verify_checksums: true, max_unplaced: 10 }
    }
}

/// A fragment that could not be used as it is; the rest of its event was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Source identifier of the ROB.
    pub source_id: u32,
    /// What is wrong.
    pub kind: DamageKind,
}

/// What is wrong with a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DamageKind {
    /// The frame of the ROD does not hold: no data. A [`FragmentError::RodSize`] alone leaves its data.
    Rod(FragmentError),
    /// A later ROB of the event has the same source identifier and counts instead of this one.
    Duplicate {
        /// Place in the event, words.
        word: usize,
    },
    /// The ROB has another major version than its event; it was used.
    Version {
        /// Place in the event, words.
        word: usize,
    },
    /// The checksum of the ROB does not agree; it was used.
    Checksum {
        /// Place in the event, words.
        word: usize,
        /// Value in the file.
        stored: u32,
        /// Value of the payload.
        found: u32,
    },
}

/// What one event holds; borrowed from the decoder until its next event.
#[derive(Clone, Debug, Default)]
pub struct DecodedEvent {
    /// Offset of the data separator.
    pub offset: u64,
    /// What its header says: run, lumi block, time, event number.
    pub header: EventHeader,
    /// ROBs in the event.
    pub robs: u32,
    /// ROBs of the cabling among them.
    pub sct_robs: u32,
    /// ROBs of the SCT that the cabling does not have; they are not looked at.
    pub foreign_sct_robs: u32,
    /// Clusters ROD by ROD, in the order of their data.
    pub clusters: Vec<Cluster>,
    /// Counts over its RODs.
    pub counts: RodCounts,
    /// Checksums of the event and of its ROBs of the cabling.
    pub checksums: ChecksumCounts,
    /// Whether the checksum of the event itself disagrees.
    pub checksum: Option<Checksum>,
    /// Fragments that were not sound.
    pub damage: Vec<Damage>,
    /// Whether it has more unplaced clusters than admissible: its hits are not to be counted.
    pub is_skipped: bool,
}

impl DecodedEvent {
    fn clear(&mut self) {
        let (mut clusters, mut damage) =
            (std::mem::take(&mut self.clusters), std::mem::take(&mut self.damage));
        clusters.clear();
        damage.clear();
        *self = Self { clusters, damage, ..Self::default() };
    }
}

/// Decodes events. Memory grows to what the largest event needs and is kept.
#[derive(Debug)]
pub struct EventDecoder {
    config: EventConfig,
    rods: Decoder,
    inflater: Inflater,
    block: Vec<u8>,
    payload: Vec<u8>,
    /// ROBs of the event by place in the cabling's list: where in the payload each begins.
    places: Vec<Option<usize>>,
    event: DecodedEvent,
}

impl EventDecoder {
    /// A decoder for this read-out.
    pub fn new(readout: Readout, config: EventConfig) -> Self {
        let places = vec![None; readout.rods().len()];
        Self {
            config,
            rods: Decoder::new(readout),
            inflater: Inflater::default(),
            block: Vec::new(),
            payload: Vec::new(),
            places,
            event: DecodedEvent::default(),
        }
    }

    /// The event decoded last; empty after an error.
    pub const fn event(&self) -> &DecodedEvent {
        &self.event
    }

    /// The byte-stream errors of the event decoded last.
    pub const fn errors(&self) -> &WaferErrors {
        self.rods.errors()
    }

    /// The RODs of the cabling whose fragments were in the event decoded last.
    pub fn rods_seen(&self) -> impl Iterator<Item = sct_cabling::RodId> + '_ {
        let rods = self.rods.readout().rods().iter().zip(&self.places);
        rods.filter(|(_, place)| place.is_some()).map(|(rod, _)| *rod)
    }

    /// Reads the header of an event and nothing else, to choose and sort events before they are decoded.
    ///
    /// # Errors
    ///
    /// [`EventError`] when the header does not hold, or the block of a compressed file does not inflate.
    pub fn peek(
        &mut self,
        block: &Block<'_>,
        is_compressed: bool,
    ) -> Result<EventHeader, EventError> {
        let offset = block.offset;
        let mut bytes = block.bytes;
        if is_compressed {
            self.inflater
                .growing(bytes, &mut self.block)
                .map_err(|source| EventError::Block { offset, source })?;
            bytes = &self.block;
        }
        let event = Event::parse(Words::of(bytes));
        Ok(event.map_err(|source| EventError::Frame { offset, source })?.header)
    }

    /// Decodes one block of a file; `is_compressed` is [`RawFile::is_compressed`](crate::storage::RawFile::is_compressed).
    ///
    /// # Errors
    ///
    /// [`EventError`] for an event that cannot be used. Damage inside a ROD is no error: see [`DecodedEvent::damage`] and
    /// [`Self::errors`].
    pub fn decode(
        &mut self,
        block: &Block<'_>,
        is_compressed: bool,
    ) -> Result<&DecodedEvent, EventError> {
        let (mut inflated, mut payload) =
            (std::mem::take(&mut self.block), std::mem::take(&mut self.payload));
        let outcome = self.block(block, is_compressed, &mut inflated, &mut payload);
        (self.block, self.payload) = (inflated, payload);
        if outcome.is_err() {
            self.event.clear();
            self.rods.begin_event();
        }
        outcome.map(|()| &self.event)
    }

    fn block(
        &mut self,
        block: &Block<'_>,
        is_compressed: bool,
        inflated: &mut Vec<u8>,
        payload: &mut Vec<u8>,
    ) -> Result<(), EventError> {
        let offset = block.offset;
        self.event.clear();
        self.event.offset = offset;
        self.rods.begin_event();
        let mut bytes = block.bytes;
        if is_compressed {
            self.inflater
                .growing(bytes, inflated)
                .map_err(|source| EventError::Block { offset, source })?;
            bytes = inflated;
        }
        let frame = |source| EventError::Frame { offset, source };
        let event = Event::parse(Words::of(bytes)).map_err(frame)?;
        self.event.header = event.header;
        let checksum = self.verify(event.fragment());
        self.event.checksums.add(checksum);
        self.event.checksum = Some(checksum);
        let (stored, start) = match event.compression {
            PayloadCompression::None => (event.fragment().payload(), event.fragment().header_len()),
            PayloadCompression::Zlib => {
                event
                    .inflate(&mut self.inflater, payload)
                    .map_err(|source| EventError::Payload { offset, source })?;
                (Words::of(payload), 0)
            }
        };
        self.robs(&event, stored, start).map_err(frame)?;
        self.event.is_skipped = self.event.counts.unplaced > self.config.max_unplaced;
        Ok(())
    }

    fn verify(&self, fragment: &crate::eformat::Fragment<'_>) -> Checksum {
        if self.config.verify_checksums {
            fragment.checksum()
        } else if fragment.checksum_kind() == crate::ChecksumKind::None {
            Checksum::None
        } else {
            Checksum::NotVerified
        }
    }

    /// Walks over all ROBs and decodes those of the cabling; of several with one identifier the last one counts.
    fn robs(
        &mut self,
        event: &Event<'_>,
        payload: Words<'_>,
        start: usize,
    ) -> Result<(), FragmentError> {
        self.places.fill(None);
        let (checksums, mut is_unique) = (self.event.checksums, true);
        for rob in Robs::new(payload, start) {
            let rob = rob?;
            self.event.robs += 1;
            let source_id = rob.source_id();
            let Some(slot) = self.rods.readout().slot(source_id) else {
                let is_sct = matches!(sub_detector(source_id), 0x21..=0x24);
                self.event.foreign_sct_robs += u32::from(is_sct);
                continue;
            };
            self.event.sct_robs += 1;
            if rob.fragment().event_version() != event.fragment().event_version() {
                let kind = DamageKind::Version { word: rob.word() };
                self.event.damage.push(Damage { source_id, kind });
            }
            if let Some(word) = self.places[slot].replace(rob.word()) {
                self.event.damage.push(Damage { source_id, kind: DamageKind::Duplicate { word } });
                is_unique = false;
            } else if is_unique {
                self.rob(&rob);
            }
        }
        if is_unique { Ok(()) } else { self.last_robs(payload, start, checksums) }
    }

    /// Decodes anew, without the fragments that another one replaces.
    #[cold]
    fn last_robs(
        &mut self,
        payload: Words<'_>,
        start: usize,
        checksums: ChecksumCounts,
    ) -> Result<(), FragmentError> {
        self.rods.begin_event();
        let event = &mut self.event;
        event.clusters.clear();
        (event.counts, event.checksums) = (RodCounts::default(), checksums);
        event.damage.retain(|damage| {
            matches!(damage.kind, DamageKind::Duplicate { .. } | DamageKind::Version { .. })
        });
        for slot in 0..self.places.len() {
            if let Some(word) = self.places[slot] {
                let rest = payload.slice(word - start..payload.len()).unwrap_or_default();
                self.rob(&Rob::parse(rest, word)?);
            }
        }
        Ok(())
    }

    fn rob(&mut self, rob: &Rob<'_>) {
        let (source_id, word) = (rob.source_id(), rob.word());
        let checksum = self.verify(rob.fragment());
        self.event.checksums.add(checksum);
        if let Checksum::Bad { stored, found } = checksum {
            let kind = DamageKind::Checksum { word, stored, found };
            self.event.damage.push(Damage { source_id, kind });
        }
        let damage = match Rod::parse(rob.fragment().payload(), rob.payload_word()) {
            Ok(rod) => {
                let counts = self.rods.decode(&rod, rob.status(), &mut self.event.clusters);
                self.event.counts.merge(counts);
                rod.damage
            }
            Err(error) => {
                // The ROD does not say who it is; the ROB's status speaks of its wafers all the same.
                self.rods.status(source_id, rob.status());
                Some(error)
            }
        };
        if let Some(error) = damage {
            self.event.damage.push(Damage { source_id, kind: DamageKind::Rod(error) });
        }
    }
}
