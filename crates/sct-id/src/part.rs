//! Parts: what the monitoring summaries average over.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::{Plane, Region, WaferHash, bounded::bounded};

bounded! {
    /// A barrel layer, or one ring of an end-cap disk; 0 to 47 in the order (region, layer or disk, ring).
    Part(u8), "part", 48
}

struct Entry {
    region: Region,
    layer_disk: usize,
    ring: Option<usize>,
    wafers: Vec<WaferHash>,
}

static PARTS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let mut parts = BTreeMap::<_, Vec<WaferHash>>::new();
    for &wafer in Plane::all().flat_map(Plane::wafers) {
        let module = wafer.position().module();
        let ring = (!module.region().is_barrel()).then(|| usize::from(module.eta().unsigned_abs()));
        parts.entry((module.region(), module.layer_disk(), ring)).or_default().push(wafer);
    }
    let entry = |((region, layer_disk, ring), wafers)| Entry { region, layer_disk, ring, wafers };
    parts.into_iter().map(entry).collect()
});

impl Part {
    fn entry(self) -> &'static Entry {
        &PARTS[self.index()]
    }

    /// The part with this region, layer or disk, and ring (none in the barrel), if there is one.
    pub fn find(region: Region, layer_disk: usize, ring: Option<usize>) -> Option<Self> {
        Self::all().find(|part| {
            (part.region(), part.layer_disk(), part.ring()) == (region, layer_disk, ring)
        })
    }

    /// Barrel or end-cap.
    pub fn region(self) -> Region {
        self.entry().region
    }

    /// Layer (barrel) or disk, from 0.
    pub fn layer_disk(self) -> usize {
        self.entry().layer_disk
    }

    /// Ring of an end-cap disk, 0 outside; none in the barrel, where a part is a whole layer.
    pub fn ring(self) -> Option<usize> {
        self.entry().ring
    }

    /// Its wafers of both sides in the order of the monitoring lists: (side, eta, phi).
    pub fn wafers(self) -> &'static [WaferHash] {
        &self.entry().wafers
    }

    /// In words: `barrel layer 0`, `end-cap C disk 1 ring 2`.
    pub fn name(self) -> String {
        match self.ring() {
            None => format!("{} layer {}", self.region(), self.layer_disk()),
            Some(ring) => format!("{} disk {} ring {ring}", self.region(), self.layer_disk()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_out_the_wafers() {
        assert_eq!(PARTS.len(), Part::COUNT);
        let wafers: usize = Part::all().map(|part| part.wafers().len()).sum();
        assert_eq!(wafers, WaferHash::COUNT);
        let names: Vec<String> =
            [0, 2, 21, 22, 25, 26, 47].map(|part| Part::new(part).unwrap().name()).to_vec();
        assert_eq!(
            names,
            [
                "end-cap C disk 0 ring 0",
                "end-cap C disk 1 ring 0",
                "end-cap C disk 8 ring 0",
                "barrel layer 0",
                "barrel layer 3",
                "end-cap A disk 0 ring 0",
                "end-cap A disk 8 ring 0"
            ]
        );
    }

    #[test]
    fn sizes_are_those_of_the_detector() {
        let size =
            |region, layer, ring| Part::find(region, layer, ring).map(|part| part.wafers().len());
        assert_eq!(size(Region::Barrel, 3, None), Some(2 * 12 * 56));
        assert_eq!(size(Region::EndCapA, 1, Some(2)), Some(80));
        assert_eq!(size(Region::EndCapC, 8, Some(0)), Some(104));
        assert_eq!(size(Region::EndCapC, 0, Some(2)), None);
        assert_eq!(size(Region::Barrel, 0, Some(0)), None);
    }
}
