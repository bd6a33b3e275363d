//! Where modules and wafers sit.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{CompactId, Error, Layout, ModuleHash, Region, Side, Strip, WaferHash};

/// Position of a module that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModulePosition {
    region: Region,
    layer_disk: u8,
    phi: u8,
    eta: i8,
}

impl ModulePosition {
    /// Checks that there is a module: `layer_disk` 0 to 3 (barrel) or 0 to 8, `phi` and `eta` within the layer or ring.
    /// In the barrel `eta` is -6 to -1 or 1 to 6, in the end-caps the ring, 0 outside.
    ///
    /// # Errors
    ///
    /// [`Error::Position`] when there is none.
    pub fn new(region: Region, layer_disk: i64, phi: i64, eta: i64) -> Result<Self, Error> {
        let missing = || Error::Position { barrel_ec: region.barrel_ec(), layer_disk, phi, eta };
        let index = usize::try_from(layer_disk).map_err(|_| missing())?;
        let phi_modules = match region {
            Region::Barrel => {
                let layer = Layout::SCT.barrel.get(index).ok_or_else(missing)?;
                let inside = eta != 0 && eta.unsigned_abs() <= u64::from(layer.eta_modules);
                if inside { layer.phi_modules } else { 0 }
            }
            Region::EndCapA | Region::EndCapC => {
                let disk = Layout::SCT.end_cap.get(index).ok_or_else(missing)?;
                usize::try_from(eta)
                    .ok()
                    .and_then(|ring| disk.rings.get(ring))
                    .copied()
                    .unwrap_or(0)
            }
        };
        if !(0..i64::from(phi_modules)).contains(&phi) {
            return Err(missing());
        }
        let narrow = |value: i64| u8::try_from(value).map_err(|_| missing());
        let eta = i8::try_from(eta).map_err(|_| missing())?;
        Ok(Self { region, layer_disk: narrow(layer_disk)?, phi: narrow(phi)?, eta })
    }

    /// All 4088 modules in hash order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        ModuleHash::all().map(ModuleHash::position)
    }

    /// Barrel or end-cap.
    pub const fn region(self) -> Region {
        self.region
    }

    /// Layer (barrel) or disk, from 0.
    pub const fn layer_disk(self) -> usize {
        self.layer_disk as usize
    }

    /// Position around the beam, from 0.
    pub const fn phi(self) -> usize {
        self.phi as usize
    }

    /// Position along the beam, or ring.
    pub const fn eta(self) -> i8 {
        self.eta
    }

    /// How many modules are around the beam at this layer and eta.
    pub fn phi_modules(self) -> usize {
        match self.region {
            Region::Barrel => usize::from(Layout::SCT.barrel[self.layer_disk()].phi_modules),
            Region::EndCapA | Region::EndCapC => usize::from(
                Layout::SCT.end_cap[self.layer_disk()].rings[self.eta.unsigned_abs() as usize],
            ),
        }
    }

    /// Rank in hash order, by the closed formulas of the numbering.
    pub fn hash(self) -> ModuleHash {
        let (layer, phi) = (self.layer_disk(), self.phi());
        let reach = |layer: usize| i64::from(Layout::SCT.barrel[layer].eta_modules);
        let end_cap = |first: usize| {
            let rings = Layout::SCT.end_cap[layer].rings;
            let full_rows: usize = rings.iter().map(|&modules| phi.min(usize::from(modules))).sum();
            let in_row = rings
                .iter()
                .take(self.eta.unsigned_abs() as usize)
                .filter(|&&n| phi < usize::from(n))
                .count();
            first + Layout::SCT.modules_before_disk(layer) + full_rows + in_row
        };
        let rank = match self.region {
            Region::EndCapC => end_cap(0),
            Region::Barrel => {
                let eta = i64::from(self.eta);
                let column = eta + reach(layer) - i64::from(eta > 0);
                Layout::SCT.end_cap_modules()
                    + Layout::SCT.modules_before_layer(layer)
                    + phi * 2 * usize::from(Layout::SCT.barrel[layer].eta_modules)
                    + usize::try_from(column).expect("eta is within the layer's reach")
            }
            Region::EndCapA => {
                end_cap(Layout::SCT.end_cap_modules() + Layout::SCT.barrel_modules())
            }
        };
        ModuleHash::new(rank).expect("an existing position has a rank below the module count")
    }

    /// One of its wafers.
    pub const fn wafer(self, side: Side) -> WaferPosition {
        WaferPosition { module: self, side }
    }

    /// Compact identifier: that of the wafer of side 0.
    pub fn id(self) -> CompactId {
        self.wafer(Side::Zero).id()
    }

    /// The modules before and after in phi; the numbering wraps.
    pub fn phi_neighbours(self) -> [Self; 2] {
        let modules = self.phi_modules();
        let at = |phi: usize| Self {
            phi: u8::try_from(phi).expect("phi is below the module count"),
            ..self
        };
        [at((self.phi() + modules - 1) % modules), at((self.phi() + 1) % modules)]
    }

    /// The modules before and after in eta, where there are any. In the barrel -1 and 1 are neighbours. In the end-caps
    /// the outer ring has no neighbours in eta: the identifier dictionary keeps it in a region of its own.
    pub fn eta_neighbours(self) -> [Option<Self>; 2] {
        let at = |eta: i8| {
            let region_crossed = self.region != Region::Barrel && (eta == 0 || self.eta == 0);
            let found = Self::new(
                self.region,
                i64::from(self.layer_disk),
                i64::from(self.phi),
                i64::from(eta),
            )
            .ok();
            found.filter(|_| !region_crossed)
        };
        let skip = |eta: i8, step: i8| if self.region.is_barrel() && eta == 0 { step } else { eta };
        [at(skip(self.eta - 1, -1)), at(skip(self.eta + 1, 1))]
    }
}

