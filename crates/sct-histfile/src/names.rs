//! Paths and titles inside the files. Source: booking code of the original's hit-map tools; the oddities are theirs.

use sct_id::{Chip, Region, Strip, WaferHash};

/// Path of the event counter in all three files.
pub(crate) const EVENTS: &str = "GENERAL/events";

/// Folder of a region.
pub(crate) const fn folder(region: Region) -> &'static str {
    match region {
        Region::EndCapC => "SCTEC",
        Region::Barrel => "SCTB",
        Region::EndCapA => "SCTEA",
    }
}

/// The region's name in titles.
const fn part(region: Region) -> &'static str {
    match region {
        Region::EndCapC => "negativeEndcap",
        Region::Barrel => "barrel",
        Region::EndCapA => "positiveEndcap",
    }
}

/// Wafers of a region in hash order.
pub(crate) fn wafers(region: Region) -> Vec<WaferHash> {
    WaferHash::all().filter(|wafer| wafer.position().module().region() == region).collect()
}

/// Name and title of one histogram.
pub(crate) struct Label {
    pub(crate) folder: &'static str,
    pub(crate) name: String,
    pub(crate) title: String,
}

impl Label {
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.folder, self.name)
    }
}

pub(crate) fn hit_map(wafer: WaferHash) -> Label {
    let (position, region) = (wafer.position(), wafer.position().module().region());
    let title = format!("SCT {} Hitmap: plane {position}", part(region));
    Label { folder: folder(region), name: position.to_string(), title }
}

/// The position ends in an underscore here, hence two in the name and one at the end of the title.
pub(crate) fn windows(wafer: WaferHash) -> Label {
    let (position, region) = (wafer.position(), wafer.position().module().region());
    let title = format!("SCT {} Hitmap: plane {position}_", part(region));
    Label { folder: folder(region), name: format!("{position}__2D"), title }
}

/// No blank after SCT in the title.
pub(crate) fn chip(wafer: WaferHash, in_side: usize) -> Label {
    let (position, region) = (wafer.position(), wafer.position().module().region());
    let name = format!("{position}_{}", in_side + wafer.side().index() * Chip::PER_SIDE);
    let title = format!("SCT{} LB: chip {name}", part(region));
    Label { folder: folder(region), name, title }
}

/// A blank before the colon in the title.
pub(crate) fn bs_errors(wafer: WaferHash) -> Label {
    let (position, region) = (wafer.position(), wafer.position().module().region());
    let title = format!("SCT {} BSErrors : plane {position}", part(region));
    Label { folder: folder(region), name: position.to_string(), title }
}

/// Axis of strips: 768 bins centred on the strip numbers.
pub(crate) const STRIPS: (usize, f64, f64) =
    (Strip::PER_WAFER, -0.5, Strip::PER_WAFER as f64 - 0.5);

/// Axis of `count` numbers from 1.
pub(crate) fn from_one(count: usize) -> (usize, f64, f64) {
    (count, 0.5, count as f64 + 0.5)
}
