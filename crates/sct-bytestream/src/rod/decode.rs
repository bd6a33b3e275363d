//! Decoding the fragments of an event.

use sct_id::WaferHash;

use crate::{
    ByteStreamError, ErrorMask,
    eformat::{RobStatus, Rod},
};

use super::{
    BOC_CLOCK_ERROR, Cluster, Readout, SIMULATED, SUPER_CONDENSED, TIM_CLOCK_ERROR, WaferErrors,
    link::{Open, Packing, Pending},
    walk::{self, Walk},
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
    /// Place of a ROD, one for those outside the cabling: whether the event had a fragment of it.
    seen: Box<[bool]>,
    /// Wafers that earlier fragments filled; all false but for a second fragment of one ROD.
    taken: Box<[bool]>,
    /// Room for the clusters of clean data.
    scratch: Vec<Cluster>,
}

impl Decoder {
    /// A decoder for this read-out.
    pub fn new(readout: Readout) -> Self {
        let seen = vec![false; readout.rods().len() + 1].into();
        let taken = vec![false; WaferHash::COUNT].into();
        Self { readout, errors: WaferErrors::default(), seen, taken, scratch: Vec::new() }
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
        self.seen.fill(false);
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

    /// Decodes one fragment: errors are kept here, clusters are appended to those of the event's earlier fragments. A wafer
    /// that one of these filled gets no more.
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
        let slot = self.readout.slot(rod.header.source_id);
        let seen = &mut self.seen[slot.unwrap_or(self.readout.rods().len())];
        let is_second = std::mem::replace(seen, true);
        if is_second {
            self.mark(clusters, true);
        }
        let mut walk = Walk {
            readout: &self.readout,
            slot,
            places: self.readout.places(slot),
            codes: self.readout.codes(slot),
            is_super_condensed: rod.header.event_type & SUPER_CONDENSED != 0,
            errors: &mut self.errors,
            taken: is_second.then_some(&*self.taken),
            counts: RodCounts::default(),
            link_start: clusters.len(),
            clusters,
            scratch: &mut self.scratch,
            open: Open::No,
            link: None,
            packing: Packing::Condensed,
            pending: Pending::default(),
            last: None,
            missing_header: false,
        };
        walk.run(rod.data.quads());
        let counts = walk.counts;
        if is_second {
            self.mark(&clusters[..before], false);
        }
        RodCounts { clusters: (clusters.len() - before) as u64, ..counts }
    }

    fn mark(&mut self, clusters: &[Cluster], taken: bool) {
        for cluster in clusters {
            self.taken[cluster.wafer.index()] = taken;
        }
    }
}