impl fmt::Display for ModulePosition {
    /// `barrel_ec.layer.phi.eta`, as in the summaries.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}.{}", self.region.barrel_ec(), self.layer_disk, self.phi, self.eta)
    }
}

/// Position of a wafer that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct WaferPosition {
    module: ModulePosition,
    side: Side,
}

impl WaferPosition {
    /// The module.
    pub const fn module(self) -> ModulePosition {
        self.module
    }

    /// Which plane.
    pub const fn side(self) -> Side {
        self.side
    }

    /// Rank in hash order.
    pub fn hash(self) -> WaferHash {
        self.module.hash().wafer(self.side)
    }

    /// Compact identifier.
    pub fn id(self) -> CompactId {
        CompactId::from_wafer(self)
    }

    /// Compact identifier of one strip.
    pub fn strip_id(self, strip: Strip) -> CompactId {
        CompactId::from_strip(self, strip)
    }
}

impl fmt::Display for WaferPosition {
    /// `barrel_ec_layer_phi_eta_side`, as in histogram names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ModulePosition { region, layer_disk, phi, eta } = self.module;
        write!(f, "{}_{layer_disk}_{phi}_{eta}_{}", region.barrel_ec(), self.side)
    }
}

impl FromStr for WaferPosition {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || Error::Text(text.to_owned());
        let fields: Vec<i64> =
            text.split('_').map(str::parse).collect::<Result<_, _>>().map_err(|_| bad())?;
        let [barrel_ec, layer_disk, phi, eta, side] = fields[..] else { return Err(bad()) };
        let module = ModulePosition::new(Region::from_barrel_ec(barrel_ec)?, layer_disk, phi, eta)?;
        Ok(module.wafer(Side::new(usize::try_from(side).map_err(|_| bad())?)?))
    }
}

impl TryFrom<String> for WaferPosition {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<WaferPosition> for String {
    fn from(position: WaferPosition) -> Self {
        position.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(region: Region, layer: i64, phi: i64, eta: i64) -> ModulePosition {
        ModulePosition::new(region, layer, phi, eta).unwrap()
    }

    #[test]
    fn positions_without_a_module_are_refused() {
        for (region, layer, phi, eta) in [
            (Region::Barrel, 0, 0, 0),
            (Region::Barrel, 0, 32, 1),
            (Region::Barrel, 4, 0, 1),
            (Region::Barrel, -1, 0, 1),
            (Region::Barrel, 0, 0, 7),
            (Region::EndCapA, 0, 0, 2),
            (Region::EndCapA, 8, 0, 1),
            (Region::EndCapC, 3, 40, 1),
            (Region::EndCapC, 3, 52, 0),
            (Region::EndCapC, 3, 0, -1),
        ] {
            assert!(
                ModulePosition::new(region, layer, phi, eta).is_err(),
                "{region} {layer} {phi} {eta}"
            );
        }
    }

    #[test]
    fn worked_examples_have_their_hash() {
        let hash = |m: ModulePosition, side| m.wafer(side).hash().index();
        assert_eq!(hash(module(Region::Barrel, 0, 0, -6), Side::Zero), 1976);
        assert_eq!(hash(module(Region::Barrel, 0, 0, 1), Side::Zero), 1988);
        assert_eq!(hash(module(Region::Barrel, 0, 22, -4), Side::Zero), 2508);
        assert_eq!(hash(module(Region::Barrel, 3, 3, -1), Side::One), 4939);
        assert_eq!(hash(module(Region::EndCapC, 4, 33, 2), Side::Zero), 1178);
        assert_eq!(hash(module(Region::EndCapA, 7, 24, 1), Side::One), 7987);
        assert_eq!(hash(module(Region::EndCapA, 8, 51, 0), Side::One), 8175);
    }

    #[test]
    fn neighbours_wrap_in_phi_and_skip_the_centre_in_eta() {
        let [before, after] = module(Region::Barrel, 1, 0, 1).phi_neighbours();
        assert_eq!((before.phi(), after.phi()), (39, 1));
        let [before, after] = module(Region::Barrel, 1, 0, 1).eta_neighbours();
        assert_eq!(
            (before.map(ModulePosition::eta), after.map(ModulePosition::eta)),
            (Some(-1), Some(2))
        );
        assert_eq!(module(Region::Barrel, 1, 0, 6).eta_neighbours()[1], None);
        let inner = module(Region::EndCapA, 3, 5, 2);
        assert_eq!(inner.eta_neighbours(), [Some(module(Region::EndCapA, 3, 5, 1)), None]);
        assert_eq!(module(Region::EndCapA, 3, 5, 1).eta_neighbours()[0], None);
        assert_eq!(module(Region::EndCapA, 3, 5, 0).eta_neighbours(), [None, None]);
    }

    #[test]
    fn neighbours_are_mutual() {
        for module in ModulePosition::all() {
            let [before, after] = module.phi_neighbours();
            assert_eq!((before.phi_neighbours()[1], after.phi_neighbours()[0]), (module, module));
            for (end, neighbour) in module.eta_neighbours().into_iter().enumerate() {
                if let Some(neighbour) = neighbour {
                    assert_eq!(neighbour.eta_neighbours()[1 - end], Some(module));
                }
            }
        }
    }

    #[test]
    fn names_round_trip() {
        for hash in WaferHash::all() {
            assert_eq!(hash.position().to_string().parse(), Ok(hash.position()));
        }
        for bad in
            ["", "0_0_0_-6", "0_0_0_-6_0_0", "0_0_0_0_0", "1_0_0_1_0", "0_0_0_1_2", "a_0_0_1_0"]
        {
            assert!(bad.parse::<WaferPosition>().is_err(), "{bad}");
        }
    }
}
