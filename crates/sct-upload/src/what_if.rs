//! What an upload would change, strip by strip: for the shifter, before anything is requested.

use std::collections::BTreeMap;

use sct_conditions::{NumberChange, StripSet, Value, parse_defect_list};
use sct_cool::{FolderPlan, Plan};
use sct_id::{CompactId, ModuleHash, Region};
use serde::Serialize;

use crate::difference;

/// Modules that are named.
const MOST: usize = 10;

/// Entries of defect lists: strips, or chips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Masked {
    /// Not in the list that is valid now, or was last.
    pub newly: u64,
    /// No longer in the list.
    pub no_longer: u64,
    /// In both.
    pub unchanged: u64,
}

impl Masked {
    fn of(before: StripSet, after: StripSet) -> Self {
        let (newly, no_longer) = ((after - before).len(), (before - after).len());
        let count = |number: usize| number as u64;
        Self {
            newly: count(newly),
            no_longer: count(no_longer),
            unchanged: count(after.len() - newly),
        }
    }

    fn add(&mut self, other: Self) {
        self.newly += other.newly;
        self.no_longer += other.no_longer;
        self.unchanged += other.unchanged;
    }

    /// Entries that change either way.
    pub fn changes(self) -> u64 {
        self.newly + self.no_longer
    }
}

/// What changes in a layer or disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct LayerChange {
    /// End-cap C, barrel or end-cap A.
    pub region: Region,
    /// Layer or disk, from 0.
    pub layer_disk: usize,
    /// Its entries.
    pub masked: Masked,
}

/// What changes in a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ModuleChange {
    /// The module.
    pub module: ModuleHash,
    /// Its entries.
    pub masked: Masked,
}

/// What an upload would change.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WhatIf {
    /// All entries of defect lists; none in folders of numbers.
    pub all: Option<Masked>,
    /// Layers and disks with entries before or after, from end-cap C to end-cap A.
    pub layers: Vec<LayerChange>,
    /// The ten modules that change most, the first most.
    pub modules: Vec<ModuleChange>,
    /// Columns of numbers that change.
    pub numbers: Vec<NumberChange>,
}

/// Compares what a file brings with what the master has.
pub fn what_if(plan: &Plan) -> WhatIf {
    let mut found = WhatIf::default();
    let mut layers: BTreeMap<(Region, usize), Masked> = BTreeMap::new();
    for folder in &plan.folders {
        let Some(column) = folder.folder.payload.index_of("DefectList") else {
            found.numbers.extend(difference(folder).numbers);
            continue;
        };
        for (module, masked) in lists(folder, column) {
            found.all.get_or_insert_default().add(masked);
            let position = module.position();
            let layer = layers.entry((position.region(), position.layer_disk())).or_default();
            layer.add(masked);
            if masked.changes() > 0 {
                found.modules.push(ModuleChange { module, masked });
            }
        }
    }
    let layer = |((region, layer_disk), masked)| LayerChange { region, layer_disk, masked };
    found.layers =
        layers.into_iter().filter(|(_, masked)| *masked != Masked::default()).map(layer).collect();
    found.modules.sort_by_key(|change| (std::cmp::Reverse(change.masked.changes()), change.module));
    found.modules.truncate(MOST);
    found
}

/// The lists of each module; a channel that is no module, or a list that cannot be read, was refused before.
fn lists(folder: &FolderPlan, column: usize) -> Vec<(ModuleHash, Masked)> {
    let set = |payload: &[Value]| match payload.get(column) {
        Some(Value::Text(text)) => parse_defect_list(text).unwrap_or_default(),
        _ => StripSet::default(),
    };
    let one = |change: &sct_cool::Change| {
        let id = CompactId::from_u32(change.row.channel.0).ok()?;
        let before = change.before.as_ref().map(|before| set(&before.object.row.payload));
        let masked = Masked::of(before.unwrap_or_default(), set(&change.row.payload));
        Some((id.module().hash(), masked))
    };
    folder.changes.iter().filter_map(one).collect()
}
