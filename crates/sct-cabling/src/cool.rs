//! The cabling as the four folders ROD, RODMUR, MUR and Geog of the configuration database hold it.
//!
//! Up to six modules with their twelve fibres form a unit (MUR: module unit of read-out, in the end-caps a harness); eight
//! units fill a ROD. A unit's number says where its modules sit. The rows here are plain numbers: how they come out of a
//! database, and whether a column has eight bits or 32, is not this crate's matter. See section 4 of
//! `docs/formats/cabling.md`.
//!
//! ```
//! use sct_cabling::{Cabling, cool};
//! use sct_id::SerialNumber;
//!
//! let digits = |hash: usize| u32::try_from(hash).expect("module hashes are small");
//! let serial = |module: sct_id::ModuleHash| SerialNumber::from_truncated(digits(module.index()));
//! let cabling = Cabling::simulated(|module| serial(module).expect("nine digits"))?;
//!
//! let rows = cool::write(&cabling)?;
//! assert_eq!((rows.rods.len(), rows.murs.len()), (90, 4088));
//! let found = cool::read(&rows);
//! assert!(found.warnings.is_empty());
//! assert_eq!(found.cabling, cabling);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod end_cap;
mod links;
mod problem;
mod read;
mod row;
mod unit;
mod write;

pub(crate) use self::unit::{InUnit, in_unit};
pub use self::{
    problem::{Problem, Warning},
    read::{Read, read},
    row::{FolderName, GeogRow, MurRow, RodMurRow, RodRow, Rows},
    write::{Inexpressible, write},
};

/// Fibres of a unit.
const FIBRES_PER_UNIT: i64 = 12;
/// Units of a ROD.
const UNITS_PER_ROD: i64 = 8;
/// Slots of a crate that a ROD can be in.
const SLOTS_PER_CRATE: usize = 16;
/// The unit of modules that are not cabled.
const NO_UNIT: i64 = 9999;
