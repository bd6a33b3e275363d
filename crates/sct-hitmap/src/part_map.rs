//! One value for every layer and ring.

use std::ops::{Index, IndexMut};

use sct_id::{Part, WaferHash};

/// One value for every barrel layer and end-cap ring, in the order of [`Part`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartMap<T>(Vec<T>);

impl<T> PartMap<T> {
    /// A value for every part.
    pub fn from_fn(value: impl FnMut(Part) -> T) -> Self {
        Self(Part::all().map(value).collect())
    }

    /// All parts with their value, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Part, &T)> {
        Part::all().zip(&self.0)
    }
}

impl PartMap<f64> {
    /// Means over all wafers of both sides. Wafers without data count with their value, which is 0. Single-precision
    /// values are summed in double precision in the order of [`Part::wafers`], as the original does.
    pub fn means(value: impl Fn(WaferHash) -> f32) -> Self {
        let mean = |part: Part| mean(part, |wafer| Some(value(wafer)));
        Self::from_fn(|part| mean(part).expect("every wafer has a value"))
    }
}

impl PartMap<Option<f64>> {
    /// The same where every wafer of a part has a value; none elsewhere.
    pub fn means_where_known(value: impl Fn(WaferHash) -> Option<f32>) -> Self {
        Self::from_fn(|part| mean(part, &value))
    }
}

fn mean(part: Part, value: impl Fn(WaferHash) -> Option<f32>) -> Option<f64> {
    let wafers = part.wafers();
    let sum: Option<f64> = wafers.iter().map(|&wafer| value(wafer).map(f64::from)).sum();
    sum.map(|sum| sum / wafers.len() as f64)
}

impl<T> Index<Part> for PartMap<T> {
    type Output = T;

    fn index(&self, part: Part) -> &T {
        &self.0[part.index()]
    }
}

impl<T> IndexMut<Part> for PartMap<T> {
    fn index_mut(&mut self, part: Part) -> &mut T {
        &mut self.0[part.index()]
    }
}

#[cfg(test)]
mod tests {
    use sct_id::{Region, Side};

    use super::*;

    #[test]
    fn means_are_over_all_wafers_of_a_part() {
        let side = |wafer: WaferHash| if wafer.side() == Side::Zero { 3.0 } else { 0.0 };
        let means = PartMap::means(side);
        assert!(means.iter().all(|(_, &mean)| mean.to_bits() == 1.5_f64.to_bits()));
        let known = |wafer: WaferHash| {
            let module = wafer.position().module();
            let absent =
                module.region().is_barrel() && (module.layer_disk(), module.eta()) == (2, 6);
            (!absent).then_some(1.0)
        };
        let without = Part::find(Region::Barrel, 2, None).unwrap();
        for (part, mean) in PartMap::means_where_known(known).iter() {
            assert_eq!(*mean, (part != without).then_some(1.0), "{}", part.name());
        }
    }
}
