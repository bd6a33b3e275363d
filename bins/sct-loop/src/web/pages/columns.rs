//! The columns of each tab. Source: section (v) 3 of the operations guide.

use sct_result::{Part, Summary};

use super::super::{number, tab::Tab};

/// A column of a tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Column {
    /// Title.
    pub(in crate::web) name: String,
    /// What it means.
    pub(in crate::web) hint: String,
    /// Name in the summary.
    value: &'static str,
    /// The part of the detector it is about; none for a value of the run.
    place: Option<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    part: &'static str,
    layer: String,
    side: Option<&'static str>,
    module: Option<&'static str>,
}

/// Parts of the detector as summaries name them, with the number of their layers or disks.
const PARTS: [(&str, &str, usize); 3] = [
    ("EndCapC", "End-cap C disk", 9),
    ("Barrel", "Barrel layer", 4),
    ("EndCapA", "End-cap A disk", 9),
];

const NOISY: [(&str, &str, &str); 8] = [
    ("Modules", "Modules", "Modules with at least one noisy strip"),
    ("Links", "Links", "Links with noisy strips"),
    ("Chips", "Chips", "Chips with noisy strips"),
    ("StripsOfflineAll", "Strips", "Noisy strips"),
    ("StripsOfflineNew", "New", "Noisy strips that were good in the reference"),
    ("ModulesRef", "Modules ref.", "Modules with noisy strips in the last run uploaded"),
    ("StripsOfflineRef", "Strips ref.", "Noisy strips in the last run uploaded"),
    ("ModulesDiff", "Modules diff.", "Modules whose list differs from the reference"),
];
const DEAD: [(&str, &str, &str); 4] = [
    ("Modules", "Modules", "Modules with dead components"),
    ("Links", "Links", "Dead links"),
    ("Chips", "Chips", "Dead chips"),
    ("Strips", "Strips", "Dead strips"),
];

/// The columns of a tab, and the groups above them with their widths.
pub(in crate::web) fn columns(tab: &Tab) -> (Vec<Column>, Vec<(String, usize)>) {
    match tab.kind {
        "sctns" => (of_run(&NOISY), Vec::new()),
        "sctdc" | "sctds" => (of_run(&DEAD), Vec::new()),
        "sctno" => by_layer("meanNO"),
        "sctro" => by_layer("meanRO"),
        "scteff" => by_layer("meanEff"),
        "sctbse" => by_layer("nErrLink"),
        _ => lorentz(),
    }
}

fn of_run(values: &[(&'static str, &str, &str)]) -> Vec<Column> {
    let column = |&(value, name, hint): &(&'static str, &str, &str)| Column {
        name: name.to_owned(),
        hint: format!("{hint} ({value})"),
        value,
        place: None,
    };
    values.iter().map(column).collect()
}

fn by_layer(value: &'static str) -> (Vec<Column>, Vec<(String, usize)>) {
    let mut columns = Vec::new();
    for (part, words, layers) in PARTS {
        for layer in 0..layers {
            let place = Place { part, layer: layer.to_string(), side: None, module: None };
            let (name, hint) = (layer.to_string(), format!("{value}, {words} {layer}"));
            columns.push(Column { name, hint, value, place: Some(place) });
        }
    }
    let groups = PARTS.map(|(_, words, layers)| (words.to_owned(), layers));
    (columns, groups.into())
}

fn lorentz() -> (Vec<Column>, Vec<(String, usize)>) {
    let mut columns = Vec::new();
    for layer in 0..4 {
        for (side, module) in [("0", "100"), ("0", "111"), ("1", "100"), ("1", "111")] {
            columns.push(Column {
                name: format!("{module} side {side}"),
                hint: format!(
                    "Lorentz angle in degrees, layer {layer}, side {side}, <{module}> sensors"
                ),
                value: "lorentzAngle",
                place: Some(Place {
                    part: "Barrel",
                    layer: layer.to_string(),
                    side: Some(side),
                    module: Some(module),
                }),
            });
        }
    }
    (columns, (0..4).map(|layer| (format!("Barrel layer {layer}"), 4)).collect())
}

impl Column {
    /// What a summary has for this column; the mean over rings where it is finer than the column.
    pub(in crate::web) fn value(&self, summary: &Summary) -> Option<f64> {
        let Some(place) = &self.place else {
            return summary.values.get(self.value)?.trim().parse().ok();
        };
        let values = summary.parts.iter().filter(|part| place.holds(part));
        // A failed fit has no angle.
        let good = values.filter(|part| part.values.get("Fit").is_none_or(|fit| *fit != 0.0));
        let values: Vec<f64> =
            good.filter_map(|part| part.values.get(self.value).copied()).collect();
        let sum: f64 = values.iter().sum();
        let is_count = self.value == "nErrLink";
        (!values.is_empty()).then(|| if is_count { sum } else { sum / values.len() as f64 })
    }

    /// The same as text; empty where there is none.
    pub(super) fn cell(&self, summary: &Summary) -> String {
        self.value(summary).map(number::short).unwrap_or_default()
    }
}

impl Place {
    fn holds(&self, part: &Part) -> bool {
        part.part == self.part
            && part.layer == self.layer
            && self.side.is_none_or(|side| part.side == side)
            && self.module.is_none_or(|module| part.module == module)
    }
}
