//! What the event loop is given.

use std::{ops::RangeInclusive, path::Path};

use sct_cabling::Cabling;
use sct_id::{LumiBlock, ReadoutSwap, RunNumber};

/// Tells whether the detector was on at a time, seconds since 1970.
pub type Majority<'a> = &'a (dyn Fn(u32) -> bool + Sync);

/// One RAW file.
#[derive(Clone, Copy, Debug)]
pub struct RawInput<'a> {
    /// Its path: files are taken in the order of their names.
    pub path: &'a Path,
    /// Its bytes, mapped or read by the caller.
    pub bytes: &'a [u8],
}

/// Files, and what is known of the detector.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// Files of one run, in any order.
    pub files: &'a [RawInput<'a>],
    /// Which wafer sends over which fibre.
    pub cabling: &'a Cabling,
    /// Read-out direction of the wafers.
    pub swap: &'a ReadoutSwap,
    /// When the detector was on; always, without it.
    pub majority: Option<Majority<'a>>,
}

impl std::fmt::Debug for Inputs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inputs({} files, {:?})", self.files.len(), self.cabling)
    }
}

/// Axis of the maps by lumi block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LumiBlockAxis {
    /// Lumi blocks 1 to this one have a bin.
    pub lumi_blocks: usize,
    /// Lumi blocks in one window of the strip maps.
    pub per_window: usize,
}

/// Which events to take, and what to fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The run that the files must be of; that of the first event when it is not given.
    pub run: Option<RunNumber>,
    /// Not more events than this, the first ones of the files in the order of their names.
    pub max_events: Option<u64>,
    /// Lumi blocks to take.
    pub lumi_blocks: RangeInclusive<LumiBlock>,
    /// Times to take, seconds since 1970.
    pub seconds: RangeInclusive<u32>,
    /// An event with more clusters on unknown fibres is left out.
    pub max_unplaced: u64,
    /// Axis of the maps by lumi block; none are filled without it.
    pub axis: Option<LumiBlockAxis>,
    /// Take what there is of files that are cut short, instead of refusing them.
    pub accept_truncated: bool,
    /// Compare checksums; events that fail are counted and used all the same.
    pub verify_checksums: bool,
}

impl Default for Config {
    /// All events, no maps by lumi block.
    fn default() -> Self {
        Self {
            run: None,
            max_events: None,
            lumi_blocks: LumiBlock::new(0)..=LumiBlock::MAX,
            seconds: 0..=u32::MAX,
            max_unplaced: 10,
            axis: None,
            accept_truncated: false,
            verify_checksums: true,
        }
    }
}
