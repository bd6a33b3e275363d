//! The sixteen groups of barrel sensors that share a profile.

use std::fmt;

use sct_id::{Region, Side};
use serde::Serialize;

/// Crystal orientation of a sensor: the original's module type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Crystal {
    /// Orientation ⟨100⟩.
    Plane100,
    /// Orientation ⟨111⟩.
    Plane111,
}

impl Crystal {
    /// Both in the order of the original.
    pub const ALL: [Self; 2] = [Self::Plane100, Self::Plane111];

    /// The number in names and folders: 100 or 111.
    pub const fn number(self) -> u8 {
        match self {
            Self::Plane100 => 100,
            Self::Plane111 => 111,
        }
    }
}

impl fmt::Display for Crystal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

/// The sensors of one barrel layer, side and crystal orientation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Sensors {
    /// Barrel layer, 0 to 3.
    pub layer: u8,
    /// Side of the modules.
    pub side: Side,
    /// Crystal orientation.
    pub crystal: Crystal,
}

impl Sensors {
    /// Number of groups, the one without sensors included.
    pub const COUNT: usize = Region::Barrel.layers() * Side::ALL.len() * Crystal::ALL.len();

    /// All groups in index order: layer, side, crystal.
    pub fn all() -> impl Iterator<Item = Self> {
        (0_u8..).take(Region::Barrel.layers()).flat_map(|layer| {
            Side::ALL.into_iter().flat_map(move |side| {
                Crystal::ALL.into_iter().map(move |crystal| Self { layer, side, crystal })
            })
        })
    }

    /// Place in [`Self::all`] and in [`Inputs::profiles`](crate::Inputs::profiles); below [`Self::COUNT`] for layers 0 to 3.
    pub const fn index(self) -> usize {
        4 * self.layer as usize + 2 * self.side.index() + self.crystal as usize
    }

    /// Whether the detector has such sensors: layer 1 has no ⟨100⟩ ones. Source: the `iLayer == 1` exception of
    /// `SCTCalib::getLorentzAngle`.
    pub const fn exist(self) -> bool {
        self.layer != 1 || matches!(self.crystal, Crystal::Plane111)
    }
}

impl fmt::Display for Sensors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer {} side {} type {}", self.layer, self.side, self.crystal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_groups_of_which_fourteen_exist() {
        let all: Vec<_> = Sensors::all().collect();
        assert_eq!((all.len(), Sensors::COUNT), (16, 16));
        assert!(all.iter().enumerate().all(|(index, sensors)| sensors.index() == index));
        assert_eq!(all.iter().filter(|sensors| sensors.exist()).count(), 14);
        assert_eq!(all[4].to_string(), "layer 1 side 0 type 100");
        assert!(!all[4].exist() && !all[6].exist());
    }
}
