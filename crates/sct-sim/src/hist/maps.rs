//! Histograms as ROOT would have filled them.

use sct_id::{ModulePosition, Plane, Region, WaferHash};
use sct_roothist::{Axis, Class, Contents, Histogram, Stats};

use super::{lorentz, names::Label};

/// Columns (eta) and rows (phi) of maps of modules.
fn axes(region: Region) -> (Axis, Axis) {
    let mut axes = match region {
        Region::Barrel => (Axis::uniform(0, 13, -6.5, 6.5), Axis::uniform(1, 56, -0.5, 55.5)),
        Region::EndCapA | Region::EndCapC => {
            (Axis::uniform(0, 3, -0.5, 2.5), Axis::uniform(1, 52, -0.5, 51.5))
        }
    };
    "Index in the direction of #eta".clone_into(&mut axes.0.title);
    "Index in the direction of #phi".clone_into(&mut axes.1.title);
    axes
}

/// Column and row of a module, from 1.
fn bin(module: ModulePosition) -> (usize, usize) {
    let first = if module.region().is_barrel() { -6 } else { 0 };
    let column = usize::try_from(isize::from(module.eta()) - first).unwrap_or(0);
    (column + 1, module.phi() + 1)
}

/// What was filled into a bin: how often, the sum of the values, the sum of their squares.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fills {
    pub(super) number: f64,
    pub(super) sum: f64,
    pub(super) squares: f64,
}

impl Fills {
    /// Zeros and ones.
    pub(super) fn fraction(number: u64, ones: u64) -> Self {
        Self { number: number as f64, sum: ones as f64, squares: ones as f64 }
    }
}

/// An empty profile without titles of axes, as maps are booked for layers that do not exist.
pub(super) fn unused(name: &str, region: Region) -> Histogram {
    let (mut x, mut y) = axes(region);
    (x.title, y.title) = (String::new(), String::new());
    Histogram::new(Class::Profile2D, name, "", x, Some(y))
}

/// A profile over the modules of a plane; bins without a module hold `elsewhere`.
pub(super) fn profile(
    (name, title): Label,
    plane: Plane,
    elsewhere: Fills,
    fills: impl Fn(WaferHash) -> Fills,
) -> Histogram {
    let (x, y) = axes(plane.region());
    let (columns, rows) = (x.bins as usize, y.bins as usize);
    let mut map = Histogram::new(Class::Profile2D, &name, &title, x, Some(y));
    let mut put = |(column, row): (usize, usize), fills: Fills| {
        let cell = map.cell(column, row).unwrap_or(0);
        if let Contents::F64(sums) = &mut map.contents {
            sums[cell] = fills.sum;
        }
        map.sumw2[cell] = fills.squares;
        if let Some(profile) = &mut map.profile {
            profile.bin_entries[cell] = fills.number;
        }
    };
    for row in 1..=rows {
        (1..=columns).for_each(|column| put((column, row), elsewhere));
    }
    plane.wafers().iter().for_each(|&wafer| put(bin(wafer.position().module()), fills(wafer)));
    let numbers = map.profile.as_ref().map_or(Vec::new(), |profile| profile.bin_entries.clone());
    map.entries = numbers.iter().sum();
    map.stats = stats(&map, &numbers, &numbers);
    let sum = (0..map.cells()).filter_map(|cell| map.contents.get(cell)).sum();
    let squares = map.sumw2.iter().sum();
    if let Some(profile) = &mut map.profile {
        (profile.sum_value, profile.sum_value2) = (sum, squares);
    }
    map
}

/// A map of counts. Weighted fills keep squares, and are fewer than the counts they add up to.
pub(super) fn counts(
    (name, title): Label,
    plane: Plane,
    weighted: bool,
    fills: impl Fn(WaferHash) -> Fills,
) -> Histogram {
    let (x, y) = axes(plane.region());
    let mut map = Histogram::new(Class::Th2F, &name, &title, x, Some(y));
    let (mut contents, mut squares) = (vec![0.0; map.cells()], vec![0.0; map.cells()]);
    for &wafer in plane.wafers() {
        let (column, row) = bin(wafer.position().module());
        let (cell, fills) = (map.cell(column, row).unwrap_or(0), fills(wafer));
        (contents[cell], squares[cell]) = (fills.sum, fills.squares);
        map.entries += fills.number;
    }
    map.stats = stats(&map, &contents, &squares);
    #[expect(clippy::cast_possible_truncation, reason = "counts below 2^24")]
    let single = contents.iter().map(|&count| count as f32).collect();
    map.contents = Contents::F32(single);
    if weighted {
        map.sumw2 = squares;
    }
    map
}

/// Sums over the fills, all of them at the centres of bins.
fn stats(map: &Histogram, weights: &[f64], squares: &[f64]) -> Stats {
    let mut stats = Stats::default();
    for (cell, (&w, &w2)) in weights.iter().zip(squares).enumerate() {
        let (x, y) = (map.x.center(cell % map.x.cells()), map.y.center(cell / map.x.cells()));
        stats.w += w;
        stats.w2 += w2;
        stats.wx += w * x;
        stats.wx2 += w * x * x;
        stats.wy += w * y;
        stats.wy2 += w * y * y;
        stats.wxy += w * x * y;
    }
    stats
}

/// The counter of events.
pub(super) fn events(lumi_blocks: &[u64], bins: u32) -> Histogram {
    let mut axis = Axis::uniform(0, bins, 0.5, f64::from(bins) + 0.5);
    "LumiBlock".clone_into(&mut axis.title);
    let (name, title) = ("NumberOfEventsVsLB", "Num of events per LB ");
    let mut histogram = Histogram::new(Class::Th1F, name, title, axis, None);
    if let Contents::F32(cells) = &mut histogram.contents {
        for (cell, &count) in cells.iter_mut().skip(1).zip(lumi_blocks) {
            *cell = count as f32;
        }
    }
    let mut number = 0.0;
    for &count in lumi_blocks {
        number += 1.0;
        let count = count as f64;
        histogram.entries += count;
        histogram.stats.w += count;
        histogram.stats.w2 += count;
        histogram.stats.wx += count * number;
        histogram.stats.wx2 += count * number * number;
    }
    histogram
}

/// Cluster width against angle.
pub(super) fn clusters(found: &lorentz::Profile) -> Histogram {
    let (bins, low, high) = lorentz::ANGLES;
    let mut axis = Axis::uniform(0, bins, low, high);
    "#phi to Wafer".clone_into(&mut axis.title);
    let lorentz::Profile { layer, side, surface, .. } = found;
    let name = format!("h_phiVsNstrips_{surface}_{layer}Side{side}");
    let title = format!("{surface} - Inc. Angle vs nStrips for Layer Side{layer}{side}");
    let mut histogram = Histogram::new(Class::Profile, &name, &title, axis, None);
    "Num of Strips".clone_into(&mut histogram.y.title);
    for (bin, found) in (1..).zip(&found.bins) {
        let [number, sum, squares] =
            [found.clusters, found.strips, found.squares].map(|count| count as f64);
        let angle = histogram.x.center(bin);
        if let Contents::F64(sums) = &mut histogram.contents {
            sums[bin] = sum;
        }
        histogram.sumw2[bin] = squares;
        if let Some(profile) = &mut histogram.profile {
            profile.bin_entries[bin] = number;
            profile.sum_value += sum;
            profile.sum_value2 += squares;
        }
        histogram.entries += number;
        histogram.stats.w += number;
        histogram.stats.w2 += number;
        histogram.stats.wx += number * angle;
        histogram.stats.wx2 += number * angle * angle;
    }
    histogram
}
