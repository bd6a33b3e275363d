//! Groups of barrel sensors that behave alike, and share a profile of cluster widths.

use std::fmt;

use serde::Serialize;

use crate::{CompactId, Region, Side};

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

    /// Place in [`Self::all`]; below [`Self::COUNT`] for layers 0 to 3.
    pub const fn index(self) -> usize {
        4 * self.layer as usize + 2 * self.side.index() + self.crystal as usize
    }

    /// Whether the detector has such sensors: layer 1 has no ⟨100⟩ ones. Source: the `iLayer == 1` exception of
    /// `SCTCalib::getLorentzAngle`.
    pub const fn exist(self) -> bool {
        self.layer != 1 || matches!(self.crystal, Crystal::Plane111)
    }

    /// Channel in COOL: the identifier that a wafer of this layer and side at phi 0 and eta 0 would have, of which there
    /// is none. The original gives both orientations the same, so that ⟨100⟩ is lost; here it has the next number.
    pub fn channel(self) -> u32 {
        let wafer = CompactId::beside_barrel_modules(self.layer, self.side);
        wafer + u32::from(self.crystal == Crystal::Plane100)
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
    use crate::ModulePosition;

    #[test]
    fn sixteen_groups_of_which_fourteen_exist() {
        let all: Vec<_> = Sensors::all().collect();
        assert_eq!((all.len(), Sensors::COUNT), (16, 16));
        assert!(all.iter().enumerate().all(|(index, sensors)| sensors.index() == index));
        assert_eq!(all.iter().filter(|sensors| sensors.exist()).count(), 14);
        assert_eq!(all[4].to_string(), "layer 1 side 0 type 100");
        assert!(!all[4].exist() && !all[6].exist());
    }

    #[test]
    fn channels_are_those_of_the_original_and_the_next() {
        let channels: Vec<u32> = Sensors::all().map(Sensors::channel).collect();
        assert_eq!(channels[..2], [167_784_449, 167_784_448]);
        assert_eq!(channels[5], 169_881_600);
        // One step of eta from the last module before and to the first one behind the middle.
        let wafer = |eta| ModulePosition::new(Region::Barrel, 3, 0, eta).unwrap().wafer(Side::One);
        let [before, behind] = [-1, 1].map(|eta| wafer(eta).id().to_u32());
        assert_eq!(channels[15], u32::midpoint(before, behind));
        let mut different = channels.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), 16);
        assert!(channels.iter().all(|&channel| CompactId::from_u32(channel).is_err()));
    }
}
