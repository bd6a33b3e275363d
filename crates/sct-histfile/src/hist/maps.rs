//! Maps of modules, one histogram a plane, to values by wafer.

use rayon::prelude::*;
use sct_hitmap::{ProfileCell, WaferMap};
use sct_id::{Layout, Plane, Region, WaferHash};
use sct_roothist::{Class, ContentsView, Key, RootFile, Scratch, View};

use super::HistFile;
use crate::{
    Error,
    read::{self, Binning},
};

/// Axes of eta and phi. End-cap maps have columns for three rings whatever the disk.
fn axes(region: Region) -> (Binning, Binning) {
    let phi_bins = |modules: u8| (usize::from(modules), -0.5, f64::from(modules) - 0.5);
    if region.is_barrel() {
        let widest = Layout::SCT.barrel.iter().map(|layer| layer.phi_modules).max().unwrap_or(0);
        ((13, -6.5, 6.5), phi_bins(widest))
    } else {
        let outer = Layout::SCT.end_cap[0].rings[0];
        ((3, -0.5, 2.5), phi_bins(outer))
    }
}

/// Cell of a wafer. Cells count from the underflow, eta inside phi.
pub(super) fn cell(wafer: WaferHash) -> usize {
    let module = wafer.position().module();
    let ((columns, first, _), _) = axes(module.region());
    // The middle of the first column is its eta; both numbers are small and whole.
    #[expect(clippy::cast_possible_truncation, reason = "-6 or 0")]
    let first = (first + 0.5) as isize;
    let x = usize::try_from(isize::from(module.eta()) - first).unwrap_or(0) + 1;
    x + (columns + 2) * (module.phi() + 1)
}

/// Reads a map and checks class and binning.
pub(super) fn view<'a>(
    file: &'a RootFile,
    key: &Key<'_>,
    scratch: &'a mut Scratch,
    class: Class,
    plane: Plane,
) -> Result<View<'a>, Error> {
    let (x, y) = axes(plane.region());
    read::checked(file, key, scratch, class, x, Some(y))
}

/// The bin of a wafer in a profile.
pub(super) fn profile_cell(
    file: &RootFile,
    key: &Key<'_>,
    view: &View<'_>,
    wafer: WaferHash,
) -> Result<ProfileCell, Error> {
    let cell = cell(wafer);
    let sum = match view.contents() {
        ContentsView::F64(sums) => sums.get(cell),
        _ => None,
    };
    let entries = view.profile().and_then(|profile| profile.bin_entries.get(cell));
    let found = ProfileCell { sum: sum.unwrap_or(f64::NAN), entries: entries.unwrap_or(f64::NAN) };
    let sound = found.sum.is_finite() && found.entries.is_finite() && found.entries >= 0.0;
    if sound { Ok(found) } else { Err(bad_value(file, key, wafer, found.sum, Some(found.entries))) }
}

/// The bin of a wafer in a map of counts.
pub(super) fn count(
    file: &RootFile,
    key: &Key<'_>,
    view: &View<'_>,
    wafer: WaferHash,
) -> Result<f64, Error> {
    let content = match view.contents() {
        ContentsView::F32(contents) => contents.get(cell(wafer)).map(f64::from),
        _ => None,
    };
    let content = content.unwrap_or(f64::NAN);
    // Larger numbers do not fit the counters, and no run has them.
    if (0.0..=9e15).contains(&content) {
        return Ok(content);
    }
    Err(bad_value(file, key, wafer, content, None))
}

fn bad_value(
    file: &RootFile,
    key: &Key<'_>,
    wafer: WaferHash,
    content: f64,
    entries: Option<f64>,
) -> Error {
    Error::BadBin {
        path: file.path().to_owned(),
        object: key.path(),
        wafer,
        content,
        entries: entries.unwrap_or(0.0),
    }
}

impl HistFile {
    /// Profiles that may be missing, by plane.
    pub(super) fn optional_profiles(
        &self,
        name: impl Fn(Plane) -> String + Sync,
    ) -> Result<WaferMap<Option<ProfileCell>>, Error> {
        by_plane(|scratch, plane| {
            let Some(key) = self.file.find(&name(plane)) else { return Ok(Vec::new()) };
            let view = view(&self.file, &key, scratch, Class::Profile2D, plane)?;
            let cell = |&wafer| Ok((wafer, profile_cell(&self.file, &key, &view, wafer)?));
            plane.wafers().iter().map(cell).collect()
        })
    }

    /// Profiles that must all be there.
    pub(super) fn profiles(
        &self,
        name: impl Fn(Plane) -> String + Sync,
    ) -> Result<WaferMap<ProfileCell>, Error> {
        self.require(Plane::all().map(&name))?;
        Ok(self.optional_profiles(name)?.map(|cell| cell.unwrap_or_default()))
    }

    /// Maps of counts that must all be there, under one of two names.
    pub(super) fn counts(
        &self,
        names: impl Fn(Plane) -> [String; 2] + Sync,
    ) -> Result<WaferMap<f64>, Error> {
        let counts = by_plane(|scratch, plane| {
            let [name, older] = names(plane);
            let found = self.file.find(&name).or_else(|| self.file.find(&older));
            let key = found.map_or_else(|| self.file.require(&name), Ok)?;
            let view = view(&self.file, &key, scratch, Class::Th2F, plane)?;
            let cell = |&wafer| Ok((wafer, count(&self.file, &key, &view, wafer)?));
            plane.wafers().iter().map(cell).collect()
        })?;
        Ok(counts.map(|cell| cell.unwrap_or_default()))
    }

    /// The first histogram that is missing is an error.
    fn require(&self, mut names: impl Iterator<Item = String>) -> Result<(), Error> {
        names.try_for_each(|name| Ok(self.file.require(&name).map(|_| ())?))
    }
}

/// Reads all planes in parallel.
fn by_plane<T: Send>(
    read: impl Fn(&mut Scratch, Plane) -> Result<Vec<(WaferHash, T)>, Error> + Sync,
) -> Result<WaferMap<Option<T>>, Error> {
    let planes: Vec<Plane> = Plane::all().collect();
    let found: Vec<Vec<(WaferHash, T)>> = planes
        .par_iter()
        .map_init(Scratch::default, |scratch, &plane| read(scratch, plane))
        .collect::<Result<_, Error>>()?;
    Ok(gathered(found))
}

/// One value a wafer from lists of them.
pub(super) fn gathered<T>(lists: Vec<Vec<(WaferHash, T)>>) -> WaferMap<Option<T>> {
    let mut map = WaferMap::from_fn(|_| None);
    for (wafer, value) in lists.into_iter().flatten() {
        map[wafer] = Some(value);
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_those_of_the_maps() {
        let cell = |name: &str| cell(name.parse::<sct_id::WaferPosition>().unwrap().hash());
        assert_eq!(cell("0_0_0_-6_0"), 1 + 15);
        assert_eq!(cell("0_3_55_6_1"), 13 + 15 * 56);
        assert_eq!(cell("0_2_3_1_1"), 8 + 15 * 4);
        assert_eq!(cell("-2_0_0_0_0"), 1 + 5);
        assert_eq!(cell("2_1_39_2_0"), 3 + 5 * 40);
        assert_eq!(axes(Region::Barrel), ((13, -6.5, 6.5), (56, -0.5, 55.5)));
        assert_eq!(axes(Region::EndCapA), ((3, -0.5, 2.5), (52, -0.5, 51.5)));
    }
}
