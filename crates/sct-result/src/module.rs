//! Values of one module over runs.
//!
//! Lists by module are long, and a page is about one module: values are stored in groups of modules, run after run, so that
//! the history of a module is one short stretch of the file. Older runs than the newest [`RUNS`] are not kept.

use std::{collections::BTreeMap, path::Path};

use sct_id::{ModuleHash, RunNumber, Side, WaferHash};
use sct_ledger::sql::{self, Connection, OptionalExtension as _, params};
use sct_xml::{
    BadStripsSummary, BsErrorModules, DeadSummary, EfficiencyModules, Error as XmlError,
    NoiseOccupancyList,
};

use crate::{Error, Index, key};

/// Runs of a kind whose values by module are kept.
pub(crate) const RUNS: i64 = 1_000;
/// Modules of a group.
const GROUP: usize = 64;
const WIDTH: usize = size_of::<f32>();

/// A value of a module in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleEntry {
    /// Run.
    pub run: RunNumber,
    /// Kind of task, as `sctns`.
    pub kind: String,
    /// What the value is: `strips`, `new`, `chips`, `occupancy`, `efficiency` or `errors`.
    pub name: &'static str,
    /// Side; none for values of the whole module.
    pub side: Option<Side>,
    /// The value, six digits.
    pub value: f64,
}

/// A quantity of modules or wafers; its place in the list is its number in the index.
struct Quantity {
    kind: &'static str,
    name: &'static str,
    by_side: bool,
    /// Whether what is not in the list is zero; otherwise it has no value.
    is_count: bool,
}

const fn count(kind: &'static str, name: &'static str) -> Quantity {
    Quantity { kind, name, by_side: false, is_count: true }
}

const QUANTITIES: [Quantity; 7] = [
    count("sctns", "strips"),
    count("sctns", "new"),
    count("sctdc", "chips"),
    count("sctds", "strips"),
    Quantity { by_side: true, is_count: false, ..count("sctno", "occupancy") },
    Quantity { by_side: true, is_count: false, ..count("scteff", "efficiency") },
    Quantity { by_side: true, ..count("sctbse", "errors") },
];

/// Values of a run: quantity, and its numbers by module or wafer.
pub(crate) type Values = Vec<(usize, Vec<f32>)>;

/// The file with values by module of every kind that has one, after the prefix.
pub(crate) const FILES: [(&str, &str); 6] = [
    ("sctns", "BadStripsSummaryFile.xml"),
    ("sctdc", "DeadSummaryFile.xml"),
    ("sctds", "DeadSummaryFile.xml"),
    ("sctno", "NoiseOccupancyFile.xml"),
    ("scteff", "EfficiencyModuleSummary.xml"),
    ("sctbse", "BSErrorModuleSummary.xml"),
];

/// Reads the list of a kind.
///
/// # Errors
///
/// When it is damaged.
pub(crate) fn read(kind: &str, path: &Path) -> Result<Values, XmlError> {
    let modules = |of: &mut dyn Iterator<Item = (ModuleHash, usize)>| {
        let mut values = vec![0.0; ModuleHash::COUNT];
        of.for_each(|(module, count)| values[module.index()] = count as f32);
        values
    };
    let wafers = |none: f32, of: &mut dyn Iterator<Item = (WaferHash, f32)>| {
        let mut values = vec![none; WaferHash::COUNT];
        of.for_each(|(wafer, value)| {
            values[2 * wafer.module().index() + wafer.side().index()] = value;
        });
        values
    };
    Ok(match kind {
        "sctns" => {
            let list = BadStripsSummary::read(path)?.modules;
            let all = modules(&mut list.iter().map(|one| (one.module, one.all.len())));
            vec![(0, all), (1, modules(&mut list.iter().map(|one| (one.module, one.new.len()))))]
        }
        "sctdc" => {
            let list = DeadSummary::read(path)?.modules;
            vec![(2, modules(&mut list.iter().map(|one| (one.module, one.chips.len()))))]
        }
        "sctds" => {
            let list = DeadSummary::read(path)?.modules;
            vec![(3, modules(&mut list.iter().map(|one| (one.module, one.strips.len()))))]
        }
        "sctno" => {
            let list = NoiseOccupancyList::read(path)?.wafers;
            vec![(4, wafers(f32::NAN, &mut list.iter().map(|one| (one.wafer, one.occupancy))))]
        }
        "scteff" => {
            let list = EfficiencyModules::read(path)?.wafers;
            vec![(5, wafers(f32::NAN, &mut list.iter().map(|one| (one.wafer, one.efficiency))))]
        }
        "sctbse" => {
            let list = BsErrorModules::read(path)?.wafers;
            vec![(6, wafers(0.0, &mut list.iter().map(|one| (one.wafer, one.total as f32))))]
        }
        _ => Vec::new(),
    })
}

/// Groups of a quantity lie one after the other, runs within a group.
fn place(quantity: usize, group: usize, run: u32) -> i64 {
    let group = i64::try_from(quantity << 16 | group).unwrap_or(i64::MAX >> 32);
    group << 32 | i64::from(run)
}

