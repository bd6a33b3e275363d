//! Detector maps of results: what they show, and the values of all modules.

use std::path::Path;

use sct_conditions::{ChannelId, RAW_OCCUPANCY, Value};
use sct_cool::Selection;
use sct_id::{CompactId, ModuleHash, Part, WaferHash};
use sct_plot::{Scale, compact, detector_map, linked_detector_map};
use sct_result::RunResult;
use sct_xml::{
    BadStripsSummary, BsErrorModules, DeadSummary, DeadSummaryModule, EfficiencyModules,
    NoiseOccupancyList, SummaryModule,
};

use super::{
    place, result,
    table::{Cell, Table},
};

/// How values of modules become one of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sum {
    /// Counts add up.
    Total,
    /// Others are averaged.
    Mean,
}

/// A map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Map {
    /// Kind of task it belongs to.
    pub(super) kind: &'static str,
    /// Last part of its address.
    pub(super) slug: &'static str,
    /// Title.
    pub(super) title: &'static str,
    /// The value and its unit.
    pub(super) legend: &'static str,
    /// Name of the file it comes from, after the prefix.
    pub(super) file: &'static str,
    scale: Scale,
    sum: Sum,
    /// Whether the lowest values are those to look at.
    low_is_bad: bool,
    read: fn(&Path) -> anyhow::Result<Values>,
}

/// Values by module hash; none where a module has none.
pub(super) type Values = Vec<Option<f64>>;

/// Where raw occupancies are.
const RAW_FILE: &str = "mycool.db";

/// All maps; the first one of a kind is the one shown with its run.
pub(super) const MAPS: [Map; 8] = [
    count("sctns", "noisy", "Noisy strips", "BadStripsSummaryFile.xml", noisy),
    count("sctns", "new", "New noisy strips", "BadStripsSummaryFile.xml", new),
    count("sctdc", "dead", "Dead chips", "DeadSummaryFile.xml", dead_chips),
    count("sctds", "dead", "Dead strips", "DeadSummaryFile.xml", dead_strips),
    mean("sctno", "occupancy", "Noise occupancy", "NoiseOccupancyFile.xml", noise),
    mean("sctro", "occupancy", "Raw occupancy", RAW_FILE, raw),
    Map {
        scale: Scale::Linear,
        low_is_bad: true,
        legend: "part of the track crossings with a hit",
        ..mean("scteff", "efficiency", "Efficiency", "EfficiencyModuleSummary.xml", efficiency)
    },
    Map {
        legend: "events with byte-stream errors, summed over sides and types",
        ..count("sctbse", "errors", "Byte-stream errors", "BSErrorModuleSummary.xml", errors)
    },
];

type Read = fn(&Path) -> anyhow::Result<Values>;

const fn count(
    kind: &'static str,
    slug: &'static str,
    title: &'static str,
    file: &'static str,
    read: Read,
) -> Map {
    let (scale, sum, legend) = (Scale::Log, Sum::Total, "in a module");
    Map { kind, slug, title, legend, file, scale, sum, low_is_bad: false, read }
}

const fn mean(
    kind: &'static str,
    slug: &'static str,
    title: &'static str,
    file: &'static str,
    read: Read,
) -> Map {
    let legend = "hits per strip and event, mean of both sides";
    Map { sum: Sum::Mean, legend, ..count(kind, slug, title, file, read) }
}

