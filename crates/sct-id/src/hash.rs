//! Numbers of modules and wafers: the index of every array over the detector.

use std::sync::LazyLock;

use crate::{Layout, ModulePosition, Region, Side, WaferPosition, bounded::bounded};

bounded! {
    /// Rank of a module in the order (region, layer or disk, phi, eta), 0 to 4087.
    ModuleHash(u16), "module hash", Layout::SCT.modules()
}
bounded! {
    /// Rank of a wafer in the order (region, layer or disk, phi, eta, side), 0 to 8175. Side 0 is even, side 1 odd.
    WaferHash(u16), "wafer hash", Layout::SCT.wafers()
}

/// Position of every module, by hash.
static POSITIONS: LazyLock<Vec<ModulePosition>> = LazyLock::new(|| {
    Region::ALL
        .into_iter()
        .flat_map(|region| (0..region.layers()).flat_map(move |layer| layer_modules(region, layer)))
        .collect()
});

/// The modules of one layer or disk in hash order: phi outside eta.
fn layer_modules(region: Region, layer: usize) -> Vec<ModulePosition> {
    let (phi_modules, etas): (u8, Vec<i8>) = match region {
        Region::Barrel => {
            let layer = Layout::SCT.barrel[layer];
            let reach = layer.eta_modules.cast_signed();
            (layer.phi_modules, (-reach..=reach).filter(|&eta| eta != 0).collect())
        }
        Region::EndCapA | Region::EndCapC => {
            let rings = Layout::SCT.end_cap[layer].rings;
            (rings[0], (0_i8..).take(rings.len()).collect())
        }
    };
    (0..phi_modules)
        .flat_map(|phi| etas.iter().map(move |&eta| (phi, eta)))
        .filter_map(|(phi, eta)| {
            ModulePosition::new(region, layer.cast_signed() as i64, i64::from(phi), i64::from(eta))
                .ok()
        })
        .collect()
}

impl ModuleHash {
    /// Where the module is.
    pub fn position(self) -> ModulePosition {
        POSITIONS[self.index()]
    }

    /// One of its wafers.
    pub const fn wafer(self, side: Side) -> WaferHash {
        match side {
            Side::Zero => WaferHash(2 * self.0),
            Side::One => WaferHash(2 * self.0 + 1),
        }
    }

    /// Both wafers, side 0 first.
    pub const fn wafers(self) -> [WaferHash; 2] {
        [self.wafer(Side::Zero), self.wafer(Side::One)]
    }
}

impl WaferHash {
    /// Where the wafer is.
    pub fn position(self) -> WaferPosition {
        self.module().position().wafer(self.side())
    }

    /// The module it belongs to.
    pub const fn module(self) -> ModuleHash {
        ModuleHash(self.0 / 2)
    }

    /// Which plane of the module.
    pub const fn side(self) -> Side {
        if self.0.is_multiple_of(2) { Side::Zero } else { Side::One }
    }

    /// The opposite plane of the same module.
    #[must_use]
    pub const fn other_side(self) -> Self {
        Self(self.0 ^ 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hash_round_trips() {
        for hash in WaferHash::all() {
            assert_eq!(hash.position().hash(), hash);
            assert_eq!(hash.module().wafer(hash.side()), hash);
            assert_eq!(hash.other_side().other_side(), hash);
        }
        assert_eq!(POSITIONS.len(), ModuleHash::COUNT);
    }

    #[test]
    fn hash_order_is_identifier_order() {
        let ids: Vec<u32> = WaferHash::all().map(|hash| hash.position().id().to_u32()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert_eq!((ids[0], ids[8175]), (0x0800_3000, 0x0D19_B400));
    }

    #[test]
    fn blocks_begin_where_published() {
        let first = |region, layer| {
            ModulePosition::all().find(|m| m.region() == region && m.layer_disk() == layer)
        };
        let hash = |region, layer| first(region, layer).map(|m| m.wafer(Side::Zero).hash().index());
        let found = [
            hash(Region::Barrel, 0),
            hash(Region::Barrel, 1),
            hash(Region::Barrel, 2),
            hash(Region::Barrel, 3),
        ];
        assert_eq!(found, [Some(1976), Some(2744), Some(3704), Some(4856)]);
        assert_eq!((hash(Region::EndCapC, 0), hash(Region::EndCapA, 0)), (Some(0), Some(6200)));
    }

    #[test]
    fn numbers_past_the_end_are_refused() {
        assert!(WaferHash::new(8175).is_ok());
        let error = WaferHash::new(8176).unwrap_err();
        assert_eq!(error.to_string(), "wafer hash 8176 is out of range, expected 0 to 8175");
    }
}
