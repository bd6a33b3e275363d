//! How many modules, chips and strips a detector has, and where.

/// One barrel layer: eta runs from `-eta_modules` to `eta_modules` without 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrelLayer {
    /// Modules around the beam.
    pub phi_modules: u8,
    /// Modules along the beam on either side of the centre.
    pub eta_modules: u8,
}

/// One end-cap disk: its rings from the outside in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Modules around the beam, by ring.
    pub rings: &'static [u8],
}

/// The shape of a strip detector with a barrel and two equal end-caps.
///
/// Rings of a disk never grow inwards, so that the modules of a disk in (phi, eta) order are the outer ones alone once
/// phi has passed the inner rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Name of the detector.
    pub name: &'static str,
    /// Barrel layers from the inside out.
    pub barrel: &'static [BarrelLayer],
    /// Disks of one end-cap, away from the centre.
    pub end_cap: &'static [Disk],
    /// Read-out chips on one side of a module.
    pub chips_per_side: usize,
    /// Strips read by one chip.
    pub strips_per_chip: usize,
}

const TWO_RINGS: Disk = Disk { rings: &[52, 40] };
const THREE_RINGS: Disk = Disk { rings: &[52, 40, 40] };
const OUTER_RING: Disk = Disk { rings: &[52] };

impl Layout {
    /// The Semiconductor Tracker. Source: identifier dictionary of the Inner Detector, section 1 of
    /// `docs/formats/identifiers.md`.
    pub const SCT: Self = Self {
        name: "SCT",
        barrel: &[
            BarrelLayer { phi_modules: 32, eta_modules: 6 },
            BarrelLayer { phi_modules: 40, eta_modules: 6 },
            BarrelLayer { phi_modules: 48, eta_modules: 6 },
            BarrelLayer { phi_modules: 56, eta_modules: 6 },
        ],
        end_cap: &[
            TWO_RINGS,
            THREE_RINGS,
            THREE_RINGS,
            THREE_RINGS,
            THREE_RINGS,
            THREE_RINGS,
            TWO_RINGS,
            TWO_RINGS,
            OUTER_RING,
        ],
        chips_per_side: 6,
        strips_per_chip: 128,
    };

    /// Modules in barrel layers before `layer`.
    pub(crate) const fn modules_before_layer(&self, layer: usize) -> usize {
        let mut sum = 0;
        let mut i = 0;
        while i < layer && i < self.barrel.len() {
            sum += self.barrel[i].phi_modules as usize * 2 * self.barrel[i].eta_modules as usize;
            i += 1;
        }
        sum
    }

    /// Modules of one end-cap on disks before `disk`.
    pub(crate) const fn modules_before_disk(&self, disk: usize) -> usize {
        let mut sum = 0;
        let mut i = 0;
        while i < disk && i < self.end_cap.len() {
            let mut ring = 0;
            while ring < self.end_cap[i].rings.len() {
                sum += self.end_cap[i].rings[ring] as usize;
                ring += 1;
            }
            i += 1;
        }
        sum
    }

    /// Modules of the barrel.
    pub const fn barrel_modules(&self) -> usize {
        self.modules_before_layer(self.barrel.len())
    }

    /// Modules of one end-cap.
    pub const fn end_cap_modules(&self) -> usize {
        self.modules_before_disk(self.end_cap.len())
    }

    /// Modules in all.
    pub const fn modules(&self) -> usize {
        self.barrel_modules() + 2 * self.end_cap_modules()
    }

    /// Wafers in all: two a module.
    pub const fn wafers(&self) -> usize {
        2 * self.modules()
    }

    /// Strips of one wafer.
    pub const fn strips_per_wafer(&self) -> usize {
        self.chips_per_side * self.strips_per_chip
    }

    /// Strips of both wafers of a module.
    pub const fn strips_per_module(&self) -> usize {
        2 * self.strips_per_wafer()
    }

    /// Chips of a module.
    pub const fn chips_per_module(&self) -> usize {
        2 * self.chips_per_side
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sct_has_the_published_counts() {
        let sct = Layout::SCT;
        assert_eq!((sct.modules(), sct.wafers()), (4088, 8176));
        assert_eq!((sct.barrel_modules(), sct.end_cap_modules()), (2112, 988));
        assert_eq!(sct.wafers() * sct.strips_per_wafer(), 6_279_168);
        assert_eq!((sct.strips_per_module(), sct.chips_per_module()), (1536, 12));
    }

    #[test]
    fn wafers_before_each_disk() {
        let before: Vec<usize> =
            (0..9).map(|disk| 2 * Layout::SCT.modules_before_disk(disk)).collect();
        assert_eq!(before, [0, 184, 448, 712, 976, 1240, 1504, 1688, 1872]);
    }
}
