//! Identifiers of the ATLAS Semiconductor Tracker and of its data: where a module sits, what a wafer is called, which
//! chip reads a strip, which lumi blocks an interval covers.
//!
//! A *module* is two back-to-back silicon planes; one plane is a *wafer* with 768 strips read by six chips of 128. The
//! 4088 modules and 8176 wafers are numbered by their *hash*: the rank in the lexicographic order of
//! (region, layer or disk, phi, eta, side). Arrays over the detector are indexed by hash. The counts come from
//! [`Layout::SCT`]; see `docs/formats/identifiers.md` for the facts and their sources.
//!
//! ```
//! use sct_id::{ModulePosition, Region, Side, Strip};
//!
//! let module = ModulePosition::new(Region::Barrel, 3, 3, -1)?;
//! let wafer = module.wafer(Side::One);
//! assert_eq!(wafer.hash().index(), 4939);
//! assert_eq!(wafer.id().to_u32(), 174_173_184);
//! assert_eq!(wafer.to_string(), "0_3_3_-1_1");
//! assert_eq!(wafer.strip_id(Strip::new(1)?).to_u32(), 174_173_185);
//! # Ok::<(), sct_id::Error>(())
//! ```

mod bounded;
mod chip;
mod compact;
mod error;
mod hash;
mod iov;
mod layout;
mod lumi_block_set;
mod part;
mod plane;
mod position;
mod region;
mod run;
mod sensors;
mod serial;
mod strip;
mod swap;

pub use self::{
    chip::Chip,
    compact::{CompactId, Decoded},
    error::Error,
    hash::{ModuleHash, WaferHash},
    iov::{Iov, ValidityKey},
    layout::{BarrelLayer, Disk, Layout},
    lumi_block_set::LumiBlockSet,
    part::Part,
    plane::Plane,
    position::{ModulePosition, WaferPosition},
    region::{Region, Side},
    run::{LumiBlock, RunLumi, RunNumber},
    sensors::{Crystal, Sensors},
    serial::SerialNumber,
    strip::{ModuleStrip, Strip},
    swap::{BarrelSwap, ReadoutSwap},
};