impl Map {
    /// The map of an address.
    pub(super) fn find(kind: &str, slug: &str) -> Option<&'static Self> {
        MAPS.iter().find(|map| map.kind == kind && map.slug == slug)
    }

    /// Maps of a result whose files are there.
    pub(super) fn of(result: &RunResult) -> impl Iterator<Item = &'static Self> {
        let there =
            |map: &&Self| map.kind == result.kind && result::file(result, map.file).is_some();
        MAPS.iter().filter(there)
    }

    /// Whether both sides together are their mean, and not their sum.
    pub(super) fn is_mean(&self) -> bool {
        matches!(self.sum, Sum::Mean)
    }

    /// Whether its file is short enough to be read for every page about a run.
    pub(super) fn is_short(&self) -> bool {
        self.file.ends_with("SummaryFile.xml")
    }

    /// Values of a result; none without the file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub(super) fn values(&self, result: &RunResult) -> anyhow::Result<Option<Values>> {
        result::path(result, self.file).map(|path| (self.read)(&path)).transpose()
    }

    /// The picture in which every module leads to its page.
    pub(super) fn linked(&self, title: &str, values: &Values) -> String {
        let value = |module: ModuleHash| values[module.index()];
        linked_detector_map(title, value, self.scale, self.legend, place::address)
    }

    /// The picture for overviews, without tooltips where modules are many.
    pub(super) fn small(&self, title: &str, values: &Values) -> String {
        compact(&detector_map(title, |module| values[module.index()], self.scale, self.legend))
    }

    /// The same in words: layer by layer, disk by disk.
    pub(super) fn layers(&self, values: &Values) -> Table {
        let (sum, extreme) = match (self.sum, self.low_is_bad) {
            (Sum::Total, _) => ("#All", "#Most in a module"),
            (Sum::Mean, false) => ("#Mean", "#Highest"),
            (Sum::Mean, true) => ("#Mean", "#Lowest"),
        };
        let columns =
            ["Layer or ring", "#Modules with a value", "#Above zero", sum, extreme, "Module"];
        let rows: Vec<Vec<Cell>> = Part::all().map(|part| self.layer(part, values)).collect();
        Table::new(format!("{} by layer and ring", self.title), &columns)
            .with_rows(rows.into_iter())
    }

    fn layer(&self, part: Part, values: &Values) -> Vec<Cell> {
        let modules = part.wafers().iter().filter(|wafer| wafer.side().index() == 0);
        let found: Vec<(f64, ModuleHash)> = modules
            .filter_map(|wafer| Some((values[wafer.module().index()]?, wafer.module())))
            .collect();
        let sum: f64 = found.iter().map(|(value, _)| value).sum();
        let above = found.iter().filter(|(value, _)| *value > 0.0).count();
        let whole = match self.sum {
            Sum::Total => sum,
            Sum::Mean => sum / found.len() as f64,
        };
        let order = |a: &&(f64, ModuleHash), b: &&(f64, ModuleHash)| self.worse(a.0, b.0);
        let extreme = found.iter().min_by(order).filter(|_| above > 0);
        vec![
            part.name().into(),
            Cell::count(found.len()),
            Cell::count(above),
            Cell::number((!found.is_empty()).then_some(whole)),
            Cell::number(extreme.map(|(value, _)| *value)),
            extreme.map(|(_, module)| place::cell(*module)).unwrap_or_default(),
        ]
    }

    fn worse(&self, a: f64, b: f64) -> std::cmp::Ordering {
        if self.low_is_bad { a.total_cmp(&b) } else { b.total_cmp(&a) }
    }

    /// The modules to look at, worst first; counts of zero are left out.
    pub(super) fn modules(&self, values: &Values) -> Table {
        let mut found: Vec<(f64, ModuleHash)> = ModuleHash::all()
            .filter_map(|module| Some((values[module.index()]?, module)))
            .filter(|(value, _)| self.sum == Sum::Mean || *value > 0.0)
            .collect();
        found.sort_by(|a, b| self.worse(a.0, b.0).then(a.1.cmp(&b.1)));
        let row = |(value, module): (f64, ModuleHash)| {
            let position = module.position().to_string();
            vec![place::cell(module), position.into(), Cell::number(Some(value))]
        };
        let value = format!("#{}", self.title);
        let columns = ["Module", "bec.layer.phi.eta", &value];
        let caption = format!("{} by module", self.title);
        Table::new(caption, &columns).with_rows(found.into_iter().map(row))
    }
}

/// Counts of some modules; all others have none.
fn counts(of: impl Iterator<Item = (ModuleHash, usize)>) -> Values {
    let mut values = vec![Some(0.0); ModuleHash::COUNT];
    for (module, count) in of {
        values[module.index()] = Some(count as f64);
    }
    values
}

