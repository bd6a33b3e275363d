//! Names and titles below `run_<N>/SCT`, as the producers book them. Source: `SCT_Monitoring`, branches 21.0 and main.

use sct_id::{Plane, Region};

use super::{HistStyle, errors::Category, numbers::Noise};

/// A region's marks in names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    /// Folder.
    pub(super) folder: &'static str,
    /// In maps of hits and noise.
    map: &'static str,
    /// Before efficiencies.
    efficiency: &'static str,
    /// In maps of errors.
    error: &'static str,
}

pub(super) const fn marks(region: Region) -> Marks {
    match region {
        Region::EndCapC => Marks { folder: "SCTEC", map: "ECm", efficiency: "m_eff_", error: "EC" },
        Region::Barrel => Marks { folder: "SCTB", map: "", efficiency: "eff_", error: "B" },
        Region::EndCapA => Marks { folder: "SCTEA", map: "ECp", efficiency: "p_eff_", error: "EA" },
    }
}

/// Name and title.
pub(super) type Label = (String, String);

/// The maps of noise a producer books.
pub(super) fn noise_maps(style: HistStyle) -> &'static [Noise] {
    match style {
        HistStyle::Run2 => &Noise::ALL,
        HistStyle::Run3 => &[Noise::Hits, Noise::LoneOfTriggers],
    }
}

pub(super) fn noise(plane: Plane, kind: Noise) -> Label {
    let name = match kind {
        Noise::Hits => "hitoccupancymap",
        Noise::HitsOfTriggers => "hitoccupancymaptrigger",
        Noise::Lone => "noiseoccupancymap",
        Noise::LoneOfTriggers => "noiseoccupancymaptrigger",
    };
    let (marks, layer, side) = (marks(plane.region()), plane.layer_disk(), plane.side());
    let title = format!("SCT occupancy map: {} {layer} side {side}", marks.folder);
    (format!("{name}{}_{layer}_{side}", marks.map), title)
}

pub(super) fn hits(plane: Plane) -> Label {
    let (marks, layer, side) = (marks(plane.region()), plane.layer_disk(), plane.side());
    let title = format!("SCT Hitmap for {}: layer {layer} side {side}", marks.folder);
    (format!("hitsmap{}_{layer}_{side}", marks.map), title)
}

/// Folder and label of an efficiency: of the wafers or of one chip of each, for all bunches or the first.
pub(super) fn efficiency(plane: Plane, chip: Option<usize>, first_bunch: bool) -> (String, Label) {
    let (marks, layer, side) = (marks(plane.region()), plane.layer_disk(), plane.side());
    let (folder, chip) = match chip {
        None => ("eff".to_owned(), String::new()),
        Some(chip) => (format!("eff/chip{chip}"), format!("chip{chip}_")),
    };
    let bunch = if first_bunch { "_bcid" } else { "" };
    let name = format!("{}{chip}{layer}_{side}{bunch}", marks.efficiency);
    (format!("{}/{folder}", marks.folder), (name, format!("Hit efficiency of layer {layer}")))
}

/// Folder of maps of errors.
pub(super) fn error_folder(region: Region, category: Category, flat: bool) -> String {
    let folder = marks(region).folder;
    if flat { format!("{folder}/errors") } else { format!("{folder}/errors/{}", category.name()) }
}

/// Profile of the part of the events with an error. Run 2 has no `NumberOf` in names of single types.
pub(super) fn errors(
    style: HistStyle,
    region: Region,
    category: Category,
    (layer, side): (usize, usize),
) -> Label {
    let number_of = if style == HistStyle::Run3 || category.is_group() { "NumberOf" } else { "" };
    let (kind, error) = (category.name(), marks(region).error);
    let name = format!("SCT_{number_of}{kind}{error}_{layer}_{side}");
    (name, format!("Num of {kind} per layer {layer}_{side}"))
}

/// Map of the numbers of events, which Run 2 has beside it.
pub(super) fn error_counts(plane: Plane, category: Category) -> Label {
    let (kind, error) = (category.name(), marks(plane.region()).error);
    let name = format!("SCT_T{kind}{error}_{}_{}", plane.layer_disk(), plane.side());
    (name, kind.to_owned())
}
