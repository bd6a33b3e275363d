//! Barrel and end-caps, and the two sides of a module.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Layout};

/// Barrel or one of the end-caps, in hash order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum Region {
    /// End-cap at negative z.
    EndCapC,
    /// Barrel.
    Barrel,
    /// End-cap at positive z.
    EndCapA,
}

impl Region {
    /// All regions in hash order.
    pub const ALL: [Self; 3] = [Self::EndCapC, Self::Barrel, Self::EndCapA];

    /// The field `barrel_ec` of identifiers: -2, 0 or 2.
    pub const fn barrel_ec(self) -> i8 {
        match self {
            Self::EndCapC => -2,
            Self::Barrel => 0,
            Self::EndCapA => 2,
        }
    }

    /// The region of a `barrel_ec`.
    ///
    /// # Errors
    ///
    /// [`Error::Region`] for anything but -2, 0 and 2.
    pub const fn from_barrel_ec(barrel_ec: i64) -> Result<Self, Error> {
        match barrel_ec {
            -2 => Ok(Self::EndCapC),
            0 => Ok(Self::Barrel),
            2 => Ok(Self::EndCapA),
            other => Err(Error::Region(other)),
        }
    }

    /// 0, 1, 2 in hash order.
    pub const fn index(self) -> usize {
        match self {
            Self::EndCapC => 0,
            Self::Barrel => 1,
            Self::EndCapA => 2,
        }
    }

    /// Whether this is the barrel.
    pub const fn is_barrel(self) -> bool {
        matches!(self, Self::Barrel)
    }

    /// Number of layers or disks.
    pub const fn layers(self) -> usize {
        match self {
            Self::Barrel => Layout::SCT.barrel.len(),
            Self::EndCapA | Self::EndCapC => Layout::SCT.end_cap.len(),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndCapC => "end-cap C",
            Self::Barrel => "barrel",
            Self::EndCapA => "end-cap A",
        })
    }
}

/// Which plane of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "u64", into = "u64")]
pub enum Side {
    /// Side 0: even wafer hashes.
    Zero,
    /// Side 1: odd wafer hashes.
    One,
}

impl Side {
    /// Both sides in order.
    pub const ALL: [Self; 2] = [Self::Zero, Self::One];

    /// 0 or 1.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The side of a number.
    ///
    /// # Errors
    ///
    /// [`Error::Range`] for anything but 0 and 1.
    pub const fn new(side: usize) -> Result<Self, Error> {
        match side {
            0 => Ok(Self::Zero),
            1 => Ok(Self::One),
            _ => Err(Error::Range {
                what: "side",
                value: side.cast_signed() as i64,
                first: 0,
                last: 1,
            }),
        }
    }

    /// The opposite plane of the same module.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Zero => Self::One,
            Self::One => Self::Zero,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.index())
    }
}

impl TryFrom<u64> for Side {
    type Error = Error;

    fn try_from(value: u64) -> Result<Self, Error> {
        Self::new(usize::try_from(value).unwrap_or(usize::MAX))
    }
}

impl From<Side> for u64 {
    fn from(side: Side) -> Self {
        side.index() as Self
    }
}
