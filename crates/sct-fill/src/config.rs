//! What the event loop is given.

use std::{
    io,
    ops::{Deref, RangeInclusive},
    path::{Path, PathBuf},
};

use sct_cabling::Cabling;
use sct_id::{LumiBlock, ReadoutSwap, RunNumber};

/// Tells whether the detector was on at a time, seconds since 1970.
pub type Majority<'a> = &'a (dyn Fn(u32) -> bool + Sync);

/// The bytes of a file, mapped or read.
pub type Bytes<'a> = Box<dyn Deref<Target = [u8]> + 'a>;

/// Brings the bytes of a file. It is called again and again, since no file is held longer than it is worked on.
pub type Open<'a> = &'a (dyn Fn(&Path) -> io::Result<Bytes<'a>> + Sync);

/// Files, and what is known of the detector.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// RAW files of one run, in any order; they are taken in the order of their names.
    pub files: &'a [PathBuf],
    /// Where their bytes come from.
    pub open: Open<'a>,
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
