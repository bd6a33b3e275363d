//! Hits of one run or one part of it, counted per strip, per chip and lumi block, and per strip and window of lumi blocks.
//!
//! Counts are integers in flat arrays over the detector, in hash order. Maps of parts of a run are merged in any order with
//! the same result; a count that no longer fits is an error, never a wrap.
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
mod chip_hits;
mod chips;
mod error;
mod filler;
mod lumi_blocks;
mod strips;
mod windows;

pub use self::{
    bs_errors::BsErrorMap,
    chip_hits::{BoxError, ChipHits},
    chips::ChipLumiBlocks,
    error::Error,
    filler::{Filler, RunMaps},
    lumi_blocks::LumiBlockMaps,
    strips::Hitmap,
    windows::{StripWindows, WindowSums},
};
