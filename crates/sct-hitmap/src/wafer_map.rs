//! One value for every wafer.

use std::ops::{Index, IndexMut};

use sct_id::WaferHash;

/// One value for every wafer, in hash order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaferMap<T>(Vec<T>);

impl<T> WaferMap<T> {
    /// A value for every wafer.
    pub fn from_fn(value: impl FnMut(WaferHash) -> T) -> Self {
        Self(WaferHash::all().map(value).collect())
    }

    /// All wafers with their value, in hash order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (WaferHash, &T)> {
        WaferHash::all().zip(&self.0)
    }

    /// Another value for every wafer.
    pub fn map<U>(&self, mut value: impl FnMut(&T) -> U) -> WaferMap<U> {
        WaferMap(self.0.iter().map(&mut value).collect())
    }
}

impl<T> Index<WaferHash> for WaferMap<T> {
    type Output = T;

    fn index(&self, wafer: WaferHash) -> &T {
        &self.0[wafer.index()]
    }
}

impl<T> IndexMut<WaferHash> for WaferMap<T> {
    fn index_mut(&mut self, wafer: WaferHash) -> &mut T {
        &mut self.0[wafer.index()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_with_their_wafer() {
        let mut map = WaferMap::from_fn(WaferHash::index);
        let wafer = WaferHash::new(4938).unwrap();
        map[wafer] = 7;
        assert_eq!((map[wafer], map[wafer.other_side()]), (7, 4939));
        let doubled = map.map(|value| 2 * value);
        assert_eq!(doubled.iter().last(), Some((WaferHash::new(8175).unwrap(), &16_350)));
    }
}
