//! Mean occupancies of layers.

use rayon::prelude::*;
use sct_hitmap::{Hitmap, PartMap, WaferMap};
use sct_id::{Part, Region, Strip, WaferHash};

use crate::disabled::Disabled;

/// Mean occupancy of every barrel layer and of every ring of the disks, both end-caps together, hits per strip and event.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerMeans {
    /// Rings of end-cap A are summed under those of end-cap C.
    means: PartMap<f64>,
    of_wafer: WaferMap<Part>,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    hits: u64,
    sides: u64,
}

impl LayerMeans {
    /// Means over the sides that are switched on, without strips that have `fewest_noisy` hits or more.
    pub(crate) fn new(hitmap: &Hitmap, disabled: &Disabled<'_>, fewest_noisy: u32) -> Self {
        let mut of_wafer = WaferMap::from_fn(|_| Part::all().next().expect("there are 48 parts"));
        for part in Part::all() {
            let summed = summed_under(part);
            part.wafers().iter().for_each(|&wafer| of_wafer[wafer] = summed);
        }
        let steady = |wafer: usize| {
            let wafer = WaferHash::new(wafer).expect("below the number of wafers");
            let enabled = disabled.is_enabled(wafer);
            let hits = hitmap.wafer(wafer).iter().filter(|&&hits| hits < fewest_noisy);
            enabled.then(|| hits.map(|&hits| u64::from(hits)).sum::<u64>())
        };
        let by_wafer: Vec<Option<u64>> =
            (0..WaferHash::COUNT).into_par_iter().map(steady).collect();
        let mut sums = PartMap::from_fn(|_| Sum::default());
        for (wafer, hits) in WaferHash::all().zip(by_wafer) {
            if let Some(hits) = hits {
                let sum = &mut sums[of_wafer[wafer]];
                *sum = Sum { hits: sum.hits + hits, sides: sum.sides + 1 };
            }
        }
        let mean = |part: Part| {
            let Sum { hits, sides } = sums[part];
            let trials = hitmap.events().saturating_mul(Strip::PER_WAFER as u64 * sides);
            if trials == 0 { 0.0 } else { hits as f64 / trials as f64 }
        };
        Self { means: PartMap::from_fn(mean), of_wafer }
    }

    /// The mean of the layer or ring of a wafer.
    pub fn of(&self, wafer: WaferHash) -> f64 {
        self.means[self.of_wafer[wafer]]
    }

    /// The mean of the outermost barrel layer: it decides whether a stream is busy.
    pub fn outer_barrel(&self) -> f64 {
        Part::find(Region::Barrel, 3, None).map_or(0.0, |part| self.means[part])
    }

    /// Layers, and rings of disks under the name they have in end-cap C, with their means.
    pub fn iter(&self) -> impl Iterator<Item = (Part, f64)> + '_ {
        let once = |(part, _): &(Part, &f64)| part.region() != Region::EndCapA;
        self.means.iter().filter(once).map(|(part, &mean)| (part, mean))
    }
}

/// The part under which a part is summed: both end-caps together.
fn summed_under(part: Part) -> Part {
    match part.region() {
        Region::EndCapA => Part::find(Region::EndCapC, part.layer_disk(), part.ring())
            .expect("the end-caps have the same disks and rings"),
        _ => part,
    }
}
