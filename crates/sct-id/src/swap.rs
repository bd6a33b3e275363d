//! On which wafers the read-out order runs against the offline strip order.

use std::{fmt, str::FromStr};

use crate::{Chip, Error, ModulePosition, Region, Side, Strip, WaferHash};

/// Which side of barrel modules has reversed read-out. The geometry is not public, so this is a setting; side 1 is what
/// the sources suggest (section 6.3 of `docs/formats/identifiers.md`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BarrelSwap {
    /// Side 0 is reversed.
    Side0,
    /// Side 1 is reversed.
    #[default]
    Side1,
    /// Neither is reversed.
    None,
}

impl FromStr for BarrelSwap {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "side0" => Ok(Self::Side0),
            "side1" => Ok(Self::Side1),
            "none" => Ok(Self::None),
            other => Err(Error::BarrelSwap(other.to_owned())),
        }
    }
}

impl fmt::Display for BarrelSwap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Side0 => "side0",
            Self::Side1 => "side1",
            Self::None => "none",
        })
    }
}

/// The read-out direction of every wafer.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadoutSwap {
    swapped: Box<[bool]>,
}

impl ReadoutSwap {
    /// The rule of the detector's geometry, with the barrel side as given.
    pub fn new(barrel: BarrelSwap) -> Self {
        Self::from_fn(|wafer| {
            let position = wafer.position();
            rule(position.module(), position.side(), barrel)
        })
    }

    /// No wafer is reversed: the simulated detector of some tests.
    pub fn none() -> Self {
        Self::from_fn(|_| false)
    }

    /// A direction for every wafer, for detectors described by a table.
    pub fn from_fn(swapped: impl FnMut(WaferHash) -> bool) -> Self {
        Self { swapped: WaferHash::all().map(swapped).collect() }
    }

    /// Whether the read-out of this wafer runs against the offline order.
    pub fn is_swapped(&self, wafer: WaferHash) -> bool {
        self.swapped[wafer.index()]
    }

    /// The strip in read-out order; the same call takes it back.
    pub fn online(&self, wafer: WaferHash, strip: Strip) -> Strip {
        if self.is_swapped(wafer) { strip.mirrored() } else { strip }
    }

    /// The chip that reads an offline strip.
    pub fn chip(&self, wafer: WaferHash, strip: Strip) -> Chip {
        let in_side = self.online(wafer, strip).index() / Strip::PER_CHIP;
        Chip::on_side(wafer.side(), in_side).expect("a strip lies on one of the side's chips")
    }
}

impl fmt::Debug for ReadoutSwap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reversed = self.swapped.iter().filter(|&&swapped| swapped).count();
        write!(f, "ReadoutSwap({reversed} of {} wafers reversed)", self.swapped.len())
    }
}

/// Closed form of section 6 of `docs/formats/identifiers.md`: it depends on region, disk, ring and side alone.
fn rule(module: ModulePosition, side: Side, barrel: BarrelSwap) -> bool {
    match module.region() {
        Region::Barrel => match barrel {
            BarrelSwap::Side0 => side == Side::Zero,
            BarrelSwap::Side1 => side == Side::One,
            BarrelSwap::None => false,
        },
        region => {
            (side == Side::One)
                ^ (region == Region::EndCapC)
                ^ (module.eta() == 2)
                ^ (module.layer_disk() == 8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn swapped(text: &str, barrel: BarrelSwap) -> bool {
        let wafer: crate::WaferPosition = text.parse().unwrap();
        ReadoutSwap::new(barrel).is_swapped(wafer.hash())
    }

    #[test]
    fn end_caps_follow_the_table() {
        for (wafer, expected) in [
            ("2_0_0_0_0", false),
            ("2_7_0_1_0", false),
            ("2_3_0_2_0", true),
            ("2_8_0_0_0", true),
            ("-2_0_0_0_0", true),
            ("-2_7_0_1_0", true),
            ("-2_3_0_2_0", false),
            ("-2_8_0_0_0", false),
        ] {
            assert_eq!(swapped(wafer, BarrelSwap::Side1), expected, "{wafer}");
            let other = format!("{}1", &wafer[..wafer.len() - 1]);
            assert_eq!(swapped(&other, BarrelSwap::Side1), !expected, "{other}");
        }
    }

    #[test]
    fn the_barrel_follows_the_setting() {
        for (setting, side_0, side_1) in [
            (BarrelSwap::Side0, true, false),
            (BarrelSwap::Side1, false, true),
            (BarrelSwap::None, false, false),
        ] {
            assert_eq!(
                (swapped("0_2_5_3_0", setting), swapped("0_2_5_3_1", setting)),
                (side_0, side_1)
            );
            assert_eq!(setting.to_string().parse(), Ok(setting));
        }
        assert!("side2".parse::<BarrelSwap>().is_err());
    }

    #[test]
    fn chips_are_counted_in_read_out_order() {
        let swap = ReadoutSwap::new(BarrelSwap::Side1);
        let chip = |wafer: &str, strip| {
            let wafer: crate::WaferPosition = wafer.parse().unwrap();
            swap.chip(wafer.hash(), Strip::new(strip).unwrap()).index()
        };
        assert_eq!((chip("0_0_0_-6_0", 0), chip("0_0_0_-6_0", 767)), (0, 5));
        assert_eq!((chip("0_0_0_-6_1", 0), chip("0_0_0_-6_1", 767)), (11, 6));
        assert_eq!((chip("0_0_0_-6_0", 127), chip("0_0_0_-6_0", 128)), (0, 1));
    }
}
