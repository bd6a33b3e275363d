//! Decoding the fragments of an event.

use sct_id::WaferHash;

use crate::{
    ByteStreamError, ErrorMask,
    eformat::{RobStatus, Rod},
};

use super::{
    BOC_CLOCK_ERROR, Cluster, Readout, SIMULATED, SUPER_CONDENSED, TIM_CLOCK_ERROR, WaferErrors,
    link::{Open, Packing, Pending},
    walk::{self, Filled, Walk},
};

/// What was counted in some fragments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RodCounts {
    /// Clusters handed on.
    pub clusters: u64,
    /// Clusters on fibres without a wafer, or of RODs outside the cabling.
    pub unplaced: u64,
    /// Link headers with a link that does not exist; what followed them was dropped.
    pub links_out_of_range: u64,
}

impl RodCounts {
    /// Adds the counts of other fragments.
    pub const fn merge(&mut self, other: Self) {
        self.clusters += other.clusters;
        self.unplaced += other.unplaced;
        self.links_out_of_range += other.links_out_of_range;
    }
}

/// Decodes ROD fragments event by event. All memory is kept from one event to the next.
#[derive(Debug)]
pub struct Decoder {
    readout: Readout,
    errors: WaferErrors,
    /// Fragment that filled each wafer last; fragments are numbered through all events.
    filled: Box<[u32]>,
    fragment: u32,
    /// First fragment of the event.
    first: u32,
}

impl Decoder {
    /// A decoder for this read-out.
    pub fn new(readout: Readout) -> Self {
        let filled = vec![0; WaferHash::COUNT].into();
        Self { readout, errors: WaferErrors::default(), filled, fragment: 0, first: 1 }
    }

    /// The tables in use.
    pub const fn readout(&self) -> &Readout {
        &self.readout
    }

    /// The errors of the event so far.
    pub const fn errors(&self) -> &WaferErrors {
        &self.errors
    }

    /// Forgets the event before.
    pub fn begin_event(&mut self) {
        self.errors.clear();
        if self.fragment > u32::MAX / 2 {
            self.fragment = 0;
            self.filled.fill(0);
        }
        self.first = self.fragment + 1;
    }

    /// Errors that the status of a ROB puts on all wafers of its ROD; whether the data are to be decoded.
    pub fn status(&mut self, source_id: u32, status: RobStatus) -> bool {
        if !status.is_error() {
            return true;
        }
        let mut errors = ByteStreamError::RobFragment.mask();
        if status.has(RobStatus::TRUNCATED) {
            errors = errors.with(ByteStreamError::TruncatedRod.mask());
        } else if status.has(RobStatus::LOST) || status.has(RobStatus::DISCARDED) {
            errors = errors.with(ByteStreamError::MaskedRod.mask());
        }
        self.on_rod(source_id, errors);
        errors == ByteStreamError::RobFragment.mask()
    }

    /// Decodes one fragment: errors are kept here, clusters are appended.
    pub fn decode(
        &mut self,
        rod: &Rod<'_>,
        status: RobStatus,
        clusters: &mut Vec<Cluster>,
    ) -> RodCounts {
        let source_id = rod.header.source_id;
        if rod.header.event_type & SIMULATED != 0 {
            self.on_rod(source_id, ByteStreamError::SimulatedData.mask());
        }
        if !self.status(source_id, status) {
            return RodCounts::default();
        }
        let clock = rod.status.get(1).unwrap_or(0) & (TIM_CLOCK_ERROR | BOC_CLOCK_ERROR);
        if clock != 0 {
            self.on_rod(source_id, ByteStreamError::RodClock.mask());
        }
        self.data(rod, clusters)
    }

    /// Puts errors on every wafer of a ROD.
    fn on_rod(&mut self, source_id: u32, errors: ErrorMask) {
        for (_, wafer) in self.readout.wafers(self.readout.slot(source_id)) {
            walk::add(&self.readout, &mut self.errors, wafer, errors);
        }
    }

    fn data(&mut self, rod: &Rod<'_>, clusters: &mut Vec<Cluster>) -> RodCounts {
        let before = clusters.len();
        self.fragment += 1;
        let slot = self.readout.slot(rod.header.source_id);
        let mut walk = Walk {
            readout: &self.readout,
            slot,
            places: self.readout.places(slot),
            is_super_condensed: rod.header.event_type & SUPER_CONDENSED != 0,
            errors: &mut self.errors,
            filled: Filled { by: &mut self.filled, fragment: self.fragment, first: self.first },
            counts: RodCounts::default(),
            link_start: clusters.len(),
            clusters,
            open: Open::No,
            link: None,
            packing: Packing::Condensed,
            pending: Pending::default(),
            last: None,
            missing_header: false,
        };
        walk.run(rod.data.quads());
        let clusters = (walk.clusters.len() - before) as u64;
        RodCounts { clusters, ..walk.counts }
    }
}
