//! What the event loop met.

use std::path::PathBuf;

use sct_bytestream::{ChecksumCounts, DecodedEvent};
use serde::Serialize;

/// More damaged events of a file are counted, but not listed.
const MOST_LISTED: usize = 100;

/// An event that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DamagedEvent {
    /// Offset of its data separator, bytes.
    pub offset: u64,
    /// What is wrong.
    pub reason: String,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// The file.
    pub path: PathBuf,
    /// Length, bytes.
    pub bytes: u64,
    /// Events whose header could be read.
    pub events: u64,
    /// Events, and bytes between them, that could not be used.
    pub damaged: u64,
    /// The first hundred of these.
    pub damaged_events: Vec<DamagedEvent>,
    /// Where the file is cut short, if it is.
    pub truncated_at: Option<u64>,
}

impl FileSummary {
    pub(crate) fn add_damage(&mut self, offset: u64, reason: String) {
        self.damaged += 1;
        if self.damaged_events.len() < MOST_LISTED {
            self.damaged_events.push(DamagedEvent { offset, reason });
        }
    }
}

/// All files together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Run of the events; none without events.
    pub run: Option<u32>,
    /// Files in the order of their names.
    pub files: Vec<FileSummary>,
    /// Events whose header could be read.
    pub read: u64,
    /// Events in the hit maps.
    pub used: u64,
    /// Events that were not asked for.
    pub unselected: u64,
    /// Events while the detector was off.
    pub detector_off: u64,
    /// Events with too many clusters on unknown fibres.
    pub left_out: u64,
    /// Events and bytes that could not be used.
    pub damaged: u64,
    /// Clusters on unknown fibres, in all events decoded.
    pub unplaced_clusters: u64,
    /// Events decoded with such clusters.
    pub events_with_unplaced: u64,
    /// Clusters in the hit maps.
    pub clusters: u64,
    /// Damaged fragments inside events that were used.
    pub damaged_fragments: u64,
    /// Checksums that agree.
    pub checksums_good: u64,
    /// Checksums that do not.
    pub checksums_bad: u64,
    /// First and last time of all events, seconds since 1970.
    pub seconds: Option<(u32, u32)>,
    /// First and last lumi block of all events.
    pub lumi_blocks: Option<(u32, u32)>,
}

impl Summary {
    /// Part of the events read that were damaged or left out.
    pub fn lost_fraction(&self) -> f64 {
        let lost = self.damaged + self.left_out;
        if lost == 0 { 0.0 } else { lost as f64 / (self.read + self.damaged).max(1) as f64 }
    }

    /// Takes the counts of a decoded event.
    pub(crate) fn add_event(&mut self, event: &DecodedEvent) {
        let unplaced = event.counts.unplaced;
        self.unplaced_clusters += unplaced;
        self.events_with_unplaced += u64::from(unplaced > 0);
        self.damaged_fragments += event.damage.len() as u64;
        let ChecksumCounts { good, bad, .. } = event.checksums;
        self.checksums_good += good;
        self.checksums_bad += bad;
    }

    /// Adds the counts of another thread.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.used += other.used;
        self.detector_off += other.detector_off;
        self.left_out += other.left_out;
        self.unplaced_clusters += other.unplaced_clusters;
        self.events_with_unplaced += other.events_with_unplaced;
        self.clusters += other.clusters;
        self.damaged_fragments += other.damaged_fragments;
        self.checksums_good += other.checksums_good;
        self.checksums_bad += other.checksums_bad;
    }
}
