//! Planes: one side of a layer or disk. Monitoring has one map of modules for each.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::{Region, Side, WaferHash, bounded::bounded};

bounded! {
    /// One side of a barrel layer or an end-cap disk, 0 to 43 in the order (region, layer or disk, side).
    Plane(u8), "plane", 44
}

struct Entry {
    region: Region,
    layer_disk: usize,
    side: Side,
    wafers: Vec<WaferHash>,
}

static PLANES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut planes = BTreeMap::<_, Vec<WaferHash>>::new();
    for wafer in WaferHash::all() {
        let module = wafer.position().module();
        let plane = (module.region(), module.layer_disk(), wafer.side());
        planes.entry(plane).or_default().push(wafer);
    }
    let entry = |((region, layer_disk, side), mut wafers): ((_, _, _), Vec<WaferHash>)| {
        wafers.sort_by_key(|wafer| (wafer.position().module().eta(), wafer.index()));
        Entry { region, layer_disk, side, wafers }
    };
    planes.into_iter().map(entry).collect()
});

impl Plane {
    fn entry(self) -> &'static Entry {
        &PLANES[self.index()]
    }

    /// The planes of a region in order.
    pub fn of(region: Region) -> impl Iterator<Item = Self> {
        Self::all().filter(move |plane| plane.region() == region)
    }

    /// Barrel or end-cap.
    pub fn region(self) -> Region {
        self.entry().region
    }

    /// Layer (barrel) or disk, from 0.
    pub fn layer_disk(self) -> usize {
        self.entry().layer_disk
    }

    /// Which side of the modules.
    pub fn side(self) -> Side {
        self.entry().side
    }

    /// Its wafers in the order of the monitoring lists: phi runs inside eta, other than in hash order.
    pub fn wafers(self) -> &'static [WaferHash] {
        &self.entry().wafers
    }

    /// In words: `barrel layer 0 side 1`.
    pub fn name(self) -> String {
        format!("{} layer {} side {}", self.region(), self.layer_disk(), self.side())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_share_out_the_wafers() {
        assert_eq!(PLANES.len(), Plane::COUNT);
        let mut all: Vec<WaferHash> =
            Plane::all().flat_map(|plane| plane.wafers().iter().copied()).collect();
        assert_eq!(all.len(), WaferHash::COUNT);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), WaferHash::COUNT);
        let counts = Region::ALL.map(|region| Plane::of(region).count());
        assert_eq!(counts, [18, 8, 18]);
    }

    #[test]
    fn phi_runs_inside_eta() {
        let plane = Plane::of(Region::Barrel).nth(1).unwrap();
        assert_eq!(plane.name(), "barrel layer 0 side 1");
        let names: Vec<String> =
            plane.wafers()[30..34].iter().map(|wafer| wafer.position().to_string()).collect();
        assert_eq!(names, ["0_0_30_-6_1", "0_0_31_-6_1", "0_0_0_-5_1", "0_0_1_-5_1"]);
    }
}
