//! The histogram files of the calibration loop and the maps they hold.
//!
//! | file | maps |
//! |---|---|
//! | `SCTHitMaps.root` | [`sct_hitmap::Hitmap`]: hits per strip |
//! | `SCTLB.root` | [`sct_hitmap::LumiBlockMaps`]: events, hits per chip by lumi block, hits per strip by window |
//! | `SCTBSErrors.root` | [`sct_hitmap::BsErrorMap`]: events with byte-stream errors per wafer |
//! | HIST | [`HistFile`]: monitoring maps of modules, of either producer; read only |
//!
//! Names, titles, classes, binning and entry counts are exactly those of the original software, oddities included; they
//! are listed in `docs/formats/hitmaps.md` and `docs/formats/hist.md`. Readers check all of them and convert floats to integer counts.

mod bs_errors;
mod error;
mod hist;
mod hit_maps;
mod lumi_blocks;
mod names;
mod read;
mod windows;
mod write;

pub use self::{
    bs_errors::{read_bs_errors, write_bs_errors},
    error::{Error, Warning},
    hist::{
        Bunches, HistFile, LorentzBin, LorentzProfile, NoiseTrigger, lorentz_profile,
        missing_planes,
    },
    hit_maps::{ReadOptions, peek_events, read_hit_maps, write_hit_maps},
    lumi_blocks::{
        LumiBlockFile, LumiBlockHeader, WaferLumiBlocks, write_lumi_block_maps, write_lumi_blocks,
    },
    windows::LeftOut,
};