/// Means of the wafers that are there.
fn by_module(wafers: impl Iterator<Item = (WaferHash, f64)>, total: bool) -> Values {
    let mut sums = vec![(0.0, 0_u32); ModuleHash::COUNT];
    for (wafer, value) in wafers.filter(|(_, value)| value.is_finite()) {
        let (sum, count) = &mut sums[wafer.module().index()];
        *sum += value;
        *count += 1;
    }
    let value = |(sum, count): (f64, u32)| {
        (count > 0).then(|| if total { sum } else { sum / f64::from(count) })
    };
    sums.into_iter().map(value).collect()
}

fn strips(path: &Path, number: fn(&SummaryModule) -> usize) -> anyhow::Result<Values> {
    let summary = BadStripsSummary::read(path)?;
    Ok(counts(summary.modules.iter().map(|module| (module.module, number(module)))))
}

fn noisy(path: &Path) -> anyhow::Result<Values> {
    strips(path, |module| module.all.len())
}

fn new(path: &Path) -> anyhow::Result<Values> {
    strips(path, |module| module.new.len())
}

fn dead(path: &Path, number: fn(&DeadSummaryModule) -> usize) -> anyhow::Result<Values> {
    let summary = DeadSummary::read(path)?;
    Ok(counts(summary.modules.iter().map(|module| (module.module, number(module)))))
}

fn dead_chips(path: &Path) -> anyhow::Result<Values> {
    dead(path, |module| module.chips.len())
}

fn dead_strips(path: &Path) -> anyhow::Result<Values> {
    dead(path, |module| module.strips.len())
}

fn noise(path: &Path) -> anyhow::Result<Values> {
    let list = NoiseOccupancyList::read(path)?;
    let wafers = list.wafers.iter().map(|entry| (entry.wafer, f64::from(entry.occupancy)));
    Ok(by_module(wafers, false))
}

fn raw(path: &Path) -> anyhow::Result<Values> {
    Ok(by_module(raw_wafers(path, &[None])?.into_iter(), false))
}

/// Raw occupancies of wafers, of one wafer or of all: no list has them, the database has.
fn raw_wafers(path: &Path, of: &[Option<WaferHash>]) -> anyhow::Result<Vec<(WaferHash, f64)>> {
    let database = sct_cool::Database::open(path)?;
    // The tag is a setting of the job; the file has no other.
    let tags = database.tags(database.folder(RAW_OCCUPANCY.path)?)?;
    let tag = tags.first().map_or("", |tag| &tag.name);
    let value = |object: &sct_cool::Object| {
        let id = CompactId::from_u32(object.row.channel.0).ok()?;
        match object.row.payload.last() {
            Some(Value::Real(value)) => Some((id.wafer().hash(), *value)),
            _ => None,
        }
    };
    let mut wafers = Vec::new();
    for wafer in of {
        let channel = wafer.map(|wafer| ChannelId(wafer.position().id().to_u32()));
        let selection = Selection { channel, ..Selection::tag(tag) };
        wafers.extend(database.objects(RAW_OCCUPANCY.path, &selection)?.iter().filter_map(value));
    }
    Ok(wafers)
}

/// Raw occupancy of one module, mean of both sides; none without the file or the module in it.
pub(super) fn raw_of(result: &RunResult, module: ModuleHash) -> anyhow::Result<Option<f64>> {
    let Some(path) = result::path(result, RAW_FILE) else { return Ok(None) };
    let wafers = raw_wafers(&path, &module.wafers().map(Some))?;
    Ok(by_module(wafers.into_iter(), false)[module.index()])
}

fn efficiency(path: &Path) -> anyhow::Result<Values> {
    let list = EfficiencyModules::read(path)?;
    let wafers = list.wafers.iter().map(|entry| (entry.wafer, f64::from(entry.efficiency)));
    Ok(by_module(wafers, false))
}

fn errors(path: &Path) -> anyhow::Result<Values> {
    let list = BsErrorModules::read(path)?;
    Ok(by_module(list.wafers.iter().map(|entry| (entry.wafer, entry.total as f64)), true))
}
