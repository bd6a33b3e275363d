//! Cabling of the ATLAS Semiconductor Tracker: which wafer hangs on which fibre of which read-out driver (ROD).
//!
//! 90 RODs with up to 96 fibres each read the 8176 wafers. A [`RodId`] and a [`Fibre`] make an [`OnlineId`]; [`Cabling`]
//! leads from there to the wafer and back, and knows the serial number, the working links and the chip order of every
//! module. Facts and sources: `docs/formats/cabling.md`.
//!
//! ```
//! use sct_cabling::{Cabling, Fibre, OnlineId, RodId};
//! use sct_id::{ModulePosition, Region, Side};
//!
//! let rod = RodId::new(0x21_0000)?;
//! let wafer = ModulePosition::new(Region::Barrel, 0, 0, 1)?.wafer(Side::Zero).hash();
//!
//! let mut cabling = Cabling::default();
//! cabling.insert(wafer, OnlineId::new(rod, Fibre::new(10)?))?;
//! assert_eq!(cabling.rod_wafers(rod)[10], Some(wafer));
//! assert_eq!(cabling.online_id(wafer).map(OnlineId::to_u32), Some(0x0A21_0000));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cabling;
pub mod cool;
mod error;
mod fibre;
mod online;
mod readout;
mod rod;
mod simulated;
pub mod text;

pub use self::{
    cabling::{Cabling, RodWafers},
    error::Error,
    fibre::Fibre,
    online::OnlineId,
    readout::{Chain, MODIFIED_MODULES, ModifiedModule, ReadoutClass, UsableLinks},
    rod::{Numbering, RodId},
};
