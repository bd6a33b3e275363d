//! What a reader of the folders complains about.

use std::fmt;

use crate::{RodId, cool::FolderName};

/// A row that was not taken over, or not fully.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The folder.
    pub folder: FolderName,
    /// Place of the row in it, from 0.
    pub row: usize,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} row {}: {}", self.folder, self.row, self.problem)
    }
}

/// What can be wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A number that no ROD of the detector has.
    #[error("ROB {0:#x} is no ROD of the detector")]
    Rob(i64),
    /// A ROD that came before.
    #[error("ROD {0} comes a second time")]
    RodTwice(RodId),
    /// A second ROD in one place.
    #[error("crate {crate_number}, slot {slot} already holds ROD {first}, {refused} is refused")]
    SlotTaken {
        /// The crate.
        crate_number: i64,
        /// The slot.
        slot: i64,
        /// The ROD that came first.
        first: RodId,
        /// The ROD that is left out.
        refused: RodId,
    },
    /// More different slots than a crate has.
    #[error("slot {0} is the seventeenth different one or later, expected at most 16")]
    TooManySlots(i64),
    /// A ROD that no module is connected to.
    #[error("no module is connected to ROD {0}")]
    UnusedRod(RodId),
    /// A place without a ROD.
    #[error("there is no ROD in crate {crate_number}, slot {slot}")]
    EmptySlot {
        /// The crate.
        crate_number: i64,
        /// The slot.
        slot: i64,
    },
    /// A unit past the last one of a ROD.
    #[error("position {0} on the ROD does not exist, expected 0 to 7")]
    RodPosition(i64),
    /// A unit that came before.
    #[error("unit {0} comes a second time")]
    UnitTwice(i64),
    /// A unit without a place on a ROD.
    #[error("unit {0} is not in RODMUR")]
    NoRod(i64),
    /// An end-cap unit without a place in its quadrant.
    #[error("end-cap unit {0} is not in Geog")]
    NoHarness(i64),
    /// The serial number of the row before: what old software wrote in place of "nothing".
    #[error("serial number {0} repeats the row before")]
    Repeated(i64),
    /// A unit that does not have so many modules, or does not exist.
    #[error("unit {mur} has no module {module}")]
    NoModule {
        /// The unit.
        mur: i64,
        /// The place in it, from 1.
        module: i64,
    },
    /// A fibre other than 0 to 95, 128 and 255.
    #[error("rx0Fibre {0} and rx1Fibre {1}, expected 0 to 95, 128 or 255")]
    Links(i64, i64),
    /// Both links of a module are dead: it has no fibre.
    #[error("both links are dead, the module has no fibre")]
    NoLink,
    /// A module or serial number that does not exist.
    #[error("{0}")]
    Identifier(#[from] sct_id::Error),
    /// A fibre that does not exist, or an entry that is taken.
    #[error("{0}")]
    Cabling(#[from] crate::Error),
}
