//! Compact identifiers: one number for a strip, wafer or module.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, ModulePosition, Region, Side, Strip, WaferPosition};

/// Bits 31..27: Inner Detector and SCT, which every identifier shares.
const SCT: u32 = 0x0800_0000;
const REGION_SHIFT: u32 = 25;
const LAYER_SHIFT: u32 = 21;
const PHI_SHIFT: u32 = 15;
const ETA_SHIFT: u32 = 11;
const SIDE_SHIFT: u32 = 10;
/// Fields store ranks; eta -6 has rank 0.
const ETA_OFFSET: i64 = 6;

/// The 32-bit form of an SCT identifier, checked to name an existing strip.
///
/// A module has the identifier of its side 0, a wafer that of its strip 0, so one number alone does not tell which of
/// the three is meant. COOL channels and most lists use this form in decimal. Source: section 2 of
/// `docs/formats/identifiers.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct CompactId(u32);

/// The strip an identifier names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The wafer.
    pub wafer: WaferPosition,
    /// The strip; 0 for identifiers of wafers and modules.
    pub strip: Strip,
}

impl CompactId {
    pub(crate) fn from_wafer(wafer: WaferPosition) -> Self {
        let module = wafer.module();
        let rank =
            |eta: i8| u32::try_from(i64::from(eta) + ETA_OFFSET).expect("eta is at least -6");
        let field =
            |value: usize, shift: u32| u32::try_from(value).expect("positions are small") << shift;
        Self(
            SCT | field(module.region().index(), REGION_SHIFT)
                | field(module.layer_disk(), LAYER_SHIFT)
                | field(module.phi(), PHI_SHIFT)
                | rank(module.eta()) << ETA_SHIFT
                | field(wafer.side().index(), SIDE_SHIFT),
        )
    }

    /// What an identifier of a wafer of a barrel layer at phi 0 and eta 0 would be; there is no module at eta 0.
    pub(crate) fn beside_barrel_modules(layer: u8, side: Side) -> u32 {
        let field =
            |value: usize, shift: u32| u32::try_from(value).expect("positions are small") << shift;
        SCT | field(Region::Barrel.index(), REGION_SHIFT)
            | u32::from(layer) << LAYER_SHIFT
            | u32::try_from(ETA_OFFSET).expect("small and positive") << ETA_SHIFT
            | field(side.index(), SIDE_SHIFT)
    }

    pub(crate) fn from_strip(wafer: WaferPosition, strip: Strip) -> Self {
        Self(Self::from_wafer(wafer).0 | u32::try_from(strip.index()).expect("strips are small"))
    }

    /// Checks that the bits name an existing strip.
    ///
    /// # Errors
    ///
    /// [`Error::CompactId`] when they do not.
    pub fn from_u32(id: u32) -> Result<Self, Error> {
        decode(id).map(|_| Self(id)).ok_or(Error::CompactId(id))
    }

    /// Reads the 64-bit form: the 32-bit one shifted up by 32.
    ///
    /// # Errors
    ///
    /// [`Error::WideId`] when the lower half is not zero, [`Error::CompactId`] when the upper half names no strip.
    pub fn from_u64(id: u64) -> Result<Self, Error> {
        if id & 0xFFFF_FFFF != 0 {
            return Err(Error::WideId(id));
        }
        Self::from_u32(u32::try_from(id >> 32).expect("the upper half has 32 bits"))
    }

    /// Reads either form: numbers above 32 bits are the 64-bit one. Lists of noisy strips hold both kinds.
    ///
    /// # Errors
    ///
    /// As [`Self::from_u32`] and [`Self::from_u64`].
    pub fn from_either(id: u64) -> Result<Self, Error> {
        u32::try_from(id).map_or_else(|_| Self::from_u64(id), Self::from_u32)
    }

    /// The 32-bit number.
    pub const fn to_u32(self) -> u32 {
        self.0
    }

    /// The 64-bit number.
    pub const fn to_u64(self) -> u64 {
        (self.0 as u64) << 32
    }

