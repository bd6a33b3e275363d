//! Hits of one run or one part of it, counted per strip, per chip and lumi block, and per strip and window of lumi blocks.
//!
//! Counts are integers in flat arrays over the detector, in hash order. Maps of parts of a run are merged in any order with
//! the same result; a count that no longer fits is an error, never a wrap.
//!
//! [`WaferMap`] and [`PartMap`] hold anything else that is known of every wafer, and what is averaged over layers and rings.
//!
//! ```
//! use sct_hitmap::Hitmap;
//! use sct_id::{Strip, WaferHash};
//!
//! let (wafer, strip) = (WaferHash::new(4938)?, Strip::new(7)?);
//! let mut map = Hitmap::new();
//! map.add_event()?;
//! map.fill(wafer, strip)?;
//! assert_eq!((map.events(), map.wafer(wafer)[7], map.entries(wafer)), (1, 1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bs_errors;
mod byte_stream_error;
mod chip_hits;
mod chips;
mod error;
mod events;
mod filler;
mod lumi_blocks;
mod part_map;
mod portion;
mod profile_cell;
mod standby;
mod strips;
mod wafer_map;
mod windows;
mod zeros;

pub use self::{
    bs_errors::BsErrorMap,
    byte_stream_error::{ByteStreamError, ErrorCell},
    chip_hits::{BoxError, ChipHits, WithoutLumiBlocks},
    chips::ChipLumiBlocks,
    error::Error,
    events::TooFewEvents,
    filler::{Filler, RunMaps},
    lumi_blocks::LumiBlockMaps,
    part_map::PartMap,
    profile_cell::ProfileCell,
    standby::{Evidence, Finding, Oddity, Standby, StandbyLimits},
    strips::Hitmap,
    wafer_map::WaferMap,
    windows::{StripWindows, WindowSums},
};