/// Forgets the values of a run and kind.
pub(crate) fn clear(rows: &Connection, run: u32, kind: &str) -> sql::Result<()> {
    for (number, _) in QUANTITIES.iter().enumerate().filter(|(_, one)| one.kind == kind) {
        let had = rows
            .prepare_cached("DELETE FROM listed WHERE key = ?1")?
            .execute([place(number, 0, run)])?;
        if had > 0 {
            let mut delete = rows.prepare_cached("DELETE FROM modules WHERE key = ?1")?;
            for group in 0..ModuleHash::COUNT.div_ceil(GROUP) {
                delete.execute([place(number, group, run)])?;
            }
        }
    }
    Ok(())
}

/// Writes the values of a run. Groups without any count are left out.
pub(crate) fn put(rows: &Connection, run: u32, values: &Values) -> sql::Result<()> {
    let mut insert = rows.prepare_cached("INSERT OR REPLACE INTO modules VALUES (?1, ?2)")?;
    for (number, values) in values {
        let quantity = &QUANTITIES[*number];
        let size = if quantity.by_side { 2 * GROUP } else { GROUP };
        for (group, values) in values.chunks(size).enumerate() {
            if quantity.is_count && values.iter().all(|value| *value == 0.0) {
                continue;
            }
            let packed: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            insert.execute(params![place(*number, group, run), packed])?;
        }
        rows.prepare_cached("INSERT OR REPLACE INTO listed VALUES (?1)")?
            .execute([place(*number, 0, run)])?;
    }
    Ok(())
}

/// Forgets the values of all but the newest [`RUNS`] runs.
pub(crate) fn forget_old(rows: &sql::Transaction<'_>) -> sql::Result<()> {
    for number in 0..QUANTITIES.len() {
        let (first, last) = (place(number, 0, 0), place(number, 0, u32::MAX));
        let sql = "SELECT key FROM listed WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT 1 OFFSET ?3";
        let old: Option<i64> = rows
            .prepare_cached(sql)?
            .query_row(params![first, last, RUNS], |row| row.get(0))
            .optional()?;
        let Some(old) = old else { continue };
        rows.execute("DELETE FROM listed WHERE key BETWEEN ?1 AND ?2", [first, old])?;
        for group in 0..ModuleHash::COUNT.div_ceil(GROUP) {
            let (first, last) = (place(number, group, 0), place(number, group, key::parts(old).1));
            rows.prepare_cached("DELETE FROM modules WHERE key BETWEEN ?1 AND ?2")?
                .execute([first, last])?;
        }
    }
    Ok(())
}

impl Index {
    /// Values of a module in the newest runs of each quantity, quantity by quantity, the newest run first.
    ///
    /// # Errors
    ///
    /// When the index cannot be read.
    pub fn module(&self, module: ModuleHash, newest: usize) -> Result<Vec<ModuleEntry>, Error> {
        Ok(self.ledger.read("module", |rows| {
            let mut entries = Vec::new();
            for number in 0..QUANTITIES.len() {
                history(rows, number, module, newest, &mut entries)?;
            }
            Ok(entries)
        })?)
    }
}

fn history(
    rows: &Connection,
    number: usize,
    module: ModuleHash,
    newest: usize,
    entries: &mut Vec<ModuleEntry>,
) -> sql::Result<()> {
    let quantity = &QUANTITIES[number];
    let newest = i64::try_from(newest).unwrap_or(i64::MAX);
    let (first, last) = (place(number, 0, 0), place(number, 0, u32::MAX));
    let sql = "SELECT key FROM listed WHERE key BETWEEN ?1 AND ?2 ORDER BY key DESC LIMIT ?3";
    let mut listed = rows.prepare_cached(sql)?;
    let runs = listed.query_map([first, last, newest], |row| Ok(key::parts(row.get(0)?).1))?;
    let runs: Vec<u32> = runs.collect::<sql::Result<_>>()?;
    let Some(oldest) = runs.last() else { return Ok(()) };
    let (group, within) = (module.index() / GROUP, module.index() % GROUP);
    let sql = "SELECT key, numbers FROM modules WHERE key BETWEEN ?1 AND ?2";
    let mut found = rows.prepare_cached(sql)?;
    let mut found = found.query([place(number, group, *oldest), place(number, group, u32::MAX)])?;
    let sides: &[Option<Side>] =
        if quantity.by_side { &[Some(Side::Zero), Some(Side::One)] } else { &[None] };
    let mut values: BTreeMap<u32, Vec<f32>> = BTreeMap::new();
    while let Some(row) = found.next()? {
        let numbers = row.get_ref(1)?.as_blob()?.chunks_exact(WIDTH);
        let mine = numbers.skip(within * sides.len()).take(sides.len());
        let mine = mine.map(|bytes| bytes.try_into().map_or(f32::NAN, f32::from_le_bytes));
        values.insert(key::parts(row.get(0)?).1, mine.collect());
    }
    for number in runs {
        let Ok(run) = RunNumber::new(number) else { continue };
        for (place, side) in sides.iter().enumerate() {
            let none = if quantity.is_count { 0.0 } else { f32::NAN };
            let value = values.get(&number).and_then(|values| values.get(place)).unwrap_or(&none);
            if value.is_finite() {
                let (kind, name) = (quantity.kind.to_owned(), quantity.name);
                entries.push(ModuleEntry {
                    run,
                    kind,
                    name,
                    side: *side,
                    value: f64::from(*value),
                });
            }
        }
    }
    Ok(())
}
