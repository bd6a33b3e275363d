//! Rows of the four folders.

use std::fmt;

/// One of the folders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FolderName {
    /// Which ROD is in which slot.
    Rod,
    /// Which unit is at which place of a slot.
    RodMur,
    /// Which modules form a unit.
    Mur,
    /// Which harness of its quadrant an end-cap unit is.
    Geog,
}

impl fmt::Display for FolderName {
    /// The last element of the path.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rod => "ROD",
            Self::RodMur => "RODMUR",
            Self::Mur => "MUR",
            Self::Geog => "Geog",
        })
    }
}

/// Row of folder ROD.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RodRow {
    /// `ROB`: source identifier.
    pub rob: i64,
    /// `crate`.
    pub crate_number: i64,
    /// `slot` in the crate, in any numbering.
    pub slot: i64,
}

/// Row of folder RODMUR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RodMurRow {
    /// `MUR`: number of the unit.
    pub mur: i64,
    /// `crate`.
    pub crate_number: i64,
    /// `rod`: the slot, numbered as in [`RodRow::slot`].
    pub slot: i64,
    /// `position` on the ROD, 0 to 7.
    pub position: i64,
}

/// Row of folder MUR: one module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MurRow {
    /// `MUR`: number of the unit.
    pub mur: i64,
    /// `module`: place in the unit, from 1.
    pub module: Option<i64>,
    /// `moduleID`: serial number.
    pub module_id: Option<i64>,
    /// `rx0Fibre`: fibre of link 0 on the ROD; 128 for the usual one, 255 for a dead link.
    pub rx0_fibre: i64,
    /// `rx1Fibre`: the same of link 1.
    pub rx1_fibre: i64,
}

/// Row of folder Geog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeogRow {
    /// `MUR`: number of the unit.
    pub mur: i64,
    /// `position`: which harness of the quadrant, 0 to 5.
    pub position: i64,
}

/// All rows of the four folders, in the order of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Folder ROD.
    pub rods: Vec<RodRow>,
    /// Folder RODMUR.
    pub rod_murs: Vec<RodMurRow>,
    /// Folder MUR.
    pub murs: Vec<MurRow>,
    /// Folder Geog.
    pub geography: Vec<GeogRow>,
}