    /// What it names.
    pub fn decode(self) -> Decoded {
        decode(self.0).expect("the constructors check that the identifier decodes")
    }

    /// The wafer it lies on.
    pub fn wafer(self) -> WaferPosition {
        self.decode().wafer
    }

    /// The module it lies on.
    pub fn module(self) -> ModulePosition {
        self.wafer().module()
    }
}

fn decode(id: u32) -> Option<Decoded> {
    let field = |shift: u32, bits: u32| (id >> shift) & ((1 << bits) - 1);
    if id >> 27 != SCT >> 27 {
        return None;
    }
    let region = *Region::ALL.get(field(REGION_SHIFT, 2) as usize)?;
    let eta = i64::from(field(ETA_SHIFT, 4)) - ETA_OFFSET;
    let (layer, phi) = (i64::from(field(LAYER_SHIFT, 4)), i64::from(field(PHI_SHIFT, 6)));
    let module = ModulePosition::new(region, layer, phi, eta).ok()?;
    let side = Side::new(field(SIDE_SHIFT, 1) as usize).ok()?;
    let strip = Strip::new(field(0, 10) as usize).ok()?;
    Some(Decoded { wafer: module.wafer(side), strip })
}

impl fmt::Display for CompactId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl TryFrom<u32> for CompactId {
    type Error = Error;

    fn try_from(id: u32) -> Result<Self, Error> {
        Self::from_u32(id)
    }
}

impl From<CompactId> for u32 {
    fn from(id: CompactId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::WaferHash;

    #[test]
    fn worked_examples_decode() {
        for (id, text, strip, hash) in [
            (0x0800_3000, "-2_0_0_0_0", 0, 0),
            (0x0A00_0000, "0_0_0_-6_0", 0, 1976),
            (0x0A00_0400, "0_0_0_-6_1", 0, 1977),
            (0x0A00_3800, "0_0_0_1_0", 0, 1988),
            (0x0A0B_1000, "0_0_22_-4_0", 0, 2508),
            (0x0A61_A800, "0_3_3_-1_0", 0, 4938),
            (0x0A61_AC00, "0_3_3_-1_1", 0, 4939),
            (0x0A61_A801, "0_3_3_-1_0", 1, 4938),
            (0x0890_C000, "-2_4_33_2_0", 0, 1178),
            (0x0CEC_3D28, "2_7_24_1_1", 296, 7987),
            (0x0D19_B400, "2_8_51_0_1", 0, 8175),
        ] {
            let decoded = CompactId::from_u32(id).unwrap().decode();
            assert_eq!(decoded.wafer.to_string(), text);
            assert_eq!((decoded.strip.index(), decoded.wafer.hash().index()), (strip, hash));
            assert_eq!(decoded.wafer.strip_id(decoded.strip).to_u32(), id);
        }
        let module = CompactId::from_u32(0x0A61_A800).unwrap();
        assert_eq!(
            (module.to_u64(), module.to_string()),
            (0x0A61_A800_0000_0000, "174172160".to_owned())
        );
        assert_eq!(CompactId::from_either(module.to_u64()), Ok(module));
    }

    #[test]
    fn all_wafers_round_trip() {
        for hash in WaferHash::all() {
            let wafer = hash.position();
            assert_eq!(CompactId::from_u32(wafer.id().to_u32()).unwrap().wafer(), wafer);
            assert_eq!(CompactId::from_u64(wafer.id().to_u64()).unwrap().wafer(), wafer);
            assert_eq!(wafer.id().to_u32() & 0x3FF, 0);
        }
    }

    proptest! {
        #[test]
        fn any_number_decodes_to_itself_or_not_at_all(id: u32) {
            for id in [id, (id & 0x07FF_FFFF) | SCT] {
                if let Ok(found) = CompactId::from_u32(id) {
                    let Decoded { wafer, strip } = found.decode();
                    prop_assert_eq!(wafer.strip_id(strip).to_u32(), id);
                }
            }
        }
    }
}
